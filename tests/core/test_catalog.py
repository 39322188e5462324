"""A workspace is accepted as a whole or refused with every reason at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.catalog import Change, Documents, build, differences, fingerprint
from kizuna.core.errors import InvalidDefinition
from tests.support.builders import CAMPAIGN, a_catalog, some_documents

PRO = {"trait": "plan", "op": "eq", "value": "pro"}
LOYAL = {"id": "loyal", "name": "Loyal", "when": {"event": "Order Completed", "verb": "count", "value": 3}}
ON_ORDER = {"trigger": {"type": "event", "event": "Order Completed"}, "audience": None}


def campaign(**changes: Any) -> dict[str, Any]:
    whole = CAMPAIGN | changes
    return {name: value for name, value in whole.items() if value is not None}


def refusals(documents: Documents, **more: Any) -> list[str]:
    with pytest.raises(InvalidDefinition) as caught:
        build(documents, **more)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


def test_an_empty_workspace_is_a_workspace() -> None:
    catalog = build({})
    assert catalog.segments == ()
    assert catalog.policy.default_language == "en"


def test_what_no_condition_asks_about_is_not_remembered() -> None:
    assert build({}).needs == a_catalog(some_documents()).needs == {}


def test_what_any_condition_asks_about_is_remembered() -> None:
    documents = {
        **some_documents(campaign(when={"event": "Seen"}), campaign(id="b", **ON_ORDER)),
        ("segment", "loyal"): LOYAL | {"exclude": {"event": "Complained"}},
        ("placement", "home"): {
            "id": "home", "name": "Home", "actions": [{"id": "a", "when": {"event": "Cart Left"}}],
        },
    }  # fmt: skip
    assert {need.event for need in a_catalog(documents).needs.values()} == {
        "Order Completed", "Seen", "Complained", "Cart Left",
    }  # fmt: skip


def test_campaigns_are_found_by_what_sets_them_off_as_long_as_they_are_enabled() -> None:
    entered = {"trigger": {"type": "segment", "segment": "loyal"}, "audience": None}
    documents = {
        **some_documents(
            campaign(),
            campaign(id="thanks", **ON_ORDER),
            campaign(id="welcome", **entered),
            campaign(id="off-thanks", enabled=False, **ON_ORDER),
            campaign(id="off-welcome", enabled=False, **entered),
            campaign(id="off-spring", enabled=False),
        ),
        ("segment", "loyal"): LOYAL,
    }
    catalog = a_catalog(documents)
    assert [found.id for found in catalog.scheduled()] == ["spring"]
    assert [found.id for found in catalog.triggered_by_event("Order Completed")] == ["thanks"]
    assert [found.id for found in catalog.triggered_by_segment("loyal")] == ["welcome"]
    assert catalog.triggered_by_event("Other") == catalog.triggered_by_segment("other") == []
    assert catalog.awaited_events == {"Order Completed"}
    assert (catalog.version_of("campaign", "spring"), catalog.version_of("campaign", "other")) == (1, 0)


WRONG: dict[str, tuple[dict[tuple[str, str], dict[str, Any]], str]] = {
    "an unknown kind": ({("rule", "x"): {}}, "rule/x: unknown kind 'rule'"),
    "a field of another type": ({("segment", "x"): {"id": "x", "name": 5, "when": PRO}}, "segment/x: name"),
    "an unknown field": ({("topic", "x"): {"id": "x", "name": {}, "colour": "red"}}, "topic/x: colour"),
    "an operator in a segment": (
        {("segment", "x"): {"id": "x", "name": "X", "when": {"all": [PRO | {"op": "is"}]}}},
        "segment/x: when.all.0.op: there is no 'is' here; did you mean 'eq'?",
    ),
    "another id than its own": (
        {("segment", "x"): LOYAL}, "segment/x: id: is not 'x', by which it is stored"
    ),
    "two segments in a circle": (
        {("segment", name): LOYAL | {"id": name, "when": {"in_segment": asked}} for name, asked in ("ab", "ba")},
        "segment/a: asks about itself: a → b → a",
    ),
    "a segment nobody defined": (
        {("segment", "x"): LOYAL | {"id": "x", "when": {"in_segment": "y"}}},
        "segment/x: when: asks about segment 'y'",
    ),
    "an unknown brand": ({("campaign", "spring"): campaign(brand="b")}, "campaign/spring: brand: there is no"),
    "an unknown topic": ({("campaign", "spring"): campaign(topic="t")}, "campaign/spring: topic: there is no"),
    "an unknown template": ({("campaign", "spring"): campaign(template="t")}, "campaign/spring: template: there"),
    "an unknown audience": (
        {("campaign", "spring"): campaign(audience={"in": ["everyone", "x"]})}, "campaign/spring: audience.in"
    ),
    "an unknown exclusion": (
        {("campaign", "spring"): campaign(audience={"in": ["everyone"], "not_in": ["x"]})}, "audience.not_in",
    ),
    "an unknown trigger": (
        {("campaign", "spring"): campaign(trigger={"type": "segment", "segment": "x"})}, "trigger.segment"
    ),
    "an unknown segment in a question": (
        {("campaign", "spring"): campaign(when={"in_segment": "x"})}, "campaign/spring: when: asks about"
    ),
    "a template of another channel": (
        {("campaign", "spring"): campaign(channel="sms")}, "is for email, the campaign speaks by sms"
    ),
    "a promotional template for a receipt": (
        {("campaign", "spring"): campaign(category="transactional", transactional_basis="an order")},
        "is promotional, the campaign's category is transactional",
    ),
    "an unknown segment in a placement": (
        {("placement", "home"): {"id": "home", "name": "H", "actions": [{"id": "a", "when": {"in_segment": "x"}}]}},
        "placement/home: actions.a.when: asks about",
    ),
    "an everyone of one's own": ({("segment", "everyone"): LOYAL | {"id": "everyone"}}, "the built-in"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_definition_that_cannot_be_used_is_named_with_its_place_and_reason(case: str) -> None:
    documents, expected = WRONG[case]
    found = refusals({**some_documents(), **documents})
    assert any(expected in problem for problem in found), found


def test_all_problems_are_told_at_once_and_by_the_file_they_stand_in() -> None:
    documents = {
        **some_documents(campaign(brand="b", topic="t")),
        ("segment", "x"): LOYAL | {"id": "x", "when": {"in_segment": "y"}},
        ("topic", "bad"): {"id": "bad"},
    }
    found = refusals(documents, origin=lambda kind, name: f"{kind}s.yaml[{name}]")
    assert {problem.split(":")[0] for problem in found} == {
        "campaigns.yaml[spring]", "segments.yaml[x]", "topics.yaml[bad]",
    }  # fmt: skip
    assert len(found) == 4


# ── what applying would change ──────────────────────────────────────────────────────────────────

NAMES = st.sampled_from(["a", "b", "c"])
WORKSPACES = st.dictionaries(
    st.tuples(st.sampled_from(["segment", "topic", "campaign"]), NAMES),
    st.fixed_dictionaries({"v": st.integers(0, 2)}),
    max_size=6,
)


def test_who_names_a_definition_with_a_fault_is_not_told_that_it_is_missing() -> None:
    documents = {
        **some_documents(campaign(channel="emial")),
        ("policy", "policy"): {"canary": {"campaign": "spring"}},
    }
    (told,) = refusals(documents)
    assert told.startswith("campaign/spring: channel:")
    missing = {**some_documents(campaign()), ("policy", "policy"): {"canary": {"campaign": "autumn"}}}
    assert refusals(missing) == ["policy/policy: canary.campaign: there is no campaign 'autumn'"]


@given(WORKSPACES, WORKSPACES)
def test_the_changes_lead_from_what_is_stored_to_what_is_wanted(stored: Documents, wanted: Documents) -> None:
    after = dict(stored)
    for change in differences(stored, wanted):
        key = (change.kind, change.id)
        assert (key in after) is (change.act != "add")
        if change.act == "remove":
            del after[key]
        else:
            after[key] = wanted[key]
    assert after == wanted
    assert differences(wanted, wanted) == ()


def test_kinds_are_changed_in_the_order_in_which_they_build_on_each_other() -> None:
    kinds = ["placement", "campaign", "template", "segment", "source", "topic", "brand", "policy"]
    found = differences({}, {(kind, "x"): {} for kind in kinds})
    assert [change.kind for change in found] == kinds[::-1]
    assert found[0] == Change("add", "policy", "x")


def test_a_document_is_known_by_its_meaning_and_not_by_its_layout() -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint({"b": [1, 2]}) != fingerprint({"b": [2, 1]})
    assert fingerprint({"a": "ä"}) != fingerprint({"a": "a"})


def test_a_segment_may_say_whose_it_is_and_that_moves_nobody() -> None:
    segment = {"id": "pro", "name": "Pro", "when": {"trait": "plan", "op": "eq", "value": "pro"}}
    plain = a_catalog({**some_documents(), ("segment", "pro"): segment})
    owned = a_catalog(
        {**some_documents(), ("segment", "pro"): {**segment, "brand": "shop", "owner": "sales"}}
    )
    assert owned.segment_index.fingerprint == plain.segment_index.fingerprint
    with pytest.raises(InvalidDefinition, match="segment/pro: brand: there is no brand 'other'"):
        a_catalog({**some_documents(), ("segment", "pro"): {**segment, "brand": "other"}})
