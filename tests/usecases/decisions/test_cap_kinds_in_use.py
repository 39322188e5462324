"""Caps over a household, over service messages and over what was delivered, on the whole way of a message."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.messages import State, Unclear
from kizuna.core.restraint.households import home_of
from kizuna.core.restraint.pressure import Pressure
from kizuna.usecases.delivery.giving_back import give_back
from tests.support.builders import CAMPAIGN, NOON, a_catalog, an_event, some_documents
from tests.support.customers import DAILY, identify, subscribe
from tests.support.house import House
from tests.usecases.decisions.test_caps_in_use import message_of, run

DAY = timedelta(days=1)
LATER = {"expires_after": "4d"}
RECEIPT = {
    **CAMPAIGN,
    "id": "receipt",
    "name": "Receipt",
    "category": "transactional",
    "transactional_basis": "the receipt of an order that they placed",
    "template": "receipt-email",
    "trigger": {"type": "event", "event": "Order Completed"},
    "audience": None,
    **LATER,
}


def a_shop(*caps: dict[str, Any], **policy: Any) -> Catalog:
    spring = CAMPAIGN | DAILY | LATER
    summer = {**spring, "id": "summer", "name": "Summer"}
    documents = some_documents(spring, summer, RECEIPT)
    template = documents["template", "spring-email"]
    return a_catalog(
        {
            **documents,
            ("template", "receipt-email"): {**template, "id": "receipt-email", "purpose": "transactional"},
            ("policy", "policy"): {"frequency_caps": caps, **policy},
        }
    )


def reasons(house: House, campaign: str) -> list[str]:
    return sorted(each.reason for each in house.messages.stored.values() if each.campaign == campaign)


# ── a household ─────────────────────────────────────────────────────────────────────────────────

HOME = {"scope": "household", "count": 1, "window": "7d"}


def a_family(*caps: dict[str, Any]) -> House:
    """`u1` and `u2` share a home, `u3` lives alone."""
    house = House(a_shop(*caps, household={"trait": "home"}))
    house.ingest(*(subscribe(user) for user in ("u1", "u2", "u3")))
    for number, user in enumerate(("u1", "u2")):
        house.ingest(identify(200 + number, user=user, home="H-12"))
    house.settle()
    return house


def test_one_of_a_household_hears_it_and_the_others_are_spared() -> None:
    house = a_family(HOME)
    run(house, "spring", NOON)
    assert reasons(house, "spring") == ["consent", "consent", "frequency_cap"]
    assert len(house.email.sent) == 2
    run(house, "summer", NOON + DAY)
    assert reasons(house, "summer") == ["frequency_cap"] * 3
    run(house, "summer", NOON + 8 * DAY)
    assert len(house.email.sent) == 4


def test_what_one_at_home_did_not_hear_after_all_leaves_its_room_to_another() -> None:
    house = a_family(HOME)
    house.start("spring", NOON)
    house.walk()
    house.settle()
    (waiting,) = [
        each
        for each in house.messages.stored.values()
        if each.state is State.PENDING
        and home_of(house.people.stored[each.person], house.catalog.policy.household)
    ]
    house.messages.save(replace(waiting, state=State.EXPIRED, state_version=1), expected=0)
    house.settle()
    home = home_of(house.people.stored[waiting.person], house.catalog.policy.household)
    assert house.messages.pressure_at(home).touches == ()
    give_back(waiting, house.catalog, people=house.people, messages=house.messages)
    assert house.messages.pressure_at(home) == Pressure(2, ())


def test_two_of_a_household_who_are_decided_at_the_same_time_cannot_both_be_sent_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each decision is made on what was read before the other was stored."""
    house = a_family(HOME)
    house.start("spring", NOON)
    read, stale = house.messages.pressure_at, iter([Pressure()] * 2)
    monkeypatch.setattr(house.messages, "pressure_at", lambda place: next(stale, None) or read(place))
    house.walk()
    monkeypatch.setattr(house.messages, "pressure_at", read)
    house.settle()
    house.send()
    assert reasons(house, "spring") == ["consent", "consent", "frequency_cap"]
    assert len(house.email.sent) == 2


def test_a_cap_that_came_into_force_is_counted_for_the_household_when_the_message_goes() -> None:
    house = a_family()
    house.start("spring", NOON)
    house.walk()
    house.settle()
    house.catalog = a_shop(HOME, household={"trait": "home"})
    house.send()
    house.settle()
    assert len(house.email.sent) == 2
    assert reasons(house, "spring") == ["consent", "consent", "frequency_cap"]


# ── service messages ────────────────────────────────────────────────────────────────────────────


def buys(house: House, number: int, at: datetime) -> None:
    house.ingest(an_event(number=number, user_id="u1", at=at, received_at=at), now=at)
    house.settle(now=at)
    house.send(now=at)
    house.settle(now=at)


