"""Our own messages as events of the person, where some condition asks."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.events import Source, SourceKind
from kizuna.core.messages import State
from kizuna.usecases.outcomes.feedback import PROVIDER
from kizuna.usecases.reacting.react import MessageChanged, react
from tests.support.builders import (
    NOON,
)
from tests.support.customers import order, subscribe
from tests.support.folds import HOUR
from tests.support.house import House
from tests.support.standing import DAY, a_shop


def sent(catalog: Catalog, *users: str) -> House:
    house = House(catalog)
    house.ingest(*(subscribe(user) for user in users))
    house.settle()
    house.start("spring", NOON)
    house.walk()
    house.settle()
    house.send()
    house.settle()
    return house


def test_who_was_sent_a_campaign_is_in_the_segment_that_asks() -> None:
    house = sent(a_shop({"message": "sent", "campaign": "spring", "window": {"last": "7d"}}), "u1")
    person = house.person("user_id", "u1")
    assert "s0" in person.segments
    assert person.due_at == NOON + 7 * DAY
    house.ring(now=NOON + 7 * DAY)
    assert "s0" not in house.person("user_id", "u1").segments


def test_what_was_withheld_is_told_with_its_reason() -> None:
    house = House(a_shop({"message": "withheld", "topic": "news"}, {"message": "sent"}))
    house.ingest(subscribe("u1", status="UNSUBSCRIBED"))
    house.settle()
    house.start("spring", NOON)
    house.walk()
    house.settle()
    person = house.person("user_id", "u1")
    assert "s0" in person.segments
    assert "s1" not in person.segments
    [told] = [e.event for e in house.people.timeline(person.parts) if e.event.name == "Message Withheld"]
    assert told.properties["reason"] == "channel_opt_out"


def test_however_often_the_stream_tells_it_a_message_was_sent_once() -> None:
    house = sent(a_shop({"event": "Message Sent", "verb": "count", "op": "gte", "value": 2}), "u1")
    message = house.only_message()
    assert message.state is State.SENT
    for _ in range(3):
        react(MessageChanged(None, message), house.reactor, house.catalog, now=NOON + HOUR)
    person = house.person("user_id", "u1")
    assert "s0" not in person.segments
    assert sum(e.event.name == "Message Sent" for e in house.people.timeline(person.parts)) == 1


def test_nothing_is_told_of_messages_where_no_condition_asks() -> None:
    house = sent(a_shop({"message": "opened"}), "u1")
    person = house.person("user_id", "u1")
    assert not [e for e in house.people.timeline(person.parts) if e.event.name.startswith("Message ")]


@pytest.mark.parametrize(
    ("property_", "human"), [({}, True), ({"machine": True}, False), ({"machine": False}, True)]
)
def test_an_open_by_a_machine_is_no_open_unless_that_is_asked(property_: dict[str, Any], human: bool) -> None:
    house = House(a_shop({"message": "opened"}, {"message": "opened", "human_only": False}))
    house.ingest(
        order(1, name="Email Opened", properties={"campaign": "spring", **property_}, source=PROVIDER)
    )
    segments = house.person("user_id", "u1").segments
    assert ("s0" in segments, "s1" in segments) == (human, True)


@pytest.mark.parametrize("kind", [SourceKind.CLIENT, SourceKind.SERVER, SourceKind.IMPORT])
def test_nobody_but_the_provider_tells_what_became_of_a_message(kind: SourceKind) -> None:
    """What a page sends under the same name, and under our name in its context, is just an event of that name."""
    claims = {"kizuna": {"told_by": "provider"}, "kizuna.told_by": "provider"}
    house = House(a_shop({"message": "opened"}, {"message": "sent"}, {"event": "Email Opened"}))
    for number, name in enumerate(["Email Opened", "Message Sent"]):
        house.ingest(order(number, name=name, source=Source("elsewhere", kind), context=claims))
    segments = house.person("user_id", "u1").segments
    assert segments & {"s0", "s1", "s2"} == {"s2"}
