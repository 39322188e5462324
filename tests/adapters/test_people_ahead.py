"""What goes into the people table ahead of the guarded write, and what becomes of it when that is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.adapters.tables.people import PeopleTable
from kizuna.core.errors import Conflict, TooLarge, Unavailable
from kizuna.core.folding import Folded
from kizuna.core.people import Address
from kizuna.core.ports import PersonWrite
from kizuna.core.seen import INLINE, KNOWN_FOR, Seen, remembered
from kizuna.core.timeline import timeline_key
from tests.support.builders import NOON, a_profile, a_write, an_event
from tests.support.emulated import items_of
from tests.support.faulty import FaultyClient
from tests.support.tables import TableNames

MINUTE = 29_000_000


@pytest.fixture
def people(dynamodb: FaultyClient, tables: TableNames) -> PeopleTable:
    people = PeopleTable(dynamodb, table=tables.people, ledger=tables.ledger)
    people.commit(a_write(None, a_profile(version=0, identities={})))
    dynamodb.calls.clear()
    return people


@pytest.fixture
def keys_in_the_table(dynamodb: FaultyClient, tables: TableNames) -> Callable[[], set[str]]:
    return lambda: {item["sk"]["S"][:2] for item in items_of(dynamodb, tables.people)}


def a_hot_write() -> PersonWrite:
    before = a_profile(identities={})
    marks = [Seen(number.to_bytes(8, "big"), MINUTE) for number in range(INLINE + 1)]
    kept = remembered(marks, (), {}, part="p1", now=datetime.fromtimestamp(60 * MINUTE, UTC))
    after = replace(before, version=2, seen=kept.inline, seen_pages=kept.pages)
    new_address = Address("email", "new@example.com", NOON)
    return PersonWrite(
        Folded(after, counted=(an_event(),), mark_pages=kept.new), 1, new_addresses=(new_address.id,)
    )


def test_events_holders_and_pages_of_marks_are_one_call_and_the_profile_another(
    people: PeopleTable, dynamodb: FaultyClient
) -> None:
    people.commit(a_hot_write())
    assert dict(dynamodb.calls) == {"batch_write_item": 1, "put_item": 1}


def test_somebody_with_few_marks_neither_reads_nor_writes_a_page(
    people: PeopleTable, dynamodb: FaultyClient
) -> None:
    before = people.profiles(["p1"])["p1"]
    assert people.marks(before.seen_pages) == {}
    people.commit(a_write(before, before))
    assert dict(dynamodb.calls) == {"batch_get_item": 1, "put_item": 1}


def test_a_page_of_marks_may_go_when_nobody_needs_it_any_more(
    people: PeopleTable, dynamodb: FaultyClient, tables: TableNames
) -> None:
    people.commit(a_hot_write())
    (page,) = [item for item in items_of(dynamodb, tables.people) if item["sk"]["S"].startswith("d#")]
    needed_until = datetime.fromtimestamp(60 * MINUTE, UTC) + KNOWN_FOR
    assert datetime.fromtimestamp(int(page["ttl"]["N"]), UTC) == needed_until + timedelta(days=1)


def test_of_a_person_who_is_erased_meanwhile_nothing_is_left(
    people: PeopleTable,
    dynamodb: FaultyClient,
    tables: TableNames,
    keys_in_the_table: Callable[[], set[str]],
) -> None:
    profile = {"pk": {"S": "p#p1"}, "sk": {"S": "profile"}}
    dynamodb.first("put_item", lambda: dynamodb.delete_item(TableName=tables.people, Key=profile))
    with pytest.raises(Conflict):
        people.commit(a_hot_write())
    assert keys_in_the_table() == set()


def test_of_a_person_who_only_changed_everything_stays_for_the_next_try(
    people: PeopleTable, dynamodb: FaultyClient, keys_in_the_table: Callable[[], set[str]]
) -> None:
    before = people.profiles(["p1"])["p1"]
    dynamodb.first("put_item", lambda: people.commit(a_write(before, before, unsettled=frozenset())))
    with pytest.raises(Conflict):
        people.commit(a_hot_write())
    assert keys_in_the_table() == {"pr", "e#", "d#", "p1"}


def test_a_batch_that_is_taken_only_in_part_is_finished_or_refused_and_never_called_done(
    people: PeopleTable, dynamodb: FaultyClient, tables: TableNames
) -> None:
    def half(call: Callable[[], Any]) -> Any:
        rows = [{"PutRequest": {"Item": {"pk": {"S": "p#p1"}, "sk": {"S": "e#left"}}}}]
        call()
        return {"UnprocessedItems": {tables.people: rows}}

    dynamodb._orders["batch_write_item"] += [half] * 2
    people.commit(a_hot_write())
    assert dynamodb.calls["batch_write_item"] == 3
    dynamodb._orders["batch_write_item"] += [half] * 5
    before = people.profiles(["p1"])["p1"]
    with pytest.raises(Unavailable, match="left items unwritten"):
        people.commit(a_write(before, before, an_event(number=2)))
    assert people.profiles(["p1"])["p1"].version == before.version


@pytest.mark.parametrize(("count", "size"), [(101, 10), (60, 80_000)])
def test_more_than_a_transaction_takes_is_found_out_before_anything_is_stored(
    people: PeopleTable, dynamodb: FaultyClient, count: int, size: int
) -> None:
    before = people.profiles(["p1"])["p1"]
    events = [an_event(number=number, properties={"text": "x" * size}) for number in range(count)]
    unsettled = frozenset(map(timeline_key, events))
    dynamodb.calls.clear()
    with pytest.raises(TooLarge, match="in one transaction"):
        people.commit(a_write(before, before, an_event(number=999), *events, unsettled=unsettled))
    assert dict(dynamodb.calls) == {}
