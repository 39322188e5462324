"""Questions about a value and the clock (`conditions.turning`), asked of its cells.

Of a person the moment is known when the query is made, and Python's own calendar works out which instants and days
answer yes. An event has a moment of its own: there the query counts days and months itself (`calendars`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sqlglot import exp

from kizuna.core.condition_sql import calendars
from kizuna.core.condition_sql.places import Place
from kizuna.core.condition_sql.terms import (
    NotInLake,
    Sql,
    all_true,
    any_of,
    compared,
    field,
    no,
    text,
    whole,
)
from kizuna.core.condition_sql.times import Times, days, instants
from kizuna.core.condition_sql.values import Reading, day_of, instant_of
from kizuna.core.condition_sql.zones import by_zone
from kizuna.core.conditions.checking import days_of
from kizuna.core.conditions.properties import Comparison
from kizuna.core.conditions.turning import anniversary, window_of_days
from kizuna.core.durations import Duration
from kizuna.core.zones import day_at

_YEARS_AROUND = range(-2, 3)  # of an anniversary whose window may reach into the next year (`turning`)


@dataclass(frozen=True, slots=True)
class Happening:
    """The moment of an event, a column in microseconds. `until` is the query's: no event is later."""

    at: Sql
    until: datetime

    def day(self, zone: tzinfo) -> Sql:
        return calendars.day_in(self.at, zone, now=self.until)


def today(read: Reading, now: datetime | Happening) -> Sql:
    """Whether a cell is of the day that it is."""
    if isinstance(now, Happening):
        return compared("eq", day_of("c", read, now=now.until), now.day(read.zone))

    def there(zone: tzinfo) -> Times:
        day_there = day_at(zone, now)
        return days(lambda day: day == day_there, (day_there,), zone)

    return read.by_clock(there)


# ── windows ─────────────────────────────────────────────────────────────────────────────────────


def window(op: str, question: Comparison, read: Reading, now: datetime | Happening) -> Sql:
    """Whether a cell lies so far from now."""
    length = Duration.parse(str(question.value))
    if isinstance(now, Happening):
        if question.value_type == "date":
            return _days_around(op, length, read, now)
        return _instants_around(op, length, read, now)
    if question.value_type == "date":
        return read.by_clock(lambda zone: _day_window(op, length, now, zone))
    return read.by_clock(lambda zone: instant_window(op, length, now, zone))


def instant_window(op: str, length: Duration, now: datetime, zone: tzinfo) -> Times:
    """`turning.window_of_instants` for one instant."""
    match op:
        case "within_last":
            return instants("gt", length.before(now, zone), zone).but(instants("lte", now, zone))
        case "before_last":
            return instants("lte", length.before(now, zone), zone)
        case "within_next":
            return instants("gt", now, zone).but(instants("lte", length.after(now, zone), zone))
        case _:
            return instants("gt", length.after(now, zone), zone)


def _day_window(op: str, length: Duration, now: datetime, zone: tzinfo) -> Times:
    today = now.astimezone(zone).date()

    def holds(day: date) -> bool:
        return window_of_days(op, day, length).holds(today)

    far = timedelta(seconds=length.seconds, days=31 * length.months)
    return days(holds, [today, *_edges(holds, today, far)], zone)


def _edges(holds: Callable[[date], bool], today: date, far: timedelta) -> list[date]:
    """The days at which a window of days begins or ends: its truth changes once on either side of today."""
    found = []
    for sign in (-1, 1):
        low, high = 0, min(far.days + 5, 2_000_000)
        start = holds(_day(today, sign))
        while high - low > 1:
            middle = (low + high) // 2
            if holds(_day(today, sign * (middle + 1))) == start:
                low = middle
            else:
                high = middle
        found += [_day(today, sign * number) for number in (low, high, high + 1)]
    return found


def _day(today: date, number: int) -> date:
    ordinal = today.toordinal() + number
    return date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))


def _instants_around(op: str, length: Duration, read: Reading, now: Happening) -> Sql:
    at = instant_of("c", read, now=now.until)
    if is_endless(length):
        return _around(op, at, now.at, None, None)
    back, ahead = (calendars.shifted(now.at, length, sign, read.zone, now=now.until) for sign in (-1, 1))
    return _around(op, at, now.at, back, ahead)


def _days_around(op: str, length: Duration, read: Reading, now: Happening) -> Sql:
    day, moment = day_of("c", read, now=now.until), now.day(read.zone)
    if is_endless(length):
        return _around(op, day, moment, None, None)
    back, ahead = (calendars.shifted_day(moment, length, sign) for sign in (-1, 1))
    return _around(op, day, moment, back, ahead)


_MOST_MONTHS = 12 * 1_900  # longer ago than that is before the year 100


def is_endless(length: Duration) -> bool:
    """Whether it reaches beyond the calendar on either side of any event."""
    return length.months > _MOST_MONTHS or length.seconds > 31 * 86_400 * _MOST_MONTHS


