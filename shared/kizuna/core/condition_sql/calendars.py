"""Arithmetic of the calendar on columns: days and months of instants that are only known when the query runs.

Instants are microseconds, days whole numbers, both since 1970. Days and months are counted by the engine's own DATE,
which knows no clocks; what the clocks of a zone do is worked out by Python, and stands in the query as its offsets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from sqlglot import exp

from kizuna.core.condition_sql.terms import Sql, compared, filtered, whole
from kizuna.core.durations import Duration
from kizuna.core.lake_cells import day_number, micros
from kizuna.core.zones import change_of_offset, day_at, offset_at, start_of_day

DAY = 86_400_000_000  # microseconds
_MICROSECOND = timedelta(microseconds=1)
# Offsets are told from the first zones on; what is in thirty years stands for later, for nobody knows its clocks.
_KNOWN_FROM = datetime(1880, 1, 1, tzinfo=UTC)
_KNOWN_YEARS = 30
_STEP = timedelta(days=7)  # within which a clock does not change twice

_STEP_BEGUN = "step"

Steps = tuple[tuple[int, int], ...]  # from which moment on it is so much; the first holds before it, too


# ── days ────────────────────────────────────────────────────────────────────────────────────────


def day_in(instant: Sql, zone: tzinfo, *, now: datetime) -> Sql:
    """The day that it is in a zone at an instant."""
    return whole_days(_local(instant, zone, now))


def whole_days(instant: Sql) -> Sql:
    """Days since 1970, rounded down."""
    rest = _rest(instant)
    of_the_day = exp.paren(exp.Sub(this=instant.copy(), expression=rest), copy=False)
    return exp.cast(exp.IntDiv(this=of_the_day, expression=whole(DAY)), "bigint")


def _rest(instant: Sql) -> Sql:
    """What an instant is past midnight; engines give a rest the sign of what is divided."""
    signed = exp.Mod(this=exp.paren(instant.copy(), copy=False), expression=whole(DAY))
    raised = exp.Add(this=exp.paren(signed, copy=False), expression=whole(DAY))
    return exp.paren(exp.Mod(this=exp.paren(raised, copy=False), expression=whole(DAY)), copy=False)


def month_and_day(day: Sql) -> Sql:
    """The month and the day of it, as one number: 329 for the 29th of March."""
    month = exp.Mul(this=exp.Month(this=_date(day)), expression=exp.Literal.number(100))
    return exp.paren(exp.Add(this=month, expression=exp.Day(this=_date(day))), copy=False)


def returned(day: Sql, today: Sql, years: int) -> Sql:
    """The day that a date falls on in the year of another, so many years on; 29 February may fall on the 28th."""
    apart = exp.Sub(this=exp.Year(this=_date(today)), expression=exp.Year(this=_date(day)))
    number = exp.Add(this=exp.paren(apart, copy=False), expression=exp.Literal.number(years))
    months = exp.Mul(this=exp.paren(number, copy=False), expression=exp.Literal.number(12))
    return _months_later(day, exp.paren(months, copy=False))


def shifted_day(day: Sql, length: Duration, sign: int) -> Sql:
    """`turning.shifted`: the day so long later, or (`sign` −1) earlier."""
    if length.months:
        return _months_later(day, whole(sign * length.months))
    return exp.paren(exp.Add(this=day.copy(), expression=whole(sign * length.seconds // 86_400)), copy=False)


def _months_later(day: Sql, months: Sql) -> Sql:
    later = exp.cast(exp.DateAdd(this=_date(day), expression=months, unit=exp.var("MONTH")), "date")
    return exp.cast(exp.DateDiff(this=later, expression=_epoch(), unit=exp.var("DAY")), "bigint")


def _date(day: Sql) -> Sql:
    later = exp.DateAdd(this=_epoch(), expression=exp.cast(day.copy(), "integer"), unit=exp.var("DAY"))
    return exp.cast(later, "date")


def _epoch() -> Sql:
    return exp.cast(exp.Literal.string("1970-01-01"), "date")


# ── instants ────────────────────────────────────────────────────────────────────────────────────


def shifted(instant: Sql, length: Duration, sign: int, zone: tzinfo, *, now: datetime) -> Sql:
    """`Duration.after`, or with the `sign` −1 `Duration.before`, of an instant since 1970."""
    if not length.months:
        return exp.paren(
            exp.Add(this=instant.copy(), expression=whole(sign * length.seconds * 1_000_000)), copy=False
        )
    local = _local(instant, zone, now)
    day = _months_later(whole_days(local), whole(sign * length.months))
    there = exp.paren(
        exp.Add(this=exp.Mul(this=day, expression=whole(DAY)), expression=_rest(local)), copy=False
    )
    if zone is UTC:
        return there
    # An hour that comes twice keeps which of the two it was; one that is left out counts by either clock.
    first, second = (_minus(there, _by_wall_clock(there, zone, now, fold)) for fold in (0, 1))
    if first == second:
        return first
    return exp.Case(ifs=[exp.If(this=_is_second(instant, zone, now), true=second)], default=first)


def start_of(day: Sql, zone: tzinfo, *, now: datetime) -> Sql:
    """The first instant of a day in a zone."""
    midnight = exp.paren(exp.Mul(this=day.copy(), expression=whole(DAY)), copy=False)
    if zone is UTC:
        return midnight
    return _minus(midnight, _stepped(day, _mornings(zone, now.year)))


def _minus(one: Sql, other: Sql) -> Sql:
    return exp.paren(exp.Sub(this=one.copy(), expression=other), copy=False)


def _local(instant: Sql, zone: tzinfo, now: datetime) -> Sql:
    """What the clock on the wall shows, as if it were UTC."""
    if zone is UTC:
        return instant.copy()
    offset = _stepped(instant, _offsets(zone, now.year))
    return exp.paren(exp.Add(this=instant.copy(), expression=offset), copy=False)


def _stepped(at: Sql, steps: Steps) -> Sql:
    """What it is at a moment, of what it is from each step on: the latest step that was reached counts.

    As many steps as were reached lie before its place in a list. The moment stands in the query once: it may be long
    and look up steps itself, and a case for each step would multiply it.
    """
    if len(steps) == 1:
        return whole(steps[0][1])
    begun = compared("lte", exp.column(_STEP_BEGUN), at.copy())
    reached = exp.ArraySize(this=filtered(_list(begins for begins, _ in steps[1:]), begun, _STEP_BEGUN))
    place = exp.Add(this=exp.cast(reached, "bigint"), expression=exp.Literal.number(1))
    return exp.Bracket(this=_list(value for _, value in steps), expressions=[place], offset=1, safe=True)


def _list(numbers: Iterable[int]) -> Sql:
    return exp.cast(exp.Array(expressions=[exp.Literal.number(each) for each in numbers]), "array<bigint>")


# ── the clocks of a zone ────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=64)
def _changes(zone: tzinfo, year: int) -> tuple[datetime, ...]:
    """All changes of a zone's clocks, up to some decades behind a year."""
    found = []
    moment, end = _KNOWN_FROM, datetime(year + _KNOWN_YEARS, 1, 1, tzinfo=UTC)
    while moment < end:
        following = moment + _STEP
        if offset_at(zone, moment) != offset_at(zone, following):
            found.append(change_of_offset(zone, moment, following))
        moment = following
    return tuple(found)


