"""People put on lists by hand: counted once, kept by a merge, seen by segments."""

from __future__ import annotations

import pytest

from kizuna.core.errors import Unavailable
from kizuna.usecases.lists.listing import Clerk, InvalidListing, UnknownList, everybody_on, keep_list
from tests.support.builders import (
    NOON,
)
from tests.support.customers import order, subscribe
from tests.support.folds import HOUR
from tests.support.house import House
from tests.support.standing import a_shop, listed
from tests.support.unmerging import two_people, unite

STAFF = {"static_list": "staff"}


def test_somebody_on_a_list_is_in_the_segment_that_asks_for_it() -> None:
    house = House(a_shop(STAFF))
    house.ingest(subscribe("u1"), subscribe("u2"))
    done = listed(house, "user_id:u1", "email:u2@example.com", "user_id:nobody")
    assert (len(done.changed), [told.problem for told in done.refused]) == (2, ["unknown"])
    assert "s0" in house.person("user_id", "u1").segments
    rows = list(everybody_on("staff", house.people, house.catalog))
    assert {row["person"] for row in rows} == set(done.changed)
    assert {(row["by"], row["at"]) for row in rows} == {("mia", "2026-11-23T12:00:00.000Z")}
    gone = listed(house, "user_id:u1", inside=False, request="r2", now=NOON + HOUR)
    assert gone.changed == (house.person("user_id", "u1").id,)
    assert "s0" not in house.person("user_id", "u1").segments
    assert [row["person"] for row in everybody_on("staff", house.people, house.catalog)] == [done.changed[1]]


def test_putting_somebody_on_a_list_twice_writes_once() -> None:
    house = House(a_shop(STAFF))
    house.ingest(subscribe("u1"))
    listed(house, "user_id:u1")
    version = house.person("user_id", "u1").version
    again = listed(house, "user_id:u1", "user_id:u1")
    assert (again.changed, len(again.unchanged)) == ((), 1)
    assert house.person("user_id", "u1").version == version


def test_a_request_that_broke_off_does_the_rest_when_it_is_made_again() -> None:
    house = House(a_shop(STAFF))
    house.ingest(subscribe("u1"))
    house.people.down = True
    with pytest.raises(Unavailable):
        listed(house, "user_id:u1")
    house.people.down = False
    listed(house, "user_id:u1")
    assert house.person("user_id", "u1").on_lists == {"staff"}


def test_who_did_it_and_when_stays_in_the_timeline() -> None:
    house = House(a_shop(STAFF))
    house.ingest(subscribe("u1"))
    listed(house, "user_id:u1")
    listed(house, "user_id:u1", inside=False, request="r2", now=NOON + HOUR)
    person = house.person("user_id", "u1")
    kept = [entry.event for entry in house.people.timeline(person.parts) if entry.event.source.id == "lists"]
    assert [(event.name, event.properties["by"]) for event in kept] == [
        ("List Joined", "mia"), ("List Left", "mia"),
    ]  # fmt: skip


def test_words_that_come_in_another_order_leave_the_last_one_standing() -> None:
    house = House(a_shop(STAFF))
    house.ingest(subscribe("u1"))
    listed(house, "user_id:u1", request="r2", now=NOON + HOUR)
    listed(house, "user_id:u1", inside=False, request="r1", now=NOON)
    assert house.person("user_id", "u1").on_lists == {"staff"}


def test_only_kizuna_itself_tells_who_is_on_a_list() -> None:
    house = House(a_shop(STAFF))
    house.ingest(subscribe("u1"), order(3, name="List Joined", properties={"list": "staff", "by": "me"}))
    assert house.person("user_id", "u1").on_lists == frozenset()


def test_a_merge_leaves_somebody_on_every_list_that_either_was_on() -> None:
    house = House(a_shop(STAFF))
    two_people(house)
    visitor = house.person("anonymous_id", "a1").id
    listed(house, visitor, now=NOON - HOUR)
    listed(house, "user_id:u1", request="r2", now=NOON - HOUR)
    listed(house, "user_id:u1", request="r3", inside=False)
    unite(house)
    house.settle()
    person = house.person("user_id", "u1")
    assert "s0" in person.segments
    assert [row["person"] for row in everybody_on("staff", house.people, house.catalog)] == [person.id]


def test_a_list_nobody_defined_and_too_many_at_once_are_refused() -> None:
    house = House(a_shop(STAFF))
    clerk = Clerk(house.people, house.ledger, house.new_id)
    with pytest.raises(UnknownList, match="there is no list 'friends'"):
        keep_list("friends", ["u1"], clerk, house.catalog, inside=True, by="", request="", now=NOON)
    for references in ([], ["u"] * 101):
        with pytest.raises(InvalidListing, match="1 to 100"):
            keep_list("staff", references, clerk, house.catalog, inside=True, by="", request="", now=NOON)
