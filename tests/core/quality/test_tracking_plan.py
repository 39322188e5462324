"""A tracking plan judges by name, source and value; what is graver decides, and nothing of a value is repeated."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.catalog import build
from kizuna.core.errors import InvalidDefinition
from kizuna.core.events import Source, SourceKind
from kizuna.core.quality.property_rules import PropertyRule, check_of
from kizuna.core.quality.tracking_plan import (
    BREACHES_TOLD,
    PlannedEvent,
    TrackingDefaults,
    TrackingPlan,
    compile_plan,
    gravest,
    overlapping,
)
from tests.support.builders import an_event

WEB, SHOP = Source("web", SourceKind.CLIENT), Source("shop", SourceKind.SERVER)


def a_plan(*events: dict[str, Any], of_source: dict[str, Any] | None = None, **defaults: Any) -> TrackingPlan:
    planned = [PlannedEvent.model_validate(event) for event in events]
    return compile_plan(planned, TrackingDefaults.model_validate(defaults), of_source=of_source)


def order(**rules: dict[str, Any]) -> dict[str, Any]:
    return {"id": "order-completed", "event": "Order Completed", "properties": rules}


def told(plan: TrackingPlan, **event: Any) -> list[tuple[str, str, str]]:
    given: dict[str, Any] = {"name": "Order Completed", "source": WEB} | event
    return [(breach.cause, breach.path, breach.action) for breach in plan.judge(an_event(**given))]


# ── one value ───────────────────────────────────────────────────────────────────────────────────

VALUES: list[tuple[dict[str, Any], list[Any], list[tuple[Any, str]]]] = [
    ({"type": "string"}, ["", "x"], [(1, "plan_wrong_type"), ([], "plan_wrong_type")]),
    ({"type": "number"}, [0, -1.5], [("1", "plan_wrong_type"), (True, "plan_wrong_type")]),
    ({"type": "integer"}, [3, 3.0], [(3.5, "plan_wrong_type"), (False, "plan_wrong_type")]),
    ({"type": "boolean"}, [True, False], [(0, "plan_wrong_type"), ("true", "plan_wrong_type")]),
    (
        {"type": "datetime"},
        ["2026-11-22T12:00:00Z", "2026-11-22", "2026-11-22T12:00:00+09:00"],
        [("soon", "plan_wrong_type"), (1_700_000_000, "plan_wrong_type")],
    ),
    ({"type": "array", "max_length": 1}, [[], [{}]], [([1, 2], "plan_too_long"), ("x", "plan_wrong_type")]),
    ({"type": "object"}, [{}, {"a": 1}], [([], "plan_wrong_type")]),
    ({"enum": ["EUR", 1]}, ["EUR", 1, 1.0], [("eur", "plan_not_allowed"), (True, "plan_not_allowed")]),
    ({"enum": ["EUR"]}, ["EUR"], [([], "plan_not_allowed")]),
    ({"enum": [True]}, [True], [(1, "plan_not_allowed")]),
    ({"type": "number", "min": 0}, [0, 9e9], [(-0.01, "plan_out_of_range")]),
    ({"type": "integer", "min": 1, "max": 5}, [1, 5], [(0, "plan_out_of_range"), (6, "plan_out_of_range")]),
    ({"type": "string", "max_length": 3}, ["", "日本語"], [("four", "plan_too_long")]),
    ({"type": "string", "pattern": "[A-Z]{3}"}, ["EUR"], [("euro", "plan_pattern"), (7, "plan_wrong_type")]),
    ({}, [None, 1, "x", [], {}], []),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "fine", "broken"), VALUES)
def test_a_value_is_held_against_its_rule(
    rule: dict[str, Any], fine: list[Any], broken: list[tuple[Any, str]]
) -> None:
    check = check_of(PropertyRule.model_validate(rule))
    assert [value for value in fine if check(value) is not None] == []
    assert [(value, (check(value) or ("",))[0]) for value, _ in broken] == broken


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"min": 1}, "min and max"),
        ({"type": "string", "max": 1}, "min and max"),
        ({"pattern": "a"}, "pattern is for a string"),
        ({"type": "number", "max_length": 2}, "max_length"),
        ({"type": "number", "min": 2, "max": 1}, "above"),
        ({"type": "string", "pattern": "(?=a)"}, "groups"),
        ({"type": "text"}, "Input should be"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        PropertyRule.model_validate(rule)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(values)
def test_no_value_breaks_the_judge_and_no_reason_repeats_it(value: Any) -> None:
    rules = {f"r{number}": rule for number, (rule, _, _) in enumerate(VALUES)}
    plan = a_plan(order(**rules))
    event = an_event(name="Order Completed", source=WEB, properties=dict.fromkeys(rules, value))
    for breach in plan.judge(event):
        assert breach.path.startswith("properties.r")
        if isinstance(value, str) and len(value) > 3 and value.isalpha():
            assert value not in breach.reason


# ── one event ───────────────────────────────────────────────────────────────────────────────────


def test_an_empty_plan_lets_everything_be() -> None:
    assert a_plan().is_empty
    assert told(a_plan(), name="Anything") == []


def test_what_is_required_may_not_be_absent_or_null() -> None:
    plan = a_plan(order(revenue={"required": True}))
    missing = [("plan_missing_property", "properties.revenue", "warn")]
    assert told(plan, properties={}) == missing
    assert told(plan, properties={"revenue": None}) == missing
    assert told(plan, properties={"revenue": 0}) == []


def test_a_dotted_name_looks_into_an_object() -> None:
    plan = a_plan(order(**{"shop.id": {"type": "integer", "required": True}}))
    assert told(plan, properties={"shop": {"id": 3}}) == []
    assert told(plan, properties={"shop": {"id": "3"}}) == [("plan_wrong_type", "properties.shop.id", "warn")]
    assert told(plan, properties={"shop": "3"}) == [("plan_missing_property", "properties.shop.id", "warn")]


def test_the_property_decides_else_the_event_else_the_plan() -> None:
    rules = {"a": {"type": "string", "on_violation": "reject"}, "b": {"type": "string"}}
    event = {**order(**rules), "on_violation": "quarantine"}
    wrong = {"a": 1, "b": 1}
    assert [action for *_, action in told(a_plan(event), properties=wrong)] == ["reject", "quarantine"]
    usual = a_plan(order(**rules), violation="accept")
    assert told(usual, properties=wrong) == [("plan_wrong_type", "properties.a", "reject")]


def test_the_gravest_breach_comes_first_and_decides() -> None:
    rules: dict[str, Any] = {
        action: {"type": "string", "on_violation": action} for action in ("warn", "reject", "quarantine")
    }
    breaches = a_plan(order(**rules)).judge(
        an_event(name="Order Completed", source=WEB, properties=dict.fromkeys(rules, 1))
    )
    assert [breach.action for breach in breaches] == ["reject", "quarantine", "warn"]
    assert gravest(breaches) == "reject"
    assert gravest(()) == "accept"


def test_unknown_properties_are_told_by_their_names() -> None:
    plan = a_plan({**order(a={}), "on_unknown_property": "quarantine"})
    assert told(plan, properties={"a": 1, "b": 2}) == [
        ("plan_unknown_property", "properties.b", "quarantine")
    ]
    many = {f"p{number}": 1 for number in range(BREACHES_TOLD + 5)}
    assert len(told(plan, properties=many)) == BREACHES_TOLD


def test_unknown_events_are_as_the_plan_says_unless_their_source_says_otherwise() -> None:
    plan = a_plan(order(), of_source={"web": "reject"}, unknown_event="warn")
    assert told(plan, name="Ordr Completed", source=SHOP) == [("plan_unknown_event", "event", "warn")]
    assert told(plan, name="Ordr Completed") == [("plan_unknown_event", "event", "reject")]
    assert told(plan, type="page", name="Home") == []
    assert told(plan, type="identify", name="") == []


def test_a_plan_may_be_for_one_source_alone() -> None:
    mine = {**order(a={"required": True}), "sources": ["web"]}
    anybodys = {**order(b={"required": True}), "id": "order-of-others"}
    plan = a_plan(anybodys, mine)
    assert [path for _, path, _ in told(plan, properties={})] == ["properties.a"]
    assert [path for _, path, _ in told(plan, source=SHOP, properties={})] == ["properties.b"]
    alone = a_plan(mine, unknown_event="warn")
    assert told(alone, source=SHOP, properties={}) == [("plan_unknown_event", "event", "warn")]


def test_an_identify_is_judged_by_its_traits_and_pages_by_name_or_all_at_once() -> None:
    plan = a_plan(
        {"id": "identify", "type": "identify", "properties": {"age": {"type": "integer"}}},
        {"id": "pages", "type": "page", "properties": {"url": {"required": True}}},
        {"id": "home", "type": "page", "event": "Home", "properties": {"title": {"required": True}}},
    )
    assert told(plan, type="identify", name="", traits={"age": "7"}) == [
        ("plan_wrong_type", "traits.age", "warn")
    ]
    assert [path for _, path, _ in told(plan, type="page", name="Shop")] == ["properties.url"]
    assert [path for _, path, _ in told(plan, type="page", name="Home")] == ["properties.title"]


@pytest.mark.parametrize("kind", [SourceKind.PROVIDER, SourceKind.SYSTEM])
def test_what_providers_report_and_what_we_note_ourselves_is_not_judged(kind: SourceKind) -> None:
    plan = a_plan(order(a={"required": True}), unknown_event="reject")
    assert told(plan, source=Source("ses", kind), properties={}) == []
    assert told(plan, source=Source("ses", kind), name="Email Bounced") == []


# ── the definitions ─────────────────────────────────────────────────────────────────────────────


def test_two_definitions_may_not_plan_the_same_event_for_the_same_source() -> None:
    one, two = (PlannedEvent.model_validate({**order(), "id": name}) for name in ("one", "two"))
    assert overlapping([one, two]) == [("one", "two", "")]
    assert overlapping([one, two.model_copy(update={"sources": ("web",)})]) == []


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"id": "x", "event": ""}, "has a name"),
        ({"id": "x", "type": "identify", "event": "Y"}, "have no name"),
        ({"id": "x", "event": "Y", "sources": ["nowhere"]}, "there is no source 'nowhere'"),
        ({"id": "x", "event": "Y", "properties": {"a": {"type": "string", "pattern": "("}}}, "never closed"),
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused_naming_its_place(document: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidDefinition, match="event/x") as refused:
        build({("event", "x"): document})
    assert said in str(refused.value)


def test_the_catalog_carries_the_plan_with_what_policy_and_sources_say() -> None:
    catalog = build(
        {
            ("event", "order-completed"): order(a={"required": True}),
            ("policy", "policy"): {"id": "policy", "tracking": {"unknown_event": "warn"}},
            ("source", "web"): {"id": "web", "name": "Web", "unknown_events": "reject"},
        }
    )
    assert [path for _, path, _ in told(catalog.plan, properties={})] == ["properties.a"]
    assert told(catalog.plan, name="X") == [("plan_unknown_event", "event", "reject")]
    assert told(catalog.plan, name="X", source=SHOP) == [("plan_unknown_event", "event", "warn")]
