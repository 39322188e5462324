"""What a provider answers, and what stops a message that nobody has called for yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.messages import (
    CLOCK_SKEW,
    LEASE,
    Accepted,
    Category,
    NotAccepted,
    Outcome,
    Rejected,
    State,
    Unclear,
)
from kizuna.topology import Queue
from tests.support.builders import NOON
from tests.support.customers import decided, identify, mail_shop, order, state_of, subscribe
from tests.support.fakes import InMemorySender
from tests.support.house import House

MINUTE = timedelta(minutes=1)

ANSWERS: dict[str, tuple[Outcome, State, str]] = {
    "took it": (Accepted("x"), State.SENT, "consent"),
    "throttled us": (NotAccepted("throttled", 2 * MINUTE), State.PENDING, "throttled"),
    "refused it": (Rejected("MessageRejected"), State.FAILED, "provider_rejected"),
    "did not answer": (Unclear("timeout"), State.UNKNOWN, "unknown_outcome"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_decides_the_state(case: str) -> None:
    answer, state, reason = ANSWERS[case]
    house = decided()
    house.email.outcomes = [answer]
    house.send()
    assert state_of(house) == (state, reason)
    assert len(house.email.sent) == 1


def test_a_throttled_message_waits_its_time_and_is_sent_later_once() -> None:
    house = decided()
    house.email.outcomes = [NotAccepted("throttled", 2 * MINUTE)]
    house.send()
    message = house.only_message()
    assert (message.not_before, message.throttled) == (NOON + 2 * MINUTE, 1)
    assert (message.owner, message.lease_until) == ("", None)
    house.settle()
    assert house.taken(Queue.EMAIL) == []
    assert house.ring(now=NOON + MINUTE) == 0
    later = NOON + 2 * MINUTE
    assert house.ring(now=later) == 1
    house.settle(now=later)
    house.send(now=later)
    assert state_of(house) == (State.SENT, "consent")
    assert len(house.email.sent) == 2


def test_a_sender_that_fails_unexpectedly_leaves_the_message_in_doubt() -> None:
    class Broken(InMemorySender):
        def send(self, *_: Any) -> Outcome:
            raise RuntimeError("a bug")

    house = decided()
    house.email = Broken()
    with pytest.raises(RuntimeError):
        house.send()
    house.ring(now=NOON + LEASE + CLOCK_SKEW)
    assert state_of(house)[0] is State.UNKNOWN


# ── stopped ─────────────────────────────────────────────────────────────────────────────────────


def stopped(catalog: Catalog, *, now: datetime = NOON) -> tuple[State, str]:
    house = decided()
    house.catalog = catalog
    house.send(now=now)
    assert house.email.sent == []
    return state_of(house)


def test_a_message_that_is_too_late_expires() -> None:
    assert stopped(mail_shop(), now=NOON + timedelta(days=7)) == (State.EXPIRED, "expired")
    assert stopped(mail_shop(), now=NOON + timedelta(days=2)) == (State.EXPIRED, "expired")


def test_a_campaign_that_was_stopped_sends_nothing_more() -> None:
    assert stopped(mail_shop({"enabled": False})) == (State.EXPIRED, "campaign_stopped")
    assert stopped(mail_shop({"id": "summer"})) == (State.EXPIRED, "campaign_stopped")


def test_the_kill_switch_holds_messages_back_and_lets_them_go_when_it_is_released() -> None:
    house = decided(None, "u1")
    house.catalog = mail_shop(kill_switch=True)
    house.send()
    assert state_of(house) == (State.PENDING, "consent")
    assert house.email.sent == []
    for minutes in (15, 30):
        house.settle(now=NOON + minutes * MINUTE)
        assert house.ring(now=NOON + minutes * MINUTE) == 1
        house.settle(now=NOON + minutes * MINUTE)
        house.send(now=NOON + minutes * MINUTE)
    assert house.email.sent == []
    house.catalog = mail_shop()
    later = NOON + timedelta(hours=1)
    house.settle(now=later)
    house.ring(now=later)
    house.settle(now=later)
    house.send(now=later)
    assert len(house.email.sent) == 1


@pytest.mark.parametrize(
    ("category", "sent"),
    [("marketing", 0), ("transactional", 0), ("opt_out_confirmation", 0), ("mandatory", 1)],
)
def test_behind_the_kill_switch_only_what_the_law_requires_goes_out(category: Category, sent: int) -> None:
    house = decided()
    message = replace(house.only_message(), category=category)
    house.messages.stored[message.id] = message
    house.catalog = mail_shop(kill_switch={"by": "mika", "why": "the prices were wrong"})

    house.send()

    assert len(house.email.sent) == sent
    assert house.only_message().state is (State.SENT if sent else State.PENDING)


def test_after_a_merge_the_message_goes_to_the_person_it_was_meant_for() -> None:
    house = House(mail_shop())
    house.ingest(subscribe("v", user_id=None, anonymous_id="a1"), order(5, user="u1"))
    house.settle()
    house.start("spring", NOON)
    house.walk()
    house.settle()
    house.ingest(identify(user="u1", anonymous="a1"))
    house.settle()
    house.send()
    assert house.states() == {"SENT": 1, "no_address": 1}
