"""The port `Rhythms` in memory."""

from __future__ import annotations

from collections import defaultdict

from kizuna.core.campaigns.rhythm import NONE, Hits, Rhythm


class InMemoryRhythms:
    """Messages and reactions by channel and hour of the week."""

    def __init__(self) -> None:
        self._by_channel: dict[str, dict[int, Hits]] = defaultdict(dict)

    def note(self, channel: str, slot: int, *, tries: int = 0, hits: int = 0, spread: str = "") -> None:
        known = self._by_channel[channel]
        known[slot] = known.get(slot, NONE) + Hits(tries, hits)

    def of(self, channel: str) -> Rhythm:
        return Rhythm(dict(self._by_channel.get(channel, {})))
