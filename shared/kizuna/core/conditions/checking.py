"""Whether a question about a value makes sense: its operator, value, type and options must fit each other.

What does not is refused when it is defined, in words that name the operator and what it takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kizuna.core.conditions.base import Node
from kizuna.core.conditions.matching import MAX_PATTERN, pattern_problem
from kizuna.core.conditions.networks import network_problem
from kizuna.core.conditions.operators import OPTIONS, Operator, operator_of, positive_of
from kizuna.core.conditions.values import folded, read_date, read_instant
from kizuna.core.conditions.versions import version_of
from kizuna.core.durations import Duration
from kizuna.core.zones import zone_named

if TYPE_CHECKING:
    from kizuna.core.conditions.properties import Comparison

MAX_VALUES = 1_000
MOST_DAYS = 366  # of the offset and the window of an anniversary
PERSON = "person"  # as a zone: the one in which the person lives
TODAY = "today"
DAY_SECONDS = 86_400


def problem_of(question: Comparison) -> str | None:
    """Why a question makes no sense, or None if it does."""
    operator, op = operator_of(question.op), question.op
    return (
        _options_problem(question, operator)
        or _type_problem(question, operator)
        or _zone_problem(question.zone)
        or (_another_problem(op, operator) if isinstance(question.value, Node) else _TAKES[operator.takes](question))
    )  # fmt: skip


# ── options ─────────────────────────────────────────────────────────────────────────────────────


def _options_problem(question: Comparison, operator: Operator) -> str | None:
    op = question.op
    for name in OPTIONS:
        if getattr(question, name) is not None and name not in operator.options:
            return f"{op} takes no `{name}`"
    if question.case is not None and question.value_type not in (None, "string", "list"):
        return f"`case` is for texts, not for a {question.value_type}"
    is_of_values = "case" in operator.options and positive_of(op) != "has_been"
    if question.zone is not None and is_of_values and question.value_type not in _OF_TIME:
        return "`zone` is for days and instants: say value_type: date or instant"
    match positive_of(op):
        case "has_item" if question.where is None:
            return f"{op} needs `where`, what one object of the list must satisfy"
        case "has_been" if (question.for_at_least is None) == (question.for_less_than is None):
            return "has_been needs either for_at_least or for_less_than"
        case "anniversary":
            return _anniversary_problem(question)
        case _:
            return None


_OF_TIME = ("instant", "date")


def _anniversary_problem(question: Comparison) -> str | None:
    if question.offset is not None and abs(days_of(question.offset)) > MOST_DAYS:
        return f"anniversary: `offset` is at most {MOST_DAYS} days"
    if question.window is not None and not 1 <= days_of(question.window) <= MOST_DAYS:
        return f"anniversary: `window` is 1 to {MOST_DAYS} days"
    return None


def days_of(text: str) -> int:
    """The days of an offset or a window such as `-3d` or `2w`."""
    return int(text[:-1]) * (7 if text.endswith("w") else 1)


def _type_problem(question: Comparison, operator: Operator) -> str | None:
    told = question.value_type
    if told is None or told in operator.types:
        return None
    if not operator.types:
        return f"{question.op} takes no value_type"
    return f"{question.op} cannot ask about a {told}, only about {' or '.join(sorted(operator.types))}"


def _zone_problem(zone: str | None) -> str | None:
    if zone is None or zone == PERSON or zone_named(zone) is not None:
        return None
    return f"unknown time zone {zone!r}"


def _another_problem(op: str, operator: Operator) -> str | None:
    return None if operator.by_another else f"{op} is not compared with another trait or property"


# ── values ──────────────────────────────────────────────────────────────────────────────────────


def _nothing(question: Comparison) -> str | None:
    return None if question.value is None else f"{question.op} takes no value"


def _one(question: Comparison) -> str | None:
    value, op = question.value, question.op
    if question.value_type == "list":
        if not isinstance(value, tuple) or len(value) > MAX_VALUES:
            return f"{op} with value_type list takes a list of at most {MAX_VALUES} values"
        return _unfit_in(question, value, None)
    if value is None:
        return None if question.asks_for_null and question.value_type is None else f"{op} takes one value"
    return f"{op} takes one value" if isinstance(value, tuple) else _unfit(op, value, question.value_type)


def _many(question: Comparison) -> str | None:
    value = question.value
    if not isinstance(value, tuple) or not 1 <= len(value) <= MAX_VALUES:
        return f"{question.op} takes a list of 1 to {MAX_VALUES} values"
    return _unfit_in(question, value, None if question.value_type == "list" else question.value_type)


def _unfit_in(question: Comparison, values: tuple[Any, ...], value_type: str | None) -> str | None:
    return next(filter(None, (_unfit(question.op, value, value_type) for value in values)), None)


def _ordered(question: Comparison) -> str | None:
    value, op = question.value, question.op
    if value is None or isinstance(value, tuple):
        return f"{op} takes one value"
    if isinstance(value, bool):
        return f"{op} compares numbers, texts and dates; true and false have no order"
    return _unfit(op, value, question.value_type)


def _range(question: Comparison) -> str | None:
    value, op = question.value, question.op
    if not isinstance(value, tuple) or len(value) != 2:
        return f"{op} takes a list of two values"
    low, high = value
    if isinstance(low, bool) or isinstance(high, bool) or isinstance(low, str) is not isinstance(high, str):
        return f"{op} takes two numbers or two texts"
    problem = _unfit_in(question, value, question.value_type)
    if problem is not None:
        return problem
    ends: list[Any] = [low, high]
    if question.value_type == "instant":
        ends = [read_instant(low), read_instant(high)]
    return f"{op} takes the lower value first" if ends[0] > ends[1] else None


def _unfit(op: str, value: Any, value_type: str | None) -> str | None:
    """Why one value is not of the type that the question names, or cannot be compared with at all."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"{op} takes no {value}"
    match value_type:
        case "string":
            fits = isinstance(value, str)
        case "number":
            fits = isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            fits = isinstance(value, bool)
        case "instant":
            fits = read_instant(value) is not None
        case "date":
            fits = read_date(value) is not None
        case _:
            return None
    return None if fits else f"{op}: the value is no {_MEANT.get(value_type, value_type)}"


