"""When a promotional message may be heard (`consent.md` section 10).

All zones that a person may be in must be open at once (`open_hours`).
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kizuna.core.gate.open_hours import first_open_in_all
from kizuna.core.policy import WEEKDAYS, ConsentPolicy, Window
from kizuna.core.zones import zone_named

HORIZON = timedelta(days=7)  # nobody waits longer for the zones to open together

_ALL_DAY = Window(0, 24 * 60)
_ALL_WEEK = (_ALL_DAY,) * 7

# With no zone known in the US, 08:00 Pacific to 20:00 Eastern: heard at no odd hour between the coasts.
_UNKNOWN_US_ZONES = ("America/Los_Angeles", "America/New_York")
_UNKNOWN_ZONE_WEEK = (Window(8 * 60, 20 * 60),) * 7

Week = tuple[Window, ...]  # one window per weekday, Monday first


class Condition(NamedTuple):
    """When one zone is open: by the windows of its week, and not at all on the country's holidays."""

    zone: tzinfo
    week: Week
    holidays: Set[date] = frozenset()

    def open_on(self, day: date) -> Sequence[Window]:
        return () if day in self.holidays else (self.week[day.weekday()],)


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
    holidays: Set[date] = policy.holidays.get(country or "", frozenset())
    if country is None or (week is None and not holidays):
        return now
    conditions = _conditions(zones, country=country, week=week or _ALL_WEEK, holidays=holidays)
    if not conditions:  # a machine without a zone database does not know what time it is for anybody
        return None
    return first_open_in_all(conditions, now, limit=now + HORIZON)


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


def _conditions(
    zones: Iterable[str | None], *, country: str, week: Week, holidays: Set[date]
) -> list[Condition]:
    named = [name for name in zones if name]
    known = {name: zone for name in named if (zone := zone_named(name)) is not None}
    conditions = [Condition(zone, week, holidays) for zone in known.values()]
    if known and len(known) == len(set(named)):
        return conditions
    if country != "US":
        return conditions + [Condition(zone, week, holidays) for zone in zones_of(country)]
    fallback = [zone for name in _UNKNOWN_US_ZONES if (zone := zone_named(name)) is not None]
    return conditions + [
        Condition(zone, hours, holidays) for zone in fallback for hours in (week, _UNKNOWN_ZONE_WEEK)
    ]


@lru_cache(maxsize=256)
def zones_of(country: str) -> tuple[ZoneInfo, ...]:
    """Every zone of a country by the zone database's own table, and the whole world for one without any."""
    table = importlib.resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    names = [row[2] for row in rows if row[0] == country] or [row[2] for row in rows]
    return tuple(zone for name in names if (zone := zone_named(name)) is not None)
