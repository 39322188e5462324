"""What a question about a person means, written in the short forms that people write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kizuna.core.conditions import (
    MAX_DEPTH,
    MAX_LEAVES,
    Condition,
    PropertyIs,
    View,
    compare,
    depth_of,
    evaluate,
    leaves_of,
    matches,
    size_problem,
)
from kizuna.core.conditions.operators import TraitOperator
from kizuna.core.conditions.properties import WhereAll
from kizuna.core.durations import instant_to_text
from kizuna.core.ids import bucket
from tests.support.builders import NOON
from tests.support.histories import HOUR, a_view, the_condition

TRAITS: Mapping[str, Any] = {
    "plan": "pro",
    "visits": 5,
    "price": 9.5,
    "vip": True,
    "tags": ["red", "blue"],
    "empty": [],
    "address": {"city": "Osaka", "zip": None},
    "a.b": "dotted",
    "since": instant_to_text(NOON - 3 * HOUR),
    "renews": instant_to_text(NOON + 3 * HOUR),
    "forever": "9999-12-31T23:59:59Z",
    "nowhen": "0001-01-01T00:00:00+09:00",
}


def holds(document: Mapping[str, Any], **view: Any) -> bool:
    return evaluate(the_condition(document), a_view(traits=TRAITS, **view), now=NOON).matched


TRAIT_CASES = [
    ("plan", "eq", "pro", True),
    ("plan", "eq", "Pro", False),
    ("visits", "eq", 5, True),
    ("visits", "eq", 5.0, True),
    ("visits", "eq", "5", False),
    ("vip", "eq", True, True),
    ("vip", "eq", 1, False),
    ("visits", "in", [5, "x"], True),
    ("vip", "in", [1], False),
    ("missing", "eq", "x", False),
    ("missing", "not_eq", "x", True),
    ("plan", "exists", None, True),
    ("missing", "exists", None, False),
    ("address.zip", "exists", None, False),
    ("empty", "exists", None, True),
    ("visits", "gt", 5, False),
    ("visits", "gte", 5, True),
    ("visits", "lt", 5.5, True),
    ("visits", "gt", "4", False),
    ("vip", "gte", 0, False),
    ("plan", "gt", "pra", True),
    ("visits", "between", [5, 6], True),
    ("plan", "between", [1, 9], False),
    ("plan", "contains", "r", True),
    ("plan", "starts_with", "pr", True),
    ("plan", "ends_with", "x", False),
    ("visits", "contains", "5", False),
    ("tags", "eq", "blue", True),
    ("tags", "not_eq", "blue", False),
    ("tags", "has_any", ["green", "red"], True),
    ("tags", "has_none", ["green"], True),
    ("empty", "eq", "x", False),
    ("empty", "has_none", ["x"], True),
    ("address.city", "eq", "Osaka", True),
    ("address.city.block", "exists", None, False),
    ("a.b", "eq", "dotted", True),
    ("since", "before", instant_to_text(NOON), True),
    ("since", "after", instant_to_text(NOON), False),
    ("plan", "before", instant_to_text(NOON), False),
    ("forever", "after", "2026-01-01", True),
    ("nowhen", "before", "2026-01-01", False),
    ("since", "within_last", "3h", False),
    ("since", "within_last", "4h", True),
    ("since", "before_last", "3h", True),
    ("since", "before_last", "4h", False),
    ("renews", "within_last", "4h", False),
    ("renews", "before_last", "1s", False),
    ("plan", "within_last", "4h", False),
    ("plan", "not_within_last", "4h", True),
    ("forever", "within_last", "7d", False),
    ("forever", "before_last", "999999y", False),
    ("nowhen", "before_last", "7d", False),
]


@pytest.mark.parametrize(("trait", "op", "value", "expected"), TRAIT_CASES)
def test_a_trait_compares(trait: str, op: str, value: Any, expected: bool) -> None:
    document = {"trait": trait, "op": op} | ({} if value is None else {"value": value})
    assert holds(document) is expected


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(-2, 2), st.sampled_from(["", "a", "ab", "2026-11-23"]),
    st.lists(st.sampled_from(["a", "b", 1, True]), max_size=3), st.just({"a": 1}),
)  # fmt: skip
SCALARS = st.one_of(st.booleans(), st.integers(-3, 3), st.floats(-2, 2), st.sampled_from(["", "a", "ab"]))
NEGATIVES: dict[TraitOperator, st.SearchStrategy[Any]] = {
    "not_eq": SCALARS, "not_in": st.lists(SCALARS, min_size=1, max_size=3), "not_exists": st.none(),
    "not_between": st.lists(SCALARS, min_size=2, max_size=2), "not_contains": SCALARS, "not_starts_with": SCALARS,
    "not_ends_with": SCALARS, "has_none": st.lists(SCALARS, min_size=1, max_size=3),
    "not_within_last": st.sampled_from(["0s", "7d", "1mo"]),
}  # fmt: skip


@settings(max_examples=200)
@given(st.data())
def test_each_negative_operator_is_the_exact_complement_of_its_positive(data: st.DataObject) -> None:
    negative = data.draw(st.sampled_from(sorted(NEGATIVES)))
    positive: Any = "has_any" if negative == "has_none" else negative.removeprefix("not_")
    actual, value = data.draw(VALUES), data.draw(NEGATIVES[negative])
    no, yes = compare(negative, actual, value, now=NOON), compare(positive, actual, value, now=NOON)
    assert no.matched is not yes.matched
    assert no.flips_at == yes.flips_at


YES, NO = {"everyone": True}, {"none": [{"everyone": True}]}
BITS = st.lists(st.booleans(), min_size=1, max_size=5)


@given(BITS, st.integers(1, 6))
def test_groups_count_their_true_parts(bits: list[bool], least: int) -> None:
    parts = [YES if bit else NO for bit in bits]
    assert holds({"all": parts}) is all(bits)
    assert holds({"any": parts}) is any(bits)
    assert holds({"none": parts}) is not any(bits)
    assert holds({"xor": parts}) is (sum(bits) == 1)
    assert holds({"type": "at_least", "n": least, "of": parts}) is (sum(bits) >= least)


@given(BITS)
def test_de_morgan_holds(bits: list[bool]) -> None:
    parts = [YES if bit else NO for bit in bits]
    negated = [{"none": [part]} for part in parts]
    assert holds({"none": [{"all": parts}]}) is holds({"any": negated})
    assert holds({"none": [{"any": parts}]}) is holds({"all": negated})


def test_membership_reach_and_bucket_are_read_from_the_view() -> None:
    assert holds({"in_segment": "loyal"}, segments=frozenset({"loyal"}))
    assert not holds({"in_segment": "loyal"})
    assert holds({"reachable": "sms"}, channels=frozenset({"sms"}))
    assert not holds({"reachable": "sms"}, channels=frozenset({"email"}))
    edge = 100 * bucket("ab-test", "p1")
    assert holds({"random_bucket": "ab-test", "from": edge, "to": 100})
    assert not holds({"random_bucket": "ab-test", "from": 0, "to": edge})


REFUSED: dict[str, dict[str, Any]] = {
    "no condition": {},
    "unknown kind": {"type": "rfm"},
    "unknown key": {"trait": "plan", "op": "eq", "value": "x", "extra": 1},
    "unknown operator": {"trait": "plan", "op": "matches", "value": "x"},
    "a list for one value": {"trait": "plan", "op": "eq", "value": ["x"]},
    "one value for a list": {"trait": "plan", "op": "in", "value": "x"},
    "an empty list": {"trait": "plan", "op": "in", "value": []},
    "a very long list": {"trait": "plan", "op": "in", "value": list(range(1_001))},
    "a range from above": {"trait": "plan", "op": "between", "value": [6, 5]},
    "a range of three": {"trait": "plan", "op": "between", "value": [1, 2, 3]},
    "a value to exist": {"trait": "plan", "op": "exists", "value": "x"},
    "no value": {"trait": "plan", "op": "gt"},
    "no duration": {"trait": "since", "op": "within_last", "value": "soon"},
    "no instant": {"trait": "since", "op": "before", "value": "soon"},
    "an impossible instant": {"trait": "since", "op": "before", "value": "0001-01-01T00:00:00+09:00"},
    "an empty group": {"all": []},
    "a sum of nothing": {"event": "Order Completed", "verb": "sum", "value": 5},
    "a range for one number": {"event": "x", "verb": "count", "op": "between", "value": 3},
    "one number for a range": {"event": "x", "verb": "count", "op": "gte", "value": [1, 3]},
    "a count beyond what is remembered": {"event": "x", "verb": "count", "value": 200},
    "an endless count": {"event": "x", "verb": "count", "value": float("inf")},
    "a sum of no number": {"event": "x", "verb": "sum", "of": "total", "value": float("nan")},
    "a bucket beyond a hundred": {"random_bucket": "s", "from": 0, "to": 101},
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_question_that_makes_no_sense_is_refused_when_it_is_defined(case: str) -> None:
    with pytest.raises(ValidationError):
        the_condition(REFUSED[case])


def test_a_condition_survives_being_stored() -> None:
    adapter: TypeAdapter[Condition] = TypeAdapter(Condition)
    document = {
        "any": [
            {"none": [{"trait": "plan", "op": "eq", "value": "pro"}, {"random_bucket": "s", "from": 0, "to": 5}]},
            {"event": "Order Completed", "verb": "sum", "of": "total", "op": "between", "value": [1, 2],
             "window": {"last": "3mo"}, "where": [{"property": "channel", "op": "in", "value": ["web", "app"]}]},
            {"in_segment": "loyal"}, {"reachable": "email"}, YES,
        ]
    }  # fmt: skip
    condition = the_condition(document)
    assert adapter.validate_json(adapter.dump_json(condition, by_alias=True)) == condition
    assert len(leaves_of(condition)) == 6


def nested(depth: int) -> dict[str, Any]:
    return YES if depth == 1 else {"all": [nested(depth - 1)]}


def test_depth_and_size_are_bounded() -> None:
    assert depth_of(the_condition(nested(MAX_DEPTH))) == MAX_DEPTH
    assert size_problem(the_condition(nested(MAX_DEPTH))) is None
    assert "deeper" in (size_problem(the_condition(nested(MAX_DEPTH + 1))) or "")
    assert size_problem(the_condition({"any": [YES] * MAX_LEAVES})) is None
    assert "questions" in (size_problem(the_condition({"any": [YES] * (MAX_LEAVES + 1)})) or "")


def test_a_filter_asks_all_its_questions_at_the_time_of_the_event() -> None:
    where = WhereAll(
        of=(
            PropertyIs(property="total", op="gte", value=10),
            PropertyIs(property="booked_for", op="before_last", value="1h"),
        )
    )
    properties = {"total": 12, "booked_for": instant_to_text(NOON - HOUR)}
    assert matches(where, properties, at=NOON)
    assert not matches(where, properties, at=NOON - HOUR)
    assert not matches(where, properties | {"total": 9}, at=NOON)
    assert matches(None, {}, at=NOON)


def test_an_empty_view_answers_everything_without_a_crash() -> None:
    view = View({}, {}, frozenset(), frozenset(), "p1")
    leaf = the_condition({"event": "Order Completed", "verb": "did_not", "window": {"last": "7d"}})
    assert evaluate(leaf, view, now=NOON).matched
