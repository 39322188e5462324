"""What nobody asked for when it happened is there once a condition asks, as far as it is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.messages import State
from kizuna.core.segments.backfill import next_backfill, remembered_by
from kizuna.topology import Queue
from kizuna.usecases.segments.backfill import progress_of
from tests.support.builders import NOON
from tests.support.customers import order, subscribe
from tests.support.fragile import Crash, FragilePeople, crash
from tests.support.house import House
from tests.support.standing import DAY, a_shop

LATER = NOON + 3 * DAY
PHONE = {"device": {"type": "ios"}, "os": {"name": "iOS"}, "app": {"version": "2.1.0"}}


def second(*conditions: dict[str, Any]) -> Catalog:
    return replace(a_shop(*conditions), version=2)


def sent(**more: Any) -> House:
    """Somebody who was sent a message, and somebody to whom it was withheld, before anybody asked."""
    house = House(a_shop(), **more)
    house.ingest(subscribe("u1"), subscribe("u2", status="UNSUBSCRIBED", number=2))
    house.settle()
    house.start("spring", NOON)
    house.walk()
    house.settle()
    house.send()
    house.settle()
    return house


def segments(house: House, user: str) -> frozenset[str]:
    return house.person("user_id", user).segments & {"s0", "s1"}


def test_messages_of_before_are_told_and_nobody_is_announced() -> None:
    house = sent()
    told = len(house.bus.published)
    house.put_in_force(
        second({"message": "sent", "window": {"last": "7d"}}, {"message": "withheld"}), now=LATER
    )
    house.fill(now=LATER)
    assert [set(segments(house, user)) for user in ("u1", "u2")] == [{"s0"}, {"s1"}]
    assert house.person("user_id", "u1").due_at == NOON + 7 * DAY
    house.settle(now=LATER)
    assert [event for event in house.bus.published[told:] if type(event).__name__.startswith("Segment")] == []


def test_they_are_told_once_however_often_a_backfill_comes_by() -> None:
    house = sent()
    twice = {"event": "Message Sent", "verb": "count", "op": "gte", "value": 2}
    house.put_in_force(second({"message": "sent"}, twice), now=LATER)
    again = list(house.queues.sent[Queue.BACKFILL])
    house.fill(now=LATER)
    house.queues.sent[Queue.BACKFILL] += again
    house.fill(now=LATER)
    house.put_in_force(replace(a_shop({"message": "withheld"}), version=3), now=LATER)
    house.fill(now=LATER)
    much_later = LATER + 5 * DAY
    house.put_in_force(replace(a_shop({"message": "sent"}, twice), version=4), now=much_later)
    house.fill(now=much_later)
    assert segments(house, "u1") == {"s0"}
    [message] = [each for each in house.messages.stored.values() if each.state is State.SENT]
    [event] = [e.event for e in house.people.timeline(house.person("user_id", "u1").parts)
               if e.event.name == "Message Sent"]  # fmt: skip
    assert event.at == message.changed_at


def test_those_of_more_than_400_days_ago_are_over() -> None:
    house = sent()
    at = NOON + timedelta(days=401)
    house.put_in_force(second({"message": "sent"}), now=at)
    house.fill(now=at)
    assert segments(house, "u1") == set()


def test_a_goal_of_a_campaign_is_reached_by_who_bought_before_anybody_asked() -> None:
    house = sent()
    house.ingest(order(1, user="u1", at=NOON + timedelta(hours=3), received_at=LATER), now=LATER)
    house.put_in_force(second({"converted": "Order Completed", "campaign": "spring"}), now=LATER)
    house.fill(now=LATER)
    assert segments(house, "u1") == {"s0"}


def test_devices_and_places_of_before_are_known() -> None:
    house = House(a_shop())
    where = {"location": {"latitude": 35.68, "longitude": 139.76, "country": "JP"}}
    house.ingest(order(1, context={**PHONE, **where}), order(2, context={"userAgent": "x"}))
    house.settle()
    house.put_in_force(second({"device": "ios", "app_version": {"value": "2.0.0"}}, {"device": "web"}))
    house.fill()
    assert segments(house, "u1") == {"s0", "s1"}
    kept = house.person("user_id", "u1").traits["seen_devices"]
    house.ingest(order(0, id="again", context=PHONE, at=NOON))
    later = house.person("user_id", "u1").traits["seen_devices"]
    assert {each["id"] for each in later.value} == {each["id"] for each in kept.value}


def test_what_was_remembered_all_along_is_not_read_again() -> None:
    first, wanted = a_shop({"device": "ios"}), second({"device": "ios"}, {"message": "sent"})
    house = House(first)
    house.put_in_force(first)
    house.fill()
    last = progress_of(house.backfills)
    found = next_backfill(wanted, last, now=NOON)
    assert found is not None
    assert remembered_by(wanted) == {"seen_devices", "Message Sent"}
    assert found.recalls == {"Message Sent"}


def test_what_a_superseded_backfill_had_not_recalled_is_taken_over() -> None:
    house = sent()
    house.put_in_force(second({"message": "sent"}), now=LATER)
    house.put_in_force(
        replace(a_shop({"message": "sent"}, {"event": "Order Completed"}), version=3), now=LATER
    )
    house.fill(now=LATER)
    assert segments(house, "u1") == {"s0"}


@pytest.mark.parametrize("dies_at", range(9))
def test_it_may_die_at_any_write(dies_at: int) -> None:
    people = FragilePeople()
    house = sent(people=people)
    house.put_in_force(second({"message": "sent"}, {"message": "withheld"}), now=LATER)
    work = list(house.queues.sent[Queue.BACKFILL])
    people.fails = {people.points + dies_at: crash}
    try:
        house.fill(now=LATER)
    except Crash:
        house.queues.sent[Queue.BACKFILL] = work
        house.fill(now=LATER)
    assert [set(segments(house, user)) for user in ("u1", "u2")] == [{"s0"}, {"s1"}]
    for user in ("u1", "u2"):
        timeline = house.people.timeline(house.person("user_id", user).parts)
        assert sum(entry.event.name.startswith("Message ") for entry in timeline) == 1
