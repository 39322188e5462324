"""A scheduled campaign reaches everybody in its audience once, however often the clock ticks."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.messages import State
from kizuna.core.ports import NewMessage
from kizuna.topology import SEGMENT_SHARDS, Queue
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.customers import DAILY, SEGMENTS, identify, order, subscribe
from tests.support.fakes import InMemoryMessages, InMemoryPeople
from tests.support.folds import HOUR
from tests.support.fragile import Crash
from tests.support.house import House


def a_shop(campaign: dict[str, Any] | None = None, **policy: Any) -> Catalog:
    documents = {
        **some_documents(CAMPAIGN | DAILY | (campaign or {})),
        **{("segment", name): document for name, document in SEGMENTS.items()},
        ("policy", "policy"): policy,
    }
    return a_catalog(documents)


def a_house(catalog: Catalog | None = None, *, people: int = 3) -> House:
    house = House(catalog or a_shop())
    house.ingest(*(subscribe(f"u{number}") for number in range(people)))
    house.settle()
    return house


def run(house: House, *, now: Any = NOON) -> int:
    """One tick of the clock, and everything that follows from it."""
    house.start("spring", now, now=now)
    decided = house.walk(now=now)
    house.settle(now=now)
    house.send(now=now)
    house.settle(now=now)
    return decided


def counts(house: House, run_id: str = "20261123T1200Z") -> dict[tuple[str, str], int]:
    read = house.counters.read("spring", run_id)
    return {(state, reason): count for (_, state, reason), count in read.items()}


def test_everybody_who_said_yes_hears_once_and_what_was_intended_is_the_sum_of_the_states() -> None:
    house = a_house(people=5)
    house.ingest(identify(user="silent", email="silent@example.com"), order(user="nowhere"))
    house.settle()
    assert run(house) == 7
    assert len(house.email.sent) == 5
    assert counts(house) == {("SENT", "consent"): 5, ("DENIED", "no_consent"): 1, ("DENIED", "no_address"): 1}
    assert {message.state for message in house.messages.stored.values()} == {State.SENT, State.DENIED}


def test_a_second_tick_of_the_clock_changes_nothing() -> None:
    house = a_house()
    run(house)
    before = (dict(house.messages.stored), counts(house), len(house.email.sent), len(house.bus.published))
    for now in (NOON, NOON):
        house.start("spring", NOON, now=now + HOUR)
        assert house.walk(now=now + HOUR) == 0
        house.settle(now=now + HOUR)
        house.send(now=now + HOUR)
    assert (
        dict(house.messages.stored),
        counts(house),
        len(house.email.sent),
        len(house.bus.published),
    ) == before
    assert len(house.runs.list("spring")) == 1


def test_the_next_day_is_another_run() -> None:
    house = a_house()
    run(house)
    run(house, now=NOON + timedelta(days=1))
    assert len(house.email.sent) == 6
    assert [found.id for found in house.runs.list("spring")] == ["20261123T1200Z", "20261124T1200Z"]


def test_each_start_arms_the_next_one() -> None:
    house = a_house()
    house.start("spring", NOON)
    tomorrow = {
        ("spring", NOON + timedelta(days=1)): {"campaign": "spring", "at": "2026-11-24T12:00:00.000Z"}
    }
    assert house.schedules.armed == tomorrow
    house.start("spring", NOON, now=NOON + timedelta(days=3, hours=2))  # the clock itself was late
    later = {("spring", NOON + timedelta(days=4)): {"campaign": "spring", "at": "2026-11-27T12:00:00.000Z"}}
    assert house.schedules.armed == tomorrow | later


def test_after_a_single_start_nothing_is_armed() -> None:
    house = a_house(a_shop({"trigger": {"type": "schedule", "at": NOON.isoformat()}}))
    house.start("spring", NOON)
    assert [found.id for found in house.runs.list("spring")] == ["20261123T1200Z"]
    assert house.schedules.armed == {}


@pytest.mark.parametrize(
    "changes",
    [{"enabled": False}, {"trigger": {"type": "event", "event": "Seen"}, "audience": {"in": ["everyone"]}}],
)
def test_a_campaign_that_is_no_longer_scheduled_starts_nothing(changes: dict[str, Any]) -> None:
    house = a_house(a_shop(changes))
    house.start("spring", NOON)
    house.start("unheard-of", NOON)
    assert house.runs.list("spring") == ()
    assert house.taken(Queue.AUDIENCE) == []


def test_an_instant_that_the_schedule_no_longer_has_starts_nothing_but_the_next_one_is_armed() -> None:
    house = a_house()
    house.start("spring", NOON + HOUR, by_hand=False)
    assert house.runs.list("spring") == ()
    assert house.taken(Queue.AUDIENCE) == []
    assert house.schedules.next_of("spring") == NOON + timedelta(days=1)


def test_the_audience_is_handed_out_in_shards_of_each_segment() -> None:
    house = a_house(a_shop({"audience": {"in": ["buyers", "loyal"]}}))
    house.ingest(order(1, user="u0"))
    house.settle()
    house.start("spring", NOON)
    shards = {(body["segment"], body["shard"]) for body in house.taken(Queue.AUDIENCE)}
    assert shards == {(segment, shard) for segment in ("buyers", "loyal") for shard in range(SEGMENT_SHARDS)}


def test_somebody_in_two_segments_of_the_audience_counts_once() -> None:
    house = a_house(a_shop({"audience": {"in": ["buyers", "everyone", "loyal"]}}), people=1)
    house.ingest(*(order(number, user="u0") for number in range(1, 4)))
    house.settle()
    assert run(house) == 1
    assert counts(house) == {("SENT", "consent"): 1}


def test_who_left_the_audience_since_it_was_indexed_is_withheld_for_that() -> None:
    house = a_house(a_shop({"audience": {"in": ["buyers"], "not_in": ["loyal"]}}))
    house.ingest(order(1, user="u0"), order(2, user="u1"), *(order(number, user="u1") for number in (3, 4)))
    house.settle()
    house.people.index_membership(
        house.person("user_id", "u2").id, ["buyers"], [], at=NOON
    )  # not brought up to date yet
    run(house)
    assert counts(house) == {("SENT", "consent"): 1, ("DENIED", "not_in_audience"): 2}


def test_a_further_question_is_asked_at_the_moment_of_deciding() -> None:
    house = a_house(a_shop({"when": {"trait": "name", "op": "eq", "value": "U1"}}))
    run(house)
    assert counts(house) == {("SENT", "consent"): 1, ("DENIED", "not_in_audience"): 2}


# ── shared addresses, merges, caps ──────────────────────────────────────────────────────────────


def test_two_people_with_one_mailbox_get_one_message_and_the_other_is_told_apart() -> None:
    house = House(a_shop())
    house.ingest(subscribe("mum", "home@example.com"))
    house.ingest(subscribe("dad", "home@example.com"))
    house.settle()
    assert len(house.living()) == 2
    run(house)
    assert counts(house) == {("SENT", "consent"): 1, ("DENIED", "already_addressed"): 1}
    assert len(house.email.sent) == 1


def test_people_who_become_one_in_the_middle_of_a_run_hear_once() -> None:
    house = a_house(people=1)
    house.ingest(subscribe("x", "second@example.com", user_id=None, anonymous_id="a1"))
    house.settle()
    house.start("spring", NOON)
    shards = house.taken(Queue.AUDIENCE)
    first, second = shards[: len(shards) // 2], shards[len(shards) // 2 :]
    house.queues.send(Queue.AUDIENCE, first)
    house.walk()
    house.ingest(identify(user="u0", anonymous="a1"))
    house.queues.send(Queue.AUDIENCE, [*second, *first])
    house.walk()
    house.settle()
    house.send()
    assert len(house.living()) == 1
    assert len(house.email.sent) == 1


CAPPED = a_shop(frequency_caps=[{"count": 1, "window": "7d"}])


def test_a_cap_holds_over_runs() -> None:
    house = a_house(CAPPED, people=1)
    run(house)
    run(house, now=NOON + timedelta(days=1))
    assert counts(house, "20261124T1200Z") == {("DENIED", "frequency_cap"): 1}
    run(house, now=NOON + timedelta(days=7))
    assert counts(house, "20261130T1200Z") == {("SENT", "consent"): 1}


def test_what_was_heard_before_a_merge_counts_after_it() -> None:
    house = House(CAPPED)
    house.ingest(subscribe("v", user_id=None, anonymous_id="a1"))
    house.settle()
    run(house)
    house.ingest(order(9, user="u1"))
    house.ingest(order(10, user="u1", anonymous="a1"))
    house.settle()
    assert len(house.person("user_id", "u1").parts) == 2
    run(house, now=NOON + timedelta(days=1))
    assert counts(house, "20261124T1200Z") == {("DENIED", "frequency_cap"): 1}


# ── pages, time and crashes ─────────────────────────────────────────────────────────────────────


def test_when_time_is_short_the_rest_goes_back_on_the_queue() -> None:
    house = a_house(people=500)
    house.start("spring", NOON)
    rounds, decided = 0, 0
    while house.queues.sent[Queue.AUDIENCE]:
        decided += house.walk(is_over=lambda: True)
        rounds += 1
    assert decided == 500
    assert rounds > 1


class FragileMessages(InMemoryMessages):
    """Dies before or after storing a decision, at every ninth of these moments for a while."""

    def __init__(self, people: InMemoryPeople) -> None:
        super().__init__(people)
        self._moments = count()

    def create(self, new: NewMessage) -> bool:
        self._moment()
        done = super().create(new)
        self._moment()
        return done

    def _moment(self) -> None:
        if next(self._moments) in range(0, 200, 9):
            raise Crash


def test_a_crash_anywhere_in_a_walk_decides_for_nobody_twice_and_leaves_nobody_out() -> None:
    house = a_house(people=60)
    house.messages = FragileMessages(house.people)
    house.start("spring", NOON)
    waiting = house.taken(Queue.AUDIENCE)
    while waiting:
        house.queues.send(Queue.AUDIENCE, waiting[:1])
        try:
            house.walk()
        except Crash:
            continue
        waiting = waiting[1:]
    assert house.states() == {"PENDING": 60}
