"""Where tests find the doubles of `kizuna.local.memory.definitions`."""

from __future__ import annotations

from kizuna.local.memory.definitions import InMemoryBackfills, InMemoryCatalog, InMemoryKeys, InMemoryRuns

__all__ = [
    "InMemoryBackfills",
    "InMemoryCatalog",
    "InMemoryKeys",
    "InMemoryRuns",
]
