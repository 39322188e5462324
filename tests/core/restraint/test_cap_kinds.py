"""Caps over a household, over service messages, over what was delivered: what each counts and what it leaves out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.core.errors import InvalidDefinition
from kizuna.core.messages import State, never_arrived
from kizuna.core.people import Trait
from kizuna.core.restraint.caps import (
    CapStanding,
    FrequencyCap,
    Heard,
    are_counted,
    cap_standing,
    counts_arrivals,
    counts_households,
)
from kizuna.core.restraint.households import Household, home_of
from kizuna.core.restraint.pressure import Pressure, Touch, promotional, with_arrival
from tests.support.builders import CAMPAIGN, NOON, a_catalog, a_message, a_profile, some_documents

HOUR = timedelta(hours=1)
RULE = Household(trait="home")


def a_cap(**more: Any) -> FrequencyCap:
    return FrequencyCap.model_validate({"count": 1, "window": "7d", **more})


def touch(name: str, **about: Any) -> Touch:
    return Touch(NOON - HOUR, "email", name, **about)


def standing(cap: FrequencyCap, heard: Heard, **about: Any) -> CapStanding:
    return cap_standing([cap], heard, Touch(NOON, "email", "asked", **about), now=NOON, zone="UTC")


def heard_by(*touches: Touch) -> Heard:
    return Heard(Pressure(1, touches))


# ── a household ─────────────────────────────────────────────────────────────────────────────────


def test_a_household_cap_counts_what_others_at_home_heard_and_a_personal_one_does_not() -> None:
    heard = Heard(Pressure(), household=Pressure(1, (touch("to the other"),)), home="h1")
    assert standing(a_cap(scope="household"), heard) == CapStanding(1, 1, shared="household")
    assert standing(a_cap(), heard) == CapStanding(0, 1)


def test_who_has_no_known_household_is_one_of_their_own() -> None:
    assert standing(a_cap(scope="household"), heard_by(touch("to me"))).sent_in_window == 1


@pytest.mark.parametrize(
    ("value", "known"),
    [("H-12", True), (12, True), ("", False), ("  ", False), (True, False), (["H"], False)],
)
def test_a_household_is_told_by_a_text_or_a_number(value: Any, known: bool) -> None:
    person = a_profile(traits={"home": Trait(value, NOON, "shop")})
    assert bool(home_of(person, RULE)) is known


def test_one_household_has_one_reference_which_does_not_show_it() -> None:
    homes = [
        home_of(a_profile(name, traits={"home": Trait(value, NOON, "shop")}), RULE)
        for name, value in (("p1", "H-12"), ("p2", " H-12 "), ("p3", "H-13"))
    ]
    assert homes[0] == homes[1] != homes[2]
    assert "H-12" not in homes[0]


def test_the_mere_word_of_a_page_makes_nobody_a_member_and_without_a_rule_nobody_has_a_home() -> None:
    claimed = a_profile(traits={"home": Trait("H-12", NOON, "page", vouched=False)})
    told = a_profile(traits={"home": Trait("H-12", NOON, "shop")})
    assert home_of(claimed, RULE) == "" == home_of(told, None)


@pytest.mark.parametrize("place", ["policy", "campaign"])
def test_a_household_cap_is_refused_where_no_trait_tells_households(place: str) -> None:
    cap = {"scope": "household", "count": 1, "window": "7d"}
    own = {"caps": [cap]} if place == "campaign" else {}
    policy = {} if place == "campaign" else {"frequency_caps": [cap]}
    documents = {**some_documents({**CAMPAIGN, **own}), ("policy", "policy"): policy}
    with pytest.raises(InvalidDefinition, match=rf"{place}/.*\.0\.scope: no household is known"):
        a_catalog(documents)
    a_catalog({**documents, ("policy", "policy"): {**policy, "household": {"trait": "home"}}})


# ── service messages ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cap", "promotion", "service"),
    [
        ({}, 1, 0),
        ({"purpose": "promotional"}, 1, 0),
        ({"applies_to": "all"}, 2, 2),
        ({"applies_to": "all", "purpose": "promotional"}, 1, 0),
        ({"applies_to": "all", "purpose": "transactional"}, 0, 1),
    ],
)
def test_what_a_cap_counts_it_also_holds_back(cap: dict[str, Any], promotion: int, service: int) -> None:
    heard = heard_by(touch("an offer"), touch("a receipt", service=True))
    found = a_cap(count=5, **cap)
    assert standing(found, heard).sent_in_window == promotion
    assert standing(found, heard, service=True).sent_in_window == service
    assert (standing(found, heard, service=True).cap is not None) is bool(service)


@pytest.mark.parametrize(
    ("cap", "category", "counted"),
    [
        ({}, "marketing", True),
        ({}, "transactional", False),
        ({"applies_to": "all"}, "transactional", True),
        ({"applies_to": "all"}, "mandatory", False),
        ({"applies_to": "all"}, "opt_out_confirmation", False),
    ],
)
def test_what_the_law_requires_is_never_counted(cap: dict[str, Any], category: str, counted: bool) -> None:
    assert are_counted([a_cap(**cap)], category) is counted
    assert not are_counted([], category)


@pytest.mark.parametrize(
    ("cap", "why"),
    [
        ({"purpose": "transactional"}, "applies_to: all"),
        ({"applies_to": "all", "on_hit": "digest", "digest": "round-up"}, "a digest gathers promotion"),
        ({"purpose": "analytics"}, "promotional"),
        ({"counts": "opened"}, "delivered"),
        ({"scope": "family"}, "household"),
    ],
)
def test_a_cap_that_would_say_nothing_or_the_wrong_thing_is_refused(cap: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        a_cap(**cap)


def test_service_messages_are_no_advertising_whoever_counts_them() -> None:
    offer, receipt = touch("an offer"), touch("a receipt", service=True)
    assert promotional(Pressure(1, (offer, receipt))) == (offer,)


# ── what was delivered ──────────────────────────────────────────────────────────────────────────


def test_what_is_known_to_be_lost_leaves_its_room_where_what_was_delivered_counts() -> None:
    heard = heard_by(touch("lost", lost=True), touch("on its way"))
    assert standing(a_cap(counts="delivered", count=2), heard) == CapStanding(1, 2)
    assert standing(a_cap(count=2), heard) == CapStanding(2, 2)


def test_news_of_an_arrival_changes_only_its_own_message_and_only_once() -> None:
    before = Pressure(3, (touch("one"), touch("two")))
    after = with_arrival(before, "two", lost=True)
    assert after == Pressure(4, (touch("one"), touch("two", lost=True)))
    assert with_arrival(after, "two", lost=True) is None is with_arrival(before, "three", lost=True)
    assert with_arrival(after, "two", lost=False) == Pressure(5, before.touches)


@pytest.mark.parametrize(
    ("facts", "lost"),
    [
        ((), False),
        (("bounced",), True),
        (
            ("bounced", "delivered"),
            False,
        ),  # an answering machine's mail, or a late bounce: in doubt it counts
        (("bounced", "opened"), False),
        (("complained",), False),
    ],
)
def test_a_bounce_without_any_sign_of_arrival_is_a_loss(facts: tuple[str, ...], lost: bool) -> None:
    message = replace(a_message(state=State.SENT), facts=dict.fromkeys(facts, NOON))
    assert never_arrived(message) is lost


@pytest.mark.parametrize(("reason", "lost"), [("unknown_outcome", False), ("unconfirmed", True)])
def test_an_unknown_fate_is_a_loss_only_when_nobody_expects_a_report_any_more(
    reason: str, lost: bool
) -> None:
    assert never_arrived(replace(a_message(state=State.UNKNOWN), reason=reason)) is lost


def test_what_nobody_counts_need_not_be_read() -> None:
    assert not counts_households([a_cap(), a_cap(scope="address")])
    assert counts_households([a_cap(), a_cap(scope="household")])
    assert not counts_arrivals([a_cap()])
    assert counts_arrivals([a_cap(), a_cap(counts="delivered")])
