"""Where tests find the doubles of `kizuna.local.memory.merges`."""

from __future__ import annotations

from kizuna.local.memory.merges import InMemoryMerges

__all__ = [
    "InMemoryMerges",
]
