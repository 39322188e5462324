"""The cron expressions of EventBridge Scheduler: six fields, a time zone, Quartz-like days.

    cron(minutes hours day-of-month month day-of-week year)
         0-59    0-23  1-31 L LW nW 1-12  1-7 7L 6#3   1970-2199
                       ?            JAN   SUN-SAT ?

Sunday is 1. One of the two day fields is `?`. A local time that the clocks jump over is left out,
one that they repeat happens once, the first time.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DayRule = Callable[[date], bool]

_MONTHS: Final = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS: Final = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_LAST_YEAR: Final = 2199


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what numbers it may hold, and names for them."""

    name: str
    low: int
    high: int
    names: dict[str, int]

    def numbers(self, text: str) -> frozenset[int]:
        """Lists, ranges, steps and `*`. Raises ValueError that names the field and the part."""
        return frozenset(number for part in text.split(",") for number in self._part(part))

    def number(self, text: str) -> int:
        value = self.names.get(text)
        if value is None and text.isascii() and text.isdecimal():
            value = int(text)
        if value is None or not self.low <= value <= self.high:
            raise self.refusal(text)
        return value

    def refusal(self, text: str) -> ValueError:
        return ValueError(f"{self.name}: {text!r} is not between {self.low} and {self.high}")

    def _part(self, part: str) -> range:
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        low = self.low if span == "*" else self.number(first)
        open_ended = slash or span == "*"
        high = self.number(last) if dash else self.high if open_ended else low
        if high < low:
            raise ValueError(f"{self.name}: {part!r} ends before it begins")
        if not slash:
            return range(low, high + 1)
        if not (step.isascii() and step.isdecimal() and int(step) > 0):
            raise ValueError(f"{self.name}: the step of {part!r} is no positive number")
        return range(low, high + 1, int(step))


_MINUTES: Final = Field("minutes", 0, 59, {})
_HOURS: Final = Field("hours", 0, 23, {})
_DAY_OF_MONTH: Final = Field("day-of-month", 1, 31, {})
_MONTH: Final = Field("month", 1, 12, {name: n for n, name in enumerate(_MONTHS, 1)})
_DAY_OF_WEEK: Final = Field("day-of-week", 1, 7, {name: n for n, name in enumerate(_DAYS, 1)})
_YEAR: Final = Field("year", 1970, _LAST_YEAR, {})


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression."""

    times: tuple[time, ...]
    months: frozenset[int]
    years: frozenset[int]
    falls_on: DayRule

    def first_from(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The first occurrence at or after `moment`, in UTC; None if there is none until 2199."""
        # a day earlier: the local calendar can lie behind the moment
        first_day = moment.astimezone(zone).date() - timedelta(days=1)
        for day in self._days(first_day):
            for clock_time in self.times:
                instant = _in_utc(datetime.combine(day, clock_time), zone)
                if instant is not None and instant >= moment:
                    return instant
        return None

    def _days(self, day: date) -> Iterator[date]:
        while day.year <= _LAST_YEAR:
            if day.year not in self.years:
                day = date(day.year + 1, 1, 1)
            elif day.month not in self.months:
                day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
            else:
                if self.falls_on(day):
                    yield day
                day += timedelta(days=1)


def parse_cron(text: str) -> Cron:
    """Parses the six fields between the brackets. Raises ValueError that names field and part."""
    fields = text.upper().split()
    if len(fields) != 6:
        raise ValueError(f"cron has six fields, not {len(fields)}: {text!r}")
    minutes, hours, day_of_month, month, day_of_week, year = fields
    if (day_of_month == "?") == (day_of_week == "?"):
        raise ValueError(f"one of day-of-month and day-of-week is '?': {text!r}")
    return Cron(
        times=tuple(
            time(hour, minute)
            for hour in sorted(_HOURS.numbers(hours))
            for minute in sorted(_MINUTES.numbers(minutes))
        ),
        months=_MONTH.numbers(month),
        years=_YEAR.numbers(year),
        falls_on=_month_rule(day_of_month) if day_of_week == "?" else _week_rule(day_of_week),
    )


def _month_rule(text: str) -> DayRule:
    if text == "L":
        return lambda day: day.day == _length(day)
    if text == "LW":
        return lambda day: day.day == _nearest_weekday(day, _length(day))
    if text.endswith("W"):
        wanted = _DAY_OF_MONTH.number(text[:-1])
        return lambda day: wanted <= _length(day) and day.day == _nearest_weekday(day, wanted)
    numbers = _DAY_OF_MONTH.numbers(text)
    return lambda day: day.day in numbers


def _week_rule(text: str) -> DayRule:
    if text == "L":
        return lambda day: _weekday(day) == 7
    if text.endswith("L"):
        last = _DAY_OF_WEEK.number(text[:-1])
        return lambda day: _weekday(day) == last and day.day + 7 > _length(day)
    if "#" in text:
        name, _, nth = text.partition("#")
        wanted = _DAY_OF_WEEK.number(name)
        if nth not in {"1", "2", "3", "4", "5"}:
            raise ValueError(f"day-of-week: no month has a {nth!r}th of {name!r}")
        return lambda day: _weekday(day) == wanted and (day.day + 6) // 7 == int(nth)
    numbers = _DAY_OF_WEEK.numbers(text)
    return lambda day: _weekday(day) in numbers


def _weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, wanted: int) -> int:
    """The Monday to Friday nearest to a day of the month, without leaving the month."""
    match day.replace(day=wanted).isoweekday():
        case 6:
            return wanted - 1 if wanted > 1 else wanted + 2
        case 7:
            return wanted + 1 if wanted < _length(day) else wanted - 2
        case _:
            return wanted


def _in_utc(local: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant with this local time; None if the clocks jump over it."""
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == local else None
