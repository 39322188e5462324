"""What a question about one value means: a trait, a property of an event, a field of an object in a list.

`answer_about` is the whole of `rules-spec.md` 3.2. Each negative operator is the opposite of its positive one, so a
missing value and one of the wrong type make every positive operator false and every negative one true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Any, assert_never

from kizuna.core.conditions import geo
from kizuna.core.conditions.answers import Answer, at_least, earliest, opposite
from kizuna.core.conditions.checking import days_of
from kizuna.core.conditions.comparing import (
    Test,
    element_test,
    elements_of,
    has_elements,
    has_size,
    is_empty,
    is_same_list,
    reading,
)
from kizuna.core.conditions.operators import (
    OF_HISTORY,
    OPERATORS,
    TAKES_DURATION,
    TraitOperator,
    positive_of,
)
from kizuna.core.conditions.properties import (
    Comparison,
    ContextIs,
    EventPlace,
    OtherProperty,
    OtherTrait,
    PropertyIs,
    Where,
    WhereAll,
    WhereAny,
    WhereAtLeast,
    WhereNone,
    WhereXor,
    takes_the_persons_zone,
)
from kizuna.core.conditions.turning import anniversary, any_day, that_day, window_of_days, window_of_instants
from kizuna.core.conditions.values import MISSING, Reader, found_at, read_day, read_instant, reader_of
from kizuna.core.durations import Duration
from kizuna.core.zones import zone_named


@dataclass(frozen=True, slots=True)
class Around:
    """What a question may look at besides its own value. `since` is when a trait came to its value, if it is one."""

    now: datetime
    zone: tzinfo = UTC  # the person's
    traits: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None


_YES, _NO = Answer(matched=True), Answer(matched=False)


def answer_about(question: Comparison, actual: Any, around: Around) -> Answer:
    """Whether a value, or `MISSING`, is as the question asks, and when that may change."""
    tests = question.element_tests
    if tests and (test := tests.get(None) or tests.get(around.zone)):
        holds = actual is not MISSING and actual is not None and _any_element(test, actual)
        return _YES if holds is not question.is_negative else _NO
    op = positive_of(question.op)
    if op in OF_HISTORY:
        return _history(op, question, actual, around)
    if OPERATORS[op].timed and not isinstance(question.value, OtherTrait | OtherProperty):
        answer = _timed(op, question, actual, zone_of(question, around), around.now)
    elif op == "has_item":
        answer = _has_item(question, actual, around)
    else:
        answer = Answer(_holds(op, question, actual, around))
    return answer if op == question.op else opposite(answer)


def zone_of(question: Comparison, around: Around) -> tzinfo:
    """In whose time a question counts: the named zone, the person's for days, else UTC."""
    if takes_the_persons_zone(question):
        return around.zone
    return (zone_named(question.zone) if question.zone else None) or UTC


# ── values alone ────────────────────────────────────────────────────────────────────────────────


def _holds(op: str, question: Comparison, actual: Any, around: Around) -> bool:
    if op == "empty":
        return actual is MISSING or is_empty(actual)
    if actual is MISSING:
        return False
    if op == "exists":
        return actual is not None
    if question.asks_for_null:
        return actual is None
    if op == "size":
        return has_size(actual, question.cmp or "eq", question.value)
    wanted = _wanted(question, around)
    if actual is None or wanted is None:
        return False
    if question.value_type == "list" and not isinstance(actual, list):
        return False
    zone = zone_of(question, around)
    read = _reader(op, question, zone)
    if op in ("has_any", "has_all"):
        return has_elements(op, actual, elements_of(wanted), _folding(question, read))
    if op == "eq" and question.value_type == "list":
        return is_same_list(actual, elements_of(wanted), _folding(question, read))
    if isinstance(question.value, OtherTrait | OtherProperty):
        # Of a list on the other side any element may be met, as of one on this side.
        values = [elements_of(wanted)] if op == "in" else elements_of(wanted)
        tests = [_element_test(op, question, value, read) for value in values]
        return any(test(element) for test in tests for element in elements_of(actual))
    key = around.zone if takes_the_persons_zone(question) else None
    test = question.element_tests[key] = _element_test(op, question, wanted, read)
    return _any_element(test, actual)


def _any_element(test: Test, actual: Any) -> bool:
    return any(map(test, actual)) if isinstance(actual, list) else test(actual)


def _element_test(op: str, question: Comparison, value: Any, read: Reader) -> Test:
    return element_test(op, value, read=read, fold=question.case == "insensitive", cmp=question.cmp or "eq")


def _wanted(question: Comparison, around: Around) -> Any:
    """What the value is compared with; None where another trait should be and is not."""
    match question.value:
        case OtherTrait(trait=path):
            found = found_at(around.traits, path)
        case OtherProperty(property=path):
            found = found_at(around.properties, path)
        case tuple() as values:
            return list(values)
        case value:
            return value
    return None if found is MISSING else found


