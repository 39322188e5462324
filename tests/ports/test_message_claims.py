"""The contract of `Messages.claim`: one sender, once, and only while the person may be reached as decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kizuna.core.messages import State, claimed
from kizuna.core.ports import Messages, People
from tests.support.builders import NOON, a_message, a_profile, a_write, new

LATER = NOON + timedelta(minutes=3)


def stored_person(people: People, name: str = "p1") -> int:
    """Store a person; the reach version to claim with."""
    people.commit(a_write(None, a_profile(name, version=0, identities={})))
    return people.profiles([name])[name].reach_version


def reach_changed(people: People, name: str = "p1") -> None:
    before = people.profiles([name])[name]
    people.commit(a_write(before, replace(before, reach_version=before.reach_version + 1)))


def test_a_claim_makes_the_message_its_owners(messages: Messages, people: People) -> None:
    reach = stored_person(people)
    message = a_message()
    messages.create(new(message))
    mine = claimed(message, owner="o1", now=LATER)
    assert messages.claim(mine, person="p1", reach_version=reach, expected=0)
    assert messages.get(message.id) == mine


def test_a_message_is_claimed_once(messages: Messages, people: People) -> None:
    reach = stored_person(people)
    message = a_message()
    messages.create(new(message))
    mine, other = (claimed(message, owner=owner, now=LATER) for owner in ("o1", "o2"))
    assert messages.claim(mine, person="p1", reach_version=reach, expected=0)
    assert not messages.claim(other, person="p1", reach_version=reach, expected=0)
    assert messages.claim(mine, person="p1", reach_version=reach, expected=0)  # the reply had been lost
    assert messages.get(message.id) == mine


def test_whatever_raises_the_reach_version_first_stops_the_claim(messages: Messages, people: People) -> None:
    reach = stored_person(people)
    message = a_message()
    messages.create(new(message))
    reach_changed(people)
    mine = claimed(message, owner="o1", now=LATER)
    assert not messages.claim(mine, person="p1", reach_version=reach, expected=0)
    assert messages.get(message.id) == message
    assert messages.claim(mine, person="p1", reach_version=reach + 1, expected=0)


def test_a_change_that_leaves_the_reach_alone_does_not_stop_it(messages: Messages, people: People) -> None:
    reach = stored_person(people)
    before = people.profiles(["p1"])["p1"]
    people.commit(a_write(before, replace(before, language="ja")))
    message = a_message()
    messages.create(new(message))
    mine = claimed(message, owner="o1", now=LATER)
    assert messages.claim(mine, person="p1", reach_version=reach, expected=0)


def test_nobody_claims_for_a_person_who_is_not_stored(messages: Messages) -> None:
    message = a_message()
    messages.create(new(message))
    mine = claimed(message, owner="o1", now=LATER)
    assert not messages.claim(mine, person="p1", reach_version=1, expected=0)


def test_a_merged_persons_message_is_claimed_for_the_one_they_live_on_in(
    messages: Messages, people: People
) -> None:
    stored_person(people, "p1")
    stored_person(people, "p2")
    one, two = (people.profiles([name])[name] for name in ("p1", "p2"))
    gone = replace(two, version=two.version + 1, merged_into="p1")
    people.commit(a_write(one, one, absorbed=(gone,)))
    message = a_message("p2")
    messages.create(new(message))
    mine = claimed(message, owner="o1", now=LATER)
    assert not messages.claim(mine, person="p2", reach_version=two.reach_version, expected=0)
    assert messages.claim(mine, person="p1", reach_version=one.reach_version, expected=0)


@pytest.mark.parametrize("state", [state for state in State if state is not State.PENDING])
def test_only_a_pending_message_is_claimed(messages: Messages, people: People, state: State) -> None:
    reach = stored_person(people)
    message = a_message(state=state)
    messages.create(new(message))
    mine = claimed(replace(message, state=State.PENDING), owner="o1", now=LATER)
    assert not messages.claim(mine, person="p1", reach_version=reach, expected=0)
    assert messages.get(message.id) == message


def test_a_message_that_is_too_late_is_not_claimed(messages: Messages, people: People) -> None:
    reach = stored_person(people)
    message = a_message(expires_at=LATER)
    messages.create(new(message))
    late = claimed(message, owner="o1", now=LATER)
    assert not messages.claim(late, person="p1", reach_version=reach, expected=0)
    in_time = claimed(message, owner="o1", now=LATER - timedelta(seconds=1))
    assert messages.claim(in_time, person="p1", reach_version=reach, expected=0)
