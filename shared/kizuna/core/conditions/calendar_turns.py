"""The day, week or month that it is by the clock on the wall: since when, and until when."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import Literal, assert_never

from kizuna.core.zones import day_at, next_day_change, start_of_day

Period = Literal["day", "week", "month"]

_DAY = timedelta(days=1)


def period_start(period: Period, now: datetime, zone: tzinfo) -> datetime:
    """The first moment of the day, week (from Monday) or month that it is in a zone."""
    return start_of_day(zone, _first_day(period, day_at(zone, now)))


def next_period(period: Period, now: datetime, zone: tzinfo) -> datetime:
    """When it will next be another day, week or month there.

    Where clocks are put back just after midnight that may be yesterday again.
    """
    current = _first_day(period, day_at(zone, now))
    moment = max(now, start_of_day(zone, _first_day_after(period, current) - 2 * _DAY))
    while True:
        moment = next_day_change(zone, moment)
        if _first_day(period, day_at(zone, moment)) != current:
            return moment


def _first_day(period: Period, day: date) -> date:
    match period:
        case "day":
            return day
        case "week":
            return day - day.weekday() * _DAY
        case "month":
            return day.replace(day=1)
        case _:
            assert_never(period)


def _first_day_after(period: Period, first: date) -> date:
    match period:
        case "day":
            return first + _DAY
        case "week":
            return first + 7 * _DAY
        case "month":
            return (first + 31 * _DAY).replace(day=1)
        case _:
            assert_never(period)
