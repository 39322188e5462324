"""Filters: whole conditions over the properties of one event, or of one object in a list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kizuna.core.conditions import (
    MAX_DEPTH,
    MAX_LEAVES,
    EventDid,
    PropertyIs,
    Where,
    depth_of,
    evaluate,
    matches,
    size_problem,
)
from kizuna.core.conditions.properties import EventWhere, properties_of, where_depth, where_leaves, where_text
from tests.support.builders import NOON
from tests.support.histories import HOUR, a_view, the_condition

_WHERE: TypeAdapter[Where | None] = TypeAdapter(EventWhere)
PROPERTIES = {
    "total": 50, "currency": "JPY", "code": None, "items": [{"sku": "a", "qty": 2}, {"sku": "b", "qty": 1}],
    "ship": {"to": {"lat": 35.68, "lon": 139.77}}, "due": "2026-11-23T13:00:00Z", "list_price": 60,
}  # fmt: skip
CONTEXT = {
    "page": {"path": "/cart"},
    "location": {"latitude": 34.70, "longitude": 135.50, "country": "JP", "region": "27"},
}
TOTAL = {"property": "total", "op": "gte", "value": 10}
CHEAP = {"property": "total", "op": "lt", "value": 10}
OSAKA = {"lat": 34.6937, "lon": 135.5023, "radius_m": 5_000}


def passes(document: Any, *, at: Any = NOON) -> bool:
    return matches(_WHERE.validate_python(document), PROPERTIES, at=at, context=CONTEXT)


CASES: list[tuple[Any, bool]] = [
    (None, True),
    ([], True),
    (TOTAL, True),
    ([TOTAL], True),
    ([TOTAL, CHEAP], False),
    ({"all": [TOTAL, {"property": "currency", "op": "in", "value": ["JPY", "USD"]}]}, True),
    ({"any": [CHEAP, TOTAL]}, True),
    ({"none": [CHEAP]}, True),
    ({"not": TOTAL}, False),
    ({"xor": [TOTAL, CHEAP]}, True),
    ({"xor": [TOTAL, TOTAL]}, False),
    ({"at_least": 2, "of": [TOTAL, CHEAP, TOTAL]}, True),
    ({"at_least": 3, "of": [TOTAL, CHEAP, TOTAL]}, False),
    ({"any": [{"all": [CHEAP]}, {"not": {"any": [CHEAP]}}]}, True),
    ({"property": "code", "op": "eq", "value": None}, True),
    ({"property": "missing", "op": "not_exists"}, True),
    ({"property": "total", "op": "lt", "value": {"property": "list_price"}}, True),
    ({"property": "items", "op": "has_item", "where": [
        {"property": "sku", "op": "eq", "value": "a"}, {"property": "qty", "op": "gte", "value": 2}]}, True),
    ({"property": "items", "op": "has_item", "where": [
        {"property": "sku", "op": "eq", "value": "b"}, {"property": "qty", "op": "gte", "value": 2}]}, False),
    ({"context": "page.path", "op": "starts_with", "value": "/cart"}, True),
    ({"context": "page.title", "op": "exists"}, False),
    ({"geo": "event", "within": OSAKA}, True),
    ({"geo": "event", "region": "JP-27"}, True),
    ({"geo": "event", "region": "US"}, False),
    ({"geo": {"property": "ship.to"}, "within": OSAKA}, False),
    ({"property": "due", "op": "within_next", "value": "2h"}, True),
    ({"property": "due", "op": "same_day", "value": "today"}, True),
    ({"property": "due", "op": "on", "value": "2026-11-24", "zone": "Pacific/Auckland"}, True),
]  # fmt: skip


@pytest.mark.parametrize(("document", "expected"), CASES, ids=str)
def test_an_event_passes_a_filter(document: Any, expected: bool) -> None:
    assert passes(document) is expected


def test_now_is_the_time_of_the_event_for_good() -> None:
    due = {"property": "due", "op": "within_next", "value": "2h"}
    assert [passes(due, at=NOON + hours * HOUR) for hours in (-2, -1, 0, 1)] == [False, True, True, False]


REFUSED: dict[str, tuple[Any, str]] = {
    "an empty group": ({"all": []}, "all.of"),
    "an unknown key": ({**TOTAL, "extra": 1}, "property.extra"),
    "an unknown operator": ({"property": "x", "op": "matches"}, "property.op"),
    "a trait": ({"property": "x", "op": "eq", "value": {"trait": "plan"}}, "its own properties"),
    "the zone of a person": ({"property": "x", "op": "on", "value": "2026-11-23", "zone": "person"}, "no person"),
    "a history": ({"property": "x", "op": "changed_within", "value": "1d"}, "is for traits"),
    "a history in an item": (
        {"property": "x", "op": "has_item", "where": {"property": "y", "op": "changed_within", "value": "1d"}},
        "is for traits",
    ),
    "the context of an item": (
        {"property": "x", "op": "has_item", "where": {"context": "page", "op": "exists"}}, "has no context",
    ),
    "the place of an item": (
        {"property": "x", "op": "has_item", "where": {"geo": "event", "region": "JP"}}, "has no context",
    ),
    "a place without an area": ({"geo": "event"}, "either `within` or `region`"),
    "a place with two areas": ({"geo": "event", "region": "JP", "within": OSAKA}, "either `within` or `region`"),
    "no question": ({"all": [{"trait": "plan", "op": "exists"}]}, "discriminator"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_filter_that_makes_no_sense_is_refused_with_its_place(case: str) -> None:
    document, reason = REFUSED[case]
    with pytest.raises(ValidationError) as refused:
        _WHERE.validate_python(document)
    told = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in refused.value.errors())
    assert reason in told


def test_a_filter_survives_being_stored_and_is_one_text_in_whatever_form_it_was_written() -> None:
    written = {
        "all": [TOTAL, {"any": [{"context": "page.path", "op": "exists"}, {"geo": "event", "region": "JP"}]}]
    }
    where = _WHERE.validate_python(written)
    assert _WHERE.validate_json(_WHERE.dump_json(where)) == where
    assert where_text(_WHERE.validate_python([TOTAL])) == where_text(_WHERE.validate_python({"all": [TOTAL]}))
    assert where_text(None) == ""
    assert EventDid(event="x", where=(PropertyIs.model_validate(TOTAL),)).where == _WHERE.validate_python(
        [TOTAL]
    )


def test_the_properties_that_a_filter_asks_about_are_named() -> None:
    where = _WHERE.validate_python(
        {"any": [TOTAL, {"property": "a.b", "op": "lt", "value": {"property": "c"}}, {"not": TOTAL},
                 {"geo": {"property": "store"}, "region": "JP"}, {"context": "page", "op": "exists"},
                 {"property": "items", "op": "has_item", "where": {"property": "sku", "op": "exists"}}]}
    )  # fmt: skip
    assert properties_of(where) == ("total", "a.b", "c", "store", "items")
    assert properties_of(None) == ()


def nested(depth: int) -> dict[str, Any]:
    return TOTAL if depth == 1 else {"all": [nested(depth - 1)]}


def in_items(depth: int) -> dict[str, Any]:
    return TOTAL if depth == 1 else {"property": "items", "op": "has_item", "where": in_items(depth - 1)}


def test_filters_count_in_the_depth_and_size_of_a_condition() -> None:
    for form in (nested, in_items):
        assert where_depth(_WHERE.validate_python(form(MAX_DEPTH - 1))) == MAX_DEPTH - 1
        where = form(MAX_DEPTH - 1)
        for leaf in (
            {"event": "x", "where": where},
            {"sequence": [{"event": "y"}, {"event": "x", "where": where}]},
        ):
            condition = the_condition(leaf)
            assert depth_of(condition) == MAX_DEPTH
            assert size_problem(condition) is None
            assert "deeper" in (size_problem(the_condition({"all": [leaf]})) or "")
    item = {"trait": "cart", "op": "has_item", "where": in_items(MAX_DEPTH)}
    assert "deeper" in (size_problem(the_condition(item)) or "")
    many = {"trait": "cart", "op": "has_item", "where": [TOTAL] * (MAX_LEAVES - 1)}
    assert size_problem(the_condition(many)) is None
    assert "questions" in (size_problem(the_condition(many | {"where": [TOTAL] * MAX_LEAVES})) or "")
    read = _WHERE.validate_python(many["where"])
    assert read is not None
    assert len(list(where_leaves(read))) == MAX_LEAVES - 1


BITS = st.lists(st.booleans(), min_size=1, max_size=5)


@settings(max_examples=100, deadline=None)
@given(BITS, st.integers(1, 6))
def test_de_morgans_laws_hold_and_groups_count_their_parts(bits: list[bool], least: int) -> None:
    parts = [TOTAL if bit else CHEAP for bit in bits]
    opposites = [{"not": part} for part in parts]
    assert passes({"not": {"all": parts}}) is passes({"any": opposites}) is not all(bits)
    assert passes({"not": {"any": parts}}) is passes({"all": opposites}) is not any(bits)
    assert passes({"at_least": least, "of": parts}) is (sum(bits) >= least)
    assert passes({"xor": parts}) is (sum(bits) == 1)


def test_an_item_of_a_trait_turns_with_the_clock_and_by_the_persons_day() -> None:
    leaf = the_condition({"trait": "bookings", "op": "has_item", "where": [
        {"property": "seats", "op": "gte", "value": 2}, {"property": "at", "op": "same_day", "value": "today"},
    ]})  # fmt: skip
    bookings = [{"seats": 1, "at": "2026-11-23"}, {"seats": 2, "at": "2026-11-24"}]
    answer = evaluate(leaf, a_view(traits={"bookings": bookings}, zone="Asia/Tokyo"), now=NOON)
    midnight = NOON.replace(hour=15)
    assert (answer.matched, answer.flips_at) == (False, midnight)
    answer = evaluate(leaf, a_view(traits={"bookings": bookings}, zone="Asia/Tokyo"), now=midnight)
    assert (answer.matched, answer.flips_at) == (True, midnight + timedelta(days=1))
