"""The stores of one run, and how each worker reaches them: every call passes the faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kizuna.core.ports import (
    Askings,
    Backfills,
    BrakeStore,
    Bus,
    CatalogStore,
    Cohorts,
    Controls,
    Counters,
    Erasures,
    Lake,
    Ledger,
    Merges,
    Messages,
    Pace,
    People,
    Proofs,
    Quarantine,
    Queues,
    Results,
    Rhythms,
    Runs,
    Schedules,
    Trials,
)
from kizuna.core.ports.journeys import Halts, JourneyRuns
from kizuna.local.memory.controls import InMemoryControls
from kizuna.local.memory.journeys import InMemoryHalts, InMemoryJourneyRuns
from kizuna.local.memory.merges import InMemoryMerges
from kizuna.local.memory.proofs import InMemoryProofs
from kizuna.local.memory.results import InMemoryResults
from kizuna.local.memory.rhythms import InMemoryRhythms
from kizuna.local.memory.services import InMemoryPace
from kizuna.local.memory.trials import InMemoryTrials
from tests.simulation.delivery.definitions import Definitions
from tests.simulation.delivery.faults import Faults
from tests.simulation.delivery.hooks import Hooked
from tests.simulation.delivery.staff import TownBrakes
from tests.simulation.delivery.town import NOON
from tests.simulation.delivery.town import Erasures as TownErasures
from tests.support.fakes import (
    InMemoryBackfills,
    InMemoryBus,
    InMemoryCounters,
    InMemoryLake,
    InMemoryLedger,
    InMemoryMessages,
    InMemoryQuarantine,
    InMemoryQueues,
    InMemoryRuns,
    InMemorySchedules,
)
from tests.support.fakes_of_askings import InMemoryAskings
from tests.support.fakes_of_brakes import InMemoryCohorts

if TYPE_CHECKING:
    from tests.simulation.delivery.path import Path

_PROTOCOLS: dict[str, type] = {
    "people": People,
    "ledger": Ledger,
    "messages": Messages,
    "merges": Merges,
    "counters": Counters,
    "results": Results,
    "runs": Runs,
    "backfills": Backfills,
    "schedules": Schedules,
    "queues": Queues,
    "bus": Bus,
    "lake": Lake,
    "quarantine": Quarantine,
    "askings": Askings,
    "cohorts": Cohorts,
    "brakes": BrakeStore,
    "controls": Controls,
    "rhythms": Rhythms,
    "trials": Trials,
    "journeys": JourneyRuns,
    "halts": Halts,
    "pace": Pace,
    "proofs": Proofs,
    "erasures": Erasures,
    "definitions": CatalogStore,
}


class Ports:
    """The stores of one worker: each call passes the faults, or (without them) none."""

    def __init__(self, stores: dict[str, Any], faults: Faults | None, weight: float = 1.0) -> None:
        for name, store in stores.items():
            hooked = store if faults is None else Hooked(store, _PROTOCOLS[name], faults, weight=weight)
            setattr(self, name, hooked)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def stores_of(path: Path, definitions: Definitions) -> dict[str, Any]:
    """Everything that is stored of one run, by the name of its port."""
    people = path.town.people()
    messages = InMemoryMessages(people)
    counters = InMemoryCounters(messages)
    return {
        "people": people,
        "ledger": InMemoryLedger(people),
        "messages": messages,
        "merges": InMemoryMerges(people),
        "counters": counters,
        "results": InMemoryResults(messages, counters),
        "runs": InMemoryRuns(),
        "backfills": InMemoryBackfills.done_for(definitions.first, now=NOON),
        "schedules": InMemorySchedules(),
        "queues": InMemoryQueues(),
        "bus": InMemoryBus(),
        "lake": InMemoryLake(),
        "quarantine": InMemoryQuarantine(),
        "askings": InMemoryAskings(),
        "cohorts": InMemoryCohorts(messages),
        "brakes": TownBrakes(lambda: (path.now, len(path.provider.log))),
        "controls": InMemoryControls(),
        "rhythms": InMemoryRhythms(),
        "trials": InMemoryTrials(),
        "journeys": InMemoryJourneyRuns(people),
        "halts": InMemoryHalts(),
        "pace": InMemoryPace(),
        "proofs": InMemoryProofs(),
        "erasures": TownErasures(people),
        "definitions": definitions,
    }
