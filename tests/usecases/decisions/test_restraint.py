"""What the company holds back of its own accord stops what is already on its way, and ends when it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.decisions.record import Step, steps_of
from kizuna.core.messages import State
from tests.support.builders import NOON, an_event
from tests.support.customers import decided, mail_shop, state_of
from tests.support.house import House

DAY = timedelta(days=1)
COMPLAINT = {
    "id": "complaint",
    "name": {"en": "complained", "ja": "苦情"},
    "when": {"event": "Complaint Received", "window": {"last": "14d"}},
}
CANCELLED = {"id": "cancelled", "event": "Subscription Cancelled", "lasts": "1y"}


def told(house: House, name: str, at: Any = NOON, **properties: Any) -> None:
    house.ingest(
        an_event(name, number=77, user_id="u1", at=at, received_at=at, properties=properties), now=at
    )
    house.settle(now=at)


def test_a_complaint_stops_a_message_that_waits_for_its_sender() -> None:
    house = decided(mail_shop(tone_holds=[COMPLAINT]))
    assert state_of(house)[0] is State.PENDING
    told(house, "Complaint Received")
    house.send()
    assert state_of(house) == (State.DENIED, "tone_hold")
    assert steps_of(house.only_message().decision)[-1] == Step("tone_hold", 1, "deny", "tone_hold")
    assert house.email.sent == []


def test_a_complaint_that_comes_between_the_last_look_and_the_claim_stops_the_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = decided(mail_shop(tone_holds=[COMPLAINT]))
    claim, late = house.messages.claim, iter([True])

    def after_a_complaint(*arguments: Any, **more: Any) -> bool:
        if next(late, False):
            told(house, "Complaint Received")
        return claim(*arguments, **more)

    monkeypatch.setattr(house.messages, "claim", after_a_complaint)
    house.send()
    assert state_of(house) == (State.DENIED, "tone_hold")
    assert house.email.sent == []


def test_once_the_hold_is_over_the_next_message_goes_and_names_it_no_more() -> None:
    house = decided(mail_shop(tone_holds=[COMPLAINT]))
    told(house, "Complaint Received")
    house.send()
    later = NOON + 15 * DAY
    house.start("spring", later)
    house.walk(now=later)
    house.settle(now=later)
    house.send(now=later)
    assert house.states() == {"tone_hold": 1, "SENT": 1}


def test_a_product_that_is_given_up_while_a_message_about_it_waits_is_not_promoted() -> None:
    house = decided(mail_shop({"products": ["tea"]}, product_exclusions=[CANCELLED]))
    told(house, "Subscription Cancelled", product_id="tea", reason="too expensive")
    house.send()
    message = house.only_message()
    assert (message.state, message.reason) == (State.DENIED, "product_excluded")
    assert "too expensive" not in str(message.decision)


def test_a_message_about_another_product_goes() -> None:
    house = decided(mail_shop({"products": ["cup"]}, product_exclusions=[CANCELLED]))
    told(house, "Subscription Cancelled", product_id="tea")
    house.send()
    assert state_of(house)[0] is State.SENT
