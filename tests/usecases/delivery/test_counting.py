"""Whose turn it is under a full cap, and messages that nobody had counted: no cap is exceeded, and none stops two."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.messages import Message, State
from kizuna.core.ports import Pressed
from kizuna.core.restraint.pressure import Pressure, Touch
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.content import PUSH
from tests.support.customers import DAILY, subscribe
from tests.support.house import House
from tests.usecases.decisions.test_caps_in_use import DAY, a_house, a_shop, message_of, run

ONE_A_WEEK = {"count": 1, "window": "7d"}


def waiting(house: House, campaign: str, at: datetime) -> None:
    """A run decides; nothing goes out yet."""
    house.start(campaign, at)
    house.walk(now=at)
    house.settle(now=at)


# ── two that were counted by themselves ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("first", ["spring", "summer"])
def test_of_two_that_are_too_much_together_the_one_that_was_ready_first_goes(first: str) -> None:
    second = "summer" if first == "spring" else "spring"
    house = a_house(a_shop())
    waiting(house, first, NOON)
    waiting(house, second, NOON + timedelta(minutes=1))
    (person,) = house.living()
    both_counted(house, person.id)
    house.catalog = a_shop(ONE_A_WEEK)
    house.send(now=NOON + timedelta(hours=1))
    house.settle(now=NOON + timedelta(hours=1))
    assert message_of(house, first, NOON).state is State.SENT
    late = message_of(house, second, NOON + timedelta(minutes=1))
    assert (late.state, late.reason) == (State.DENIED, "frequency_cap")


def both_counted(house: House, person: str) -> None:
    """As a merge leaves two that each had their own room."""
    found = sorted(house.messages.stored.values(), key=lambda message: message.created_at)
    touches = tuple(
        Touch(each.created_at, each.channel, each.id, each.topic, each.campaign, "shop") for each in found
    )
    version = house.messages.pressure(person).version
    house.messages.press(Pressed(person, on_person=Pressure(version + 1, touches)))


@pytest.mark.parametrize("order", ["as they were ready", "the later one first"])
def test_whichever_is_tried_first_one_goes_and_not_two(order: str) -> None:
    house = a_house(a_shop())
    waiting(house, "spring", NOON)
    waiting(house, "summer", NOON + timedelta(minutes=1))
    (person,) = house.living()
    both_counted(house, person.id)
    house.catalog = a_shop(ONE_A_WEEK)
    found = sorted(house.messages.stored.values(), key=lambda message: message.created_at)
    for message in found if order == "as they were ready" else reversed(found):
        house.deliver(message.id, now=NOON + timedelta(hours=1))
    assert sorted(message.state for message in house.messages.stored.values()) == [State.DENIED, State.SENT]
    assert message_of(house, "spring", NOON).state is State.SENT


def test_one_that_was_heard_already_goes_before_one_that_was_ready_earlier() -> None:
    """What was sent was heard, whoever was ready first: the other has no room any more."""
    house = a_house(a_shop())
    waiting(house, "spring", NOON)
    waiting(house, "summer", NOON + timedelta(minutes=1))
    later = message_of(house, "summer", NOON + timedelta(minutes=1))
    house.deliver(later.id, now=NOON + timedelta(minutes=2))
    (person,) = house.living()
    both_counted(house, person.id)
    house.catalog = a_shop(ONE_A_WEEK)
    house.send(now=NOON + timedelta(hours=1))
    assert message_of(house, "spring", NOON).reason == "frequency_cap"
    assert len(house.email.sent) == 1


# ── a cap that came after the decision ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("scope", ["person", "address"])
def test_a_cap_that_came_later_counts_what_was_waiting_when_it_goes_out(scope: str) -> None:
    house = a_house(a_shop())
    waiting(house, "spring", NOON)
    waiting(house, "summer", NOON + timedelta(minutes=1))
    house.catalog = a_shop({**ONE_A_WEEK, "scope": scope})
    house.send(now=NOON + timedelta(hours=1))
    house.settle(now=NOON + timedelta(hours=1))
    assert sorted(message.state for message in house.messages.stored.values()) == [State.DENIED, State.SENT]
    run(house, "spring", NOON + DAY)
    assert message_of(house, "spring", NOON + DAY).reason == "frequency_cap"


def test_a_claim_that_loses_the_race_for_the_count_is_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two waiting messages of before the cap, claimed at the same moment: each read that nothing is counted."""
    house = a_house(a_shop())
    waiting(house, "spring", NOON)
    waiting(house, "summer", NOON + timedelta(minutes=1))
    house.catalog = a_shop(ONE_A_WEEK)
    first, second = sorted(house.messages.stored.values(), key=lambda message: message.created_at)
    claim, raced = house.messages.claim, iter([True])

    def meanwhile(message: Message, **more: Any) -> bool:
        if next(raced, False):
            house.deliver(second.id, now=NOON + timedelta(hours=1))
        return claim(message, **more)

    monkeypatch.setattr(house.messages, "claim", meanwhile)
    house.deliver(first.id, now=NOON + timedelta(hours=1))
    assert len(house.email.sent) == 1
    assert house.messages.stored[first.id].reason == "frequency_cap"


