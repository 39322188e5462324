"""Questions about events: one row a person with what their events come to, in one pass over the lake.

    lake_events ─ of the names asked for ─▶ seen   one row a copy, with what filters and sums need worked out
                  newest copy of each id ─▶ told   one row an event, under the person it is now part of
                      grouped by person  ─▶ done   a0, a1, …: one column for each thing that is counted

Instants of events count in whole milliseconds, rounded down, as in what a profile remembers.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from sqlglot import exp

from kizuna.core.condition_sql.amounts import TYPE, amount, amount_compared, amount_of, value_key
from kizuna.core.condition_sql.comparing import Setting, question_sql, where_sql
from kizuna.core.condition_sql.places import Place
from kizuna.core.condition_sql.terms import (
    NotInLake,
    Sql,
    all_true,
    column,
    compared,
    field,
    filtered,
    first_of,
    no,
    real,
    text,
    whole,
)
from kizuna.core.condition_sql.values import ORDERINGS
from kizuna.core.condition_sql.zones import by_zone
from kizuna.core.conditions.calendar_turns import period_start
from kizuna.core.conditions.event_meaning import TIMED
from kizuna.core.conditions.event_questions import EventDid
from kizuna.core.conditions.operators import positive_of
from kizuna.core.conditions.properties import Comparison, Where
from kizuna.core.conditions.windows import (
    LOOKS_BACK,
    Absolute,
    BetweenAgo,
    CalendarWindow,
    Last,
    SinceLast,
    Window,
    frame_at,
    span_of,
)
from kizuna.core.durations import Duration, epoch_millis, from_epoch_millis, instant_from_text
from kizuna.core.zones import zone_named

_MILLI = 1_000  # microseconds
_LONG = 200  # characters, beyond which a text is no instant (`tallying`)
_AHEAD = 10**18  # added to a moment, so that all have as many digits
_CELLS = "cells"


class Events:
    """Collects what a condition counts; each distinct filter, amount and count stands in the query once."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._seen: dict[str, str] = {}  # what is worked out of each event, by its SQL: its column
        self._told: dict[str, str] = {}  # … with the person's other events beside it
        self._done: dict[str, str] = {}  # what it comes to for each person
        self._expressions: dict[str, Sql] = {}
        self.names: dict[str, None] = {}
        self.oldest: datetime | None = now  # before which no event matters; None: all do

    # ── one question ────────────────────────────────────────────────────────────────────────────

    def answer(self, leaf: EventDid) -> Sql:
        """Whether it holds for a person, from the columns of `done`; never null."""
        self.names[leaf.event] = None
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
            case _:
                raise NotInLake(f"the verb {leaf.verb} of events")
        if isinstance(leaf.window, SinceLast) and leaf.window.if_never is None:
            return all_true([answer, self._has_begun(leaf.window)])
        return answer

    def _count(self, inside: Sql) -> Sql:
        return self._counted(exp.Count(this=exp.Star()), inside, whole(0))

    def _different(self, leaf: EventDid, inside: Sql) -> Sql:
        key = column(self._of_each(self._value(leaf, value_key())), "told")
        return self._counted(exp.Count(this=exp.Distinct(expressions=[key])), inside, whole(0))

    def _sum(self, leaf: EventDid, inside: Sql) -> Sql:
        return self._counted(exp.Sum(this=self._amount(leaf)), inside, amount(0))

    def _average(self, leaf: EventDid, inside: Sql) -> Sql:
        """Of the sum as a float, as the evaluator divides it."""
        number = self._counted(exp.Count(this=self._amount(leaf)), inside, whole(0))
        total = exp.Div(this=exp.cast(self._sum(leaf, inside), "double"), expression=real(1e6))
        nothing = exp.Nullif(this=exp.cast(number, "double"), expression=real(0.0))
        mean = exp.Div(this=exp.paren(total), expression=nothing)
        return exp.func("COALESCE", _compared(leaf, exp.paren(mean)), exp.false())

    def _end_amount(self, leaf: EventDid, inside: Sql) -> Sql:
        choose = exp.Min if leaf.verb == "min" else exp.Max
        end = self._counted(choose(this=self._amount(leaf)), inside, None)
        return exp.func("COALESCE", exp.paren(amount_compared(leaf.op, end, leaf.number)), exp.false())

    def _amount(self, leaf: EventDid) -> Sql:
        return exp.cast(column(self._of_each(self._value(leaf, amount_of())), "told"), TYPE)

    def _end(self, leaf: EventDid, inside: Sql) -> Sql:
        """Whether the first or last event inside is as the question asks: of several at once the mark decides."""
        passes = column(self._of_each(self._end_holds(leaf)), "told")
        millis = exp.Add(this=_millis("told"), expression=whole(_AHEAD))
        key = exp.DPipe(this=exp.cast(exp.paren(millis), "varchar"), expression=column("mark", "told"))
        choose = exp.ArgMin if leaf.verb == "first" else exp.ArgMax
        return self._counted(choose(this=passes, expression=key), inside, exp.false())

    def _end_holds(self, leaf: EventDid) -> Sql:
        asked = [] if leaf.where is None else [_where(leaf.where)]
        if leaf.of is None:
            return all_true([*asked, self._time_holds(leaf)])
        question = Comparison.model_construct(op=leaf.op, value=leaf.value)
        place = Place(column(_CELLS, "lake_events"), leaf.of)
        if leaf.op not in TIMED:
            setting = Setting(None, happened=column("happened", "lake_events"))
            return all_true([*asked, question_sql(question, place, setting)])
        # Only of a text is it remembered; a list, or what is too long, is compared as if nothing were there.
        short = compared("lte", exp.Length(this=field("s")), whole(_LONG))
        asked_for = Comparison.model_validate({"op": positive_of(leaf.op), "value": leaf.value})
        positive = question_sql(asked_for, place, Setting(self._now))
        single = all_true([place.own(short), positive])
        return all_true([*asked, single if positive_of(leaf.op) == leaf.op else no(single)])

    def _time_holds(self, leaf: EventDid) -> Sql:
        """About the event's own time, in milliseconds."""
        at = _millis("lake_events")

        def against(op: str, instant: datetime) -> Sql:
            limit = epoch_millis(instant) * _MILLI
            if instant.microsecond % _MILLI and op in ("lt", "gte"):
                limit += _MILLI
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
            parts.append(column(self._of_each(_where(leaf.filter)), "told"))
        ends = leaf.verb in ("first", "last")
        return all_true([*parts, *self._window(leaf.window, until_now=ends)])

    def _window(self, window: Window | None, *, until_now: bool) -> list[Sql]:
        now = epoch_millis(self._now)
        match window:
            case None:
                self.oldest = None
                return [_until(now)] if until_now else []
            case Absolute():
                first, end = span_of(window)
                self._from(first)
                parts = [_after(first - 1)] if first > 0 else []
                parts += [] if end is None else [_until(end - 1)]
                return [*parts, *([_until(now)] if until_now else [])]
            case Last() | BetweenAgo():
                frame = frame_at(window, now=self._now)
                if frame is None:
                    raise ValueError("such a window is always there")
                self._from(frame.after)
                return [_after(frame.after), _until(frame.until)]
            case CalendarWindow():
                return [self._since_start(window), _until(now)]
            case SinceLast():
                return [self._since_event(window), _until(now)]

    def _from(self, millis: int) -> None:
        if self.oldest is not None:
            self.oldest = min(self.oldest, from_epoch_millis(max(millis, 0)))

    def _since_start(self, window: CalendarWindow) -> Sql:
        def begun(zone: tzinfo) -> int:
            start = epoch_millis(period_start(window.calendar, self._now, zone))
            self._from(start)
            return start - 1

        if window.zone is not None:
            return _after(begun(zone_named(window.zone) or UTC))
        return by_zone(column("zone", "told"), begun, _after)

    def _since_event(self, window: SinceLast) -> Sql:
        """After the latest event of the other name; without one never, or for all the time that is looked back."""
        back = epoch_millis(self._now - LOOKS_BACK)
        self._from(back)
        latest = column(self._latest(window), "told")
        begins = exp.func("COALESCE", latest, whole(-1)) if window.if_never else latest
        later = compared("gt", _millis("told"), exp.paren(begins))
        return exp.func("COALESCE", exp.paren(all_true([later, _after(back)])), exp.false())

    def _has_begun(self, window: SinceLast) -> Sql:
        latest = column(self._latest(window), "told")
        ever = self._counted(exp.Max(this=latest), exp.true(), None)
        return no(exp.Is(this=ever, expression=exp.null()))

    def _latest(self, window: SinceLast) -> str:
        """A column of `told`: when the person last did it, in whole milliseconds. Older than any window it may be."""
        self.names[window.since_last] = None
        self.oldest = None
        name = compared("eq", column("name", "seen"), text(window.since_last))
        moments = exp.Case(ifs=[exp.If(this=name, true=_millis("seen"))])
        latest = exp.Window(this=exp.Max(this=moments), partition_by=[column("person", "part_of")])
        return self._named(self._told, "l", latest)

    # ── columns ─────────────────────────────────────────────────────────────────────────────────

    def _value(self, leaf: EventDid, found: Sql) -> Sql:
        """Something of the one cell of a property: of lists and objects nothing is remembered."""
        here = all_true(
            [
                compared("eq", field("p"), text(leaf.of or "")),
                exp.Is(this=field("e"), expression=exp.null()),
                exp.Is(this=field("k"), expression=exp.null()),
            ]
        )
        cell = first_of(filtered(column(_CELLS, "lake_events"), here))

        def of_the_cell(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Dot) and node.this.name == "c":
                return exp.Dot(this=cell.copy(), expression=node.expression)
            return node

        return found.transform(of_the_cell)

    def _of_each(self, worked_out: Sql) -> str:
        return self._named(self._seen, "e", worked_out)

    def _counted(self, aggregate: Sql, inside: Sql, nothing: Sql | None) -> Sql:
        asked = exp.Filter(this=aggregate, expression=exp.Where(this=inside.copy()))
        found = column(self._named(self._done, "a", asked), "done")
        return found if nothing is None else exp.func("COALESCE", found, nothing)

    def _named(self, known_ones: dict[str, str], letter: str, expression: Sql) -> str:
        written = expression.sql()
        name = known_ones.setdefault(written, f"{letter}{len(known_ones)}")
        self._expressions[name] = expression
        return name

    # ── the tables in between ───────────────────────────────────────────────────────────────────

    def tables(self) -> list[tuple[str, exp.Select]]:
        """What `answer` looks at, in order; nothing if no event was asked about."""
        if not self.names:
            return []
        return [("seen", self._seen_table()), ("told", self._told_table()), ("done", self._done_table())]

    def _seen_table(self) -> exp.Select:
        kept = [column(name, "lake_events") for name in ("person", "name", "happened", "mark")]
        newest = exp.Window(
            this=exp.RowNumber(),
            partition_by=[column("id", "lake_events")],
            order=exp.Order(
                expressions=[exp.Ordered(this=column("stored", "lake_events"), desc=True, nulls_first=False)]
            ),
        )
        worked_out = [exp.alias_(self._expressions[name], name) for name in self._seen.values()]
        asked = exp.In(this=column("name", "lake_events"), expressions=[text(name) for name in self.names])
        tracked = compared("eq", column("type", "lake_events"), text("track"))
        return (
            exp.select(*kept, exp.alias_(newest, "nth"), *worked_out)
            .from_("lake_events")
            .where(tracked, asked)
        )

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


def _where(where: Where) -> Sql:
    cells = column(_CELLS, "lake_events")
    setting = Setting(None, happened=column("happened", "lake_events"))
    return where_sql(where, lambda path: Place(cells.copy(), path), setting)


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


def _after(millis: int) -> Sql:
    return compared("gte", column("happened", "told"), whole((millis + 1) * _MILLI))


def _until(millis: int) -> Sql:
    return compared("lt", column("happened", "told"), whole((millis + 1) * _MILLI))


def _millis(table: str) -> Sql:
    """When an event happened, in microseconds of whole milliseconds. None happened before 1970."""
    happened = column("happened", table)
    rest = exp.Mod(this=happened.copy(), expression=whole(_MILLI))
    return exp.paren(exp.Sub(this=happened, expression=exp.paren(rest)))
