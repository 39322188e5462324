"""Where tests find the ports in memory: `kizuna.local.memory`."""

from __future__ import annotations

from kizuna.local.memory.counters import InMemoryCounters
from kizuna.local.memory.definitions import InMemoryBackfills, InMemoryCatalog, InMemoryKeys, InMemoryRuns
from kizuna.local.memory.messages import InMemoryMessages
from kizuna.local.memory.people import InMemoryLedger, InMemoryPeople
from kizuna.local.memory.services import (
    InMemoryBus,
    InMemoryLake,
    InMemoryQuarantine,
    InMemoryQueues,
    InMemorySchedules,
    InMemorySender,
)

__all__ = [
    "InMemoryBackfills",
    "InMemoryBus",
    "InMemoryCatalog",
    "InMemoryCounters",
    "InMemoryKeys",
    "InMemoryLake",
    "InMemoryLedger",
    "InMemoryMessages",
    "InMemoryPeople",
    "InMemoryQuarantine",
    "InMemoryQueues",
    "InMemoryRuns",
    "InMemorySchedules",
    "InMemorySender",
]
