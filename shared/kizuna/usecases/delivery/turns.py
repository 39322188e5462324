"""The pace of a channel, kept by all its workers together: the port `Turns`.

Moments are taken a few at a time, for one write each would double what a message costs. While they wait for theirs,
workers hold their queue's records, so the rest stays in the queue and nothing of it is used up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from kizuna.core.ports import Pace, Slots

SHARE = 0.98  # of the rate: a provider's seconds are not ours, and what it refuses costs a minute
AT_A_TIME = timedelta(seconds=0.35)  # what a worker takes in advance, and may lose
MOST_AT_A_TIME = 25
STALE = timedelta(seconds=1)  # a moment that passed longer ago is lost: used, it would make a burst


class Turnstile:
    """Moments that this worker has taken and not used. `clock` and `rest` (seconds) are those of the worker."""

    def __init__(self, pace: Pace, *, clock: Callable[[], datetime], rest: Callable[[float], object]) -> None:
        self._pace = pace
        self._clock = clock
        self._rest = rest
        self._held: dict[str, Slots] = {}

    def wait(self, channel: str, *, per_second: float, within: timedelta) -> datetime | None:
        """Raises Unavailable if the pace cannot be asked: nothing is claimed, and the message comes again."""
        slot = self._next(channel, per_second, within)
        if slot is None:
            return None
        ahead = (slot - self._clock()).total_seconds()
        if ahead > 0:
            self._rest(ahead)
        return max(slot, self._clock())

    def _next(self, channel: str, per_second: float, within: timedelta) -> datetime | None:
        now = self._clock()
        every = timedelta(seconds=1 / (per_second * SHARE))
        held = _usable(self._held.pop(channel, None), every, now)
        if held is None:
            count = max(1, min(MOST_AT_A_TIME, AT_A_TIME // every))
            held = self._pace.reserve(channel, every=every, count=count, now=now, within=within)
        if held is None:
            return None
        if held.first - now > within:
            self._held[channel] = held  # for the next call, which has more time
            return None
        if held.count > 1:
            self._held[channel] = replace(held, first=held.first + held.every, count=held.count - 1)
        return held.first


def _usable(held: Slots | None, every: timedelta, now: datetime) -> Slots | None:
    """What is left of moments taken before: none that are too old, and none of another rate."""
    if held is None or held.every != every:
        return None
    gone = max(0, -((held.first + STALE - now) // every)) if held.first + STALE < now else 0
    left = held.count - gone
    return replace(held, first=held.first + gone * every, count=left) if left > 0 else None
