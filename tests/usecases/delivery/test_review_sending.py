"""What may fail fails before the claim, and the record says what the gate said last."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.content.rendering import Brand
from kizuna.core.decisions.record import Step, steps_of
from kizuna.core.errors import Conflict
from kizuna.core.links import UnusableLink
from kizuna.core.messages import Message, State
from kizuna.topology import Queue
from kizuna.usecases.delivery.deliver import deliver
from tests.support.builders import NOON
from tests.support.customers import decided, mail_shop, state_of, subscribe
from tests.support.house import House

LATER = NOON + timedelta(hours=3)


def with_brand(house: House, **changes: Any) -> None:
    brand = house.catalog.brands["shop"]
    broken = Brand.model_construct(**{**brand.__dict__, **changes})
    house.catalog = replace(house.catalog, brands={"shop": broken})


def test_a_sender_that_no_mail_can_have_is_found_out_before_the_claim() -> None:
    house = decided()
    with_brand(house, from_email="hello@shop.example\r\nBcc: all@shop.example")
    house.send()
    assert state_of(house) == (State.FAILED, "render_failed")
    assert house.email.sent == []


def test_a_way_out_that_no_header_can_carry_leaves_the_message_unclaimed() -> None:
    house = decided()
    elsewhere = replace(house.deliverer, base_url="http://api.example.com")
    with pytest.raises(UnusableLink):
        deliver(house.only_message().id, elsewhere, house.catalog, now=NOON)
    assert state_of(house)[0] is State.PENDING


def deferred(**policy: Any) -> House:
    """A message that waited for quiet hours to be over, and may go now."""
    house = decided(mail_shop(**policy))
    message = house.only_message()
    waiting = replace(
        message,
        state=State.DEFERRED,
        reason="quiet_hours",
        not_before=LATER,
        decision={**message.decision, "answer": "defer", "reason": "quiet_hours", "not_before": "x"},
    )
    house.messages.stored[message.id] = waiting
    return house


def test_a_message_that_waited_goes_by_what_the_gate_says_now() -> None:
    house = deferred()
    house.ring(now=LATER)
    message = house.only_message()
    assert (message.state, message.reason) == (State.PENDING, "consent")
    assert (message.decision["answer"], message.decision["reason"]) == ("allow", "consent")
    assert "not_before" not in message.decision
    assert steps_of(message.decision)[-1] == Step("allow", 1, "allow", "consent")


@pytest.mark.parametrize("gone", ["campaign", "template", "disabled"])
def test_a_message_whose_campaign_was_stopped_while_it_waited_is_expired(gone: str) -> None:
    house = deferred()
    if gone == "campaign":
        house.catalog = replace(house.catalog, campaigns={})
    elif gone == "template":
        house.catalog = replace(house.catalog, templates={})
    else:
        stopped = house.catalog.campaigns["spring"].model_copy(update={"enabled": False})
        house.catalog = replace(house.catalog, campaigns={"spring": stopped})
    house.ring(now=LATER)
    assert state_of(house) == (State.EXPIRED, "campaign_stopped")


@pytest.mark.parametrize(("gone", "reason"), [("person", "erased"), ("address", "no_address")])
def test_who_or_what_is_gone_while_a_message_waits_is_named(gone: str, reason: str) -> None:
    house = deferred()
    person = house.person("user_id", "u1")
    if gone == "person":
        del house.people.stored[person.id]
    else:
        house.change_person(person.id, addresses={})
    house.ring(now=LATER)
    assert state_of(house) == (State.DENIED, reason)


def test_contended_counters_hold_up_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(mail_shop())
    house.ingest(subscribe("u1"))
    house.settle()
    house.start("spring", NOON)
    house.walk()

    def contended(message: Message, **_: bool) -> bool:
        raise Conflict(f"count of message {message.id}")

    monkeypatch.setattr(house.counters, "count", contended)
    with pytest.raises(Conflict):
        house.settle()
    assert [body["message"] for body in house.taken(Queue.EMAIL)] == [house.only_message().id]
