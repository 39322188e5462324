"""Every store over one empty world: in memory, or in tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kizuna.adapters.arrivals_table import ArrivalsTable
from kizuna.adapters.backfills_table import BackfillsTable
from kizuna.adapters.brakes_table import BrakesTable
from kizuna.adapters.catalog_table import CatalogTable
from kizuna.adapters.cohorts_table import CohortsTable
from kizuna.adapters.counters_table import CountersTable
from kizuna.adapters.keys_table import KeysTable
from kizuna.adapters.ledger_table import LedgerTable
from kizuna.adapters.merges_table import MergesTable
from kizuna.adapters.messages_table import MessagesTable
from kizuna.adapters.pace_table import PaceTable
from kizuna.adapters.people_table import PeopleTable
from kizuna.adapters.rfm_table import RfmTable
from kizuna.adapters.runs_table import RunsTable
from kizuna.core.ports import (
    Arrivals,
    Backfills,
    BrakeStore,
    CatalogStore,
    Cohorts,
    Counters,
    Keys,
    Ledger,
    Merges,
    Messages,
    Pace,
    People,
    RfmRuns,
    Runs,
)
from tests.support.fakes import (
    InMemoryBackfills,
    InMemoryCatalog,
    InMemoryCounters,
    InMemoryKeys,
    InMemoryLedger,
    InMemoryMessages,
    InMemoryPeople,
    InMemoryRuns,
)
from tests.support.fakes_of_brakes import InMemoryBrakes, InMemoryCohorts
from tests.support.fakes_of_merges import InMemoryMerges
from tests.support.fakes_of_rfm import InMemoryRfm
from tests.support.fakes_of_services import InMemoryPace
from tests.support.fakes_of_sources import InMemoryArrivals
from tests.support.tables import TableNames


@dataclass(frozen=True, slots=True)
class Stores:
    """Every port over one empty world."""

    people: People
    ledger: Ledger
    merges: Merges
    messages: Messages
    counters: Counters
    catalog: CatalogStore
    keys: Keys
    runs: Runs
    arrivals: Arrivals
    backfills: Backfills
    rfm: RfmRuns
    pace: Pace
    cohorts: Cohorts
    brakes: BrakeStore


def in_memory() -> Stores:
    people = InMemoryPeople()
    messages = InMemoryMessages(people)
    return Stores(
        people=people,
        ledger=InMemoryLedger(people),
        merges=InMemoryMerges(people),
        messages=messages,
        counters=InMemoryCounters(messages),
        catalog=InMemoryCatalog(),
        keys=InMemoryKeys(),
        runs=InMemoryRuns(),
        arrivals=InMemoryArrivals(),
        backfills=InMemoryBackfills(),
        rfm=InMemoryRfm(),
        pace=InMemoryPace(),
        cohorts=InMemoryCohorts(messages),
        brakes=InMemoryBrakes(),
    )


def in_tables(dynamodb: Any, names: TableNames) -> Stores:
    return Stores(
        people=PeopleTable(dynamodb, table=names.people, ledger=names.ledger),
        ledger=LedgerTable(dynamodb, table=names.ledger),
        merges=MergesTable(dynamodb, table=names.people, ledger=names.ledger),
        messages=MessagesTable(dynamodb, table=names.people),
        counters=CountersTable(
            dynamodb, people=names.people, catalog=names.catalog, pause=lambda seconds: None
        ),
        catalog=CatalogTable(dynamodb, table=names.catalog),
        keys=KeysTable(dynamodb, table=names.catalog),
        runs=RunsTable(dynamodb, table=names.catalog),
        arrivals=ArrivalsTable(dynamodb, table=names.catalog),
        backfills=BackfillsTable(dynamodb, table=names.catalog),
        rfm=RfmTable(dynamodb, table=names.catalog),
        pace=PaceTable(dynamodb, table=names.catalog),
        cohorts=CohortsTable(dynamodb, people=names.people, catalog=names.catalog),
        brakes=BrakesTable(dynamodb, table=names.catalog),
    )
