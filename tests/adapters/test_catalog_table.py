"""Definitions come into force whole, whoever reads or writes at the same moment."""

from __future__ import annotations

import random

import pytest

from kizuna.adapters.tables.catalog import CatalogTable
from kizuna.core.catalog import Documents, differences
from kizuna.core.errors import Conflict, NotFound, Unavailable
from tests.support.builders import CAMPAIGN, NOON, some_documents
from tests.support.faulty import FaultyClient
from tests.support.tables import TableNames

MINE = some_documents(CAMPAIGN | {"name": "Mine"})
THEIRS = some_documents(CAMPAIGN | {"name": "Theirs"})


@pytest.fixture
def catalog(dynamodb: FaultyClient, tables: TableNames) -> CatalogTable:
    made = CatalogTable(dynamodb, table=tables.catalog)
    applied(made, some_documents())
    return made


def applied(catalog: CatalogTable, wanted: Documents, actor: str = "tester") -> int:
    changes = differences(catalog.documents(), wanted)
    return catalog.apply(changes, wanted, now=NOON, actor=actor)


def name_of(catalog: CatalogTable) -> str:
    return catalog.current().campaigns["spring"].name


def test_of_two_that_apply_at_once_one_is_told_to_look_again(
    catalog: CatalogTable, dynamodb: FaultyClient, tables: TableNames
) -> None:
    other = CatalogTable(dynamodb, table=tables.catalog)
    dynamodb.first("transact_write_items", lambda: applied(other, THEIRS, "somebody else"))
    with pytest.raises(Conflict):
        applied(catalog, MINE)
    assert (catalog.current().version, name_of(catalog)) == (2, "Theirs")
    assert applied(catalog, MINE) == 3


@pytest.mark.parametrize("operation", ["put_item", "transact_write_items"])
def test_a_crash_while_applying_leaves_the_old_definitions_and_no_obstacle(
    catalog: CatalogTable, dynamodb: FaultyClient, operation: str
) -> None:
    dynamodb.refuse(operation, "InternalServerError", status=500)
    with pytest.raises(Unavailable):
        applied(catalog, MINE)
    assert (catalog.current().version, name_of(catalog)) == (1, "Spring")
    assert applied(catalog, THEIRS) == 2
    assert name_of(catalog) == "Theirs"


def test_an_apply_whose_reply_was_lost_has_happened(catalog: CatalogTable, dynamodb: FaultyClient) -> None:
    dynamodb.lose_reply_and_repeat("transact_write_items")
    assert applied(catalog, MINE) == 2
    assert name_of(catalog) == "Mine"


def test_definitions_larger_than_an_item_are_read_back_whole(catalog: CatalogTable) -> None:
    noise = random.Random(7)
    large = {
        **some_documents(),
        **{
            ("topic", f"t{number}"): {"id": f"t{number}", "name": {"en": noise.randbytes(4_000).hex()}}
            for number in range(200)
        },
    }
    applied(catalog, large)
    assert catalog.documents() == large


def test_the_definitions_are_read_again_only_when_they_moved(
    catalog: CatalogTable, dynamodb: FaultyClient
) -> None:
    catalog.current()
    reads = dynamodb.calls["query"]
    first = catalog.current()
    assert catalog.current() is first
    assert dynamodb.calls["query"] == reads
    applied(catalog, MINE)
    assert name_of(catalog) == "Mine"


def test_within_a_few_seconds_nothing_is_read_at_all(
    catalog: CatalogTable, dynamodb: FaultyClient, tables: TableNames
) -> None:
    seconds = 100.0
    reader = CatalogTable(dynamodb, table=tables.catalog, fresh_for=5, clock=lambda: seconds)
    reader.current()
    applied(catalog, MINE)
    reads = dynamodb.calls["get_item"]
    seconds = 104.9
    assert name_of(reader) == "Spring"
    assert dynamodb.calls["get_item"] == reads
    seconds = 105.0
    assert name_of(reader) == "Mine"


def test_older_versions_stay_readable(catalog: CatalogTable) -> None:
    applied(catalog, MINE)
    applied(catalog, {key: document for key, document in MINE.items() if key[0] != "campaign"})
    names = [catalog.document_at("campaign", "spring", version=version)["name"] for version in (1, 2)]
    assert names == ["Spring", "Mine"]
    for version in (3, 4):
        with pytest.raises(NotFound):
            catalog.document_at("campaign", "spring", version=version)