@lru_cache(maxsize=64)
def _offsets(zone: tzinfo, year: int) -> Steps:
    """How far the clocks are ahead, by the instant."""
    changes = _changes(zone, year)
    before = (0, _length(offset_at(zone, _KNOWN_FROM)))
    return _merged([before, *((micros(change), _length(offset_at(zone, change))) for change in changes)])


@lru_cache(maxsize=64)
def _mornings(zone: tzinfo, year: int) -> Steps:
    """How far the clocks are ahead when a day begins, by the day."""
    days = {
        day_number(day_at(zone, change)) + near for change in _changes(zone, year) for near in (-1, 0, 1, 2)
    }
    told = [(0, _ahead_of_midnight(zone, day_number(_KNOWN_FROM.date())))]
    return _merged([*told, *((day, _ahead_of_midnight(zone, day)) for day in sorted(days))])


def _ahead_of_midnight(zone: tzinfo, number: int) -> int:
    day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).date()
    return number * DAY - micros(start_of_day(zone, day))


def _by_wall_clock(local: Sql, zone: tzinfo, now: datetime, fold: int) -> Sql:
    """How far the clocks are ahead when they show this, the first time or (`fold` 1) the second."""
    return _stepped(local, _shown(zone, now.year, fold))


@lru_cache(maxsize=64)
def _shown(zone: tzinfo, year: int, fold: int) -> Steps:
    told = [(0, _length(offset_at(zone, _KNOWN_FROM)))]
    for change in _changes(zone, year):
        before, after = offset_at(zone, change - _MICROSECOND), offset_at(zone, change)
        # Of hours that are shown twice, and of those that never are, `fold` decides (PEP 495).
        begins = change + (min(before, after) if fold else max(before, after))
        told.append((micros(begins), _length(after)))
    return _merged(told)


def _is_second(instant: Sql, zone: tzinfo, now: datetime) -> Sql:
    """Whether the clocks show what they have shown an hour before."""
    spans = []
    for change in _changes(zone, now.year):
        back = offset_at(zone, change - _MICROSECOND) - offset_at(zone, change)
        if back > timedelta():
            spans += [(micros(change), 1), (micros(change + back), 0)]
    return compared("eq", _stepped(instant, _merged([(0, 0), *spans])), whole(1))


def _merged(steps: Sequence[tuple[int, int]]) -> Steps:
    kept = [steps[0]]
    for begins, value in steps[1:]:
        if value != kept[-1][1]:
            kept.append((begins, value))
    return tuple(kept)


def _length(offset: timedelta) -> int:
    return offset // _MICROSECOND
