"""Alarms: whatever is due is found within a sweep, and time alone moves people and messages at the right moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from kizuna.core.contracts import AlarmRang
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.messages import REQUEUE_AFTER, State
from kizuna.topology import Queue
from kizuna.usecases.reacting.react import ring
from kizuna.usecases.reacting.wake import sweep
from tests.support.builders import NOON, a_message
from tests.support.customers import CATALOG, a_house, decided, order, orders_of, subscribe
from tests.support.fragile import FragilePeople
from tests.support.house import House

DAY = timedelta(days=1)
A_WEEK_LATER = NOON - timedelta(hours=1) + 7 * DAY  # an order of one hour ago leaves its window


def test_a_sweep_queues_all_that_is_overdue_and_nothing_else() -> None:
    house = a_house()
    house.ingest(*(order(1, user=f"u{number}", id=f"e{number}") for number in range(20)))
    message = a_message()
    house.messages.stored[message.id] = message
    assert sweep(house.people, house.queues, now=NOON) == 0
    assert sweep(house.people, house.queues, now=NOON + REQUEUE_AFTER) == 1
    assert house.taken(Queue.WAKE) == [{"type": "alarm", "kind": "message", "id": message.id}]
    assert sweep(house.people, house.queues, now=A_WEEK_LATER) == 21
    assert {body["id"] for body in house.taken(Queue.WAKE)} == {
        message.id,
        *(person.id for person in house.living()),
    }


def test_when_time_is_short_the_next_sweep_finds_the_rest() -> None:
    house = a_house()
    house.ingest(*(order(1, user=f"u{number}", id=f"e{number}") for number in range(20)))
    calls = iter([False, False, True])
    first = sweep(house.people, house.queues, now=A_WEEK_LATER, is_over=lambda: next(calls))
    assert 0 < first < 20
    assert sweep(house.people, house.queues, now=A_WEEK_LATER) == 20


def test_a_queue_that_is_down_is_told_to_the_caller() -> None:
    house = a_house()
    house.ingest(order(1))
    house.queues.down = True
    with pytest.raises(Unavailable):
        sweep(house.people, house.queues, now=A_WEEK_LATER)


def test_a_window_ends_for_a_person_at_its_moment_and_once() -> None:
    house = a_house()
    house.ingest(order(1), order(2))
    house.settle()
    assert house.ring(now=A_WEEK_LATER - timedelta(seconds=1)) == 0
    assert house.ring(now=A_WEEK_LATER) == 1
    person = house.person("user_id", "u1")
    assert "buyers" not in person.segments
    assert person.due_at is None
    assert [fact.name for fact in house.people.writes[-1].facts] == ["buyers"]
    writes = len(house.people.writes)
    assert house.ring(now=A_WEEK_LATER) == 0
    ring(AlarmRang(kind="profile", id=person.id), house.reactor, house.catalog, now=A_WEEK_LATER + DAY)
    assert len(house.people.writes) == writes


def test_an_alarm_that_goes_off_early_recomputes_and_sleeps_again() -> None:
    house = a_house()
    house.ingest(order(2))
    house.change_person(house.person("user_id", "u1").id, due_at=NOON)
    assert house.ring(now=NOON) == 1
    person = house.person("user_id", "u1")
    assert "buyers" in person.segments
    assert person.due_at == NOON - timedelta(hours=2) + 7 * DAY
    assert house.people.writes[-1].facts == ()


def test_an_alarm_for_a_merged_profile_rings_for_nobody() -> None:
    house = a_house()
    house.ingest(order(1, user=None, anonymous="a1"))
    visitor = house.person("anonymous_id", "a1").id
    house.ingest(order(2))
    house.ingest(order(3, anonymous="a1"))
    writes = len(house.people.writes)
    ring(AlarmRang(kind="profile", id=visitor), house.reactor, house.catalog, now=NOON)
    assert len(house.people.writes) == writes


def test_an_alarm_and_an_event_at_the_same_time_lose_nothing() -> None:
    people = FragilePeople()
    house = a_house(people=people)
    house.ingest(order(1))
    rival = House(CATALOG, people=people, name="rival")

    def be_faster() -> None:
        people.fails = {}
        rival.ingest(order(2, at=A_WEEK_LATER, received_at=A_WEEK_LATER), now=A_WEEK_LATER)

    people.fails = {people.points: be_faster}
    house.ring(now=A_WEEK_LATER)
    person = house.person("user_id", "u1")
    assert "buyers" in person.segments
    assert (orders_of(person), person.due_at) == (2, A_WEEK_LATER + 7 * DAY)


def test_a_person_whom_others_keep_writing_is_left_to_the_queue() -> None:
    people = FragilePeople()
    house = a_house(people=people)
    house.ingest(order(1))
    person = house.person("user_id", "u1").id
    people.fails = dict.fromkeys(
        range(people.points, people.points + 50), lambda: house.change_person(person)
    )
    with pytest.raises(Conflict, match=person):
        house.ring(now=A_WEEK_LATER)


# ── messages ────────────────────────────────────────────────────────────────────────────────────


def test_a_message_whose_queue_item_was_lost_is_queued_again_after_a_while() -> None:
    house = decided()
    assert len(house.taken(Queue.EMAIL)) == 1  # and it is lost here
    later = NOON + REQUEUE_AFTER
    assert house.ring(now=later) == 1
    house.settle(now=later)
    house.send(now=later)
    assert house.states() == {"SENT": 1}


def leave(house: House) -> None:
    house.ingest(subscribe("u1", number=2, status="UNSUBSCRIBED", at=NOON))


def be_erased(house: House) -> None:
    house.people.stored.clear()


AFTERWARDS: dict[str, tuple[Callable[[House], None], str]] = {
    "and goes": (lambda house: None, "SENT"),
    "and is withheld": (leave, "channel_opt_out"),
    "and nobody is there": (be_erased, "erased"),
}


@pytest.mark.parametrize("case", AFTERWARDS)
def test_a_deferred_message_asks_the_gate_again_when_its_time_has_come(case: str) -> None:
    house = decided()
    message = house.only_message()
    later = NOON + DAY
    house.messages.stored[message.id] = replace(
        message, state=State.DEFERRED, reason="quiet_hours", not_before=later
    )
    assert house.ring(now=later - timedelta(seconds=1)) == 0
    meanwhile, state = AFTERWARDS[case]
    meanwhile(house)
    house.ring(now=later)
    house.settle(now=later)
    house.send(now=later)
    assert house.states() == {state: 1}
    if state == "SENT":
        assert house.only_message().reason == "consent"


def test_a_message_that_waited_too_long_expires() -> None:
    house = decided()
    house.ring(now=NOON + 2 * DAY)
    assert house.states() == {"EXPIRED": 1}
    house.settle(now=NOON + 2 * DAY)
    house.send(now=NOON + 2 * DAY)
    assert house.email.sent == []
