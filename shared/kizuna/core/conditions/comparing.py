"""What the operators mean that look at values alone: equality, order, texts, lists, versions, networks.

A value of the wrong type holds nothing. Of a list any element may satisfy an operator; `in_whole` are those that look
at the list as such.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from kizuna.core.conditions.matching import pattern_of
from kizuna.core.conditions.networks import lies_in
from kizuna.core.conditions.values import Reader, folded
from kizuna.core.conditions.versions import version_of

Test = Callable[[Any], bool]

_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "before": operator.lt,
    "after": operator.gt,
    "on": operator.eq,
    "same_day": operator.eq,
}


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal. True == 1 in Python; a flag must not match a number. Null equals nothing."""
    return one is not None and isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def comparable(one: Any, other: Any) -> bool:
    """Whether two values have an order: numbers, texts, and days or instants that were read as such."""
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    if isinstance(one, int | float):
        return isinstance(other, int | float)
    return isinstance(one, str | date) and type(one) is type(other)


def ordered(op: str, one: Any, other: Any) -> bool:
    """Whether two values stand in this order, if they have one."""
    return comparable(one, other) and _ORDERINGS[op](one, other)


def compare_numbers(op: str, left: float, right: float | tuple[float, float]) -> bool:
    """Whether a number stands in this order to another, or (`between`) in a range with both its ends."""
    if isinstance(right, tuple):
        return right[0] <= left <= right[1]
    return _ORDERINGS[op](left, right)


# ── one element ─────────────────────────────────────────────────────────────────────────────────


def element_test(op: str, value: Any, *, read: Reader, fold: bool, cmp: str = "eq") -> Test:
    """Whether one element satisfies a positive operator with this value; both are read the same way."""
    made = reading(read, fold=fold)
    match op:
        case "eq":
            wanted = made(value)
            return lambda actual: same(made(actual), wanted)
        case "in":
            return _one_of([made(each) for each in value], made)
        case "gt" | "gte" | "lt" | "lte" | "before" | "after" | "on" | "same_day":
            limit = made(value)
            return lambda actual: ordered(op, made(actual), limit)
        case "between":
            low, high = map(made, value)
            return lambda actual: _lies_between(made(actual), low, high)
        case "semver":
            return _version_test(value, cmp)
        case "cidr":
            return lies_in(value if isinstance(value, list | tuple) else (value,))
        case _:
            return _text_test(op, value, made)


def reading(read: Reader, *, fold: bool) -> Reader:
    """Reads a value, and a text without its case if that does not count."""
    if not fold:
        return read

    def made(value: Any) -> Any:
        found = read(value)
        return folded(found) if isinstance(found, str) else found

    return made


def _one_of(options: Sequence[Any], read: Reader) -> Test:
    known = {(isinstance(each, bool), each) for each in options if each.__hash__ is not None}

    def holds(actual: Any) -> bool:
        found = read(actual)
        # Of what JSON holds, lists and objects have no hash: they are equal to no single value.
        return found is not None and found.__hash__ is not None and (isinstance(found, bool), found) in known

    return holds


def _lies_between(actual: Any, low: Any, high: Any) -> bool:
    return comparable(actual, low) and comparable(actual, high) and low <= actual <= high


def _version_test(value: Any, cmp: str) -> Test:
    limit = version_of(value) if isinstance(value, str) else None

    def holds(actual: Any) -> bool:
        version = version_of(actual) if isinstance(actual, str) else None
        return version is not None and limit is not None and _ORDERINGS[cmp](version, limit)

    return holds


def _text_test(op: str, value: Any, read: Reader) -> Test:
    if op in ("like", "regex"):
        fits = pattern_of(op, read(value))
    elif op in ("contains_any", "contains_all"):
        wanted = [read(each) for each in value]
        enough = any if op == "contains_any" else all
        fits = lambda text: enough(each in text for each in wanted)  # noqa: E731
    else:
        fits = _piece_test(op, read(value))

    def holds(actual: Any) -> bool:
        text = read(actual)
        return isinstance(text, str) and fits(text)

    return holds


def _piece_test(op: str, piece: Any) -> Callable[[str], bool]:
    if not isinstance(piece, str):  # another trait that is no text
        return lambda text: False
    match op:
        case "contains":
            return lambda text: piece in text
        case "starts_with":
            return lambda text: text.startswith(piece)
        case "ends_with":
            return lambda text: text.endswith(piece)
        case _:
            raise ValueError(f"unknown operator {op}")


# ── whole lists ─────────────────────────────────────────────────────────────────────────────────


def elements_of(actual: Any) -> list[Any]:
    """The elements of a list; a single value is a list of one."""
    return actual if isinstance(actual, list) else [actual]


def has_size(actual: Any, cmp: str, size: Any) -> bool:
    """Whether a list has so many elements, or more, or fewer."""
    return isinstance(actual, list) and _ORDERINGS[cmp](len(actual), size)


def is_empty(actual: Any) -> bool:
    """Whether a value says nothing: null, `""`, `[]` or `{}`."""
    return actual is None or (isinstance(actual, str | list | Mapping) and not actual)


def has_elements(op: str, actual: Any, wanted: Sequence[Any], read: Reader) -> bool:
    """Whether any, or all, of the wanted values are among the elements."""
    held = [read(each) for each in elements_of(actual)]
    enough = any if op == "has_any" else all
    return enough(any(same(each, value) for each in held) for value in map(read, wanted))


def is_same_list(actual: Any, wanted: Sequence[Any], read: Reader) -> bool:
    """Whether a list holds just these values, in this order."""
    if not isinstance(actual, list) or len(actual) != len(wanted):
        return False
    return all(same(read(each), read(value)) for each, value in zip(actual, wanted, strict=True))
