"""Many people written together: each as if alone, in fewer requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kizuna.adapters.tables.people import PeopleTable
from kizuna.core.errors import Conflict, TooLarge, Unavailable
from kizuna.core.people import Trait
from kizuna.core.ports import PersonWrite
from tests.support.builders import NOON, a_profile, a_write, an_event
from tests.support.faulty import FaultyClient
from tests.support.tables import TableNames

HOW_MANY = 30


@pytest.fixture
def people(dynamodb: FaultyClient, tables: TableNames) -> PeopleTable:
    people = PeopleTable(dynamodb, table=tables.people, ledger=tables.ledger)
    for number in range(HOW_MANY):
        people.commit(a_write(None, a_profile(f"p{number}", version=0, identities={})))
    dynamodb.calls.clear()
    return people


def a_visit(number: int, *, expected: int = 1, **changes: Any) -> PersonWrite:
    before = a_profile(f"p{number}", version=expected, identities={})
    return a_write(before, replace(before, **changes), an_event(number=number))


def versions(people: PeopleTable) -> list[int]:
    found = people.profiles([f"p{number}" for number in range(HOW_MANY)])
    return [found[f"p{number}"].version for number in range(HOW_MANY)]


def kept(people: PeopleTable, number: int) -> int:
    return sum(1 for _ in people.timeline([f"p{number}"]))


@pytest.mark.parametrize("waits", [False, True])
def test_the_events_of_many_share_requests(people: PeopleTable, dynamodb: FaultyClient, waits: bool) -> None:
    people._pace.waits = waits
    outcomes = people.commit_all([a_visit(number) for number in range(HOW_MANY)], workers=4)
    assert outcomes == [None] * HOW_MANY
    assert dict(dynamodb.calls) == {"batch_write_item": 2, "put_item": HOW_MANY}
    assert versions(people) == [2] * HOW_MANY
    assert [kept(people, number) for number in range(HOW_MANY)] == [1] * HOW_MANY


def test_what_befalls_one_touches_no_other(people: PeopleTable, dynamodb: FaultyClient) -> None:
    too_much = {"text": Trait("x" * 400_000, NOON, "shop")}
    writes = [a_visit(0), a_visit(1, expected=7), a_visit(2, traits=too_much), a_visit(3)]
    first, second, third, fourth = people.commit_all(writes)
    assert (first, fourth) == (None, None)
    assert isinstance(second, Conflict)
    assert isinstance(third, TooLarge)
    assert versions(people)[:4] == [2, 1, 1, 2]
    assert kept(people, 2) == 0  # it was found out before its event went ahead


def test_rows_that_are_refused_together_are_tried_alone(people: PeopleTable, dynamodb: FaultyClient) -> None:
    dynamodb.refuse("batch_write_item", "ValidationException")
    assert people.commit_all([a_visit(0), a_visit(1)]) == [None, None]
    assert dynamodb.calls["batch_write_item"] == 3


def test_whose_rows_are_refused_alone_is_not_written(people: PeopleTable, dynamodb: FaultyClient) -> None:
    dynamodb.refuse("batch_write_item", "ThrottlingException", times=2)
    first, second = people.commit_all([a_visit(0), a_visit(1)])
    assert isinstance(first, Unavailable)
    assert second is None
    assert versions(people)[:2] == [1, 2]


def test_a_mistake_of_ours_is_told_and_costs_nobody_else(
    people: PeopleTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: Callable[..., None] = PeopleTable._put_guarded

    def torn(self: PeopleTable, staged: Any) -> None:
        if "p1 " in staged.what:
            raise KeyError("told to")
        put(self, staged)

    monkeypatch.setattr(PeopleTable, "_put_guarded", torn)
    first, second = people.commit_all([a_visit(0), a_visit(1)])
    assert first is None
    assert isinstance(second, KeyError)


def test_a_cheap_read_costs_half_of_a_sure_one(
    people: PeopleTable, dynamodb: FaultyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    real = dynamodb._client.batch_get_item

    def noted(**request: Any) -> Any:
        asked.extend(each["ConsistentRead"] for each in request["RequestItems"].values())
        return real(**request)

    monkeypatch.setattr(dynamodb, "batch_get_item", noted, raising=False)
    people.owners([("user_id", "u1")], consistent=False)
    people.profiles(["p1"], consistent=False)
    people.owners([("user_id", "u1")])
    people.profiles(["p1"])
    assert asked == [False, False, True, True]
