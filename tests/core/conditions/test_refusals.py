"""A question about a trait that makes no sense is refused when it is defined, with its place and the reason."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kizuna.core.catalog import build
from kizuna.core.conditions import MAX_VALUES, Condition, evaluate
from kizuna.core.conditions.operators import OPERATORS, operator_of, positive_of
from kizuna.core.conditions.properties import Comparison
from kizuna.core.conditions.trait_questions import TraitIs, looks_of
from kizuna.core.errors import InvalidDefinition
from tests.support.builders import NOON
from tests.support.condition_strategies import trait_leaves
from tests.support.histories import a_view, the_condition

_CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
LONG = "x" * 257

REFUSED: list[tuple[dict[str, Any], str]] = [
    # what an operator takes
    ({"op": "eq"}, "eq takes one value"),
    ({"op": "eq", "value": ["x"]}, "eq takes one value"),
    ({"op": "exists", "value": None, "zone": "UTC"}, "exists takes no `zone`"),
    ({"op": "empty", "value": ""}, "empty takes no value"),
    ({"op": "in", "value": "x"}, "in takes a list"),
    ({"op": "has_all", "value": []}, "has_all takes a list"),
    ({"op": "in", "value": list(range(MAX_VALUES + 1))}, "list of 1 to 1000"),
    ({"op": "between", "value": [1]}, "between takes a list of two"),
    ({"op": "between", "value": [2, 1]}, "the lower value first"),
    ({"op": "between", "value": [1, "2"]}, "two numbers or two texts"),
    ({"op": "between", "value": [False, True]}, "two numbers or two texts"),
    ({"op": "not_between", "value": ["2026-02-01", "2026-01-01"], "value_type": "instant"}, "the lower value first"),
    ({"op": "gt", "value": True}, "true and false have no order"),
    ({"op": "lt", "value": float("nan")}, "takes no nan"),
    ({"op": "eq", "value": float("inf")}, "takes no inf"),
    ({"op": "contains", "value": 5}, "contains takes a text"),
    ({"op": "contains_any", "value": ["a", 1]}, "list of 1 to 1000 texts"),
    ({"op": "like", "value": LONG}, "at most 256 characters"),
    ({"op": "like", "value": "50\\"}, "stands before"),
    ({"op": "regex", "value": LONG}, "at most 256 characters"),
    ({"op": "regex", "value": "(a"}, "regex: "),
    ({"op": "regex", "value": "[a"}, "never closed"),
    ({"op": "regex", "value": "[Z-a]", "case": "insensitive"}, "backwards"),
    ({"op": "size", "value": -1}, "whole number"),
    ({"op": "size", "value": 1.5}, "whole number"),
    ({"op": "size", "value": 1, "cmp": "between"}, "cmp"),
    ({"op": "has_item"}, "needs `where`"),
    ({"op": "has_item", "where": {"property": "x", "op": "gt", "value": True}}, "have no order"),
    ({"op": "before", "value": "soon"}, "takes an instant"),
    ({"op": "before", "value": 20261123}, "takes an instant"),
    ({"op": "before", "value": "20261123"}, "takes an instant"),
    ({"op": "after", "value": "2026-11-23T12:00:00Z", "value_type": "date"}, "no date"),
    ({"op": "on", "value": "2026-02-30"}, "takes a date"),
    ({"op": "same_day"}, "takes `today` or another trait"),
    ({"op": "same_day", "value": "2026-11-23"}, "takes `today` or another trait"),
    ({"op": "within_last", "value": "soon"}, "not a duration"),
    ({"op": "within_last", "value": 7}, "length of time"),
    ({"op": "within_next", "value": "36h", "value_type": "date"}, "whole days"),
    ({"op": "anniversary", "value": "2026-11-23"}, "takes no value"),
    ({"op": "anniversary", "offset": "3h"}, "offset"),
    ({"op": "anniversary", "offset": "-53w"}, "at most 366 days"),
    ({"op": "anniversary", "window": "0d"}, "1 to 366 days"),
    ({"op": "has_been", "value": "pro"}, "either for_at_least or for_less_than"),
    ({"op": "has_been", "value": "pro", "for_at_least": "1d", "for_less_than": "2d"}, "either for_at_least"),
    ({"op": "has_been", "for_at_least": "1d"}, "takes one value"),
    ({"op": "changed_within", "value": "x"}, "not a duration"),
    ({"op": "semver", "value": "newest"}, "a version such as"),
    ({"op": "cidr", "value": "192.0.2.1/24"}, "has host bits set"),
    ({"op": "cidr", "value": [5]}, "takes blocks such as"),
    ({"op": "cidr", "value": []}, "takes 1 to 1000"),
    # types
    ({"op": "contains", "value": "5", "value_type": "number"}, "cannot ask about a number"),
    ({"op": "exists", "value_type": "string"}, "exists takes no value_type"),
    ({"op": "gt", "value": "5", "value_type": "number"}, "the value is no number"),
    ({"op": "eq", "value": 5, "value_type": "string"}, "the value is no string"),
    ({"op": "eq", "value": 1, "value_type": "boolean"}, "the value is no boolean"),
    ({"op": "in", "value": ["soon"], "value_type": "instant"}, "no instant"),
    ({"op": "eq", "value": "2026-11-23T00:00:00Z", "value_type": "date"}, "no date"),
    ({"op": "gt", "value": True, "value_type": "number"}, "have no order"),
    ({"op": "eq", "value": "x", "value_type": "list"}, "takes a list"),
    ({"op": "eq", "value": None, "value_type": "string"}, "takes one value"),
    ({"op": "gt", "value": 1, "value_type": "boolean"}, "cannot ask about a boolean"),
    ({"op": "eq", "value": 1, "value_type": "json"}, "value_type"),
    # options
    ({"op": "eq", "value": 1, "value_type": "number", "case": "insensitive"}, "`case` is for texts"),
    ({"op": "before", "value": "2026-11-23", "case": "insensitive"}, "takes no `case`"),
    ({"op": "eq", "value": "x", "zone": "person"}, "say value_type"),
    ({"op": "on", "value": "2026-11-23", "zone": "Mars/Olympus"}, "unknown time zone"),
    ({"op": "on", "value": "2026-11-23", "zone": "../etc/passwd"}, "unknown time zone"),
    ({"op": "gt", "value": 1, "cmp": "gt"}, "takes no `cmp`"),
    ({"op": "eq", "value": 1, "where": {"property": "x", "op": "exists"}}, "takes no `where`"),
    ({"op": "eq", "value": 1, "window": "1d"}, "takes no `window`"),
    # another trait
    ({"op": "like", "value": {"trait": "other"}}, "not compared with another"),
    ({"op": "regex", "value": {"trait": "other"}}, "not compared with another"),
    ({"op": "cidr", "value": {"trait": "other"}}, "not compared with another"),
    ({"op": "within_last", "value": {"trait": "other"}}, "not compared with another"),
    ({"op": "eq", "value": {"property": "other"}}, "compared with another trait"),
    ({"op": "eq", "value": {"trait": ""}}, "trait"),
    ({"op": "eq", "value": {"trait": "last_known_place"}}, "minds their consent"),
    ({"op": "unheard_of", "value": 1}, "op"),
    ({"op": "eq", "value": 1, "extra": 1}, "extra"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "reason"), REFUSED, ids=str)
def test_it_is_refused_with_file_place_and_reason(asked: dict[str, Any], reason: str) -> None:
    when = {"all": [{"everyone": True}, {"trait": "x", **asked}]}
    with pytest.raises(InvalidDefinition) as refused:
        build({("segment", "odd"): {"id": "odd", "name": "Odd", "when": when}})
    told = str(refused.value)
    assert "when.all.1" in told
    assert reason in told


def test_what_is_known_of_a_place_is_asked_by_its_own_question_only() -> None:
    for document in (
        {"trait": "last_known_place.lat", "op": "gt", "value": 1},
        {"geo": {"trait": "last_known_place"}, "region": "JP"},
    ):
        with pytest.raises(ValidationError, match="minds their consent"):
            the_condition(document)


def test_every_operator_is_written_down_with_what_it_takes() -> None:
    names = set(get_args(Comparison.model_fields["op"].annotation))
    assert {positive_of(name) for name in names} == set(OPERATORS)
    assert all(operator_of(name) is OPERATORS[positive_of(name)] for name in names)


@settings(max_examples=200, deadline=None)
@given(trait_leaves(), st.data())
def test_every_question_survives_being_stored_and_answers_the_same(
    written: dict[str, Any], data: st.DataObject
) -> None:
    condition = the_condition(written)
    again = _CONDITION.validate_json(_CONDITION.dump_json(condition, by_alias=True))
    assert again == condition
    value = data.draw(st.sampled_from(["pro", 1, None, ["pro"], "2026-11-23", {"city": "Osaka"}]))
    view = a_view(traits={"plan": value, "points": value}, zone="Asia/Tokyo", since={"plan": NOON})
    assert evaluate(again, view, now=NOON) == evaluate(condition, view, now=NOON)


POSITIVE_AND_NEGATIVE: list[tuple[dict[str, Any], str]] = [
    ({"op": op, **more}, f"not_{op}")
    for op, more in (
        ("eq", {"value": "a"}), ("eq", {"value": None}), ("in", {"value": ["a", 1]}), ("exists", {}), ("empty", {}),
        ("between", {"value": [1, 2]}), ("contains", {"value": "a"}), ("starts_with", {"value": "a"}),
        ("ends_with", {"value": "a"}), ("like", {"value": "a%"}), ("regex", {"value": "a+"}),
        ("within_last", {"value": "1d"}),
    )
]  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "ab", "2026-11-23"]),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from("ab"), parts, max_size=2),
    max_leaves=4,
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([*POSITIVE_AND_NEGATIVE, ({"op": "has_any", "value": ["a"]}, "has_none")]),
    ANYTHING,
    st.booleans(),
)
def test_a_negative_operator_is_the_exact_opposite_on_any_value_and_on_none(
    pair: tuple[dict[str, Any], str], value: Any, told: bool
) -> None:
    asked, negative = pair
    view = a_view(traits={"x": value} if told else {})
    yes = evaluate(the_condition({"trait": "x", **asked}), view, now=NOON)
    no = evaluate(the_condition({"trait": "x", **asked, "op": negative}), view, now=NOON)
    assert (no.matched, no.flips_at) == (not yes.matched, yes.flips_at)
    assert told or asked["op"] == "empty" or not yes.matched


LOOKS: list[tuple[dict[str, Any], tuple[set[str], bool, bool, bool]]] = [
    ({"op": "eq", "value": 1}, (set(), False, False, False)),
    ({"op": "eq", "value": {"trait": "y"}}, ({"y"}, False, False, False)),
    ({"op": "on", "value": "2026-11-23"}, (set(), True, False, False)),
    ({"op": "on", "value": "2026-11-23", "zone": "UTC"}, (set(), False, False, False)),
    ({"op": "before", "value": "2026-11-23"}, (set(), False, False, False)),
    ({"op": "before", "value": "2026-11-23", "zone": "person"}, (set(), True, False, False)),
    ({"op": "eq", "value": "2026-11-23", "value_type": "date"}, (set(), True, False, False)),
    ({"op": "same_day", "value": "today"}, (set(), True, False, True)),
    ({"op": "same_day", "value": {"trait": "y"}}, ({"y"}, True, False, False)),
    ({"op": "not_within_last", "value": "1d"}, (set(), False, False, True)),
    ({"op": "anniversary"}, (set(), True, False, True)),
    ({"op": "changed_within", "value": "1d"}, (set(), False, True, True)),
    ({"op": "has_been", "value": 1, "for_at_least": "1d"}, (set(), False, True, True)),
    ({"op": "has_item", "where": [{"property": "a", "op": "eq", "value": {"trait": "z"}},
                                  {"property": "b", "op": "before_last", "value": "1d", "zone": "person"}]},
     ({"z"}, True, False, True)),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "expected"), LOOKS, ids=str)
def test_a_question_tells_what_else_it_looks_at(
    asked: dict[str, Any], expected: tuple[set[str], bool, bool, bool]
) -> None:
    leaf = the_condition({"trait": "x", **asked})
    assert isinstance(leaf, TraitIs)
    looks = looks_of(leaf)
    assert (set(looks.traits), looks.zone, looks.since, looks.timed) == expected
    assert looks.anywhere is any(expected)


@pytest.mark.parametrize("asked", [{"in_list": "vips"}, {}, {"trait_": "x", "op": "exists"}], ids=str)
def test_what_is_no_question_at_all_is_refused_in_words(asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        build({("segment", "odd"): {"id": "odd", "name": "Odd", "when": {"all": [asked]}}})
    told = {problem.path: problem.reason for problem in refused.value.problems}
    assert told["segment/odd: when.all.0"].startswith("is of no known kind"), told
