"""The fields of a cell, as a question reads them (`conditions.values`), compared with what it asks for.

A reader of the evaluator turns a value into a text, a number, a flag, an instant or a day. What it gives for a
constant is worked out here; what it would give for a cell lies in the cell's fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from sqlglot import exp

from kizuna.core.condition_sql import calendars
from kizuna.core.condition_sql.terms import (
    Sql,
    compared,
    field,
    number_compared,
    text,
)
from kizuna.core.condition_sql.times import NEVER, Times, days, instants
from kizuna.core.condition_sql.zones import by_zone
from kizuna.core.conditions.comparing import reading
from kizuna.core.conditions.values import reader_of
from kizuna.core.lake_cells import EXACT


@dataclass(frozen=True, slots=True)
class Reading:
    """How a question reads values: as which type, with or without case, and by whose clock.

    `person` is the column with the name of the person's zone where it is theirs that counts, else `zone` does.
    """

    value_type: str | None
    fold: bool
    zone: tzinfo = UTC
    person: Sql | None = None

    def by_clock(self, plan: Callable[[tzinfo], Times], name: str = "c") -> Sql:
        """Whether a cell is one of the times that there are in the zone that counts."""
        if self.person is None:
            return plan(self.zone).sql(name)
        return by_zone(self.person, plan, lambda times: times.sql(name))

    def constant(self, value: Any, zone: tzinfo) -> Any:
        """What the evaluator reads a value of the question as."""
        return reading(reader_of(self.value_type, zone), fold=self.fold)(value)

    # ── fields ──────────────────────────────────────────────────────────────────────────────────

    def text(self, name: str) -> Sql:
        found = self._said(name) if self.value_type == "string" else field("s", name)
        return exp.func("COALESCE", field("f", name), found) if self.fold else found

    def _said(self, name: str) -> Sql:
        """A text, or a flag or number as JSON writes it."""
        figures = exp.cast(exp.cast(field("n", name), "bigint"), "varchar")
        small = compared(
            "lt", exp.Abs(this=field("n", name)), exp.cast(exp.Literal.string(str(EXACT)), "double")
        )
        written = exp.func("COALESCE", field("t", name), exp.Case(ifs=[exp.If(this=small, true=figures)]))
        flag = exp.Case(
            ifs=[
                exp.If(this=compared("eq", field("b", name), exp.true()), true=text("true")),
                exp.If(this=compared("eq", field("b", name), exp.false()), true=text("false")),
            ]
        )
        return exp.func("COALESCE", field("s", name), written, flag)

    def number(self, name: str) -> Sql:
        if self.value_type == "number":
            return exp.func("COALESCE", field("n", name), field("r", name))
        return field("n", name)

    def flag(self, name: str) -> Sql:
        if self.value_type != "boolean":
            return field("b", name)
        said = exp.Lower(this=field("s", name))
        from_text = exp.Case(
            ifs=[
                exp.If(this=compared("eq", said, text("true")), true=exp.true()),
                exp.If(this=compared("eq", said.copy(), text("false")), true=exp.false()),
            ]
        )
        return exp.func("COALESCE", field("b", name), from_text)

    # ── comparing with a constant ───────────────────────────────────────────────────────────────

    def compared(self, op: str, value: Any, name: str = "c") -> Sql:
        """Whether a cell stands so to a value; false (or unknown) for a cell of another type."""
        if self.value_type in ("instant", "date"):
            return self.by_clock(lambda zone: self._times(op, self.constant(value, zone), zone), name)
        wanted = self.constant(value, UTC)
        match wanted:
            case bool() if op == "eq":
                return compared("eq", self.flag(name), exp.true() if wanted else exp.false())
            case bool():
                return exp.false()
            case int() | float() if self.value_type != "boolean":
                return number_compared(op, wanted, self.number(name), field("d", name))
            case str() if self.value_type not in ("number", "boolean"):
                return compared(op, self.text(name), text(wanted))
            case _:
                return exp.false()

    def _times(self, op: str, wanted: Any, zone: tzinfo) -> Times:
        match wanted:
            case datetime():
                return instants(op, wanted, zone)
            case date():
                return days(lambda day: ORDERINGS[op](day, wanted), (wanted,), zone)
            case _:
                return NEVER


ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: one == other,
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
}


def instant_of(name: str, read: Reading, *, now: datetime) -> Sql:
    """The instant of a cell in microseconds; of a day alone its first, by the clock that counts."""
    day = field("y", name)
    midnight = calendars.start_of(day, read.zone, now=now)
    own = [field("u", name)] if read.person is not None else []
    return exp.func("COALESCE", field("i", name), *own, midnight)


def day_of(name: str, read: Reading, *, now: datetime) -> Sql:
    """The day of a cell: a day alone, or that of an instant by the clock that counts."""
    own = [field("j", name)] if read.person is not None else []
    return exp.func(
        "COALESCE", field("y", name), *own, calendars.day_in(field("i", name), read.zone, now=now)
    )
