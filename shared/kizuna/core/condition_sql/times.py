"""Answers about an instant or a day, as spans: whole microseconds and whole days since 1970, worked out by Python's
own calendar and clocks. A query only compares with their ends.

A day alone stands for its first instant where instants are asked for, and an instant for its day where days are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from sqlglot import exp

from kizuna.core.condition_sql.terms import Sql, all_true, any_true, compared, field, whole
from kizuna.core.condition_sql.thresholds import first_from
from kizuna.core.lake_cells import day_number, micros
from kizuna.core.zones import day_at, next_day_change, start_of_day

Span = tuple[int | None, int | None]  # from, and before; None: open
_DAY = timedelta(days=1)
_FIRST_DAY = date(1970, 1, 1)
_NEAR = 3  # days: a clock that is put back over midnight brings back no day but the one before
_CALENDAR = (day_number(date(2, 1, 1)), day_number(date(9998, 12, 31)))


@dataclass(frozen=True, slots=True)
class Times:
    """For which instants, and for which days alone, the answer is yes."""

    instants: tuple[Span, ...]
    days: tuple[Span, ...]

    def sql(self, name: str = "c") -> Sql:
        """Whether a cell is one of them; unknown for a cell without an instant and a day."""
        return any_true([_within("i", name, self.instants), _within("y", name, self.days)])

    def but(self, other: Times) -> Times:
        """Those of both, where each is one span (or none)."""
        return Times(_overlap(self.instants, other.instants), _overlap(self.days, other.days))


NEVER = Times((), ())


def _within(of: str, name: str, spans: Sequence[Span]) -> Sql:
    parts = []
    for start, end in spans:
        limits = [] if start is None else [compared("gte", field(of, name), whole(start))]
        limits += [] if end is None else [compared("lt", field(of, name), whole(end))]
        known = exp.Not(this=exp.Is(this=field(of, name), expression=exp.null()))
        parts.append(all_true(limits or [known]))
    return any_true(parts)


def _overlap(some: tuple[Span, ...], others: tuple[Span, ...]) -> tuple[Span, ...]:
    if not some or not others:
        return ()
    (start, end), (begins, ends) = some[0], others[0]
    latest = max((each for each in (start, begins) if each is not None), default=None)
    earliest = min((each for each in (end, ends) if each is not None), default=None)
    return () if latest is not None and earliest is not None and latest >= earliest else ((latest, earliest),)


# ── instants ────────────────────────────────────────────────────────────────────────────────────


def instants(op: str, limit: datetime, zone: tzinfo) -> Times:
    """Those that stand so to a known instant."""
    at = micros(limit)
    first = _first_day(limit, zone, strictly=False)
    behind = _first_day(limit, zone, strictly=True)
    return Times((_standing(op, at, at + 1),), (_standing(op, first, behind),))


def _standing(op: str, first: int, behind: int) -> Span:
    spans: dict[str, Span] = {
        "lt": (None, first), "lte": (None, behind), "eq": (first, behind), "gte": (first, None), "gt": (behind, None),
    }  # fmt: skip
    return spans[op]


def _first_day(limit: datetime, zone: tzinfo, *, strictly: bool) -> int:
    """The first day that begins at this instant or later (`strictly`: later). Days begin in their order."""

    def is_there(number: int) -> bool:
        day = _FIRST_DAY + timedelta(days=number)
        start = datetime(day.year, day.month, day.day, tzinfo=UTC) if zone is UTC else start_of_day(zone, day)
        return start > limit if strictly else start >= limit

    near = day_number(day_at(zone, limit))
    return first_from(is_there, max(_CALENDAR[0], near - 1), min(_CALENDAR[1], near + 2))


# ── days ────────────────────────────────────────────────────────────────────────────────────────


def days(holds: Callable[[date], bool], around: Sequence[date], zone: tzinfo) -> Times:
    """Those for whose day in a zone something holds, that changes from day to day only next to those of `around`."""
    inner = [day for day in sorted(set(around)) if 3 < day.year < 9997]
    if not inner:
        always: tuple[Span, ...] = ((None, None),) if holds(date(2000, 1, 1)) else ()
        return Times(always, always)
    edges = sorted({day + number * _DAY for day in inner for number in (-1, 0, 1)})
    alone: list[tuple[int | None, bool]] = [(None, holds(edges[0] - _DAY))]
    alone += [(day_number(day), holds(day)) for day in edges]
    told: list[tuple[int | None, bool]] = []
    for day in inner:
        moment = start_of_day(zone, day - _NEAR * _DAY)
        until = start_of_day(zone, day + _NEAR * _DAY)
        if not told:
            told.append((None, holds(day_at(zone, moment - _DAY))))
        while moment < until:
            told.append((micros(moment), holds(day_at(zone, moment))))
            moment = next_day_change(zone, moment)
    return Times(_spans(told), _spans(alone))


def _spans(steps: Sequence[tuple[int | None, bool]]) -> tuple[Span, ...]:
    """The times between those at which an answer begins to be so."""
    ordered = [steps[0], *sorted(steps[1:])]
    merged = [step for place, step in enumerate(ordered) if place == 0 or step[1] != ordered[place - 1][1]]
    return tuple(
        (begins, merged[place + 1][0] if place + 1 < len(merged) else None)
        for place, (begins, is_so) in enumerate(merged)
        if is_so
    )
