"""The contract of reading backwards: the newest events and messages of a person, over all parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from kizuna.core.events import Event
from kizuna.core.messages import Message, State, move
from kizuna.core.ports import Messages, People
from tests.support.builders import NOON, a_message, a_profile, a_write, an_event, new

MINUTE = timedelta(minutes=1)


def happened(people: People, part: str, *minutes: int) -> None:
    """Events of one part, named after the minute."""
    events = [_at(minute) for minute in minutes]
    people.commit(a_write(None, a_profile(part, version=0, identities={}), *events))


def _at(minute: int) -> Event:
    return an_event(id=f"at-{minute}", at=NOON + minute * MINUTE, received_at=NOON)


def test_events_come_newest_first_over_all_parts(people: People) -> None:
    happened(people, "p1", 1, 4, 5)
    happened(people, "p2", 2, 3, 6)
    assert [entry.event.id for entry in people.recent(["p1", "p2"])] == [
        f"at-{n}" for n in (6, 5, 4, 3, 2, 1)
    ]
    assert [entry.event.id for entry in people.recent(["p2"])] == ["at-6", "at-3", "at-2"]
    assert [entry.part for entry in people.recent(["p1", "p2"])][:2] == ["p2", "p1"]
    assert list(people.recent(["nobody"])) == []


@pytest.mark.parametrize("page", [1, 2, 100])
def test_reading_goes_on_before_any_event_in_pages_of_any_size(people: People, page: int) -> None:
    happened(people, "p1", *range(7))
    seen: list[str] = []
    before = ""
    while found := list(islice(people.recent(["p1"], before=before, page=page), 2)):
        seen += [entry.event.id for entry in found]
        before = found[-1].key
    assert seen == [f"at-{n}" for n in (6, 5, 4, 3, 2, 1, 0)]


def test_an_event_that_lies_in_two_parts_comes_twice_in_a_row(people: People) -> None:
    happened(people, "p1", 1, 2)
    happened(people, "p2", 2, 3)
    assert [entry.event.id for entry in people.recent(["p1", "p2"])] == ["at-3", "at-2", "at-2", "at-1"]


def decided(messages: Messages, number: int, person: str = "p1", *parts: str) -> Message:
    """A message of a run of its own, decided at that minute."""
    at = NOON + number * MINUTE
    message = a_message(person, run=f"run-{number}", created_at=at, changed_at=at, address="", address_id="")
    assert messages.create(replace(new(message), person_parts=(person, *parts)))
    return message


def test_messages_come_newest_first_page_by_page(messages: Messages) -> None:
    made = [decided(messages, number) for number in range(5)]
    first, following = messages.recent(["p1"], limit=2)
    assert [each.id for each in first] == [made[4].id, made[3].id]
    assert following is not None
    second, following = messages.recent(["p1"], limit=2, before=following)
    assert following is not None
    last, end = messages.recent(["p1"], limit=2, before=following)
    assert [each.id for each in (*second, *last)] == [made[2].id, made[1].id, made[0].id]
    assert end is None


def test_a_message_that_is_guarded_in_two_parts_comes_once(messages: Messages) -> None:
    both = decided(messages, 1, "p1", "p2")
    other = decided(messages, 2, "p2")
    found, following = messages.recent(["p1", "p2"])
    assert ([each.id for each in found], following) == ([other.id, both.id], None)
    assert messages.recent(["nobody"]) == ((), None)


# ── of a campaign, over everybody ───────────────────────────────────────────────────────────────


def decided_of_three(messages: Messages) -> list[Message]:
    """Six decisions of one campaign for as many people, two runs in turn; and one of another campaign."""
    made = [
        replace(decided_at(number, f"p{number}"), run=f"run-{number % 2}", id=f"message{number}")
        for number in range(6)
    ]
    for message in (*made, replace(decided_at(3, "p9"), campaign="other", id="another")):
        assert messages.create(new(message))
    return made


def decided_at(number: int, person: str) -> Message:
    at = NOON + number * MINUTE
    return a_message(person, created_at=at, changed_at=at, address="", address_id="")


@pytest.mark.parametrize("limit", [1, 2, 4, 100])
def test_what_a_campaign_decided_comes_newest_first_page_by_page(messages: Messages, limit: int) -> None:
    decided_of_three(messages)
    seen: list[str] = []
    before: str | None = ""
    while before is not None:
        page, before = messages.decided("spring", before=before, limit=limit)
        assert len(page) <= limit
        seen += [message.id for message in page]
    assert seen == [f"message{number}" for number in (5, 4, 3, 2, 1, 0)]
    assert messages.decided("nothing") == ((), None)


def test_what_a_campaign_decided_is_found_by_run_and_time(messages: Messages) -> None:
    made = decided_of_three(messages)

    def found(**asked: Any) -> list[Message]:
        return list(messages.decided("spring", **asked)[0])

    assert found(run="run-1") == [made[5], made[3], made[1]]
    assert found(since=NOON + 4 * MINUTE) == [made[5], made[4]]
    assert found(until=NOON + 2 * MINUTE) == [made[1], made[0]]
    assert found(since=NOON + MINUTE, until=NOON + 4 * MINUTE, run="run-0") == [made[2]]


def test_two_decisions_of_the_same_moment_are_two(messages: Messages) -> None:
    same = [replace(decided_at(1, f"p{number}"), id=f"same{number}") for number in range(9)]
    for message in same:
        assert messages.create(new(message))
    first, following = messages.decided("spring", limit=4)
    second, end = messages.decided("spring", limit=9, before=following or "")
    assert len(first) == 4
    assert end is None
    assert {message.id for message in (*first, *second)} == {message.id for message in same}


def test_a_change_of_state_moves_no_decision(messages: Messages) -> None:
    made = decided_of_three(messages)
    messages.save(move(made[0], State.EXPIRED, now=NOON + timedelta(days=1)), expected=0)
    found, _ = messages.decided("spring")
    assert [message.id for message in found][-1] == made[0].id
    assert found[-1].state is State.EXPIRED
