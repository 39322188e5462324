"""Every store over one empty world: in memory, or in tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kizuna.adapters.tables.accounts import AccountsTable
from kizuna.adapters.tables.arrivals import ArrivalsTable
from kizuna.adapters.tables.backfills import BackfillsTable
from kizuna.adapters.tables.brakes import BrakesTable
from kizuna.adapters.tables.catalog import CatalogTable
from kizuna.adapters.tables.cohorts import CohortsTable
from kizuna.adapters.tables.controls import ControlsTable
from kizuna.adapters.tables.counters import CountersTable
from kizuna.adapters.tables.halts import HaltsTable
from kizuna.adapters.tables.journey_runs import JourneyRunsTable
from kizuna.adapters.tables.keys import KeysTable
from kizuna.adapters.tables.ledger import LedgerTable
from kizuna.adapters.tables.merges import MergesTable
from kizuna.adapters.tables.messages import MessagesTable
from kizuna.adapters.tables.pace import PaceTable
from kizuna.adapters.tables.people import PeopleTable
from kizuna.adapters.tables.proofs import ProofsTable
from kizuna.adapters.tables.results import ResultsTable
from kizuna.adapters.tables.rfm import RfmTable
from kizuna.adapters.tables.rhythms import RhythmsTable
from kizuna.adapters.tables.runs import RunsTable
from kizuna.adapters.tables.simulations import SimulationsTable
from kizuna.adapters.tables.trials import TrialsTable
from kizuna.core.ports import (
    Arrivals,
    Backfills,
    BrakeStore,
    CatalogStore,
    Cohorts,
    Controls,
    Counters,
    Halts,
    JourneyRuns,
    Keys,
    Ledger,
    Merges,
    Messages,
    Pace,
    People,
    Proofs,
    Results,
    RfmRuns,
    Rhythms,
    Runs,
    Simulations,
    Trials,
)
from kizuna.core.ports.accounts import AccountNotes
from kizuna.local.memory.accounts import InMemoryAccountNotes
from kizuna.local.memory.controls import InMemoryControls
from kizuna.local.memory.journeys import InMemoryHalts, InMemoryJourneyRuns
from kizuna.local.memory.proofs import InMemoryProofs
from kizuna.local.memory.results import InMemoryResults
from kizuna.local.memory.rhythms import InMemoryRhythms
from kizuna.local.memory.simulations import InMemorySimulations
from kizuna.local.memory.trials import InMemoryTrials
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
    results: Results
    rhythms: Rhythms
    controls: Controls
    accounts: AccountNotes
    proofs: Proofs
    simulations: Simulations
    catalog: CatalogStore
    keys: Keys
    runs: Runs
    arrivals: Arrivals
    backfills: Backfills
    rfm: RfmRuns
    pace: Pace
    cohorts: Cohorts
    brakes: BrakeStore
    journeys: JourneyRuns
    halts: Halts
    trials: Trials


def in_memory() -> Stores:
    people = InMemoryPeople()
    messages = InMemoryMessages(people)
    counters = InMemoryCounters(messages)
    return Stores(
        people=people,
        ledger=InMemoryLedger(people),
        merges=InMemoryMerges(people),
        messages=messages,
        counters=counters,
        results=InMemoryResults(messages, counters),
        rhythms=InMemoryRhythms(),
        controls=InMemoryControls(),
        accounts=InMemoryAccountNotes(),
        proofs=InMemoryProofs(),
        simulations=InMemorySimulations(),
        catalog=InMemoryCatalog(),
        keys=InMemoryKeys(),
        runs=InMemoryRuns(),
        arrivals=InMemoryArrivals(),
        backfills=InMemoryBackfills(),
        rfm=InMemoryRfm(),
        pace=InMemoryPace(),
        cohorts=InMemoryCohorts(messages),
        brakes=InMemoryBrakes(),
        journeys=InMemoryJourneyRuns(people),
        halts=InMemoryHalts(),
        trials=InMemoryTrials(),
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
        results=ResultsTable(dynamodb, people=names.people, catalog=names.catalog),
        rhythms=RhythmsTable(dynamodb, table=names.catalog),
        controls=ControlsTable(dynamodb, table=names.catalog),
        accounts=AccountsTable(dynamodb, table=names.catalog, people=names.people),
        proofs=ProofsTable(dynamodb, table=names.catalog),
        simulations=SimulationsTable(dynamodb, table=names.catalog),
        catalog=CatalogTable(dynamodb, table=names.catalog),
        keys=KeysTable(dynamodb, table=names.catalog),
        runs=RunsTable(dynamodb, table=names.catalog),
        arrivals=ArrivalsTable(dynamodb, table=names.catalog),
        backfills=BackfillsTable(dynamodb, table=names.catalog),
        rfm=RfmTable(dynamodb, table=names.catalog),
        pace=PaceTable(dynamodb, table=names.catalog),
        cohorts=CohortsTable(dynamodb, people=names.people, catalog=names.catalog),
        brakes=BrakesTable(dynamodb, table=names.catalog),
        journeys=JourneyRunsTable(
            dynamodb, people=names.people, catalog=names.catalog, pause=lambda seconds: None
        ),
        halts=HaltsTable(dynamodb, table=names.catalog),
        trials=TrialsTable(dynamodb, table=names.catalog),
    )
