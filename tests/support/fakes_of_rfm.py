"""Where tests find the doubles of `kizuna.local.memory.rfm`."""

from __future__ import annotations

from kizuna.local.memory.rfm import InMemoryRfm

__all__ = [
    "InMemoryRfm",
]
