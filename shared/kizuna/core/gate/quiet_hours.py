"""When a promotional message may be heard (`consent.md` section 10).

All zones that a person may be in must be open at once. Time is cut into stretches of constant offset from
UTC, in which a day's window is a plain interval, so that a change of clocks needs no special case:

    zone A   ──────[=====open=====)──────────[=====open=====)────
    zone B   ────────────[=====open=====)──────────[=====open====
    heard    ────────────[########)────────────────[########)────
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from kizuna.core.policy import WEEKDAYS, ConsentPolicy, Window
from kizuna.core.zones import change_of_offset, offset_at, zone_named

HORIZON = timedelta(days=7)  # nobody waits longer for the zones to open together

_ALL_DAY = Window(0, 24 * 60)
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)

# With no zone known in the US, 08:00 Pacific to 20:00 Eastern: heard at no odd hour between the coasts.
_UNKNOWN_US_ZONES = ("America/Los_Angeles", "America/New_York")
_UNKNOWN_ZONE_WEEK = (Window(8 * 60, 20 * 60),) * 7

Week = tuple[Window, ...]  # one window per weekday, Monday first
Condition = tuple[tzinfo, Week]


def first_open(
    now: datetime,
    *,
    country: str | None,
    region: str | None,
    zones: Iterable[str | None],
    policy: ConsentPolicy,
) -> datetime | None:
    """`now` itself when a message may be heard now, else the first whole UTC minute at which it may.

    None when that does not happen within `HORIZON`. `zones` are the names of the zones the person may be in;
    None is skipped, while a name that the zone database lacks counts as knowing nothing.
    """
    week = _week(policy.quiet_hours, country, region)
    if country is None or week is None:
        return now
    conditions = _conditions(zones, country=country, week=week)
    if not conditions:  # a machine without a zone database does not know what time it is for anybody
        return None
    if all(_is_open(condition, now) for condition in conditions):
        return now
    return _common_minute(conditions, now)


def open_window(day: int, *, country: str | None, region: str | None, policy: ConsentPolicy) -> Window | None:
    """The local hours of a weekday (Monday is 0) in which a promotional message may be heard; None: no rule there."""
    week = _week(policy.quiet_hours, country, region) if country else None
    return week[day] if week else None


def _week(windows: Mapping[str, Window], country: str | None, region: str | None) -> Week | None:
    """The most specific window of each weekday, or None where no key applies at all."""
    broad = windows.get(f"{country}-{region}", windows.get(f"{country}"))
    days = [windows.get(f"{country}-{region}-{day}", broad) for day in WEEKDAYS]
    if not any(days):
        return None
    return tuple(window or _ALL_DAY for window in days)


def _conditions(zones: Iterable[str | None], *, country: str, week: Week) -> list[Condition]:
    named = [name for name in zones if name]
    known = {name: zone for name in named if (zone := zone_named(name)) is not None}
    conditions: list[Condition] = [(zone, week) for zone in known.values()]
    if known and len(known) == len(set(named)):
        return conditions
    if country != "US":
        return conditions + [(zone, week) for zone in _zones_of(country)]
    fallback = [zone for name in _UNKNOWN_US_ZONES if (zone := zone_named(name)) is not None]
    return conditions + [(zone, hours) for zone in fallback for hours in (week, _UNKNOWN_ZONE_WEEK)]


def _is_open(condition: Condition, now: datetime) -> bool:
    zone, week = condition
    local = now.astimezone(zone)
    window = week[local.weekday()]
    return window.start <= local.hour * 60 + local.minute < window.end


def _common_minute(conditions: Sequence[Condition], now: datetime) -> datetime | None:
    """Jump from one zone's next opening to the next until all agree: a handful of steps a day at most."""
    moment, limit = whole_minute(now.astimezone(UTC)), now + HORIZON
    while True:
        latest = moment
        for condition in conditions:
            opening = _next_open_minute(condition, latest, limit)
            if opening is None:
                return None
            latest = opening
        if latest == moment:
            return moment
        moment = latest


def _next_open_minute(condition: Condition, begin: datetime, limit: datetime) -> datetime | None:
    zone, week = condition
    for start, end in _open_intervals(zone, week, begin, limit + _MINUTE):
        minute = whole_minute(max(start, begin))
        if minute < end and minute <= limit:
            return minute
    return None


def _open_intervals(
    zone: tzinfo, week: Week, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    for start, stop, offset in _constant_offsets(zone, begin, end):
        day = (start + offset).date()
        while day <= (stop + offset).date():
            window = week[day.weekday()]
            midnight = datetime.combine(day, time(), UTC) - offset
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


def whole_minute(instant: datetime) -> datetime:
    floor = instant.replace(second=0, microsecond=0)
    return floor if floor == instant else floor + _MINUTE


@lru_cache(maxsize=256)
def _zones_of(country: str) -> tuple[ZoneInfo, ...]:
    """Every zone of a country by the zone database's own table, and the whole world for one without any."""
    table = importlib.resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    names = [row[2] for row in rows if row[0] == country] or [row[2] for row in rows]
    return tuple(zone for name in names if (zone := zone_named(name)) is not None)
