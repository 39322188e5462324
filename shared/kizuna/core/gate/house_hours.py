"""When a message may be heard by the hours that the company keeps itself (`restraint.house_hours`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

from kizuna.core.gate.open_hours import first_open_in_all, is_open
from kizuna.core.gate.quiet_hours import HORIZON, zones_of
from kizuna.core.policy import Window
from kizuna.core.restraint.house_hours import HouseHours
from kizuna.core.zones import offset_at, zone_named


class _Place(NamedTuple):
    zone: tzinfo
    hours: HouseHours

    def open_on(self, day: date) -> Sequence[Window]:
        return self.hours.open_on(day)


def are_open(hours: HouseHours, moment: datetime) -> bool:
    """Whether the message may be heard at a moment, wherever the person may be. Where nobody knows: no."""
    places = list(_places(hours, moment))
    return bool(places) and all(is_open(place, moment) for place in places)


def all_open(rules: Sequence[HouseHours], moment: datetime) -> datetime | None:
    """`moment` itself if all hours are open, else the first whole UTC minute at which they are; None if there is
    none within `HORIZON`, or a machine without a zone database knows of no place."""
    by_rule = [list(_places(hours, moment)) for hours in rules]
    if not all(by_rule):
        return None
    places = [place for found in by_rule for place in found]
    return first_open_in_all(places, moment, limit=moment + HORIZON)


def _places(hours: HouseHours, moment: datetime) -> Iterator[_Place]:
    """Where the person may be. Of zones whose clocks show the same for as long as anybody waits, one is enough."""
    named = [zone for name in hours.zones if (zone := zone_named(name)) is not None]
    known = named if hours.zones and len(named) == len(hours.zones) else (*named, *zones_of(hours.country))
    seen: set[tuple[timedelta, ...]] = set()
    for zone in known:
        clocks = offset_at(zone, moment), offset_at(zone, moment + HORIZON)
        if clocks[0] == clocks[1]:
            if clocks in seen:
                continue
            seen.add(clocks)
        yield _Place(zone, hours)
