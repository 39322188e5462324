"""Where tests find the doubles of `kizuna.local.memory.askings`."""

from __future__ import annotations

from kizuna.local.memory.askings import InMemoryAskings

__all__ = [
    "InMemoryAskings",
]
