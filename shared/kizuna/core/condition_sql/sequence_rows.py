"""The rows in which sequences are looked for: each event that may be a step, with its place among those of a person.

A place is the millisecond and the number within the person as one figure. Of events at one millisecond the order is
the evaluator's (`tallying.place`): earlier steps first, then by all the steps that an event may be, then by the
values of joins.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from kizuna.core.condition_sql.amounts import TYPE, amount
from kizuna.core.condition_sql.terms import Sql, all_true, any_true, column, compared, points, text, whole
from kizuna.core.conditions.sequences import Sequence
from kizuna.core.durations import epoch_millis

_ROOM = 10**9  # so many rows of one person have places of their own at one microsecond
FAR = 10**30  # a place behind all
PLACE, NUMBER, AT = "n", "nr", "t"

Tables = list[tuple[str, exp.Select]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A sequence with its parts as expressions over `told`: which step an event may be, and what it is joined by."""

    leaf: Sequence
    name: str  # of the table of those who did it
    now: datetime
    steps: tuple[Sql, ...]
    in_frame: tuple[Sql, ...]
    values: dict[str, Sql]  # by the path of the property
    order: dict[str, Sql]  # the same as the evaluator sorts them, for events at one millisecond
    at: Sql


def row_tables(asked: Asked, columns: Mapping[str, str]) -> Tables:
    """A row for each event that may be a step, the last table with its place. `columns` names the values of joins, by
    their paths."""
    numbered, placed = f"{asked.name}_rows", f"{asked.name}_0"
    flags = {flag_of(number): step for number, step in enumerate(asked.steps)}
    inside = all_true([any_true([flag.copy() for flag in flags.values()]), *_until_now(asked)])
    if asked.leaf.strict:
        inside = all_true(_until_now(asked))
    sorted_by = (asked.at.copy(), _first_step(asked.steps), _as_number(asked.steps), *asked.order.values())
    order = exp.Order(expressions=[exp.Ordered(this=each, nulls_first=False) for each in sorted_by])
    number = exp.Window(this=exp.RowNumber(), partition_by=[column("person", "told")], order=order)
    kept = [
        column("person", "told"),
        exp.alias_(asked.at.copy(), AT),
        exp.alias_(number, NUMBER),
        exp.alias_(all_true([part.copy() for part in asked.in_frame]), "inside"),
        *(exp.alias_(flag.copy(), name) for name, flag in flags.items()),
        *(exp.alias_(asked.values[path].copy(), name) for path, name in columns.items()),
    ]
    first = exp.select(*kept).from_("told").where(inside)
    own = ["person", AT, NUMBER, "inside", *flags, *columns.values()]
    second = exp.select(*(column(name, numbered) for name in own), exp.alias_(_place(numbered), PLACE)).from_(
        numbered
    )
    return [(numbered, first), (placed, second)]


def flag_of(number: int) -> str:
    return f"s{number}"


def now_of(asked: Asked) -> int:
    return epoch_millis(asked.now) * 1_000


def _until_now(asked: Asked) -> list[Sql]:
    return [compared("lte", asked.at.copy(), whole(now_of(asked)))]


def _place(table: str) -> Sql:
    at = exp.Mul(this=exp.cast(column(AT, table), TYPE), expression=amount(_ROOM))
    return exp.Add(this=at, expression=exp.cast(column(NUMBER, table), TYPE))


def last_at(instant: Sql) -> Sql:
    """The last place that is at an instant."""
    at = exp.Mul(this=exp.cast(instant, TYPE), expression=amount(_ROOM))
    return exp.paren(exp.Add(this=at, expression=amount(_ROOM - 1)), copy=False)


def _first_step(steps: Many[Sql]) -> Sql:
    """At one millisecond earlier steps come first, and what is no step last."""
    cases = [exp.If(this=step.copy(), true=exp.Literal.number(number)) for number, step in enumerate(steps)]
    return exp.Case(ifs=cases, default=exp.Literal.number(len(steps)))


def _as_number(steps: Many[Sql]) -> Sql:
    """All the steps that an event may be, a bit each."""
    bits = [
        points(step.copy(), exp.Literal.number(1 << number), exp.Literal.number(0))
        for number, step in enumerate(steps)
    ]
    added: Sql = bits[0]
    for bit in bits[1:]:
        added = exp.Add(this=added, expression=bit)
    return exp.paren(added, copy=False)


def in_order(value: Sql | None) -> Sql:
    """A value of a join as the evaluator sorts it (`tallying.place`): nothing first."""
    nothing = text("")
    return nothing if value is None else exp.func("COALESCE", value, nothing)
