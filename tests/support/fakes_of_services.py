"""Where tests find the doubles of `kizuna.local.memory.services`."""

from __future__ import annotations

from kizuna.local.memory.services import (
    InMemoryBus,
    InMemoryLake,
    InMemoryPace,
    InMemoryQuarantine,
    InMemoryQueues,
    InMemorySchedules,
    InMemorySender,
)

__all__ = [
    "InMemoryBus",
    "InMemoryLake",
    "InMemoryPace",
    "InMemoryQuarantine",
    "InMemoryQueues",
    "InMemorySchedules",
    "InMemorySender",
]
