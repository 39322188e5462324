"""The operators by which a trait or a property is questioned, and what each takes (`rules-spec.md` 3.2).

Each negative operator is the exact complement of a positive one. Only the positive ones have a meaning of their own
(`comparing`, `turning`, `value_meaning`); this table says how they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

TraitOperator = Literal[
    "eq", "not_eq", "in", "not_in",
    "exists", "not_exists", "empty", "not_empty",
    "gt", "gte", "lt", "lte", "between", "not_between",
    "contains", "not_contains", "contains_any", "contains_all", "starts_with", "not_starts_with",
    "ends_with", "not_ends_with", "like", "not_like", "regex", "not_regex",
    "has_any", "has_all", "has_none", "size", "has_item",
    "before", "after", "on", "same_day",
    "within_last", "not_within_last", "within_next", "before_last", "after_next", "anniversary",
    "has_been", "changed_within",
    "semver", "cidr",
]  # fmt: skip

# What `value` must be. `one`, `many`, `ordered` and `range` take any kind of value, the others what their name says.
Takes = Literal[
    "nothing", "one", "many", "ordered", "range", "text", "texts", "like", "regex", "length",
    "instant", "day", "today", "duration", "held", "version", "networks",
]  # fmt: skip
ValueType = Literal["string", "number", "boolean", "instant", "date", "list"]
Ordering = Literal["eq", "gt", "gte", "lt", "lte"]

_TEXT = frozenset({"string"})
_TIME = frozenset({"instant", "date"})
_ORDERED = frozenset({"string", "number", "instant", "date"})
_SINGLE = frozenset({"string", "number", "boolean", "instant", "date"})
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Operator:
    """How one positive operator is written.

    `types` are the value types that it may be told; `options` are the parameters that it knows besides `value` and
    `value_type`. `by_another`: the value may be another trait. `days`: it is about days, by the person's own clock
    unless a zone is named. `timed`: its answer may change with no event.
    """

    takes: Takes
    types: frozenset[str] = _NONE
    options: frozenset[str] = _NONE
    by_another: bool = False
    days: bool = False
    timed: bool = False


_CASE, _ZONE = frozenset({"case"}), frozenset({"zone"})
_EITHER = _CASE | _ZONE
_SET = Operator("many", _SINGLE | {"list"}, _EITHER, by_another=True)
_COMPARED = Operator("ordered", _ORDERED, _EITHER, by_another=True)
_PIECE = Operator("text", _TEXT, _CASE, by_another=True)
_WINDOW = Operator("duration", _TIME, _ZONE, timed=True)

OPERATORS: Mapping[str, Operator] = {
    "eq": Operator("one", _SINGLE | {"list"}, _EITHER, by_another=True),
    "in": Operator("many", _SINGLE, _EITHER, by_another=True),
    "exists": Operator("nothing"),
    "empty": Operator("nothing"),
    "gt": _COMPARED,
    "gte": _COMPARED,
    "lt": _COMPARED,
    "lte": _COMPARED,
    "between": Operator("range", _ORDERED, _EITHER),
    "contains": _PIECE,
    "contains_any": Operator("texts", _TEXT, _CASE),
    "contains_all": Operator("texts", _TEXT, _CASE),
    "starts_with": _PIECE,
    "ends_with": _PIECE,
    "like": Operator("like", _TEXT, _CASE),
    "regex": Operator("regex", _TEXT, _CASE),
    "has_any": _SET,
    "has_all": _SET,
    "size": Operator("length", frozenset({"list"}), frozenset({"cmp"})),
    "has_item": Operator("nothing", frozenset({"list"}), frozenset({"where"})),
    "before": Operator("instant", _TIME, _ZONE, by_another=True),
    "after": Operator("instant", _TIME, _ZONE, by_another=True),
    "on": Operator("day", _TIME, _ZONE, by_another=True, days=True),
    "same_day": Operator("today", _TIME, _ZONE, by_another=True, days=True, timed=True),
    "within_last": _WINDOW,
    "before_last": _WINDOW,
    "within_next": _WINDOW,
    "after_next": _WINDOW,
    "anniversary": Operator("nothing", _TIME, _ZONE | {"offset", "window"}, days=True, timed=True),
    "has_been": Operator(
        "held", _SINGLE, _EITHER | {"for_at_least", "for_less_than"}, timed=True
    ),
    "changed_within": Operator("duration", _NONE, _ZONE, timed=True),
    "semver": Operator("version", _TEXT, frozenset({"cmp"}), by_another=True),
    "cidr": Operator("networks", _TEXT),
}  # fmt: skip

_POSITIVE_OF = {f"not_{name}": name for name in OPERATORS} | {"has_none": "has_any"}

OF_HISTORY = frozenset({"has_been", "changed_within"})  # they ask since when a trait has held its value
TAKES_DURATION = frozenset(name for name, operator in OPERATORS.items() if operator.takes == "duration")
OPTIONS = ("case", "zone", "cmp", "where", "for_at_least", "for_less_than", "offset", "window")


def positive_of(op: str) -> str:
    """The operator that this one is the opposite of, or itself."""
    return _POSITIVE_OF.get(op, op)


def operator_of(op: str) -> Operator:
    """How an operator, or the one that it is the opposite of, is written."""
    return OPERATORS[positive_of(op)]