def _reader(op: str, question: Comparison, zone: tzinfo) -> Reader:
    if question.value_type in (None, "list"):
        if op in ("on", "same_day"):
            return reader_of("date", zone)
        if op in ("before", "after"):
            return reader_of("instant", zone)
    return reader_of(question.value_type, zone)


def _folding(question: Comparison, read: Reader) -> Reader:
    return reading(read, fold=question.case == "insensitive")


def _has_item(question: Comparison, actual: Any, around: Around) -> Answer:
    if question.where is None or (question.value_type == "list" and not isinstance(actual, list)):
        return Answer(matched=False)
    items = [item for item in elements_of(actual) if isinstance(item, Mapping)]
    answers = [where_answer(question.where, replace(around, properties=item)) for item in items]
    return at_least(1, answers)


# ── values and the clock ────────────────────────────────────────────────────────────────────────


def _timed(op: str, question: Comparison, actual: Any, zone: tzinfo, now: datetime) -> Answer:
    elements = elements_of(actual)
    if op in TAKES_DURATION and question.value_type != "date":
        instants = [at for each in elements if (at := read_instant(each, zone)) is not None]
        return window_of_instants(op, instants, _length(question), zone=zone, now=now)
    days = [day for each in elements if (day := read_day(each, zone)) is not None]
    match op:
        case "same_day":
            parts = [that_day(day) for day in days]
        case "anniversary":
            offset, window = days_of(question.offset or "0d"), days_of(question.window or "1d")
            today = now.astimezone(zone).date()
            parts = [anniversary(day, offset=offset, window=window, today=today) for day in days]
        case _:
            parts = [window_of_days(op, day, _length(question)) for day in days]
    return any_day(parts, zone=zone, now=now)


def _length(question: Comparison) -> Duration:
    return Duration.parse(str(question.value))


def _history(op: str, question: Comparison, actual: Any, around: Around) -> Answer:
    """Since when a trait holds its value. An inner value is as old as the whole trait: no more is remembered."""
    if actual is MISSING or around.since is None:
        return Answer(matched=False)
    zone, since = zone_of(question, around), [around.since]
    if op == "changed_within":
        return window_of_instants("within_last", since, _length(question), zone=zone, now=around.now)
    holds = Answer(_is_held(question, actual, zone))
    length = question.for_at_least or question.for_less_than
    if length is None:
        raise ValueError("has_been needs for_at_least or for_less_than")
    long_enough = window_of_instants("before_last", since, length, zone=zone, now=around.now)
    return at_least(2, (holds, long_enough if question.for_at_least else opposite(long_enough)))


def _is_held(question: Comparison, actual: Any, zone: tzinfo) -> bool:
    read = reader_of(question.value_type, zone)
    test = element_test("eq", question.value, read=read, fold=question.case == "insensitive")
    return any(map(test, elements_of(actual)))


# ── filters ─────────────────────────────────────────────────────────────────────────────────────


def where_answer(where: Where, around: Around) -> Answer:
    """Whether an event, or an object of a list, satisfies a filter, and when that may change."""
    match where:
        case PropertyIs(property=path):
            return answer_about(where, found_at(around.properties, path), around)
        case ContextIs(context=path):
            return answer_about(where, found_at(around.context, path), around)
        case EventPlace():
            return Answer(geo.lies_in_area(_place(where, around), where.within, where.region))
        case WhereAll(of=parts):
            return at_least(len(parts), [where_answer(part, around) for part in parts])
        case WhereAny(of=parts):
            return at_least(1, [where_answer(part, around) for part in parts])
        case WhereNone(of=parts):
            return opposite(at_least(1, [where_answer(part, around) for part in parts]))
        case WhereXor(of=parts):
            answers = [where_answer(part, around) for part in parts]
            return Answer(sum(answer.matched for answer in answers) == 1, earliest(answers))
        case WhereAtLeast(of=parts, n=least):
            return at_least(least, [where_answer(part, around) for part in parts])
        case _:
            assert_never(where)


def _place(where: EventPlace, around: Around) -> Any:
    if isinstance(where.geo, OtherProperty):
        return found_at(around.properties, where.geo.property)
    return found_at(around.context, "location")


def matches(
    where: Where | None,
    properties: Mapping[str, Any],
    *,
    at: datetime,
    context: Mapping[str, Any] | None = None,
) -> bool:
    """Whether one event passes a filter. Now is the event's own time: what it was then, it stays."""
    if where is None:
        return True
    return where_answer(where, Around(at, properties=properties, context=context or {})).matched


def compare(op: TraitOperator, actual: Any, value: Any, *, now: datetime) -> Answer:
    """A single operator without options, asked of a value (None: it is missing)."""
    question = Comparison.model_construct(op=op, value=tuple(value) if isinstance(value, list) else value)
    return answer_about(question, MISSING if actual is None else actual, Around(now))
