"""Recurrence rules: the part of RFC 5545 that plans days, on the clocks of one zone.

FREQ DAILY, WEEKLY, MONTHLY, YEARLY; INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYMONTHDAY, BYDAY (with a number in
MONTHLY and YEARLY), BYHOUR, BYMINUTE, BYSETPOS. What else there is (HOURLY and finer, BYSECOND, BYYEARDAY, BYWEEKNO,
RDATE, EXDATE) is refused by name, never left out. Everything here is wall-clock time; who asks turns it into
instants. Only what lies before the beginning, past the end, or at the same instant as another is told by those.

A search ends: a rule is looked through for `HORIZON` years and no further, so that one that never comes true is told
apart from one that seldom does (29 February on a given weekday comes once in 28 years, and once in 40 around 2100).
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import count
from typing import Literal, cast, get_args

from kizuna.core.zones import DAY, first_instant

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]

HORIZON = 41  # years
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(r"([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z)?)?")
_KNOWN = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY"}
    | {"BYDAY", "BYHOUR", "BYMINUTE", "BYSETPOS"}
)


@dataclass(frozen=True, slots=True)
class Until:
    """The last moment of a rule: wall-clock time, or an instant where `in_utc`."""

    at: datetime
    in_utc: bool

    def is_past(self, wall: datetime, zone: tzinfo) -> bool:
        """Whether the clocks of a zone show a time later than that."""
        return _is_after(wall, self.at.replace(tzinfo=UTC), zone) if self.in_utc else wall > self.at


def _is_after(wall: datetime, instant: datetime, zone: tzinfo) -> bool:
    """Whether a wall-clock time happens later than an instant: of times that the clocks show twice, the first."""
    away = wall - instant.astimezone(zone).replace(tzinfo=None)
    return away > timedelta() if abs(away) > 2 * DAY else first_instant(zone, wall) > instant


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule as it was read. Weekdays count from 0, Monday."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: Until | None = None
    week_start: int = 0
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    days: tuple[tuple[int, int], ...] = ()  # (which of them, weekday); 0: each
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()

    def walls(self, start: datetime, *, after: datetime, zone: tzinfo) -> Iterator[datetime]:
        """The wall-clock times of a rule that begins at `start`, in order, leaving out some that are before `after`.

        `start` itself is one of them only if the rule has it; its `fold` says which of two that look alike. Of times
        that a change of clocks makes one instant the first is told, and counted. Ends `HORIZON` years after the last
        it found.
        """
        tick = timedelta(microseconds=1)
        before_start = start.replace(tzinfo=zone).astimezone(UTC) - tick
        left, last = self.count, before_start
        first = 0 if left is not None else self._first_period(start, after)
        found_at = max(start, after)
        for number in count(first):
            days = self._days_of(start.date(), number * self.interval)
            if days is None or days[0].year > found_at.year + HORIZON:
                return
            for wall in self._chosen(days[1], start):
                if not _is_after(wall, before_start, zone):
                    continue
                if self.until is not None and self.until.is_past(wall, zone):
                    return
                if left is not None:
                    instant = first_instant(zone, wall)
                    if instant == last:
                        continue
                    if left == 0:
                        return
                    left, last = left - 1, instant
                found_at = max(found_at, wall)
                yield wall

    def _first_period(self, start: datetime, after: datetime) -> int:
        """The number of a period that begins before `after`, and not long before."""
        if after <= start:
            return 0
        passed = after.date() - start.date()
        match self.frequency:
            case "DAILY":
                periods = passed.days
            case "WEEKLY":
                periods = passed.days // 7
            case "MONTHLY":
                periods = (after.year - start.year) * 12 + after.month - start.month
            case "YEARLY":
                periods = after.year - start.year
        return max(0, periods // self.interval - 1)

    def _days_of(self, start: date, offset: int) -> tuple[date, list[date]] | None:
        """The first day of the period so many after that of the start, and its days that the rule has; None where
        the calendar ends."""
        try:
            match self.frequency:
                case "DAILY":
                    first, length = start + offset * DAY, 1
                case "WEEKLY":
                    back = (start.weekday() - self.week_start) % 7
                    first, length = start + (offset * 7 - back) * DAY, 7
                case "MONTHLY":
                    years, month = divmod(start.month - 1 + offset, 12)
                    first = date(start.year + years, month + 1, 1)
                    length = monthrange(first.year, first.month)[1]
                case "YEARLY":
                    first = date(start.year + offset, 1, 1)
                    length = 366 if isleap(first.year) else 365
            if self.months and self.frequency == "MONTHLY" and first.month not in self.months:
                return first, []
            days = [first + number * DAY for number in range(length)]
        except (OverflowError, ValueError):
            return None
        wanted = self._wanted(start)
        return first, [day for day in days if wanted(day)]

    def _wanted(self, start: date) -> Callable[[date], bool]:
        """Whether a day is one of the rule's; what no part of it says follows from the start."""
        months, month_days, days = self.months, self.month_days, self.days
        if not month_days and not days:
            match self.frequency:
                case "WEEKLY":
                    days = ((0, start.weekday()),)
                case "MONTHLY":
                    month_days = (start.day,)
                case "YEARLY":
                    month_days, months = (start.day,), months or (start.month,)
                case "DAILY":
                    pass
        of_year = self.frequency == "YEARLY" and not self.months

        def wanted(day: date) -> bool:
            if months and day.month not in months:
                return False
            last = monthrange(day.year, day.month)[1]
            if month_days and day.day not in month_days and day.day - last - 1 not in month_days:
                return False
            if not days:
                return True
            first, size = (day.replace(month=1, day=1), 366 if isleap(day.year) else 365) if of_year else (
                day.replace(day=1), last)  # fmt: skip
            index = (day - first).days
            which = (0, index // 7 + 1, -((size - 1 - index) // 7 + 1))
            return any(weekday == day.weekday() and number in which for number, weekday in days)

        return wanted

    def _chosen(self, days: Sequence[date], start: datetime) -> list[datetime]:
        """The wall-clock times of a period, in order."""
        times = [
            time(hour, minute)
            for hour in self.hours or (start.hour,)
            for minute in self.minutes or (start.minute,)
        ]
        found = [datetime.combine(day, at) for day in days for at in times]
        if not self.positions:
            return found
        size = len(found)
        places = {place - 1 if place > 0 else size + place for place in self.positions}
        return [found[place] for place in sorted(places) if 0 <= place < size]


# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def read_rule(text: str) -> Recurrence:
    """Read a rule such as `FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=9`. Raises ValueError that says what is wrong with it."""
    parts: dict[str, str] = {}
    for piece in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, _, value = piece.partition("=")
        if not name or not value:
            raise ValueError(f"not a recurrence rule: {text!r} (use NAME=VALUE;NAME=VALUE)")
        if name in parts:
            raise ValueError(f"the rule has {name} twice")
        parts[name] = value
    if unknown := sorted(set(parts) - _KNOWN):
        hint = "; when it begins is said by starts_at" if "DTSTART" in unknown else ""
        raise ValueError(f"{', '.join(unknown)}: not among {', '.join(sorted(_KNOWN))}{hint}")
    frequency = parts.get("FREQ", "")
    if frequency not in get_args(Frequency):
        raise ValueError(f"FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, and not {frequency or 'missing'}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("a rule has COUNT or UNTIL, and not both")
    rule = Recurrence(
        frequency=cast(Frequency, frequency),
        interval=_number("INTERVAL", parts.get("INTERVAL", "1"), 1, 1_000),
        count=_number("COUNT", parts["COUNT"], 1, 10_000) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        week_start=_weekday(parts.get("WKST", "MO")),
        months=_numbers(parts, "BYMONTH", 1, 12),
        month_days=_numbers(parts, "BYMONTHDAY", 1, 31, negative=True),
        days=_days(parts.get("BYDAY", "")),
        hours=_numbers(parts, "BYHOUR", 0, 23),
        minutes=_numbers(parts, "BYMINUTE", 0, 59),
        positions=_numbers(parts, "BYSETPOS", 1, 366, negative=True),
    )
    _fits_together(rule)
    return rule


def _fits_together(rule: Recurrence) -> None:
    if rule.frequency in ("DAILY", "WEEKLY") and any(number for number, _ in rule.days):
        raise ValueError("BYDAY with a number, such as -1FR, is for MONTHLY and YEARLY")
    if rule.frequency == "WEEKLY" and rule.month_days:
        raise ValueError("BYMONTHDAY is not for WEEKLY")
    if rule.positions and not any((rule.months, rule.month_days, rule.days, rule.hours, rule.minutes)):
        raise ValueError("BYSETPOS chooses among what another BY… part names, and there is none")
    most = 53 if rule.frequency == "YEARLY" and not rule.months else 5
    if any(abs(number) > most for number, _ in rule.days):
        raise ValueError(f"BYDAY: there are at most {most} of a weekday in the period")


def _number(name: str, text: str, low: int, high: int, *, negative: bool = False) -> int:
    value = int(text) if re.fullmatch(r"[+-]?[0-9]{1,5}", text) else None
    if value is None or not (low <= value <= high or (negative and low <= -value <= high)):
        also = f" or -{high} to -{low}" if negative else ""
        raise ValueError(f"{name} is a whole number from {low} to {high}{also}, and not {text}")
    return value


def _numbers(
    parts: dict[str, str], name: str, low: int, high: int, *, negative: bool = False
) -> tuple[int, ...]:
    if name not in parts:
        return ()
    found = {_number(name, text, low, high, negative=negative) for text in parts[name].split(",")}
    return tuple(sorted(found))


def _weekday(text: str) -> int:
    if text not in _DAYS:
        raise ValueError(f"a weekday is one of {', '.join(_DAYS)}, and not {text}")
    return _DAYS.index(text)


def _days(text: str) -> tuple[tuple[int, int], ...]:
    found = []
    for piece in text.split(",") if text else ():
        match = _BY_DAY.fullmatch(piece)
        if match is None:
            raise ValueError(f"BYDAY is a list such as MO,WE or -1FR, and {piece} is not of it")
        found.append((int(match[1] or 0), _weekday(match[2])))
    return tuple(found)


def _until(text: str) -> Until:
    match = _UNTIL.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        day = date.fromisoformat(match[1])
        if match[2] is None:
            return Until(datetime.combine(day, time()) + DAY - timedelta(seconds=1), in_utc=False)
        return Until(datetime.combine(day, time.fromisoformat(match[2])), in_utc=match[3] == "Z")
    except (ValueError, OverflowError) as error:
        raise ValueError(f"UNTIL is 20271231, 20271231T090000 or 20271231T090000Z, and not {text}") from error
