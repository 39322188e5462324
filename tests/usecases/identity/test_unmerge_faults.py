"""Undoing a merge while the process dies, the store refuses, or somebody else writes: never half, never twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.events import Event
from kizuna.core.ports import PersonWrite
from kizuna.usecases.identity.unmerge import ENTRIES_AT_ONCE, undo_merge
from tests.support.builders import MAILBOX, NOON
from tests.support.customers import CATALOG, a_house, identify, order, orders_of, subscribe
from tests.support.folds import HOUR
from tests.support.fragile import Crash, crash, refuse
from tests.support.house import House
from tests.support.unmerging import LATER, FragileMerges, part, registry, rows, the_merge, two_people, unite


def busy_house() -> House:
    """One person out of two, with events, an identifier, an address and a No since."""
    house = a_house()
    two_people(house)
    unite(house)
    house.ingest(
        order(11, user=None, anonymous="a1"), order(12, user="u1"), order(13, user=None, anonymous="a1")
    )
    house.ingest(identify(14, user=None, anonymous="a1", email=MAILBOX))
    house.ingest(subscribe("u1", number=15, status="UNSUBSCRIBED"))
    house.settle()
    return house


def picture(house: House) -> object:
    """Everything that is stored, but for what counts writes and names moments."""
    people = {
        person: replace(profile, version=0, reach_version=0, updated_at=NOON, apart=(), ledger_head="")
        for person, profile in house.people.stored.items()
    }
    consents = {
        part: [entry.event.id for entry in each] for part, each in house.people.consents.items() if each
    }
    return people, consents, rows(house), dict(house.people.identities), dict(house.people.memberships)


def points_of_an_unmerge() -> int:
    house = busy_house()
    merges = FragileMerges(house.people)
    part(house, merges=merges)
    return merges.points


POINTS = points_of_an_unmerge()


@pytest.mark.parametrize("point", range(POINTS))
def test_wherever_it_dies_the_person_is_whole_and_the_next_try_ends_the_same(point: int) -> None:
    house, undisturbed = busy_house(), busy_house()
    record = the_merge(house)
    merges = FragileMerges(house.people, {point: crash})
    with pytest.raises(Crash):
        undo_merge(record.id, registry(house, merges), CATALOG, now=LATER)
    house.settle(now=LATER)
    if house.people.merges[record.id].undone_at is None:
        assert_still_one(house)
    part_again(house, record.id)
    part(undisturbed)
    assert picture(house) == picture(undisturbed)


def assert_still_one(house: House) -> None:
    """Whatever was stored ahead of the parting means what it meant before."""
    person = house.person("user_id", "u1")
    assert house.person("anonymous_id", "a1") is person
    assert house.person("email", MAILBOX) is person
    assert orders_of(person) == 6
    told = {entry.key for entry in house.people.timeline(person.parts)}
    assert len(told) == 9
    house.catalog = CATALOG


def part_again(house: House, merge_id: str) -> None:
    undo_merge(merge_id, registry(house), CATALOG, now=LATER)
    house.settle(now=LATER)


@pytest.mark.parametrize("point", range(POINTS))
def test_a_store_that_refuses_is_told_to_the_caller_and_nothing_is_lost(point: int) -> None:
    house, undisturbed = busy_house(), busy_house()
    record = the_merge(house)
    with pytest.raises(Unavailable):
        undo_merge(
            record.id, registry(house, FragileMerges(house.people, {point: refuse})), CATALOG, now=LATER
        )
    part_again(house, record.id)
    part(undisturbed)
    assert picture(house) == picture(undisturbed)


@pytest.mark.parametrize("point", range(POINTS - 1))
@pytest.mark.parametrize(("user", "anonymous"), [("u1", None), (None, "a1"), ("u1", "a1")])
def test_an_event_that_comes_in_between_is_counted_once_for_whose_it_is(
    point: int, user: str | None, anonymous: str | None
) -> None:
    house = busy_house()
    record = the_merge(house)
    late = order(20, user=user, anonymous=anonymous)
    merges = FragileMerges(house.people, {point: lambda: _ingest(house, late)})
    undo_merge(record.id, registry(house, merges), CATALOG, now=LATER)
    house.settle(now=LATER)
    customer, visitor = house.person("user_id", "u1"), house.person("anonymous_id", "a1")
    mine = 1 if user else 0
    assert [orders_of(side) for side in (customer, visitor)] == [2 + mine, 4 + 1 - mine]
    assert "event-20" in rows(house)[customer.id if user else visitor.id]
    assert sum("event-20" in events for events in rows(house).values()) == 1


def _ingest(house: House, event: Event) -> None:
    done = house.ingest(event, now=LATER)
    assert (done.counted, done.left_over) == (1, ())


def test_a_writer_who_read_before_the_parting_counts_for_whose_it_is_and_leaves_nothing_that_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their row went into the timeline of the person that was; their profile is refused, and they try again."""
    house = busy_house()
    record = the_merge(house)
    late = order(21, user=None, anonymous="a1")
    commit = house.people.commit

    def slowly(write: PersonWrite) -> None:
        monkeypatch.setattr(house.people, "commit", commit)
        undo_merge(record.id, registry(house), CATALOG, now=LATER)
        commit(write)

    monkeypatch.setattr(house.people, "commit", slowly)
    done = house.ingest(late, now=LATER)
    assert (done.counted, done.left_over) == (1, ())
    customer, visitor = house.person("user_id", "u1"), house.person("anonymous_id", "a1")
    assert [orders_of(side) for side in (customer, visitor)] == [2, 5]
    forgotten = {side.id: replace(side, aggregates={}) for side in (customer, visitor)}
    house.people.stored.update(forgotten)
    days_later = NOON + 96 * HOUR
    house.ingest(replace(order(30, user="u1"), received_at=days_later), now=days_later)
    house.ingest(replace(order(31, user=None, anonymous="a1"), received_at=days_later), now=days_later)
    assert [orders_of(house.person(*who)) for who in (("user_id", "u1"), ("anonymous_id", "a1"))] == [3, 6]


def test_people_who_keep_being_written_to_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    house = busy_house()
    record = the_merge(house)
    person = house.person("user_id", "u1").id
    merges = FragileMerges(house.people)
    read = merges.entries_since

    def busily(profile: str, number: int) -> object:
        found = read(profile, number)
        house.change_person(person)
        return found

    monkeypatch.setattr(merges, "entries_since", busily)
    with pytest.raises(Conflict, match="keep being written to"):
        undo_merge(record.id, registry(house, merges), CATALOG, now=LATER)
    assert_still_one(house)


def test_more_refusals_than_one_transaction_takes_go_ahead_in_portions() -> None:
    house = a_house()
    two_people(house)
    unite(house)
    count = 2 * ENTRIES_AT_ONCE + 7
    for number in range(count):
        word = "UNSUBSCRIBED" if number % 2 else "SUBSCRIBED"
        house.ingest(subscribe("u1", number=number, status=word, at=NOON - HOUR + number * HOUR / 1000))
    refused = count // 2
    merges = FragileMerges(house.people)
    part(house, merges=merges)
    customer, visitor = house.person("user_id", "u1"), house.person("anonymous_id", "a1")
    copies = [entry.event for entry in house.people.consents[visitor.id]]
    assert len(copies) == len({each.id for each in copies}) == refused
    assert [entry.number for entry in house.people.consents[visitor.id]] == list(range(1, refused + 1))
    assert customer.ledger_length == len(house.people.consents[customer.id])
