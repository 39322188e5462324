"""Days as people live them: in the time of a zone, through every change of its clocks.

A day is mostly 24 hours long. Where clocks go forward at midnight it begins at one o'clock, where they go back it may
begin twice, and on some islands a day was left out: so nothing here adds hours to a midnight.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from kizuna.core.durations import FIRST, LAST

DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_NOON = time(12)


@lru_cache(maxsize=1024)
def zone_named(name: str | None) -> ZoneInfo | None:
    """The zone of an IANA name, or None where there is no name or the zone database has no such zone."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # unknown, not a legal name, a folder of the database
        return None


def offset_at(zone: tzinfo, instant: datetime) -> timedelta:
    """How far the clocks of a zone are ahead of UTC at an instant."""
    return instant.astimezone(zone).utcoffset() or timedelta()


def change_of_offset(zone: tzinfo, low: datetime, high: datetime) -> datetime:
    """The second at which the offset at `low` ends; it does so once before or at `high`, where it is another."""
    before = offset_at(zone, low)
    first, last = 0, -((low - high) // _SECOND)
    while last - first > 1:
        middle = (first + last) // 2
        if offset_at(zone, low + middle * _SECOND) == before:
            first = middle
        else:
            last = middle
    return min((low + last * _SECOND).replace(microsecond=0), high)


def first_instant(zone: tzinfo, wall: datetime) -> datetime:
    """When the clocks of a zone show a wall-clock time (naive): the first time that they do, in UTC.

    Where they skip it, it is the first instant after what they skip (RFC 5545 3.3.10 has it later by the gap; a day
    that was left out altogether would then happen within another). So later wall-clock times never come earlier.
    """
    before = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if before.astimezone(zone).replace(tzinfo=None) == wall:
        return before
    return change_of_offset(zone, wall.replace(tzinfo=zone, fold=1).astimezone(UTC), before)


def day_at(zone: tzinfo, instant: datetime) -> date:
    """The day in a zone at an instant. At the very ends of the calendar it is the day in UTC."""
    try:
        return instant.astimezone(zone).date()
    except OverflowError:
        return instant.date()


def next_day_change(zone: tzinfo, now: datetime) -> datetime:
    """The first later instant at which it is another day in the zone: mostly the next one, seldom the one before."""
    today, moment = day_at(zone, now), now
    while True:
        offset = offset_at(zone, moment)
        local = (moment + offset).replace(tzinfo=UTC)
        midnight = datetime.combine(local.date() + DAY, time(), UTC) - offset
        if offset_at(zone, midnight) == offset:
            return midnight
        moment = change_of_offset(zone, moment, midnight)
        if day_at(zone, moment) != today:
            return moment


@lru_cache(maxsize=4096)
def start_of_day(zone: tzinfo, day: date) -> datetime:
    """The first instant at which it is this day in the zone, or a later one where this day was left out.

    Before the year 2 and after 9998, where the calendar ends, it is `FIRST` and `LAST`.
    """
    if not FIRST.year < day.year < LAST.year:
        return FIRST if day.year <= FIRST.year else LAST
    moment = datetime.combine(day - 2 * DAY, _NOON, zone).astimezone(UTC)
    while day_at(zone, moment) < day:
        moment = next_day_change(zone, moment)
    return moment
