"""Tone holds: what they hold back, and that the longest is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.core.catalog import Catalog
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.errors import InvalidDefinition
from kizuna.core.folding import fold
from kizuna.core.judging import Restraint, restraint
from kizuna.core.people import Profile
from kizuna.core.restraint.exclusions import Exclusion
from kizuna.core.restraint.holds import About, ToneHold, about_everything
from tests.support.builders import NOON, a_catalog, a_profile, an_event, some_documents

DAY = timedelta(days=1)
COMPLAINED = {"event": "Complaint Received", "window": {"last": "14d"}}
DETRACTOR = {
    "event": "NPS Answered",
    "where": [{"property": "score", "op": "lte", "value": 6}],
    "window": {"last": "7d"},
}
GRIEVES = {"trait": "bereavement", "op": "eq", "value": True}
NEWS = About("email", "news", "shop")


def a_hold(name: str, when: dict[str, Any], **scope: Any) -> dict[str, Any]:
    return {"id": name, "name": {"en": name}, "when": when, **scope}


def a_shop(*holds: dict[str, Any], **policy: Any) -> Catalog:
    return a_catalog({**some_documents(), ("policy", "policy"): {"tone_holds": list(holds), **policy}})


def somebody(catalog: Catalog, *events: Any, **changes: Any) -> Profile:
    profile = a_profile(version=0, **changes)
    return fold(profile, events, catalog, now=NOON).profile if events else profile


def test_nobody_is_advertised_to_while_a_complaint_is_fresh() -> None:
    catalog = a_shop(a_hold("complaint", COMPLAINED))
    angry = somebody(catalog, an_event("Complaint Received", at=NOON - DAY, received_at=NOON))
    assert restraint(angry, NEWS, catalog, now=NOON) == Restraint("complaint")
    assert (
        restraint(angry, NEWS, catalog, now=NOON + 13 * DAY - timedelta(seconds=1)).tone_hold == "complaint"
    )
    assert restraint(angry, NEWS, catalog, now=NOON + 13 * DAY) == Restraint()
    assert restraint(somebody(catalog), NEWS, catalog, now=NOON) == Restraint()


@pytest.mark.parametrize(("score", "held"), [(0, "nps"), (6, "nps"), (7, ""), ("6", "")])
def test_a_hold_asks_what_the_event_says(score: Any, held: str) -> None:
    catalog = a_shop(a_hold("nps", DETRACTOR))
    answered = somebody(catalog, an_event("NPS Answered", at=NOON, properties={"score": score}))
    assert restraint(answered, NEWS, catalog, now=NOON).tone_hold == held


@pytest.mark.parametrize(
    ("scope", "about", "held"),
    [
        ({}, NEWS, True),
        ({"channels": ["sms"]}, NEWS, False),
        ({"channels": ["sms", "email"]}, NEWS, True),
        ({"topics": ["news"]}, replace(NEWS, topic="other"), False),
        ({"topics": ["news"]}, NEWS, True),
        ({"brands": ["shop"]}, NEWS, True),
        ({"products": ["tea"]}, NEWS, False),
        ({"products": ["tea"]}, replace(NEWS, products=("cup", "tea")), True),
        ({"products": ["tea"], "channels": ["sms"]}, replace(NEWS, products=("tea",)), False),
    ],
)
def test_a_hold_holds_back_what_it_is_about(scope: dict[str, Any], about: About, held: bool) -> None:
    catalog = a_shop(a_hold("grief", GRIEVES, **scope))
    told = an_event("", type="identify", traits={"bereavement": True}, user_id="u1")
    assert bool(restraint(somebody(catalog, told), about, catalog, now=NOON).tone_hold) is held


def test_of_several_holds_the_longest_is_told_and_none_shortens_another() -> None:
    holds = (a_hold("nps", DETRACTOR), a_hold("complaint", COMPLAINED), a_hold("grief", GRIEVES))
    catalog = a_shop(*holds)
    told = [
        an_event("NPS Answered", number=1, at=NOON, properties={"score": 1}),
        an_event("Complaint Received", number=2, at=NOON),
    ]
    assert restraint(somebody(catalog, *told), NEWS, catalog, now=NOON).tone_hold == "complaint"
    grieves = an_event("", type="identify", number=3, traits={"bereavement": True}, user_id="u1")
    assert restraint(somebody(catalog, *told, grieves), NEWS, catalog, now=NOON).tone_hold == "grief"


def test_a_message_on_its_way_meets_a_hold_that_begins() -> None:
    catalog = a_shop(a_hold("complaint", COMPLAINED))
    before = replace(somebody(catalog, an_event("Order Completed", at=NOON - DAY)), version=1)
    calm = fold(before, [an_event("Order Completed", number=5, at=NOON)], catalog, now=NOON).profile
    angry = fold(before, [an_event("Complaint Received", number=6, at=NOON)], catalog, now=NOON).profile
    assert calm.reach_version == before.reach_version
    assert angry.reach_version == before.reach_version + 1


def test_a_product_that_was_given_up_is_not_promoted_and_others_are() -> None:
    catalog = a_shop(product_exclusions=[{"id": "cancelled", "event": "Subscription Cancelled"}])
    gone = an_event("Subscription Cancelled", at=NOON, properties={"product_id": "tea", "reason": "price"})
    left = somebody(catalog, gone)
    assert left.exclusions == {"cancelled/tea": Exclusion("cancelled", NOON, "price")}
    assert restraint(left, replace(NEWS, products=("cup", "tea")), catalog, now=NOON) == Restraint("", "tea")
    assert restraint(left, replace(NEWS, products=("cup",)), catalog, now=NOON) == Restraint()
    assert restraint(left, NEWS, catalog, now=NOON) == Restraint()


@pytest.mark.parametrize(
    "policy",
    [
        {"tone_holds": [a_hold("a", COMPLAINED), a_hold("a", DETRACTOR)]},
        {"tone_holds": [{**a_hold("a", COMPLAINED), "name": {}}]},
        {"tone_holds": [{**a_hold("a", COMPLAINED), "name": {"en": " "}}]},
        {"tone_holds": [a_hold("a", {"event": "X", "verb": "shouts"})]},
        {"product_exclusions": [{"id": "a", "event": "X"}, {"id": "a", "event": "Y"}]},
    ],
)
def test_rules_that_cannot_be_told_apart_or_mean_nothing_are_refused(policy: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EngagementPolicy.model_validate(policy)


def test_a_hold_that_asks_about_a_segment_which_does_not_exist_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidDefinition, match=r"tone_holds\.lost.*nowhere"):
        a_shop(a_hold("lost", {"in_segment": "nowhere"}))


def test_a_hold_is_plain_data() -> None:
    hold = ToneHold.model_validate(a_hold("a", COMPLAINED))
    assert ToneHold.model_validate_json(hold.model_dump_json(by_alias=True)) == hold


@pytest.mark.parametrize("scope", ["channels", "topics", "brands", "products"])
def test_a_hold_that_narrows_itself_is_not_about_everything(scope: str) -> None:
    broad = ToneHold.model_validate(a_hold("broad", GRIEVES))
    narrow = ToneHold.model_validate(a_hold("narrow", GRIEVES, **{scope: ["email"]}))

    assert about_everything([narrow, broad]) == (broad,)
