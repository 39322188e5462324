"""Where tests find the doubles of `kizuna.local.memory.brakes`."""

from __future__ import annotations

from kizuna.local.memory.brakes import InMemoryBrakes, InMemoryCohorts

__all__ = [
    "InMemoryBrakes",
    "InMemoryCohorts",
]
