"""A push is seen when the person's own app says so, by the id that travelled with it; all else is nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.messages import By, Message, State, claimed
from kizuna.core.unconfirmed import lost_sight_of
from tests.support.builders import NOON, an_event
from tests.support.customers import SHOP, subscribe
from tests.support.house import House
from tests.support.renderings import a_customer, a_shop, in_many_ways

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TAPPED = "Push Notification Tapped"


def a_house() -> House:
    """Somebody has a push, for which an e-mail waits until nobody looked for two hours."""
    house = House(a_shop(in_many_ways(("push", "email"), fallback_after="2h")))
    house.ingest(a_customer())
    house.settle()
    house.start("spring", NOON)
    house.walk()
    for _ in range(3):
        house.settle()
        house.send()
    house.settle()
    assert on(house, "push").state is State.SENT
    assert on(house, "email").state is State.DEFERRED
    return house


def on(house: House, channel: str) -> Message:
    (message,) = [each for each in house.messages.stored.values() if each.channel == channel]
    return message


def tells(
    house: House, message: Any, *, name: str = TAPPED, user: str = "u1", number: int = 50, **changes: Any
) -> None:
    """The app of somebody says something about a push."""
    at = changes.pop("at", NOON + 10 * MINUTE)
    properties = {"kizuna_message": message, "action": "open"}
    now = max(at, NOON + 10 * MINUTE)
    event = an_event(
        name,
        number=number,
        user_id=user,
        source=SHOP,
        at=at,
        received_at=now,
        properties=properties,
        **changes,
    )
    house.ingest(event, now=now)
    house.settle(now=now)


@pytest.mark.parametrize("name", [TAPPED, "Push Notification Opened", "Application Opened"])
def test_a_push_that_was_tapped_is_seen_and_nothing_more_is_said_on_other_channels(name: str) -> None:
    house = a_house()
    tells(house, on(house, "push").id, name=name)
    tells(house, on(house, "push").id, name=name, number=51, at=NOON + 20 * MINUTE)
    assert on(house, "push").facts == {"opened": NOON + 10 * MINUTE, "clicked": NOON + 10 * MINUTE}
    assert (on(house, "email").state, on(house, "email").reason) == (State.EXPIRED, "seen_elsewhere")
    person = on(house, "push").person
    timeline = [each.event for each in house.people.timeline((person,))]
    own = [event for event in timeline if event.name == "Push Message Opened"]
    assert [event.properties["message_id"] for event in own] == [on(house, "push").id]
    found = house.results.sums("spring", on(house, "push").run)
    (sums,) = [sums for cell, sums in found.items() if cell.channel == "push"]
    assert (sums["f_opened"], sums["f_clicked"]) == (1, 1)


def test_a_push_that_was_shown_has_arrived_and_is_not_seen() -> None:
    house = a_house()
    tells(house, on(house, "push").id, name="Push Notification Received")
    assert on(house, "push").facts == {"delivered": NOON + 10 * MINUTE}
    assert on(house, "email").state is State.DEFERRED


@pytest.mark.parametrize(
    "named", ["", "a" * 26, "A" * 26, "../../x", 7, None, ["x"], {"id": "x"}, "a" * 100_000, "é" * 26]
)
def test_an_id_that_is_none_of_ours_changes_nothing(named: Any) -> None:
    house = a_house()
    before = dict(house.messages.stored)
    tells(house, named)
    assert dict(house.messages.stored) == before


def test_the_push_of_somebody_else_is_not_theirs_to_tell_of() -> None:
    house = a_house()
    house.ingest(subscribe("u2", number=7))
    house.settle()
    before = dict(house.messages.stored)
    tells(house, on(house, "push").id, user="u2")
    tells(house, on(house, "push").id, user="nobody-yet", number=52)
    assert dict(house.messages.stored) == before


def test_a_message_that_is_no_push_and_an_event_of_another_name_tell_nothing() -> None:
    house = a_house()
    before = dict(house.messages.stored)
    tells(house, on(house, "email").id)
    tells(house, on(house, "push").id, name="Order Completed", number=53)
    assert dict(house.messages.stored) == before


@pytest.mark.parametrize("at", [datetime.fromisoformat("1999-01-01T00:00:00+00:00"), NOON - HOUR])
def test_nothing_was_seen_before_it_was_decided(at: datetime) -> None:
    house = a_house()
    tells(house, on(house, "push").id, at=at)
    assert on(house, "push").facts["opened"] == on(house, "push").created_at


def test_whoever_turned_out_to_be_the_same_person_may_tell() -> None:
    house = a_house()
    phone = an_event(
        "Application Opened", number=60, user_id="", anonymous_id="a1", source=SHOP, received_at=NOON, at=NOON
    )
    house.ingest(phone)
    house.settle()
    tells(house, on(house, "push").id, user="u1", anonymous_id="a1", number=61)
    assert "opened" in on(house, "push").facts


def test_of_a_push_of_unknown_fate_it_proves_that_it_went_out() -> None:
    house = a_house()
    waiting = replace(on(house, "push"), state=State.PENDING)
    mine = claimed(waiting, owner="w1", now=NOON)
    house.messages.stored[mine.id] = lost_sight_of(mine, now=NOON, by=By.ANSWER)
    tells(house, mine.id)
    assert on(house, "push").state is State.SENT