def _around(op: str, at: Sql, now: Sql, back: Sql | None, ahead: Sql | None) -> Sql:
    """before_last | within_last | within_next | after_next, each with its later end, without its earlier one."""
    there = exp.Not(this=exp.Is(this=at, expression=exp.null()))
    match op:
        case "within_last":
            begins = [] if back is None else [compared("gt", at, back)]
            return all_true([there, *begins, compared("lte", at.copy(), now.copy())])
        case "before_last":
            return exp.false() if back is None else compared("lte", at, back)
        case "within_next":
            ends = [] if ahead is None else [compared("lte", at, ahead)]
            return all_true([compared("gt", at.copy(), now.copy()), *ends])
        case _:
            return exp.false() if ahead is None else compared("gt", at, ahead)


# ── anniversaries ───────────────────────────────────────────────────────────────────────────────


def anniversary_sql(question: Comparison, place: Place, read: Reading, now: datetime | Happening) -> Sql:
    """By the month and day of a date: in the person's zone a cell has them, in others they are worked out."""
    offset, window = days_of(question.offset or "0d"), days_of(question.window or "1d")
    if isinstance(now, Happening):
        return place.any(_returns(day_of("c", read, now=now.until), now.day(read.zone), offset, window))

    def fits(zone: tzinfo) -> tuple[date, ...]:
        today = now.astimezone(zone).date()
        every = [date(2000, 1, 1) + timedelta(days=number) for number in range(366)]
        return tuple(
            day for day in every if anniversary(day, offset=offset, window=window, today=today).holds(today)
        )

    if read.person is None:
        found = [exp.Literal.number(100 * day.month + day.day) for day in fits(read.zone)]
        day = calendars.month_and_day(day_of("c", read, now=now))
        return place.any(exp.In(this=day, expressions=found) if found else exp.false())

    by_today: dict[date, tuple[date, ...]] = {}  # there are two or three todays, and hundreds of zones

    def remembered(zone: tzinfo) -> tuple[date, ...]:
        today = now.astimezone(zone).date()
        if today not in by_today:
            by_today[today] = fits(zone)
        return by_today[today]

    def spoken(found: tuple[date, ...]) -> Sql:
        told = [text(f"{day:%m-%d}") for day in found]
        return exp.In(this=field("l"), expressions=told) if told else exp.false()

    return place.any(by_zone(read.person, remembered, spoken))


def _returns(day: Sql, today: Sql, offset: int, window: int) -> Sql:
    """Whether today is within so many days from the return of a day in some year near to it.

    Both days stand in the query once, however long they are: as the one thing in a list, with a name for the rest.
    """
    the_day, the_today, begun = exp.column("born"), exp.column("told"), exp.column("begun")
    starts = [
        exp.Add(this=calendars.returned(the_day, the_today, years), expression=whole(offset))
        for years in _YEARS_AROUND
    ]
    end = exp.Add(this=begun.copy(), expression=whole(window))
    is_on = all_true([compared("lte", begun, the_today.copy()), compared("lt", the_today.copy(), end)])
    found = any_of(exp.Array(expressions=starts), is_on, "begun")
    return any_of(exp.Array(expressions=[today]), any_of(exp.Array(expressions=[day]), found, "born"), "told")


# ── since when a trait is so ────────────────────────────────────────────────────────────────────


def history(
    op: str, question: Comparison, place: Place, read: Reading, now: datetime | Happening, held: Sql | None
) -> Sql:
    """Since when a trait holds its value. An inner value is as old as the whole trait."""
    if isinstance(now, Happening) or held is None:
        raise NotInLake(f"{op} of anything but a trait")
    length = Duration.parse(str(question.value)) if op == "changed_within" else None
    if length is not None:
        span = length
        since = _since(
            place, held, read.by_clock(lambda zone: instant_window("within_last", span, now, zone), "h")
        )
        return all_true([place.own(exp.true()), since])
    told = question.for_at_least or question.for_less_than
    if told is None:
        raise ValueError("has_been needs for_at_least or for_less_than")
    span = told
    long_ago = _since(
        place, held, read.by_clock(lambda zone: instant_window("before_last", span, now, zone), "h")
    )
    is_held = place.any(read.compared("eq", question.value)) if question.value is not None else exp.false()
    return all_true([is_held, long_ago if question.for_at_least else no(long_ago)])


def _since(place: Place, held: Sql, holds: Sql) -> Sql:
    """A name with dots may be a trait's own, or lead into one."""
    head = place.path.partition(".")[0]
    whole_name = compared("eq", field("p", "h"), text(place.path))
    if head == place.path:
        return any_of(held.copy(), all_true([whole_name, holds]), "h")
    is_own = any_of(held.copy(), whole_name, "h")
    own = any_of(held.copy(), all_true([whole_name.copy(), holds]), "h")
    inner = any_of(held.copy(), all_true([compared("eq", field("p", "h"), text(head)), holds.copy()]), "h")
    return exp.Case(ifs=[exp.If(this=is_own, true=own)], default=inner)
