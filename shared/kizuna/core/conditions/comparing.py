"""Traits and properties compared with what a condition asks for.

A missing trait or a value of the wrong type makes a positive operator false; each negative operator is the
exact complement of its positive. Lists match if any element does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from kizuna.core.conditions.answers import Answer, earliest
from kizuna.core.conditions.times import next_turn
from kizuna.core.durations import Duration, instant_from_text

MAX_VALUES = 1_000

TraitOperator = Literal[
    "eq", "not_eq", "in", "not_in", "exists", "not_exists", "gt", "gte", "lt", "lte",
    "between", "not_between",
    "contains", "not_contains", "starts_with", "not_starts_with", "ends_with", "not_ends_with",
    "has_any", "has_none", "before", "after", "within_last", "not_within_last", "before_last",
]  # fmt: skip

_POSITIVE_OF = {
    "not_eq": "eq",
    "not_in": "in",
    "not_exists": "exists",
    "not_between": "between",
    "not_contains": "contains",
    "not_starts_with": "starts_with",
    "not_ends_with": "ends_with",
    "has_none": "has_any",
    "not_within_last": "within_last",
}
_TAKES_LIST = {"in", "between", "has_any"}
TAKES_DURATION = {"within_last", "before_last"}
_TAKES_INSTANT = {"before", "after"}


def positive_of(op: str) -> str:
    """The operator that this one is the opposite of, or itself."""
    return _POSITIVE_OF.get(op, op)


def value_problem(op: str, value: Any) -> str | None:
    positive = positive_of(op)
    if positive == "exists":
        return None if value is None else f"{op} takes no value"
    if positive in _TAKES_LIST:
        if not isinstance(value, tuple) or not 1 <= len(value) <= MAX_VALUES:
            return f"{op} takes a list of 1 to {MAX_VALUES} values"
        return "between takes a list of two values" if positive == "between" and len(value) != 2 else None
    if value is None or isinstance(value, tuple):
        return f"{op} takes one value"
    try:
        if positive in TAKES_DURATION:
            Duration.parse(str(value))
        if positive in _TAKES_INSTANT:
            instant_from_text(str(value))
    except ValueError as error:
        return f"{op}: {error}"
    return None


def compare(op: str, actual: Any, value: Any, *, now: datetime) -> Answer:
    """Compare a trait or a property. Lists match if any element does."""
    positive = _POSITIVE_OF.get(op)
    if positive is not None:
        answer = compare(positive, actual, value, now=now)
        return Answer(not answer.matched, answer.flips_at)
    if op == "exists":
        return Answer(actual is not None)
    answers = [
        _compare_one(op, item, value, now) for item in (actual if isinstance(actual, list) else [actual])
    ]
    return Answer(any(answer.matched for answer in answers), earliest(answers))


def _compare_one(op: str, actual: Any, value: Any, now: datetime) -> Answer:
    if op in TAKES_DURATION:
        return _relative(op, actual, Duration.parse(str(value)), now)
    return Answer(_holds(op, actual, value))


def _holds(op: str, actual: Any, value: Any) -> bool:
    match op:
        case "eq":
            return _same(actual, value)
        case "in" | "has_any":
            return any(_same(actual, option) for option in value)
        case "contains" | "starts_with" | "ends_with":
            return isinstance(actual, str) and isinstance(value, str) and _text(op, actual, value)
        case "gt" | "gte" | "lt" | "lte":
            return _comparable(actual, value) and compare_numbers(op, actual, value)
        case "between":
            low, high = value
            return _comparable(actual, low) and _comparable(actual, high) and low <= actual <= high
        case "before" | "after":
            instant = _instant(actual)
            limit = instant_from_text(str(value))
            return instant is not None and (instant < limit if op == "before" else instant > limit)
        case _:
            raise ValueError(f"unknown operator {op}")


def _text(op: str, actual: str, value: str) -> bool:
    if op == "contains":
        return value in actual
    return actual.startswith(value) if op == "starts_with" else actual.endswith(value)


def _relative(op: str, actual: Any, length: Duration, now: datetime) -> Answer:
    instant = _instant(actual)
    if instant is None:
        return Answer(matched=False)
    start = length.before(now)
    matched = start < instant <= now if op == "within_last" else instant <= start
    return Answer(matched, next_turn(length, [instant], now))


def _same(actual: Any, value: Any) -> bool:
    # True == 1 in Python; a flag must not match a number.
    return isinstance(actual, bool) == isinstance(value, bool) and bool(actual == value)


def _comparable(actual: Any, value: Any) -> bool:
    if isinstance(actual, bool) or isinstance(value, bool):
        return False
    numbers = isinstance(actual, int | float) and isinstance(value, int | float)
    return numbers or (isinstance(actual, str) and isinstance(value, str))


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return instant_from_text(value)
    except ValueError:
        return None


def at_path(values: Mapping[str, Any], path: str) -> Any:
    if path in values:
        return values[path]
    found: Any = values
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def compare_numbers(op: str, left: float, right: float | tuple[float, float]) -> bool:
    if isinstance(right, tuple):
        return right[0] <= left <= right[1]
    match op:
        case "eq":
            return left == right
        case "gt":
            return left > right
        case "gte":
            return left >= right
        case "lt":
            return left < right
        case "lte":
            return left <= right
        case _:
            raise ValueError(f"unknown operator {op}")
