"""One message, one claim, one call: and when anything is in doubt, silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.content.rendering import RenderedEmail
from kizuna.core.errors import Conflict
from kizuna.core.messages import CLOCK_SKEW, LEASE, Message, State
from kizuna.core.people import AddressStatus
from tests.support.builders import NOON
from tests.support.customers import decided, state_of, subscribe
from tests.support.fakes import InMemoryMessages, InMemoryPeople
from tests.support.fragile import Crash
from tests.support.house import House

MINUTE = timedelta(minutes=1)


def test_an_allowed_message_is_sent_once_with_its_way_out() -> None:
    house = decided()
    house.send()
    assert state_of(house) == (State.SENT, "consent")
    message = house.only_message()
    assert (message.provider_id, message.lease_until) == ("provider-1", None)
    ((envelope, content),) = house.email.sent
    assert isinstance(content, RenderedEmail)
    assert envelope.message.address == "u1@example.com"
    assert (envelope.sender, envelope.reply_to) == ("The Shop <hello@shop.example>", "care@shop.example")
    assert envelope.headers is not None
    link = envelope.headers["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://api.example.com/u/v1.k1.")
    assert link in content.html
    assert envelope.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_delivering_again_changes_nothing_in_any_state() -> None:
    house = decided()
    message = house.only_message()
    for state in State:
        if state is not State.PENDING:
            house.messages.stored[message.id] = replace(message, state=state)
            assert house.deliver(message.id) is state
    house.messages.stored[message.id] = replace(message, not_before=NOON + MINUTE)
    assert house.deliver(message.id) is State.PENDING
    assert house.email.sent == []
    assert house.deliver("unheard-of") is None


# ── between the decision and the call ───────────────────────────────────────────────────────────


def leave(house: House) -> None:
    house.ingest(subscribe("u1", number=2, status="UNSUBSCRIBED", at=NOON))


def bounce(house: House) -> None:
    person = house.person("user_id", "u1")
    addresses = {
        key: replace(held, status=AddressStatus.HARD_BOUNCED) for key, held in person.addresses.items()
    }
    house.change_person(person.id, addresses=addresses, reach_version=person.reach_version + 1)


def restrict(house: House) -> None:
    person = house.person("user_id", "u1")
    house.change_person(person.id, status="restricted", reach_version=person.reach_version + 1)


def forget(house: House) -> None:
    del house.people.stored[house.person("user_id", "u1").id]


def lose_the_address(house: House) -> None:
    person = house.person("user_id", "u1")
    house.change_person(person.id, addresses={}, reach_version=person.reach_version + 1)


MEANWHILE: dict[str, tuple[Callable[[House], None], str]] = {
    "left": (leave, "channel_opt_out"),
    "bounced": (bounce, "endpoint_undeliverable"),
    "restricted": (restrict, "restricted"),
    "erased": (forget, "erased"),
    "has another address": (lose_the_address, "no_address"),
}


@pytest.mark.parametrize("case", MEANWHILE)
def test_what_happened_since_the_decision_stops_the_message(case: str) -> None:
    house = decided()
    happens, reason = MEANWHILE[case]
    happens(house)
    house.send()
    assert state_of(house) == (State.DENIED, reason)
    assert house.email.sent == []


class Watched(InMemoryMessages):
    """Lets something happen just before a claim: after the gate was asked for the last time."""

    def __init__(self, people: InMemoryPeople) -> None:
        super().__init__(people)
        self.before_claim: Callable[[], None] = lambda: None
        self.after_claim: Callable[[], None] = lambda: None

    def claim(self, message: Message, **more: Any) -> bool:
        self.before_claim()
        won = super().claim(message, **more)
        self.after_claim()
        return won


def watched() -> tuple[House, Watched]:
    house = decided()
    messages = Watched(house.people)
    messages.stored = house.messages.stored
    house.messages = messages
    return house, messages


@pytest.mark.parametrize("case", ["left", "bounced", "restricted"])
def test_a_refusal_in_the_last_moment_makes_the_claim_fail_and_the_gate_is_asked_again(case: str) -> None:
    house, messages = watched()
    happens, reason = MEANWHILE[case]

    def once() -> None:
        messages.before_claim = lambda: None
        happens(house)

    messages.before_claim = once
    house.send()
    assert state_of(house) == (State.DENIED, reason)
    assert house.email.sent == []


def test_a_person_who_keeps_changing_is_left_to_the_queue() -> None:
    house, messages = watched()
    numbers = iter(range(2, 99))

    def change() -> None:
        number = next(numbers)
        house.ingest(subscribe("u1", f"new{number}@example.com", number=number, at=NOON))

    messages.before_claim = change
    with pytest.raises(Conflict, match="keeps changing"):
        house.send()
    assert state_of(house)[0] is State.PENDING
    messages.before_claim = lambda: None
    assert house.deliver(house.only_message().id) is State.SENT


def test_of_two_senders_only_one_calls() -> None:
    house, messages = watched()
    message = house.only_message()
    states: list[State | None] = []

    def rival() -> None:
        messages.before_claim = lambda: None
        states.append(house.deliver(message.id))

    messages.before_claim = rival
    states.append(house.deliver(message.id))
    assert states == [State.SENT, State.SENT]
    assert len(house.email.sent) == 1


def test_a_crash_after_the_claim_is_unknown_when_its_lease_is_over_and_never_sent_again() -> None:
    house, messages = watched()

    def die() -> None:
        raise Crash

    messages.after_claim = die
    with pytest.raises(Crash):
        house.send()
    assert state_of(house)[0] is State.SENDING
    house.settle()
    over = NOON + LEASE + CLOCK_SKEW
    assert house.ring(now=over - MINUTE) == 0
    assert house.ring(now=over) == 1
    assert state_of(house) == (State.UNKNOWN, "unknown_outcome")
    for later in (over, NOON + timedelta(hours=23)):
        house.settle(now=later)
        house.ring(now=later)
        house.send(now=later)
        house.deliver(house.only_message().id, now=later)
    assert state_of(house) == (State.UNKNOWN, "unknown_outcome")
    assert house.email.sent == []


def test_a_crash_before_the_claim_is_tried_again() -> None:
    house, messages = watched()

    def die() -> None:
        raise Crash

    messages.before_claim = die
    with pytest.raises(Crash):
        house.send()
    messages.before_claim = lambda: None
    later = NOON + timedelta(minutes=6)
    assert house.ring(now=later) == 1
    house.settle(now=later)
    house.send(now=later)
    assert len(house.email.sent) == 1
