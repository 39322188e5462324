"""People who turn out to be one while a run is under way get it once, at one address."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.errors import Conflict
from kizuna.core.messages import State
from kizuna.topology import Queue
from tests.support.builders import NOON
from tests.support.customers import identify, mail_shop, subscribe
from tests.support.house import House

MINUTE = timedelta(minutes=1)
VISITORS = ("a1", "a2", "a3", "a4")


def a_house(mailboxes: dict[str, str]) -> House:
    """Visitors whom nobody knows to be one, each with a mailbox; their messages of a run wait to be sent."""
    house = House(mail_shop())
    for visitor, mailbox in mailboxes.items():
        house.ingest(subscribe(visitor, mailbox, user_id=None, anonymous_id=visitor))
    house.settle()
    house.start("spring", NOON)
    return house


def unite(house: House, *visitors: str, user: str = "u1") -> None:
    for number, visitor in enumerate(visitors):
        house.ingest(identify(500 + 10 * int(visitor[1:]) + number, user=user, anonymous=visitor))


def finish(house: House) -> None:
    """Let everything go on until nothing waits any more."""
    for step in range(12):
        now = NOON + step * 10 * MINUTE
        house.walk(now=now)
        house.ring(now=now)
        house.settle(now=now)
        house.send(now=now)
        house.settle(now=now)


def sent(house: House) -> list[tuple[str, str]]:
    """Who got one, as they are known now, and where."""
    found = []
    for envelope, _ in house.email.sent:
        message = envelope.message
        (person,) = house.people.profiles([message.person]).values()
        found.append((person.id, message.address))
    return found


def test_two_who_are_one_since_the_decision_get_one_message() -> None:
    house = a_house({"a1": "one@example.com", "a2": "two@example.com"})
    house.walk()
    house.settle()
    unite(house, "a1", "a2")
    finish(house)
    assert len(sent(house)) == 1
    assert house.states() == {"SENT": 1, "already_written": 1}


def test_the_other_takes_its_place_when_the_first_comes_to_nothing() -> None:
    house = a_house({"a1": "one@example.com", "a2": "two@example.com"})
    house.walk()
    house.settle()
    unite(house, "a1", "a2")
    first = min(house.messages.stored.values(), key=lambda each: (each.created_at, each.id))
    (person,) = house.people.profiles([first.person]).values()
    left = {key: held for key, held in person.addresses.items() if held.value != first.address}
    house.change_person(person.id, addresses=left, reach_version=person.reach_version + 1)
    finish(house)
    assert [address for _, address in sent(house)] == [next(iter(left.values())).value]
    assert house.states() == {"SENT": 1, "no_address": 1}


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_nothing_follows_what_may_have_gone_out_to_the_one_they_were(state: State) -> None:
    house = a_house({"a1": "one@example.com", "a2": "two@example.com"})
    house.walk()
    house.settle()
    newest = max(house.messages.stored.values(), key=lambda each: (each.created_at, each.id))
    house.messages.stored[newest.id] = replace(newest, state=state)
    unite(house, "a1", "a2")
    house.send()
    assert sent(house) == []


STEPS: st.SearchStrategy[list[tuple[str, Any]]] = st.lists(
    st.one_of(
        st.tuples(st.just("unite"), st.sets(st.sampled_from(VISITORS), min_size=1)),
        st.tuples(st.just("walk"), st.just(frozenset())),
        st.tuples(st.just("settle"), st.just(frozenset())),
        st.tuples(st.just("deliver"), st.integers(0, 3)),
        st.tuples(st.just("ring"), st.just(frozenset())),
    ),
    max_size=14,
)
MAILBOXES = st.lists(st.sampled_from(["one", "two", "three"]), min_size=4, max_size=4)


@settings(max_examples=200, deadline=None)
@given(STEPS, MAILBOXES, st.integers(0, 7))
def test_whenever_people_turn_out_to_be_one_nobody_and_no_mailbox_is_written_to_twice(
    steps: list[tuple[str, Any]], mailboxes: list[str], seed: int
) -> None:
    house = a_house({who: f"{box}@example.com" for who, box in zip(VISITORS, mailboxes, strict=True)})
    checked = 0
    for number, (step, what) in enumerate([*steps, ("finish", None)]):
        now = NOON + number * MINUTE
        match step:
            case "unite":
                unite(house, *sorted(what))
            case "walk":
                house.walk(now=now)
            case "settle":
                house.settle(now=now)
            case "ring":
                house.ring(now=now + timedelta(hours=seed))
            case "deliver":
                for body in house.taken(Queue.EMAIL)[what:]:
                    house.deliver(body["message"], now=now)
            case _:
                finish(house)
        if step != "unite":  # who had got theirs before they turned out to be one has got two
            gone = sent(house)
            for place in range(checked, len(gone)):
                (person, address), before = gone[place], gone[:place]
                assert person not in [each for each, _ in before]
                assert address not in [each for _, each in before]
            checked = len(gone)


def test_a_merge_between_looking_and_claiming_makes_the_claim_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    house = a_house({"a1": "one@example.com", "a2": "two@example.com"})
    house.walk()
    house.settle()
    bodies = house.taken(Queue.EMAIL)
    claim = house.messages.claim
    merged: list[bool] = []

    def merging(message: Any, **more: Any) -> bool:
        if not merged:
            merged.append(True)
            unite(house, "a1", "a2")
            # The other sender is at it as well, and looks after the merge.
            other = next(body["message"] for body in bodies if body["message"] != message.id)
            house.deliver(other)
        return claim(message, **more)

    monkeypatch.setattr(house.messages, "claim", merging)
    for body in bodies:
        try:
            house.deliver(body["message"])
        except Conflict:
            continue
    finish(house)
    assert len(sent(house)) == 1
