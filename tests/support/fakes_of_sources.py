"""Where tests find the doubles of `kizuna.local.memory.sources`."""

from __future__ import annotations

from kizuna.local.memory.sources import InMemoryArrivals

__all__ = [
    "InMemoryArrivals",
]
