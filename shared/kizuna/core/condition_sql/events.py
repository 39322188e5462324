"""Questions about events: what each comes to for a person, from the columns that `gathering` works out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlglot import exp

from kizuna.core.condition_sql.amounts import TYPE, amount, amount_compared, amount_of, sorting_key, value_key
from kizuna.core.condition_sql.comparing import Setting, question_sql
from kizuna.core.condition_sql.gathering import CELLS, MILLI, Gathering, millis
from kizuna.core.condition_sql.places import Place
from kizuna.core.condition_sql.sequence_rows import Asked, in_order
from kizuna.core.condition_sql.sequences import sequence_tables
from kizuna.core.condition_sql.terms import (
    CELL,
    NotInLake,
    Sql,
    all_true,
    any_true,
    column,
    compared,
    field,
    known,
    no,
    real,
    text,
    whole,
)
from kizuna.core.condition_sql.values import ORDERINGS
from kizuna.core.condition_sql.windows import has_begun, in_window, looked_back
from kizuna.core.conditions.event_meaning import TIMED
from kizuna.core.conditions.event_questions import EventDid
from kizuna.core.conditions.operators import positive_of
from kizuna.core.conditions.properties import Comparison
from kizuna.core.conditions.remembered import LONG_TEXT, VALUES
from kizuna.core.conditions.sequences import Sequence, Step
from kizuna.core.conditions.windows import Absolute, SinceLast
from kizuna.core.durations import Duration, epoch_millis, instant_from_text

_AHEAD = 10**18  # added to a moment, so that all have as many digits


class Events:
    """Answers to questions about events. `gathered` holds the tables that they look at."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.gathered = Gathering(now)

    # ── one question ────────────────────────────────────────────────────────────────────────────

    def answer(self, leaf: EventDid) -> Sql:
        """Whether it holds for a person, from the columns of `done`; never null."""
        self.gathered.named(leaf.event)
        inside = self._inside(leaf)
        match leaf.verb:
            case "did":
                return compared("gte", self._count(inside), whole(1))
            case "did_not":
                return compared("lt", self._count(inside), whole(1))
            case "count":
                answer = _number(leaf, self._count(inside))
            case "distinct":
                answer = _number(leaf, self._different(leaf, inside))
            case "sum":
                answer = amount_compared(leaf.op, self._sum(leaf, inside), leaf.number)
            case "min" | "max":
                answer = self._end_amount(leaf, inside)
            case "avg":
                answer = self._average(leaf, inside)
            case "first" | "last":
                return self._end(leaf, inside)
            case "mode":
                answer = self._most_frequent(leaf, inside)
        if isinstance(leaf.window, SinceLast) and leaf.window.if_never is None:
            return all_true([answer, has_begun(leaf.window, self.gathered)])
        return answer

    def _count(self, inside: Sql) -> Sql:
        return self.gathered.counted(exp.Count(this=exp.Star()), inside, whole(0))

    def _different(self, leaf: EventDid, inside: Sql) -> Sql:
        key = self._of_each(self._value(leaf.of, value_key()))
        return self.gathered.counted(exp.Count(this=exp.Distinct(expressions=[key])), inside, whole(0))

    def _sum(self, leaf: EventDid, inside: Sql) -> Sql:
        return self.gathered.counted(exp.Sum(this=self._amount(leaf)), inside, amount(0))

    def _average(self, leaf: EventDid, inside: Sql) -> Sql:
        """Of the sum as a float, as the evaluator divides it."""
        number = self.gathered.counted(exp.Count(this=self._amount(leaf)), inside, whole(0))
        total = exp.Div(this=exp.cast(self._sum(leaf, inside), "double"), expression=real(1e6))
        nothing = exp.Nullif(this=exp.cast(number, "double"), expression=real(0.0))
        mean = exp.Div(this=exp.paren(total), expression=nothing)
        return exp.func("COALESCE", _compared(leaf, exp.paren(mean)), exp.false())

    def _end_amount(self, leaf: EventDid, inside: Sql) -> Sql:
        choose = exp.Min if leaf.verb == "min" else exp.Max
        end = self.gathered.counted(choose(this=self._amount(leaf)), inside, None)
        return exp.func("COALESCE", exp.paren(amount_compared(leaf.op, end, leaf.number)), exp.false())

    def _amount(self, leaf: EventDid) -> Sql:
        return exp.cast(self._of_each(self._value(leaf.of, amount_of())), TYPE)

    def _end(self, leaf: EventDid, inside: Sql) -> Sql:
        """Whether the first or last event inside is as the question asks: of several at once the mark decides."""
        passes = self._of_each(self._end_holds(leaf))
        moment = exp.Add(this=millis("told"), expression=whole(_AHEAD))
        key = exp.DPipe(this=exp.cast(exp.paren(moment), "varchar"), expression=column("mark", "told"))
        choose = exp.ArgMin if leaf.verb == "first" else exp.ArgMax
        return self.gathered.counted(choose(this=passes, expression=key), inside, exp.false())

    def _most_frequent(self, leaf: EventDid, inside: Sql) -> Sql:
        """Whether a value that comes most often is as asked; of a negative question, whether none of them is."""
        key = self._of_each(self._value(leaf.of, value_key()))
        fits = self._of_each(known(self._value_fits(leaf)))
        here = all_true([inside, no(exp.Is(this=key, expression=exp.null()))])
        name = self.gathered.next_name()
        counts, person = f"{name}_by_value", column("person", "told")
        times = exp.Count(this=exp.Star())
        by_value = (
            exp.select(
                person,
                exp.alias_(times, "n"),
                exp.alias_(exp.LogicalOr(this=fits), "fits"),
            )
            .from_("told")
            .where(here)
            .group_by(person.copy(), key.copy())
        )
        number, those = column("n", counts), column("fits", counts)
        most = exp.Max(this=number)
        most_that_fit = exp.func(
            "COALESCE",
            exp.Filter(this=exp.Max(this=number.copy()), expression=exp.Where(this=those)),
            exp.Literal.number(0),
        )
        parts: list[Sql] = [
            compared("gte", most, whole(leaf.min_times)),
            compared("eq" if positive_of(leaf.op) == leaf.op else "lt", most_that_fit, most.copy()),
        ]
        if leaf.window is None or isinstance(leaf.window, Absolute):
            parts.append(compared("lte", exp.Count(this=exp.Star()), whole(VALUES)))
        grouped = exp.select(column("person", counts)).from_(counts).group_by(column("person", counts))
        return self.gathered.by_person([(counts, by_value), (name, grouped.having(all_true(parts)))])

    def _value_fits(self, leaf: EventDid) -> Sql:
        """Whether a value is as the positive question asks; a number counts to six decimals."""
        asked = Comparison.model_validate({"op": positive_of(leaf.op), "value": leaf.value})
        fits = question_sql(asked, Place(column(CELLS, "lake_events"), leaf.of or ""), Setting(self._now))
        money = self._value(leaf.of, amount_of())
        is_number = no(exp.Is(this=money, expression=exp.null()))
        return exp.Case(ifs=[exp.If(this=is_number, true=known(_amount_fits(asked, money)))], default=fits)

    def _end_holds(self, leaf: EventDid) -> Sql:
        asked = [] if leaf.where is None else [self.gathered.worked_out(leaf.where)]
        if leaf.of is None:
            return all_true([*asked, self._time_holds(leaf)])
        question = Comparison.model_construct(op=leaf.op, value=leaf.value)
        place = Place(column(CELLS, "lake_events"), leaf.of)
        if leaf.op not in TIMED:
            return all_true([*asked, question_sql(question, place, self.gathered.setting)])
        # Only of a text is it remembered; a list, or what is too long, is compared as if nothing were there.
        short = compared("lte", exp.Length(this=field("s")), whole(LONG_TEXT))
        asked_for = Comparison.model_validate({"op": positive_of(leaf.op), "value": leaf.value})
        positive = question_sql(asked_for, place, Setting(self._now))
        single = all_true([place.own(short), positive])
        return all_true([*asked, single if positive_of(leaf.op) == leaf.op else no(single)])

    def _time_holds(self, leaf: EventDid) -> Sql:
        """About the event's own time, in milliseconds."""
        at = millis("lake_events")

        def against(op: str, instant: datetime) -> Sql:
            limit = epoch_millis(instant) * MILLI
            if instant.microsecond % MILLI and op in ("lt", "gte"):
                limit += MILLI
            return compared(op, at.copy(), whole(limit))

        match leaf.op:
            case "exists":
                return exp.true()
            case "before" | "after":
                return against("lt" if leaf.op == "before" else "gt", instant_from_text(str(leaf.value)))
            case "within_last" | "not_within_last":
                start = Duration.parse(str(leaf.value)).before(self._now)
                within = all_true([against("gt", start), against("lte", self._now)])
                return within if leaf.op == "within_last" else no(within)
            case "before_last":
                return against("lte", Duration.parse(str(leaf.value)).before(self._now))
            case _:
                raise NotInLake(f"the time of an event with {leaf.op}")

    # ── which events count ──────────────────────────────────────────────────────────────────────

    def _inside(self, leaf: EventDid) -> Sql:
        """Whether one event counts: its name, its properties, and the window."""
        parts: list[Sql] = [compared("eq", column("name", "told"), text(leaf.event))]
        if leaf.filter is not None:
            parts.append(self.gathered.passes(leaf.filter))
        ends = leaf.verb in ("first", "last")
        return all_true([*parts, *in_window(leaf.window, self.gathered, until_now=ends)])

    def _value(self, of: str | None, found: Sql) -> Sql:
        """Something of the one cell of a property: of lists and objects nothing is remembered."""
        cell = self.gathered.value_at(of or "")

        def of_the_cell(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Dot) and node.this.name == CELL:
                return exp.Dot(this=cell.copy(), expression=node.expression)
            return node

        return found.transform(of_the_cell)

    def _of_each(self, worked_out: Sql) -> Sql:
        return column(self.gathered.of_each(worked_out), "told")

    # ── sequences ───────────────────────────────────────────────────────────────────────────────

    def sequence(self, leaf: Sequence) -> Sql:
        """Whether a person did these things in this order; never null."""
        for step in leaf.sequence:
            self.gathered.named(step.name)
        if leaf.strict:
            self.gathered.named(None)
        if leaf.window is None:
            frame = looked_back(self.gathered)
        else:
            frame = in_window(leaf.window, self.gathered, until_now=True)
        asked = Asked(
            leaf=leaf,
            name=self.gathered.next_name(),
            now=self._now,
            steps=tuple(map(self._may_be, leaf.sequence)),
            in_frame=tuple(frame),
            values={path: self._of_each(self._value(path, value_key())) for path in leaf.columns},
            order={path: in_order(self._of_each(self._value(path, sorting_key()))) for path in leaf.columns},
            at=millis("told"),
        )
        return self.gathered.by_person(sequence_tables(asked))

    def _may_be(self, step: Step) -> Sql:
        is_named = compared("eq", column("name", "told"), text(step.name))
        return is_named if step.where is None else all_true([is_named, self.gathered.passes(step.where)])


def _amount_fits(asked: Comparison, money: Sql) -> Sql:
    """The same of an amount; nothing but a number, or that it is there, can be so."""
    value: Any = asked.value
    values = value if isinstance(value, tuple) else (value,)
    numbers = [each for each in values if isinstance(each, int | float) and not isinstance(each, bool)]
    match asked.op:
        case "exists":
            return exp.true()
        case "eq" | "in":
            return any_true([amount_compared("eq", money, each) for each in numbers])
        case "between" if len(numbers) == 2:
            return amount_compared("between", money, (numbers[0], numbers[1]))
        case "gt" | "gte" | "lt" | "lte" if numbers:
            return amount_compared(asked.op, money, numbers[0])
        case _:
            return exp.false()


def _number(leaf: EventDid, count: Sql) -> Sql:
    return _compared(leaf, exp.cast(count, "double"))


def _compared(leaf: EventDid, number: Sql) -> Sql:
    asked = leaf.number
    if isinstance(asked, tuple):
        low, high = asked
        return all_true([compared("gte", number, real(low)), compared("lte", number.copy(), real(high))])
    if leaf.op not in ORDERINGS:
        raise NotInLake(f"{leaf.verb} with {leaf.op}")
    return compared(leaf.op, number, real(asked))
