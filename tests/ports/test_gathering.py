"""The contract of `Messages` for what frequency caps hold back: gathered all or nothing, counted with the claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kizuna.core.errors import Conflict
from kizuna.core.messages import Message, State, claimed, move
from kizuna.core.ports import Gathered, Messages, NewMessage, People, Pressed
from kizuna.core.restraint.pressure import Pressure, Touch
from tests.support.builders import NOON, a_message, a_profile, a_write, new


def held(person: str = "p1", run: str = "held") -> Message:
    later = NOON + timedelta(days=1)
    return a_message(person, run=run, state=State.DEFERRED, not_before=later, address="", address_id="")


def gathering(digest: Message, *items: Message, expected: int = 0) -> NewMessage:
    told = tuple(Gathered(move(item, State.DENIED, now=NOON, reason="in_digest"), expected) for item in items)
    return new(replace(digest, items=tuple(item.id for item in items)), gathered=told)


def test_a_digest_and_what_it_gathers_are_stored_together(messages: Messages) -> None:
    first, second = held(run="one"), held(run="two")
    digest = a_message(run="digest")
    assert messages.create(new(first))
    assert messages.create(new(second))
    assert messages.create(gathering(digest, first, second))
    stored = messages.get(digest.id)
    assert stored is not None
    assert stored.items == (first.id, second.id)
    for item in (first, second):
        told = messages.get(item.id)
        assert told is not None
        assert (told.state, told.reason, told.state_version) == (State.DENIED, "in_digest", 1)


def test_a_digest_whose_item_moved_on_is_not_stored_and_gathers_nothing(messages: Messages) -> None:
    first, second = held(run="one"), held(run="two")
    digest = a_message(run="digest")
    for item in (first, second):
        assert messages.create(new(item))
    assert messages.save(move(second, State.DENIED, now=NOON, reason="no_consent"), expected=0)
    with pytest.raises(Conflict):
        messages.create(gathering(digest, first, second))
    assert messages.get(digest.id) is None
    kept = messages.get(first.id)
    assert kept is not None
    assert kept.state is State.DEFERRED


# ── a claim counts what nobody counted ──────────────────────────────────────────────────────────


def test_a_claim_counts_the_message_in_the_same_write(messages: Messages, people: People) -> None:
    people.commit(a_write(None, a_profile(version=0, identities={})))
    reach = people.profiles(["p1"])["p1"].reach_version
    message = a_message()
    messages.create(new(message))
    counted = Pressed("p1", on_person=Pressure(1, (Touch(NOON, "email", message.id),)))
    mine = claimed(message, owner="o1", now=NOON)
    assert messages.claim(mine, person="p1", reach_version=reach, expected=0, pressed=counted)
    assert messages.pressure("p1") == counted.on_person


def test_a_claim_on_a_pressure_that_moved_on_is_lost_and_counts_nothing(
    messages: Messages, people: People
) -> None:
    people.commit(a_write(None, a_profile(version=0, identities={})))
    reach = people.profiles(["p1"])["p1"].reach_version
    message = a_message()
    messages.create(new(message))
    newer = Pressure(1, (Touch(NOON, "sms", "another"),))
    messages.press(Pressed("p1", on_person=newer))
    stale = Pressed("p1", on_person=Pressure(1, (Touch(NOON, "email", message.id),)))
    mine = claimed(message, owner="o1", now=NOON)
    assert not messages.claim(mine, person="p1", reach_version=reach, expected=0, pressed=stale)
    assert messages.get(message.id) == message
    assert messages.pressure("p1") == newer
