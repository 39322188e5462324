"""Moments of a channel, asked for by many at once: each write is decided by the table, and between a look and the
write that follows it others may have been there. Never more than the rate times the time goes out, whoever is first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from threading import Lock
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from kizuna.adapters.tables.pace import PaceTable
from kizuna.core.errors import Unavailable
from kizuna.core.ports import Slots
from tests.simulation.chaos import Baton
from tests.support.builders import NOON

MICROSECOND = timedelta(microseconds=1)
EVERY = timedelta(milliseconds=100)
WITHIN = timedelta(seconds=60)


class Row:
    """One row of a table as DynamoDB keeps it: each write is decided and done at once. Between two calls anybody may
    come; `step` is where."""

    def __init__(self, step: Callable[[], None], held: dict[str, int] | None = None) -> None:
        self.held: dict[str, int] = {} if held is None else held
        self.calls = self.writes = 0
        self._step = step

    @property
    def value(self) -> int | None:
        return self.held.get("n")

    def get_item(self, **_: Any) -> dict[str, Any]:
        self._next()
        return {} if self.value is None else {"Item": {"n": {"N": str(self.value)}}}

    def _next(self) -> None:
        self.calls += 1
        self._step()

    def update_item(self, **request: Any) -> dict[str, Any]:
        self._next()
        given = {name: int(value["N"]) for name, value in request["ExpressionAttributeValues"].items()}
        self._hold(request["ConditionExpression"], given)
        match request["UpdateExpression"]:
            case "ADD n :span":
                self.held["n"] = (self.value or 0) + given[":span"]
            case "SET n = :end":
                self.held["n"] = given[":end"]
            case other:
                raise AssertionError(f"not known here: {other}")
        self.writes += 1
        return {"Attributes": {"n": {"N": str(self.value)}}}

    def _hold(self, condition: str, given: dict[str, int]) -> None:
        match condition:
            case "n >= :now AND n <= :latest":
                holds = self.value is not None and given[":now"] <= self.value <= given[":latest"]
            case "attribute_not_exists(n) OR n < :now":
                holds = self.value is None or self.value < given[":now"]
            case other:
                raise AssertionError(f"not known here: {other}")
        if not holds:
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "UpdateItem")


def moments(found: list[Slots]) -> list[datetime]:
    return sorted(slots.first + number * slots.every for slots in found for number in range(slots.count))


def keeps_the_pace(found: list[Slots]) -> bool:
    """Whether no two moments are nearer to each other than the pace allows: then no span holds more than rate times
    time, and one."""
    given = moments(found)
    return all(later - earlier >= EVERY for earlier, later in pairwise(given))


ASKED = st.lists(st.tuples(st.integers(1, 4), st.integers(-500, 3_000)), min_size=2, max_size=6)


@given(ASKED, st.integers(0, 9_999))
def test_whoever_comes_in_between_no_moment_is_given_twice_nor_too_near(
    asked: list[tuple[int, int]], seed: int
) -> None:
    """Several at once, of which at each call another moves; their clocks differ."""
    baton = Baton(Random(seed))
    row = Row(baton.step)
    tables = [PaceTable(row, table="catalog") for _ in asked]

    def worker(table: PaceTable, count: int, late: int) -> Callable[[], list[Slots]]:
        def work() -> list[Slots]:
            found: list[Slots] = []
            for turn in range(2):
                now = NOON + timedelta(milliseconds=late + 1_500 * turn)
                try:
                    slots = table.reserve("email", every=EVERY, count=count, now=now, within=WITHIN)
                except Unavailable:  # others were faster each time: it comes again
                    continue
                assert slots is not None, "there is room for all of them"
                assert now <= slots.first <= now + WITHIN
                found.append(slots)
            return found

        return work

    results = baton.run([worker(table, *one) for table, one in zip(tables, asked, strict=True)])
    assert not [each for each in results if isinstance(each, BaseException)]
    found = [slots for each in results for slots in each]
    assert keeps_the_pace(found)
    assert row.writes == len(found)


@pytest.mark.parametrize(
    "before", [1, 2, 3], ids=["the write that adds", "the look", "the write that begins"]
)
def test_two_who_begin_after_a_pause_get_moments_of_their_own(before: int) -> None:
    """Nobody asked for a while. Right before one of the calls of the one, the other takes all its moments."""
    asked: dict[str, Any] = {"every": EVERY, "count": 3, "now": NOON, "within": WITHIN}
    found: list[Slots | None] = []

    def in_between() -> None:
        if row.calls == before:
            found.append(PaceTable(Row(lambda: None, row.held), table="catalog").reserve("email", **asked))

    row = Row(in_between)
    found.append(PaceTable(row, table="catalog").reserve("email", **asked))
    taken = [slots for slots in found if slots is not None]
    assert len(taken) == 2
    assert keeps_the_pace(taken)


@pytest.fixture
def table() -> Iterator[str]:
    with mock_aws():
        boto3.client("dynamodb", region_name="us-east-1").create_table(
            TableName="catalog",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        )
        yield "catalog"


class OneAtATime:
    """A client whose calls are done one after the other, as DynamoDB does writes to one row and moto does not: it
    asks the condition and writes in two steps, and threads come in between."""

    def __init__(self, client: Any, lock: Lock) -> None:
        self._client, self._lock = client, lock

    def get_item(self, **request: Any) -> Any:
        with self._lock:
            return self._client.get_item(**request)

    def update_item(self, **request: Any) -> Any:
        with self._lock:
            return self._client.update_item(**request)


def test_threads_that_ask_at_once_get_different_moments(table: str) -> None:
    """Over a table that somebody else wrote."""
    lock = Lock()
    clients = [OneAtATime(boto3.client("dynamodb", region_name="us-east-1"), lock) for _ in range(4)]

    def work(number: int) -> list[Slots]:
        mine = PaceTable(clients[number], table=table)
        got: list[Slots] = []
        while len(got) < 10:
            now = NOON + number * MICROSECOND
            slots = mine.reserve("email", every=EVERY, count=2, now=now, within=WITHIN)
            # Who was overtaken again and again asks anew, as the queue does.
            got += [slots] if slots is not None else []
        return got

    with ThreadPoolExecutor(len(clients)) as pool:
        found = [slots for each in pool.map(work, range(len(clients))) for slots in each]
    assert keeps_the_pace(found)
    assert moments(found)[-1] - moments(found)[0] == 79 * EVERY
