"""Golden records behind a DynamoDB that refuses, loses replies, and has seen many merges."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kizuna.adapters.tables.people import PeopleTable
from kizuna.core.errors import Conflict, Unavailable
from tests.support.builders import a_profile, a_write, an_event
from tests.support.faulty import FaultyClient
from tests.support.tables import TableNames


@pytest.fixture
def people(dynamodb: FaultyClient, tables: TableNames) -> PeopleTable:
    return PeopleTable(dynamodb, table=tables.people, ledger=tables.ledger)


@pytest.mark.parametrize(
    ("code", "status"),
    [("InternalServerError", 500), ("InternalFailure", 500), ("ServiceUnavailableException", 503)],
)
def test_whatever_is_wrong_behind_the_front_door_is_over_soon(
    people: PeopleTable, dynamodb: FaultyClient, code: str, status: int
) -> None:
    dynamodb.refuse("put_item", code, status=status)
    with pytest.raises(Unavailable):
        people.commit(a_write(a_profile(), a_profile()))


def test_somebody_who_was_merged_again_and_again_is_found(people: PeopleTable) -> None:
    for number in range(15):
        person = a_profile(f"p{number}", identities={}, merged_into=f"p{number + 1}" if number < 14 else None)
        people.commit(a_write(None, replace(person, version=0)))
    assert people.profiles(["p0", "p9", "p14"]).keys() == {"p0", "p9", "p14"}
    assert {profile.id for profile in people.profiles(["p0", "p9", "p14"]).values()} == {"p14"}


def test_profiles_that_lead_in_a_circle_are_nobody_to_write_to(people: PeopleTable) -> None:
    for name, other in (("p1", "p2"), ("p2", "p1")):
        people.commit(a_write(None, a_profile(name, version=0, identities={}, merged_into=other)))
    with pytest.raises(Conflict):
        people.profiles(["p1"])


def test_an_event_that_was_just_stored_is_read_at_once(people: PeopleTable, dynamodb: FaultyClient) -> None:
    """What it triggers may be decided milliseconds later, on another machine."""
    person = a_profile(version=0, identities={})
    event = an_event()
    people.commit(a_write(None, person, event))
    asked: list[dict[str, object]] = []
    original = dynamodb._client.get_item

    class Watched:
        def __getattr__(self, name: str) -> object:
            return getattr(dynamodb, name)

        def get_item(self, **request: object) -> object:
            asked.append(request)
            return original(**request)

    watched = PeopleTable(Watched(), table=people._table, ledger=people._ledger)
    (entry,) = people.timeline(["p1"])
    assert watched.timeline_event("p1", entry.key) == event
    assert [request["ConsistentRead"] for request in asked] == [True]
