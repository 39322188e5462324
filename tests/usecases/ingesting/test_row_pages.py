"""People who do a great deal: what is kept of each event outgrows the profile, and nothing else changes for it."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.entry_pages import INLINE_BYTES, packed, pages_of, whole
from kizuna.core.events import Event
from kizuna.core.people import Profile
from kizuna.usecases.identity.unmerge import Registry, last_merge_of, undo_merge
from tests.support.builders import NOON, a_catalog, an_event, some_documents
from tests.support.customers import identify
from tests.support.fakes_of_merges import InMemoryMerges
from tests.support.fragile import Crash, FragilePeople, crash
from tests.support.house import House

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
BIG = {
    "event": "Viewed", "verb": "sum", "of": "total", "op": "gte", "value": 1_000,
    "window": {"last": "7d"},
}  # fmt: skip


def a_shop(*conditions: dict[str, Any]) -> Any:
    segments = {
        ("segment", f"s{number}"): {"id": f"s{number}", "name": "S", "when": condition}
        for number, condition in enumerate(conditions)
    }
    return a_catalog({**some_documents(), **segments})


SHOP = a_shop(BIG)


def viewed(
    number: int, *, user: str | None = "u1", anonymous: str | None = None, at: datetime = NOON
) -> Event:
    happened = at - timedelta(seconds=number)
    return an_event(
        "Viewed",
        number=number,
        at=happened,
        received_at=at,
        user_id=user,
        anonymous_id=anonymous,
        properties={"total": 2},
    )


def rows_of(profile: Profile) -> int:
    return sum(len(state.get("e", ())) for state in whole(profile.aggregates, profile.held_rows).values())


def inline_of(profile: Profile) -> int:
    return sum(len(packed(state["e"])) for state in profile.aggregates.values() if "e" in state)


def test_a_segment_of_somebody_very_active_is_entered_and_left_at_its_moment() -> None:
    house = House(SHOP)
    for first in range(0, 490, 70):
        house.ingest(*(viewed(number) for number in range(first, first + 70)))
    person = house.person("user_id", "u1")
    assert list(pages_of(person.aggregates))
    assert inline_of(person) <= INLINE_BYTES
    assert (rows_of(person), "s0" in person.segments) == (490, False)
    house.ingest(*(viewed(number) for number in range(490, 505)))
    person = house.person("user_id", "u1")
    assert (rows_of(person), "s0" in person.segments) == (505, True)
    leaves = NOON - timedelta(seconds=499) + 7 * DAY  # the sixth oldest of 505: then 499 are left
    assert person.due_at == leaves
    house.ring(now=leaves - timedelta(milliseconds=1))
    assert "s0" in house.person("user_id", "u1").segments
    house.ring(now=leaves)
    assert "s0" not in house.person("user_id", "u1").segments
    assert [fact.kind for fact in house.people.writes[-1].facts] == ["exited"]


def test_rows_that_have_left_the_window_go_with_their_pages() -> None:
    house = House(SHOP)
    house.ingest(*(viewed(number) for number in range(400)))
    later = NOON + 8 * DAY
    house.ingest(viewed(5_000, at=later), now=later)
    person = house.person("user_id", "u1")
    assert (rows_of(person), list(pages_of(person.aggregates))) == (1, [])


def test_repeats_and_shuffling_change_nothing() -> None:
    everything = [viewed(number) for number in range(600)]
    plain, shuffled = House(SHOP), House(SHOP)
    plain.ingest(*everything)
    chance = random.Random(7)
    chance.shuffle(everything)
    for first in range(0, 600, 50):
        shuffled.ingest(*everything[max(0, first - 20) : first + 50])
    one, other = plain.person("user_id", "u1"), shuffled.person("user_id", "u1")
    assert rows_of(one) == rows_of(other) == 600
    assert one.segments == other.segments


@pytest.mark.parametrize("point", [1, 2, 3])
def test_an_attempt_that_died_has_counted_nothing(point: int) -> None:
    people = FragilePeople()
    house = House(SHOP, people=people)
    house.ingest(*(viewed(number) for number in range(100)))
    people.points = 0
    people.fails = {point: crash}
    lost = [viewed(1_000 + number) for number in range(300)]
    try:
        house.ingest(*lost)
    except Crash:
        assert rows_of(house.person("user_id", "u1")) in (100, 400)  # before or after it was stored
    people.fails = {}
    house.ingest(*lost)
    assert rows_of(house.person("user_id", "u1")) == 400


def test_two_who_fill_a_page_at_the_same_time_both_count() -> None:
    people = FragilePeople()
    house, rival = House(SHOP, people=people), House(SHOP, people=people, name="rival")
    house.ingest(*(viewed(number) for number in range(200)))
    people.points = 0

    def be_faster() -> None:
        people.fails = {}
        rival.ingest(*(viewed(1_000 + number) for number in range(200)))

    people.fails = {1: be_faster}
    house.ingest(*(viewed(2_000 + number) for number in range(200)))
    assert rows_of(house.person("user_id", "u1")) == 600


def test_a_merge_keeps_the_rows_of_both_and_undoing_it_gives_each_theirs() -> None:
    house = House(SHOP)
    house.ingest(*(viewed(number) for number in range(300)))
    house.ingest(*(viewed(1_000 + number, user=None, anonymous="a1") for number in range(250)))
    house.ingest(identify(5_000, anonymous="a1"))
    person = house.person("user_id", "u1")
    assert (rows_of(person), "s0" in person.segments) == (550, True)
    assert {page.part for page in pages_of(person.aggregates)} == set(person.parts)
    house.ingest(*(viewed(2_000 + number) for number in range(200)))
    house.ingest(*(viewed(3_000 + number, user=None, anonymous="a1") for number in range(100)))
    assert rows_of(house.person("user_id", "u1")) == 850
    registry = Registry(house.people, house.ledger, InMemoryMerges(house.people))
    merge = last_merge_of(house.person("user_id", "u1"), registry)
    undo_merge(merge.id, registry, house.catalog, now=NOON + MINUTE)
    customer, visitor = house.person("user_id", "u1"), house.person("anonymous_id", "a1")
    assert customer.id != visitor.id
    assert {rows_of(customer), rows_of(visitor)} == {500, 350}


def test_a_condition_that_is_dropped_is_forgotten_and_one_that_is_new_is_rebuilt() -> None:
    house = House(SHOP)
    house.ingest(*(viewed(number) for number in range(300)))
    house.catalog = a_shop()
    house.ingest(identify(9_001))
    person = house.person("user_id", "u1")
    assert (person.aggregates, list(pages_of(person.aggregates))) == ({}, [])
    house.catalog = a_shop(BIG | {"verb": "avg", "window": {"last": "1d"}})
    house.ingest(identify(9_002))
    person = house.person("user_id", "u1")
    assert rows_of(person) == 300
    assert inline_of(person) <= INLINE_BYTES


def test_what_a_page_loses_nobody_counts_twice_when_the_question_comes_back() -> None:
    house = House(SHOP)
    house.ingest(*(viewed(number) for number in range(300)))
    for catalog in (a_shop(), SHOP, a_shop(BIG | {"window": {"last": "9d"}}), SHOP):
        house.catalog = catalog
        house.ingest(identify(9_000 + int(house.new_id()[1:])))
    assert rows_of(house.person("user_id", "u1")) == 300
