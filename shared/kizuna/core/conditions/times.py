"""When something enters or leaves a window of time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from kizuna.core.durations import LAST, Duration


def next_turn(length: Duration, instants: Iterable[datetime], now: datetime) -> datetime | None:
    """When the next of these instants may enter or leave `now − length < at ≤ now`, or None if none will."""
    turns = [turn for instant in instants for turn in (instant, *leaves_at(length, instant))]
    return min((turn for turn in turns if turn > now), default=None)


_DAY = timedelta(days=1)


def leaves_at(length: Duration, instant: datetime) -> list[datetime]:
    """When an instant may leave a window. Of an exact length that is one moment.

    A month before the 29th, 30th and 31st of March is one and the same day, the last of February, and there is no
    day a month after the 31st of January. So at the end of a month something may leave late, or come back for
    some hours: each of these days, and each midnight between them, is a possible turn.
    """
    first = length.after(instant)
    if not length.months or first > LAST - 4 * _DAY:
        return [first]
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    return [turn for days in range(4) for turn in (first + days * _DAY, midnight + (days + 1) * _DAY)]
