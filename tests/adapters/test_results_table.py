"""Results under lost replies, contention and kills: a mark and its sums move together, or not at all."""

from __future__ import annotations

import pytest

from kizuna.adapters.tables.messages import MessagesTable
from kizuna.adapters.tables.results import ResultsTable
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.messages import with_fact
from kizuna.core.results.counted import Conversion, Counted, Sign, with_conversion, with_signs
from kizuna.usecases.measuring import noting
from kizuna.usecases.measuring.noting import Noter
from tests.support.builders import NOON, a_catalog, a_message, new
from tests.support.faulty import FaultyClient
from tests.support.stores import in_memory
from tests.support.tables import TableNames

CONTENDED = [{"Code": "None"}, {"Code": "TransactionConflict"}]
SEEN = with_signs(Counted(), [Sign.CLICKED])


@pytest.fixture
def results(dynamodb: FaultyClient, tables: TableNames) -> ResultsTable:
    MessagesTable(dynamodb, table=tables.people).create(new(a_message()))
    return ResultsTable(dynamodb, people=tables.people, catalog=tables.catalog)


def hear_of_a_click(results: ResultsTable) -> None:
    stores = in_memory()
    clicked = with_fact(a_message(), "clicked", NOON)
    noting.note_facts(
        a_message(),
        clicked,
        Noter(stores.people, stores.messages, results, lambda: stores.merges),
        a_catalog(),
    )


def sums(results: ResultsTable) -> list[dict[str, int]]:
    return [dict(each) for each in results.sums(a_message().campaign, a_message().run).values()]


def test_a_count_whose_reply_was_lost_is_counted_once(results: ResultsTable, dynamodb: FaultyClient) -> None:
    dynamodb.lose_reply_and_repeat("transact_write_items")
    assert not results.count(a_message(), Counted(), SEEN)
    assert results.counted(a_message().id) == SEEN
    both = with_conversion(SEEN, Conversion(NOON, "0a", "goal"), most=1)
    dynamodb.lose_reply("transact_write_items")
    with pytest.raises(Unavailable):
        results.count(a_message(), SEEN, both)
    assert not results.count(a_message(), SEEN, both)
    assert sums(results) == [{"f_clicked": 1, "x_goal": 1, "y_goal": 1}]


def test_what_is_refused_moves_neither_mark_nor_sums(results: ResultsTable, dynamodb: FaultyClient) -> None:
    dynamodb.refuse("transact_write_items", "TransactionCanceledException", CancellationReasons=CONTENDED)
    assert not results.count(a_message(), Counted(), SEEN)
    assert results.counted(a_message().id) == Counted()
    assert sums(results) == []


def test_somebody_else_who_counts_at_the_same_moment_is_added_to(
    results: ResultsTable, dynamodb: FaultyClient
) -> None:
    opened = with_signs(Counted(), [Sign.OPENED])
    dynamodb.first("transact_write_items", lambda: results.count(a_message(), Counted(), opened))
    hear_of_a_click(results)
    assert sums(results) == [{"f_clicked": 1, "f_opened": 1}]


def test_sums_that_stay_contended_are_a_conflict_and_nothing_is_counted(
    results: ResultsTable, dynamodb: FaultyClient
) -> None:
    dynamodb.refuse(
        "transact_write_items",
        "TransactionCanceledException",
        times=noting.TRIES,
        CancellationReasons=CONTENDED,
    )
    with pytest.raises(Conflict):
        hear_of_a_click(results)
    assert sums(results) == []
