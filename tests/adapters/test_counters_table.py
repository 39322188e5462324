"""Counts under lost replies and contention."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kizuna.adapters.tables.counters import CountersTable
from kizuna.adapters.tables.messages import MessagesTable
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.messages import Message, State, move
from kizuna.topology import RESULT_SHARDS
from tests.support.builders import NOON, a_message, new
from tests.support.faulty import FaultyClient
from tests.support.tables import TableNames

CONTENDED = [{"Code": "None"}, {"Code": "TransactionConflict"}]


@pytest.fixture
def counters(dynamodb: FaultyClient, tables: TableNames) -> CountersTable:
    MessagesTable(dynamodb, table=tables.people).create(new(a_message()))
    return CountersTable(dynamodb, people=tables.people, catalog=tables.catalog, pause=lambda _: None)


def denied(message: Message) -> Message:
    return move(message, State.DENIED, now=NOON + timedelta(minutes=1), reason="objection")


def read(counters: CountersTable) -> dict[tuple[str, str, str], int]:
    return dict(counters.read(a_message().campaign, a_message().run))


def test_a_count_whose_reply_was_lost_is_counted_once(
    counters: CountersTable, dynamodb: FaultyClient
) -> None:
    dynamodb.lose_reply_and_repeat("transact_write_items")
    assert not counters.count(a_message())
    dynamodb.lose_reply("transact_write_items")
    with pytest.raises(Unavailable):
        counters.count(denied(a_message()))
    assert not counters.count(denied(a_message()))
    assert read(counters) == {("email", "DENIED", "objection"): 1}


def test_a_contended_counter_is_tried_again(counters: CountersTable, dynamodb: FaultyClient) -> None:
    for _ in range(3):
        dynamodb.refuse("transact_write_items", "TransactionCanceledException", CancellationReasons=CONTENDED)
    assert counters.count(a_message())
    assert read(counters) == {("email", "PENDING", "consent"): 1}


def test_a_counter_that_stays_contended_is_a_conflict_and_nothing_is_counted(
    counters: CountersTable, dynamodb: FaultyClient
) -> None:
    dynamodb.refuse(
        "transact_write_items", "TransactionCanceledException", times=8, CancellationReasons=CONTENDED
    )
    with pytest.raises(Conflict):
        counters.count(a_message())
    assert read(counters) == {}


def test_two_states_counted_at_the_same_moment_end_in_the_newer_one(
    counters: CountersTable, dynamodb: FaultyClient
) -> None:
    dynamodb.first("transact_write_items", lambda: counters.count(denied(a_message())))
    assert not counters.count(a_message())
    assert read(counters) == {("email", "DENIED", "objection"): 1}


def test_the_rows_of_a_counter_share_its_load(
    counters: CountersTable, dynamodb: FaultyClient, tables: TableNames
) -> None:
    messages = MessagesTable(dynamodb, table=tables.people)
    for number in range(40):
        message = replace(a_message(f"q{number}", address=f"{number}@example.com"), id=f"m{number}")
        messages.create(new(message))
        counters.count(message)
    rows = dynamodb.scan(TableName=tables.catalog)["Items"]
    for kind in ("n#", "k#"):  # of the run, and of its cells
        counts = [int(row["s_PENDING_consent"]["N"]) for row in rows if row["pk"]["S"].startswith(kind)]
        assert (len(counts), sum(counts), max(counts) < 15) == (RESULT_SHARDS, 40, True)
    assert read(counters) == {("email", "PENDING", "consent"): 40}
