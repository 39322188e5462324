"""What a query works out of events, in a few tables:

    lake_events ─ of the names asked for ─▶ seen   one row a copy, with what filters and sums need worked out
                  newest copy of each id ─▶ told   one row an event, under the person it is now part of
                      grouped by person  ─▶ done   a0, a1, …: one column for each thing that is counted
                                            q0 …   those who did a sequence (`sequences`)

Instants of events count in whole milliseconds, rounded down, as in what a profile remembers.
"""

from __future__ import annotations

from datetime import datetime

from sqlglot import exp

from kizuna.core.condition_sql.clocks import Happening
from kizuna.core.condition_sql.comparing import Setting
from kizuna.core.condition_sql.filters import where_sql
from kizuna.core.condition_sql.places import Place
from kizuna.core.condition_sql.terms import (
    Sql,
    all_true,
    column,
    compared,
    field,
    filtered,
    first_of,
    text,
    whole,
)
from kizuna.core.conditions.properties import Where
from kizuna.core.durations import from_epoch_millis

CELLS = "cells"
MILLI = 1_000  # microseconds


class Gathering:
    """Collects what is asked of events; each distinct filter, amount and count stands in the query once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.setting = Setting(
            Happening(column("happened", "lake_events"), now), around=column("around", "lake_events")
        )
        self._read: dict[str, str] = {}  # values of properties, by their path
        self._seen: dict[str, str] = {}  # what is worked out of each event, by its SQL: its column
        self._told: dict[str, str] = {}  # … with the person's other events beside it
        self._done: dict[str, str] = {}  # what it comes to for each person
        self._expressions: dict[str, Sql] = {}
        self._more: list[tuple[str, exp.Select]] = []
        self._names: dict[str, None] | None = {}  # None: of every name
        self.people: list[str] = []  # tables with a row for everybody of whom something is so
        self.oldest: datetime | None = now  # before which no event matters; None: all do
        self.is_asked = False

    def named(self, name: str | None) -> None:
        """Events of this name are looked at; without a name all are."""
        self.is_asked = True
        if name is None:
            self._names = None
        elif self._names is not None:
            self._names[name] = None

    def since(self, millis: int) -> None:
        """Events are looked at from this millisecond on."""
        if self.oldest is not None:
            self.oldest = min(self.oldest, from_epoch_millis(max(millis, 0)))

    # ── columns ─────────────────────────────────────────────────────────────────────────────────

    def passes(self, where: Where) -> Sql:
        """A column of `told`: whether the event passes a filter."""
        return column(self.of_each(self.worked_out(where)), "told")

    def worked_out(self, where: Where) -> Sql:
        """The same, of a row of `lake_events`."""
        cells = column(CELLS, "lake_events")
        return where_sql(where, lambda path: Place(cells.copy(), path), self.setting)

    def value_at(self, path: str) -> Sql:
        """A column of `lake_events`: the cell of a property that is neither a list nor an object."""
        return column(self._read.setdefault(path, f"x{len(self._read)}"), "lake_events")

    def of_each(self, worked_out: Sql) -> str:
        """The name of a column of `told`, worked out of each event alone."""
        return self._named(self._seen, "e", worked_out)

    def latest(self, name: str) -> Sql:
        """A column of `told`: when the person last did something. Older than any window it may be."""
        self.named(name)
        self.oldest = None
        is_it = compared("eq", column("name", "seen"), text(name))
        moments = exp.Case(ifs=[exp.If(this=is_it, true=millis("seen"))])
        latest = exp.Window(this=exp.Max(this=moments), partition_by=[column("person", "part_of")])
        return column(self._named(self._told, "l", latest), "told")

    def counted(self, aggregate: Sql, inside: Sql, nothing: Sql | None) -> Sql:
        """A column of `done`: what the events inside come to for a person; `nothing` where there are none."""
        asked = exp.Filter(this=aggregate, expression=exp.Where(this=inside.copy()))
        found = column(self._named(self._done, "a", asked), "done")
        return found if nothing is None else exp.func("COALESCE", found, nothing)

    def by_person(self, tables: list[tuple[str, exp.Select]]) -> Sql:
        """Whether a person is in the last of some tables, which are made of `told` and each other."""
        self._more += tables
        name = tables[-1][0]
        self.people.append(name)
        return exp.Not(this=exp.Is(this=column("person", name), expression=exp.null()))

    def next_name(self) -> str:
        return f"q{len(self.people)}"

    def _named(self, known_ones: dict[str, str], letter: str, expression: Sql) -> str:
        written = expression.sql()
        name = known_ones.setdefault(written, f"{letter}{len(known_ones)}")
        self._expressions[name] = expression
        return name

    # ── the tables in between ───────────────────────────────────────────────────────────────────

    def tables(self) -> list[tuple[str, exp.Select]]:
        """What the answers look at, in order; nothing if no event was asked about."""
        if not self.is_asked:
            return []
        tables = [("seen", self._seen_table()), ("told", self._told_table()), *self._more]
        if self._done:
            self.people.insert(0, "done")
            tables.append(("done", self._done_table()))
        return tables

    def _seen_table(self) -> exp.Select:
        kept = [column(name, "lake_events") for name in ("person", "name", "happened", "mark")]
        worked_out = [exp.alias_(self._expressions[name], name) for name in self._seen.values()]
        looked_at = {
            each.name
            for part in worked_out
            for each in part.find_all(exp.Column)
            if each.table == "lake_events"
        }
        own = ["person", "id", "name", "happened", "stored", "mark"]
        own += [name for name in (CELLS, "around") if name in looked_at]
        values = [exp.alias_(_single(path), name) for path, name in self._read.items()]
        newest = exp.Window(
            this=exp.RowNumber(),
            partition_by=[column("id", "lake_events")],
            order=exp.Order(
                expressions=[exp.Ordered(this=column("stored", "lake_events"), desc=True, nulls_first=False)]
            ),
        )
        asked = [compared("eq", column("type", "lake_events"), text("track"))]
        if self._names is not None:
            names = [text(name) for name in self._names]
            asked.append(exp.In(this=column("name", "lake_events"), expressions=names))
        rows = exp.select(*(column(name, "lake_events") for name in own), *values).from_("lake_events")
        read = rows.where(*asked).subquery("lake_events")
        return exp.select(*kept, exp.alias_(newest, "nth"), *worked_out).from_(read)

    def _told_table(self) -> exp.Select:
        kept = [column(name, "seen") for name in ("name", "happened", "mark", *self._seen.values())]
        windows = [exp.alias_(self._expressions[name], name) for name in self._told.values()]
        return (
            exp.select(column("person", "part_of"), column("zone", "part_of"), *kept, *windows)
            .from_("seen")
            .join("part_of", on=compared("eq", column("part", "part_of"), column("person", "seen")))
            .where(compared("eq", column("nth", "seen"), exp.Literal.number(1)))
        )

    def _done_table(self) -> exp.Select:
        counted = [exp.alias_(self._expressions[name], name) for name in self._done.values()]
        person = column("person", "told")
        return exp.select(person, *counted).from_("told").group_by(person.copy())


def _single(path: str) -> Sql:
    here = [
        compared("eq", field("p"), text(path)),
        *(exp.Is(this=field(name), expression=exp.null()) for name in ("e", "k")),
    ]
    return first_of(filtered(column(CELLS, "lake_events"), all_true(here)))


def millis(table: str) -> Sql:
    """When an event happened, in microseconds of whole milliseconds. None happened before 1970."""
    happened = column("happened", table)
    rest = exp.Mod(this=happened.copy(), expression=whole(MILLI))
    return exp.paren(exp.Sub(this=happened, expression=exp.paren(rest)))
