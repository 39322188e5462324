"""A condition as one query over the lake: who of everybody matches it, at one instant.

    WITH known AS (SELECT person, what is asked of them alone FROM lake_people GROUP BY person),
         part_of AS (…), seen AS (…), told AS (…), done AS (…)
    SELECT COUNT(*) FROM known LEFT JOIN done … WHERE it matches

The meaning is that of `conditions.evaluate`, by which it is tested. What it cannot say it refuses: a question that is
left out would count wrongly and tell nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlglot import exp

from kizuna.core.condition_sql.amounts import amount, amount_compared
from kizuna.core.condition_sql.events import Events
from kizuna.core.condition_sql.persons import location_sql, person_sql, trait_sql
from kizuna.core.condition_sql.rendering import Dialect, rendered
from kizuna.core.condition_sql.terms import (
    NotInLake,
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
from kizuna.core.conditions.language import (
    All,
    AnyOf,
    AtLeast,
    Condition,
    NoneOf,
    Score,
    Xor,
    leaves_of,
)
from kizuna.core.conditions.plain import plain
from kizuna.core.conditions.sequences import Sequence
from kizuna.core.conditions.trait_questions import TraitIs
from kizuna.core.lake_cells import millionths
from kizuna.core.lake_rows import EVENT_TYPES, PERSON_TYPES, STRUCTS

# An event is stored on the day on which it came, or on the next: the delivery stream holds it back for minutes.
STORED_WITHIN = timedelta(days=1)


# A column's type, in words that every engine knows; of a list of cells the types of their fields.
Columns = Mapping[str, str | Mapping[str, str]]
_TABLES: Mapping[str, tuple[Mapping[str, str], str]] = {
    "lake_people": (PERSON_TYPES, "people"),
    "lake_events": (EVENT_TYPES, "lake_events"),
}


# Parts of a query: a date by the clocks of a named zone has some 2,000, a query that Athena takes hardly 40,000.
LARGEST = 40_000


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

    def columns(self, table: str) -> Columns:
        """The columns of `lake_people` or `lake_events` that the query looks at, and of their cells the fields.

        Reading rows is most of the work: what is not asked for is not taken out of them.
        """
        known, alias = _TABLES[table]
        names = {each.name for each in self.people.find_all(exp.Column) if each.table == alias}
        fields = {each.expression.name for each in self.people.find_all(exp.Dot)}
        found: dict[str, str | Mapping[str, str]] = {}
        for name, of in known.items():
            if name in names:
                inside = STRUCTS.get(of)
                found[name] = (
                    of if inside is None else {each: kind for each, kind in inside.items() if each in fields}
                )
        return found

    def members(self, dialect: Dialect) -> str:
        """The query for who matches, in no order."""
        return rendered(self.people, dialect)


def compile_condition(condition: Condition, *, now: datetime) -> Question:
    """The query for a condition at `now`. Raises NotInLake naming the question that the lake cannot answer."""
    compiler = _Compiler(now)
    matched = compiler.answer(plain(condition))
    events = compiler.events.gathered
    tables = [("known", _known(compiler.of_people, asks_events=events.is_asked))]
    if events.is_asked:
        tables += [("part_of", _part_of()), *events.tables()]
    asked = exp.select(column("person", "known")).from_("known").where(matched)
    for answers in events.people:
        same = exp.EQ(this=column("person", answers), expression=column("person", "known"))
        asked = asked.join(answers, on=same, join_type="left", copy=False)
    for name, table in tables:
        asked = asked.with_(name, as_=table, copy=False)
    if sum(1 for _ in islice(asked.walk(), LARGEST + 1)) > LARGEST:
        raise NotInLake(f"so much at once: the query would have more than {LARGEST:,} parts")
    oldest = events.oldest
    first_day = None if oldest is None else f"{max(oldest, _FIRST) - STORED_WITHIN:%Y-%m-%d}"
    return Question(asked, first_day, events.is_asked)


def _over(sources: Mapping[str, exp.Select], asked: exp.Select) -> exp.Select:
    """The query with further tables before its own."""
    own = asked.args.pop("with_", None) or asked.args.pop("with", None)
    for name, source in sources.items():
        asked = asked.with_(name, as_=source)
    for table in own.expressions if own else ():
        asked = asked.with_(table.alias, as_=table.this)
    return asked


_FIRST = datetime.fromisoformat("1970-01-02T00:00:00+00:00")


def _known(answers: Mapping[str, Sql], *, asks_events: bool) -> exp.Select:
    """Everybody once, by their newest row: what a run wrote twice lies there twice.

    Each question is asked of every row and then one answer kept, for answers are small and rows are not.
    """
    person = column("person", "people")
    told: dict[str, Sql] = dict(answers)
    if asks_events:
        told["zone"] = exp.func("COALESCE", column("zone", "people"), exp.Literal.string(""))
        told["parts"] = column("parts", "people")
    newest = [
        exp.alias_(exp.ArgMax(this=answer, expression=column("version", "people")), name)
        for name, answer in told.items()
    ]
    rows = exp.select(person, *newest).from_(exp.alias_(exp.to_table("lake_people"), "people"))
    return rows.group_by(person.copy())


def _part_of() -> exp.Select:
    """Under which person the events of each partition count, and by whose clock."""
    parts = exp.Unnest(
        expressions=[column("parts", "known")],
        alias=exp.TableAlias(this=exp.to_identifier("held"), columns=[exp.to_identifier("part")]),
    )
    kept = [column("person", "known"), column("zone", "known"), column("part", "held")]
    return exp.select(*kept).from_("known").join(parts, join_type="cross")


class _Compiler:
    """What is asked of a person alone becomes a column of `known` (`of_people`), each part as large as it is."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.events = Events(now)
        self.of_people: dict[str, Sql] = {}

    def answer(self, condition: Condition) -> Sql:
        """True or false for a row of `known` with what was done beside it, never null."""
        if not any(isinstance(leaf, EventDid | Sequence) for leaf in leaves_of(condition)):
            name = f"p{len(self.of_people)}"
            self.of_people[name] = self._answer(condition, self._of_person)
            return column(name, "known")
        return self._answer(condition, self.answer)

    def _of_person(self, condition: Condition) -> Sql:
        """True or false for a row of `people`."""
        return self._answer(condition, self._of_person)

    def _answer(self, condition: Condition, of_part: Callable[[Condition], Sql]) -> Sql:
        match condition:
            case TraitIs(trait=path):
                return trait_sql(condition, path, now=self._now)
            case EventDid():
                return self._with_consent(self.events.answer(condition), asks_place=condition.asks_place)
            case Sequence():
                return self._with_consent(self.events.sequence(condition), asks_place=condition.asks_place)
            case All(of=parts):
                return all_true(list(map(of_part, parts)))
            case AnyOf(of=parts):
                return any_true(list(map(of_part, parts)))
            case NoneOf(of=parts):
                return no(any_true(list(map(of_part, parts))))
            case Xor(of=parts):
                return compared("eq", how_many(list(map(of_part, parts))), whole(1))
            case AtLeast(of=parts, n=least):
                return compared("gte", how_many(list(map(of_part, parts))), whole(least))
            case Score(of=scored, op=op, value=value):
                return amount_compared(
                    op, _earned([(of_part(each.when), each.points) for each in scored]), value
                )
            case _:
                return person_sql(condition, now=self._now)

    def _with_consent(self, did: Sql, *, asks_place: bool) -> Sql:
        """What was done where, of those alone who let us ask."""
        if not asks_place:
            return did
        self.of_people["located"] = location_sql(now=self._now)
        return all_true([did, column("located", "known")])


def _earned(parts: Iterable[tuple[Sql, float]]) -> Sql:
    """Points count to six decimals: in millionths they add up without a rest."""
    return total([points(holds, amount(millionths(worth)), amount(0)) for holds, worth in parts])
