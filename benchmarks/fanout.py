"""A run for 100,000 people over stores in memory: people decided for a second; and 10,000 simulated before.

The stores are those that the contract suite holds equal to the tables, so what is timed is our own work and nothing
of DynamoDB. Everybody has a mailbox in a country whose law lets us write; every tenth is in two segments of the
audience, and every hundredth shares a mailbox. Nobody is decided for twice, and what is foretold is what happens.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.sides import WrongAnswer
from kizuna.cli.paths import WORKSPACE
from kizuna.cli.workspace_files import read_workspace
from kizuna.core.campaigning.funnel import Stage
from kizuna.core.catalog import Catalog, build
from kizuna.core.contracts import AudienceShard, StartRun
from kizuna.core.messages import State
from kizuna.core.people import Address, Profile, Trait
from kizuna.core.ports import RunState
from kizuna.core.segments import EVERYONE
from kizuna.local.memory.definitions import InMemoryBackfills, InMemoryRuns
from kizuna.local.memory.messages import InMemoryMessages
from kizuna.local.memory.people import InMemoryLedger, InMemoryPeople
from kizuna.local.memory.services import InMemoryQueues, InMemorySchedules
from kizuna.topology import Queue
from kizuna.usecases.campaigning.launching import Planner, start_run
from kizuna.usecases.campaigning.simulating import Simulator, simulate
from kizuna.usecases.campaigning.walking import Walker, walk

PEOPLE = 100_000
SIMULATED = 10_000
GOAL = 500.0  # people decided for, a second and core
_NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)  # noon in New York
_MONTH_AGO = _NOON - timedelta(days=30)


@dataclass(frozen=True, slots=True)
class FannedOut:
    """Seconds of CPU of each part, and megabytes that the process came to need while it simulated."""

    people: int
    simulated: int
    deciding: float
    simulating: float
    grew: float

    @property
    def per_second(self) -> float:
        return self.people / self.deciding

    def to_json(self) -> dict[str, Any]:
        return {
            "people": self.people,
            "simulated": self.simulated,
            "decidedPerSecond": round(self.per_second, 1),
            "goal": GOAL,
            "simulatedPerSecond": round(self.simulated / self.simulating, 1),
            "simulationGrewMegabytes": round(self.grew, 1),
        }


def measure(
    *, progress: Callable[[str], None], people: int = PEOPLE, simulated: int = SIMULATED
) -> FannedOut:
    """Raises WrongAnswer if anybody was decided for twice or not at all, or otherwise than foretold."""
    catalog = _catalog()
    progress(f"fan-out: {simulated:,} people simulated")
    few = _stored(simulated, catalog)
    before, began = _megabytes(), time.process_time()
    foretold = _simulated(catalog, few)
    simulating, grew = time.process_time() - began, _megabytes() - before
    _decided(catalog, few, simulated, foretold)
    progress(f"fan-out: {people:,} people")
    deciding = _decided(catalog, _stored(people, catalog), people, None)
    return FannedOut(people, simulated, deciding, simulating, grew)


def _stored(people: int, catalog: Catalog) -> InMemoryPeople:
    stored = InMemoryPeople(keeps_writes=False)
    for number in range(people):
        _put(stored, _profile(number, catalog))
    return stored


def _simulated(catalog: Catalog, stored: InMemoryPeople) -> int:
    """How many will hear it."""
    on = Simulator(stored, InMemoryLedger(stored), InMemoryMessages(stored))
    hears = 0
    for each in simulate("drop", on, catalog, at=_NOON):
        hears = each.simulated.found.stages[Stage.HEARS]
    return hears


def _decided(catalog: Catalog, stored: InMemoryPeople, people: int, foretold: int | None) -> float:
    """Seconds of CPU."""
    ledger, messages, runs = InMemoryLedger(stored), InMemoryMessages(stored), InMemoryRuns()
    began = time.process_time()
    decided = _run(catalog, stored, ledger, messages, runs)
    seconds = time.process_time() - began
    _check(people, decided, foretold, messages, runs)
    return seconds


def _run(
    catalog: Catalog,
    people: InMemoryPeople,
    ledger: InMemoryLedger,
    messages: InMemoryMessages,
    runs: InMemoryRuns,
) -> int:
    queues = InMemoryQueues()
    backfills = InMemoryBackfills.done_for(catalog, now=_NOON)
    planner = Planner(runs, queues, InMemorySchedules(), backfills, people)
    start_run(StartRun(campaign="drop", at=_NOON), planner, catalog, now=_NOON, by_hand=True)
    walker = Walker(people, ledger, messages, runs, queues)
    decided = 0
    while waiting := queues.sent[Queue.AUDIENCE]:
        queues.sent[Queue.AUDIENCE] = []
        for body in waiting:
            decided += walk(AudienceShard.model_validate(body), walker, catalog, now=_NOON)
    return decided


def _check(
    people: int, decided: int, foretold: int | None, messages: InMemoryMessages, runs: InMemoryRuns
) -> None:
    made = Counter(message.person for message in messages.stored.values())
    if decided != people or len(made) != people or max(made.values()) != 1:
        raise WrongAnswer(f"{decided:,} decisions, {len(made):,} people with one, of {people:,}")
    goes = Counter(each.address_id for each in messages.stored.values() if each.state is State.PENDING)
    if max(goes.values()) != 1:
        raise WrongAnswer("an address is written to twice")
    if foretold is not None and foretold != len(goes):
        raise WrongAnswer(f"{foretold:,} were to hear it, {len(goes):,} will")
    (run,) = runs.list("drop")
    if run.state is not RunState.DONE:
        raise WrongAnswer(f"the run is {run.state}")


def _catalog() -> Catalog:
    documents = dict(read_workspace(WORKSPACE).documents)
    drop = {
        **documents["campaign", "win-back"],
        "id": "drop",
        "audience": {"in": [EVERYONE, "lapsing-good-customers"]},
        "override_reason": "a measurement of everybody",
        "trigger": {"type": "schedule", "at": _NOON.isoformat()},
    }
    policy = {**documents["policy", "policy"], "ramp": None}
    return build(
        {**documents, ("campaign", "drop"): drop, ("policy", "policy"): policy}, version=1, linted=True
    )


def _profile(number: int, catalog: Catalog) -> Profile:
    person = f"p{number:07d}"
    mailbox = f"u{number - number % 100 if number % 100 == 1 else number}@people.example"
    address = Address("email", mailbox, _MONTH_AGO)
    also = frozenset({"lapsing-good-customers"}) if number % 10 == 0 else frozenset()
    traits: dict[str, Any] = {"country": "US", "timezone": "America/New_York", "name": "Somebody"}
    return Profile(
        id=person,
        version=1,
        reach_version=1,
        created_at=_MONTH_AGO,
        updated_at=_MONTH_AGO,
        traits={name: Trait(value, _MONTH_AGO, "shop") for name, value in traits.items()},
        addresses={address.key: address},
        segments=frozenset({EVERYONE}) | also,
        parts=(person,),
        bucket_id=person,
        evaluated=f"{catalog.segment_index.fingerprint}.1",
    )


def _put(people: InMemoryPeople, profile: Profile) -> None:
    people.stored[profile.id] = profile
    for address in profile.addresses.values():
        people.reached_by[address.id].add(profile.id)
    people.index_membership(profile.id, profile.segments, (), at=profile.updated_at)


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