_MEANT = {"instant": "instant (RFC 3339)", "date": "date (YYYY-MM-DD)"}


def _text(question: Comparison) -> str | None:
    return None if isinstance(question.value, str) else f"{question.op} takes a text"


def _texts(question: Comparison) -> str | None:
    value = question.value
    if (
        isinstance(value, tuple)
        and 1 <= len(value) <= MAX_VALUES
        and all(isinstance(each, str) for each in value)
    ):
        return None
    return f"{question.op} takes a list of 1 to {MAX_VALUES} texts"


def _pattern(question: Comparison) -> str | None:
    value, op = question.value, question.op
    if not isinstance(value, str) or len(value) > MAX_PATTERN:
        return f"{op} takes a pattern of at most {MAX_PATTERN} characters"
    positive = positive_of(op)
    problem = pattern_problem(positive, value)
    if problem is None and question.case == "insensitive":  # a range such as [Z-a] has another meaning then
        problem = pattern_problem(positive, folded(value))
    return None if problem is None else f"{op}: {problem}"


def _length(question: Comparison) -> str | None:
    value = question.value
    is_size = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return None if is_size else f"{question.op} takes a whole number, 0 or more"


def _instant(question: Comparison) -> str | None:
    if question.value_type == "date":
        return None if read_date(question.value) else f"{question.op}: the value is no {_MEANT['date']}"
    if read_instant(question.value) is None:
        return f"{question.op} takes an instant (RFC 3339) or a date"
    return None


def _day(question: Comparison) -> str | None:
    if read_date(question.value) is None and read_instant(question.value) is None:
        return f"{question.op} takes a date (YYYY-MM-DD)"
    return None


def _today(question: Comparison) -> str | None:
    return None if question.value == TODAY else f"{question.op} takes `{TODAY}` or another trait"


def _duration(question: Comparison) -> str | None:
    value, op = question.value, question.op
    try:
        length = Duration.parse(value) if isinstance(value, str) else None
    except ValueError as error:
        return f"{op}: {error}"
    if length is None:
        return f"{op} takes a length of time such as 7d"
    if question.value_type == "date" and length.seconds % DAY_SECONDS:
        return f"{op} of a date takes whole days"
    return None


def _held(question: Comparison) -> str | None:
    value, op = question.value, question.op
    if value is None or isinstance(value, tuple):
        return f"{op} takes one value"
    return _unfit(op, value, question.value_type)


def _version(question: Comparison) -> str | None:
    value = question.value
    is_version = isinstance(value, str) and version_of(value) is not None
    return None if is_version else f"{question.op} takes a version such as 2.4.0"


def _networks(question: Comparison) -> str | None:
    value, op = question.value, question.op
    blocks = value if isinstance(value, tuple) else (value,)
    if not 1 <= len(blocks) <= MAX_VALUES:
        return f"{op} takes 1 to {MAX_VALUES} blocks of addresses"
    for block in blocks:
        problem = network_problem(block) if isinstance(block, str) else "takes blocks such as 192.0.2.0/24"
        if problem is not None:
            return f"{op}: {problem}"
    return None


_TAKES: Mapping[str, Callable[[Comparison], str | None]] = {
    "nothing": _nothing,
    "one": _one,
    "many": _many,
    "ordered": _ordered,
    "range": _range,
    "text": _text,
    "texts": _texts,
    "like": _pattern,
    "regex": _pattern,
    "length": _length,
    "instant": _instant,
    "day": _day,
    "today": _today,
    "duration": _duration,
    "held": _held,
    "version": _version,
    "networks": _networks,
}