def a_buyer(*caps: dict[str, Any]) -> House:
    house = House(a_shop(*caps))
    house.ingest(subscribe("u1"))
    house.settle()
    return house


def test_receipts_are_held_back_only_by_a_cap_that_says_so() -> None:
    house = a_buyer({"count": 0, "window": "7d"})
    buys(house, 1, NOON)
    assert reasons(house, "receipt") == ["transactional"]


def test_a_cap_on_service_messages_counts_them_and_leaves_promotion_alone() -> None:
    house = a_buyer({"applies_to": "all", "purpose": "transactional", "count": 1, "window": "1d"})
    run(house, "spring", NOON)
    buys(house, 1, NOON)
    buys(house, 2, NOON + DAY / 2)
    assert reasons(house, "receipt") == ["frequency_cap", "transactional"]
    refused = next(each for each in house.messages.stored.values() if each.reason == "frequency_cap")
    assert refused.decision["trace"].endswith(" service_cap")
    run(house, "summer", NOON + DAY / 2)
    assert reasons(house, "summer") == ["consent"]


def test_a_service_message_may_wait_for_room() -> None:
    house = a_buyer({"applies_to": "all", "count": 1, "window": "1d", "on_hit": "defer"})
    run(house, "spring", NOON)
    buys(house, 1, NOON + DAY / 2)
    waiting = message_of(house, "receipt", NOON + DAY / 2)
    assert (waiting.state, waiting.not_before) == (State.DEFERRED, NOON + DAY)
    house.ring(now=NOON + DAY)
    house.settle(now=NOON + DAY)
    house.send(now=NOON + DAY)
    assert len(house.email.sent) == 2
    person = house.person("user_id", "u1")
    assert [touch.service for touch in house.messages.pressure(person.id).touches] == [True]


def test_a_receipt_that_expired_gives_its_place_back() -> None:
    house = a_buyer({"applies_to": "all", "count": 1, "window": "1d"})
    at = NOON
    house.ingest(an_event(number=1, user_id="u1", at=at, received_at=at), now=at)
    house.settle(now=at)
    waiting = message_of(house, "receipt", at)
    house.messages.save(replace(waiting, state=State.EXPIRED, state_version=1), expected=0)
    house.settle(now=at)
    buys(house, 2, NOON + timedelta(hours=1))
    assert house.states("receipt") == {"EXPIRED": 1, "SENT": 1}


# ── what was delivered ──────────────────────────────────────────────────────────────────────────

ARRIVED = {"counts": "delivered", "count": 1, "window": "7d"}


def learned(house: House, fact: str, at: datetime) -> None:
    message = message_of(house, "spring", NOON)
    house.messages.add_fact(message.id, fact, at)
    house.settle(now=at)


def test_what_is_on_its_way_has_its_place_until_it_is_known_to_be_lost() -> None:
    house = a_buyer(ARRIVED)
    run(house, "spring", NOON)
    run(house, "summer", NOON + DAY)
    assert reasons(house, "summer") == ["frequency_cap"]
    learned(house, "bounced", NOON + DAY)
    run(house, "summer", NOON + 2 * DAY)
    assert reasons(house, "summer") == ["consent", "frequency_cap"]


@pytest.mark.parametrize("facts", [("delivered",), ("bounced", "delivered"), ("delivered", "bounced")])
def test_what_arrived_keeps_its_place_in_whichever_order_that_is_told(facts: tuple[str, ...]) -> None:
    house = a_buyer(ARRIVED)
    run(house, "spring", NOON)
    for fact in facts:
        learned(house, fact, NOON + DAY / 2)
    run(house, "summer", NOON + DAY)
    assert reasons(house, "summer") == ["frequency_cap"]


def test_where_what_was_sent_counts_a_bounce_changes_nothing() -> None:
    house = a_buyer({**ARRIVED, "counts": "sent"})
    run(house, "spring", NOON)
    learned(house, "bounced", NOON + DAY / 2)
    run(house, "summer", NOON + DAY)
    assert reasons(house, "summer") == ["frequency_cap"]


def test_an_unknown_fate_keeps_its_place_for_the_day_in_which_a_report_may_come() -> None:
    house = a_buyer(ARRIVED)
    house.email.outcomes.append(Unclear("timeout"))
    run(house, "spring", NOON)
    assert message_of(house, "spring", NOON).state is State.UNKNOWN
    run(house, "summer", NOON + DAY / 2)
    for hours in (25, 26):
        house.ring(now=NOON + timedelta(hours=hours))
        house.settle(now=NOON + timedelta(hours=hours))
    run(house, "summer", NOON + 2 * DAY)
    assert reasons(house, "summer") == ["consent", "frequency_cap"]