# ── another channel ─────────────────────────────────────────────────────────────────────────────

TWO_WAYS = {
    **CAMPAIGN,
    **DAILY,
    "channel": None,
    "template": None,
    "channels": {"choose": "first", "order": ["email", "push"]},
    "templates": {"email": "spring-email", "push": "spring-push"},
}
TEMPLATE = {"id": "spring-push", "channel": "push", "default_language": "en", "languages": {"en": PUSH}}


def with_two_ways(cap: dict[str, Any]) -> House:
    documents = {
        **some_documents(TWO_WAYS),
        ("template", "spring-push"): TEMPLATE,
        ("policy", "policy"): {"frequency_caps": [cap]},
    }
    house = House(a_catalog(documents))
    told = subscribe("u1")
    push = {"type": "push", "key": "token-1", "status": "SUBSCRIBED"}
    says = {
        "messaging_subscriptions": [*told.context["messaging_subscriptions"], push],
        "device": {"token": "token-1", "type": "ios"},
    }
    house.ingest(replace(told, context=says))
    house.settle()
    return house


def channels_used(house: House) -> list[tuple[str, str, str]]:
    found = sorted(house.messages.stored.values(), key=lambda message: message.created_at)
    return [(message.channel, str(message.state), message.reason) for message in found]


def test_a_full_channel_hands_its_message_to_the_next() -> None:
    house = with_two_ways({"channel": "email", "count": 1, "window": "7d", "on_hit": "next_channel"})
    run(house, "spring", NOON)
    run(house, "spring", NOON + DAY)
    assert channels_used(house) == [("email", "SENT", "consent"), ("push", "SENT", "consent")]
    last = max(house.messages.stored.values(), key=lambda message: message.created_at)
    assert last.decision["channels"][0] == ["email", "deny", "frequency_cap"]


def test_a_cap_that_drops_what_is_too_much_ends_the_choice() -> None:
    house = with_two_ways({"channel": "email", "count": 1, "window": "7d"})
    run(house, "spring", NOON)
    run(house, "spring", NOON + DAY)
    assert channels_used(house) == [("email", "SENT", "consent"), ("email", "DENIED", "frequency_cap")]


def test_where_the_next_channel_is_full_too_it_is_withheld() -> None:
    house = with_two_ways({"count": 1, "window": "7d", "on_hit": "next_channel"})
    run(house, "spring", NOON)
    run(house, "spring", NOON + DAY)
    assert channels_used(house)[1] == ("email", "DENIED", "frequency_cap")
    assert len(house.email.sent) == 1


def full_since_the_decision(cap: dict[str, Any]) -> House:
    """The second run was decided while there was room, and sent after the cap had been made smaller."""
    house = with_two_ways(cap | {"count": 5})
    run(house, "spring", NOON)
    house.start("spring", NOON + DAY)
    house.walk(now=NOON + DAY)
    house.catalog = with_two_ways(cap).catalog
    for _ in range(2):
        house.settle(now=NOON + DAY)
        house.send(now=NOON + DAY)
    return house


def test_a_channel_that_came_to_be_full_after_the_decision_hands_its_message_to_the_next() -> None:
    """Without a `fallback_after`: the cap itself says where it is to go."""
    house = full_since_the_decision(
        {"channel": "email", "count": 1, "window": "7d", "on_hit": "next_channel"}
    )
    assert sorted(channels_used(house)) == [
        ("email", "DENIED", "frequency_cap"),
        ("email", "SENT", "consent"),
        ("push", "SENT", "consent"),
    ]
    last = next(each for each in house.messages.stored.values() if each.channel == "push")
    assert house.messages.stored[last.falls_back_from].reason == "frequency_cap"


@pytest.mark.parametrize("on_hit", ["drop", "defer"])
def test_a_cap_that_names_no_other_channel_is_followed_by_nothing(on_hit: str) -> None:
    house = full_since_the_decision({"channel": "email", "count": 1, "window": "7d", "on_hit": on_hit})
    assert {channel for channel, *_ in channels_used(house)} == {"email"}
