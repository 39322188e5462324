"""When several places are open at once, each by its own clock: the one walk behind every rule of hours.

Time is cut into stretches of constant offset from UTC, in which a day's window is a plain interval, so that a change
of clocks needs no special case:

    zone A   ──────[=====open=====)──────────[=====open=====)────
    zone B   ────────────[=====open=====)──────────[=====open====
    both     ────────────[########)────────────────[########)────
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol

from kizuna.core.policy import Window
from kizuna.core.zones import change_of_offset, offset_at

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


class Hours(Protocol):
    """One place and its hours: windows of local minutes of a day, in order and without overlap."""

    @property
    def zone(self) -> tzinfo: ...

    def open_on(self, day: date) -> Sequence[Window]: ...


def is_open(hours: Hours, now: datetime) -> bool:
    local = now.astimezone(hours.zone)
    minute = local.hour * 60 + local.minute
    return any(window.start <= minute < window.end for window in hours.open_on(local.date()))


def first_open_in_all(places: Sequence[Hours], now: datetime, *, limit: datetime) -> datetime | None:
    """`now` itself when all are open, else the first whole UTC minute at which they are; None if it is after `limit`.

    Jumps from one place's next opening to the next until all agree: a handful of steps a day at most.
    """
    if all(is_open(hours, now) for hours in places):
        return now
    moment = whole_minute(now.astimezone(UTC))
    while True:
        latest = moment
        for hours in places:
            opening = _next_open_minute(hours, latest, limit)
            if opening is None:
                return None
            latest = opening
        if latest == moment:
            return moment
        moment = latest


def whole_minute(instant: datetime) -> datetime:
    """The instant, or the whole minute that follows it."""
    floor = instant.replace(second=0, microsecond=0)
    return floor if floor == instant else floor + _MINUTE


def _next_open_minute(hours: Hours, begin: datetime, limit: datetime) -> datetime | None:
    for start, end in _open_intervals(hours, begin, limit + _MINUTE):
        minute = whole_minute(max(start, begin))
        if minute < end and minute <= limit:
            return minute
    return None


def _open_intervals(hours: Hours, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    for start, stop, offset in _constant_offsets(hours.zone, begin, end):
        day = (start + offset).date()
        while day <= (stop + offset).date():
            midnight = datetime.combine(day, time(), UTC) - offset
            for window in hours.open_on(day):
                opens = max(midnight + window.start * _MINUTE, start)
                closes = min(midnight + window.end * _MINUTE, stop)
                if opens < closes:
                    yield opens, closes
            day += _DAY


def _constant_offsets(
    zone: tzinfo, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Stretches of at most a day in which the zone's offset does not change, in order and without gaps."""
    start = begin
    while start < end:
        stop, offset = min(start + _DAY, end), offset_at(zone, start)
        if offset_at(zone, stop) != offset:
            stop = change_of_offset(zone, start, stop)
        yield start, stop, offset
        start = stop
