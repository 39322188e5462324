"""A condition as one query over the lake: who of everybody matches it, at one instant.

    WITH part_of AS (…), seen AS (…), told AS (…), done AS (…),
         answers AS (SELECT person, whether it matches FROM lake_people LEFT JOIN done … GROUP BY person)
    SELECT COUNT(*) FROM answers WHERE matched

The meaning is that of `conditions.evaluate`, by which it is tested. What it cannot say it refuses: a question that is
left out would count wrongly and tell nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlglot import exp

from kizuna.core.condition_sql.amounts import amount, amount_compared
from kizuna.core.condition_sql.comparing import trait_sql
from kizuna.core.condition_sql.events import Events
from kizuna.core.condition_sql.persons import person_sql
from kizuna.core.condition_sql.rendering import Dialect, rendered
from kizuna.core.condition_sql.terms import (
    Sql,
    all_true,
    any_true,
    column,
    compared,
    how_many,
    no,
    points,
    total,
    whole,
)
from kizuna.core.conditions.event_questions import EventDid
from kizuna.core.conditions.language import All, AnyOf, AtLeast, Condition, NoneOf, Score, Xor
from kizuna.core.conditions.plain import plain
from kizuna.core.conditions.trait_questions import TraitIs
from kizuna.core.lake_cells import millionths

# An event is stored on the day on which it came, or on the next: the delivery stream holds it back for minutes.
STORED_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Question:
    """One compiled condition. `first_day` is the first day of events that it needs, None for all."""

    people: exp.Select
    first_day: str | None
    asks_events: bool

    def count(self, dialect: Dialect, sources: Mapping[str, exp.Select] | None = None) -> str:
        """The query for how many match. `sources` define `lake_people` and `lake_events` where they are no tables."""
        asked = self.people.copy()
        asked.set("expressions", [exp.alias_(exp.Count(this=exp.Star()), "people")])
        return rendered(_over(sources or {}, asked), dialect)

    def members(self, dialect: Dialect) -> str:
        """The query for who matches, in no order."""
        return rendered(self.people, dialect)


def compile_condition(condition: Condition, *, now: datetime) -> Question:
    """The query for a condition at `now`. Raises NotInLake naming the question that the lake cannot answer."""
    compiler = _Compiler(now)
    matched = compiler.answer(plain(condition))
    asks_events = bool(compiler.events.names)
    tables = [("part_of", _part_of()), *compiler.events.tables()] if asks_events else []
    tables.append(("answers", _answers(matched, asks_events=asks_events)))
    asked = exp.select(column("person", "answers")).from_("answers").where(column("matched", "answers"))
    for name, table in tables:
        asked = asked.with_(name, as_=table)
    oldest = compiler.events.oldest
    first_day = None if oldest is None else f"{max(oldest, _FIRST) - STORED_WITHIN:%Y-%m-%d}"
    return Question(asked, first_day, asks_events)


def _over(sources: Mapping[str, exp.Select], asked: exp.Select) -> exp.Select:
    """The query with further tables before its own."""
    own = asked.args.pop("with_", None) or asked.args.pop("with", None)
    for name, source in sources.items():
        asked = asked.with_(name, as_=source)
    for table in own.expressions if own else ():
        asked = asked.with_(table.alias, as_=table.this)
    return asked


_FIRST = datetime.fromisoformat("1970-01-02T00:00:00+00:00")


def _answers(matched: Sql, *, asks_events: bool) -> exp.Select:
    """Whether each person matches, by their newest row: what a run wrote twice lies there twice.

    The question is asked of every row and then one answer kept, for answers are small and rows are not.
    """
    person = column("person", "people")
    newest = exp.ArgMax(this=matched, expression=column("version", "people"))
    rows = exp.select(person, exp.alias_(newest, "matched")).from_(
        exp.alias_(exp.to_table("lake_people"), "people")
    )
    if asks_events:
        same = exp.EQ(this=column("person", "done"), expression=person.copy())
        rows = rows.join("done", on=same, join_type="left")
    return rows.group_by(person.copy())


def _part_of() -> exp.Select:
    """Under which person the events of each partition count, and by whose clock."""
    person, version = column("person", "lake_people"), column("version", "lake_people")
    newest = [
        exp.alias_(exp.ArgMax(this=column(name, "lake_people"), expression=version.copy()), name)
        for name in ("zone", "parts")
    ]
    rows = exp.select(person, *newest).from_("lake_people").group_by(person.copy())
    parts = exp.Unnest(
        expressions=[column("parts", "known")],
        alias=exp.TableAlias(this=exp.to_identifier("held"), columns=[exp.to_identifier("part")]),
    )
    kept = [column("person", "known"), column("zone", "known"), column("part", "held")]
    return exp.select(*kept).from_(rows.subquery("known")).join(parts, join_type="cross")


class _Compiler:
    def __init__(self, now: datetime) -> None:
        self._now = now
        self.events = Events(now)

    def answer(self, condition: Condition) -> Sql:
        """True or false for a row of `people` (with `done`), never null."""
        match condition:
            case TraitIs(trait=path):
                return trait_sql(condition, path, now=self._now)
            case EventDid():
                return self.events.answer(condition)
            case All(of=parts):
                return all_true(self._answers(parts))
            case AnyOf(of=parts):
                return any_true(self._answers(parts))
            case NoneOf(of=parts):
                return no(any_true(self._answers(parts)))
            case Xor(of=parts):
                return compared("eq", how_many(self._answers(parts)), whole(1))
            case AtLeast(of=parts, n=least):
                return compared("gte", how_many(self._answers(parts)), whole(least))
            case Score():
                return self._scored(condition)
            case _:
                return person_sql(condition, now=self._now)

    def _answers(self, parts: tuple[Condition, ...]) -> list[Sql]:
        return [self.answer(part) for part in parts]

    def _scored(self, score: Score) -> Sql:
        """Points count to six decimals: in millionths they add up without a rest."""
        worth = [
            points(self.answer(each.when), amount(millionths(each.points)), amount(0)) for each in score.of
        ]
        return amount_compared(score.op, total(worth), score.value)
