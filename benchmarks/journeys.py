"""People in a journey of five steps over thirty virtual days, in memory: steps a second, write units a step.

hello (mail) ─▶ rest 7 d ─▶ note (a trait) ─▶ rest 14 d ─▶ again (mail)

The stores are those that the contract suite holds equal to the tables, so what is timed is our own work and nothing
of DynamoDB. A clock goes from whole minute to whole minute, as the sweep does, and rings for whatever is due. Write
units are counted as `docs/costs.md` does: per KB, doubled in a transaction, and one for each entry of the index of
alarms that comes or goes. What a step does to the world (a message, a trait) is billed as that, and not here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from benchmarks.sides import WrongAnswer
from kizuna.adapters.tables.dynamodb import bytes_of
from kizuna.adapters.tables.journey_runs_codec import run_to_item
from kizuna.cli.paths import WORKSPACE
from kizuna.cli.workspace_files import read_workspace
from kizuna.core.catalog import Catalog, build
from kizuna.core.journeys.admitting import Refusal, by_call
from kizuna.core.journeys.counting import counted, moved, total
from kizuna.core.journeys.run import JourneyRun, RunState
from kizuna.core.messages import By, State, move
from kizuna.core.people import Address, Profile, Trait
from kizuna.core.ports import Ledger
from kizuna.local.memory.journeys import InMemoryJourneyRuns
from kizuna.local.memory.messages import InMemoryMessages
from kizuna.local.memory.people import InMemoryLedger, InMemoryPeople
from kizuna.local.memory.services import InMemoryPace
from kizuna.topology import DUE_SHARDS
from kizuna.usecases.journeys.driver import Driver
from kizuna.usecases.journeys.driving import begin
from kizuna.usecases.journeys.triggers import rung
from kizuna.usecases.reacting.upkeep import as_defined

PEOPLE = int(os.environ.get("KIZUNA_JOURNEY_PEOPLE", "3000"))
WEIGHED = 200  # people whose write units are counted
WRITE_PRICE = 0.625  # dollars for a million write units
STEP_FUNCTIONS = 25.0  # dollars for a million state transitions
_NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_COUNT_ROW = (
    900  # bytes of a day's counts of a journey of five steps: nine to thirty numbers under short names
)
_SPREAD = timedelta(hours=6)  # within which people enter


@dataclass(frozen=True, slots=True)
class Walked:
    """`seconds` of CPU for everybody's whole walk; `late` is the longest that an alarm waited for its sweep."""

    people: int
    steps: int
    writes: int
    seconds: float
    late: timedelta
    units_a_step: float

    @property
    def per_second(self) -> float:
        return self.steps / self.seconds

    @property
    def per_million(self) -> float:
        """Dollars for the write units of a million steps."""
        return self.units_a_step * WRITE_PRICE

    def to_json(self) -> dict[str, Any]:
        return {
            "people": self.people,
            "steps": self.steps,
            "storedChanges": self.writes,
            "stepsPerSecond": round(self.per_second, 1),
            "longestLateSeconds": self.late.total_seconds(),
            "writeUnitsPerStep": round(self.units_a_step, 2),
            "dollarsPerMillionSteps": round(self.per_million, 2),
            "goalDollars": STEP_FUNCTIONS / 2,
        }


def measure(*, progress: Callable[[str], None], people: int = PEOPLE) -> Walked:
    """Raises WrongAnswer if anybody was told anything twice or not at all, or is not where they should be."""
    catalog = _catalog()
    progress(f"{WEIGHED:,} people, weighed")
    scales = WeighingRuns(InMemoryPeople())
    _walk(WEIGHED, scales, catalog)
    progress(f"{people:,} people, timed")
    runs = InMemoryJourneyRuns(InMemoryPeople())  # whose alarms are those of runs alone
    seconds, late = _walk(people, runs, catalog)
    steps = _steps(runs)
    return Walked(people, steps, runs.writes, seconds, late, scales.units / _steps(scales))


class WeighingRuns(InMemoryJourneyRuns):
    """Counts what DynamoDB would bill for each change of a run."""

    units = 0

    def _put(self, before: JourneyRun | None, run: JourneyRun) -> None:
        self.units += units_of(before, run)
        super()._put(before, run)


def units_of(before: JourneyRun | None, run: JourneyRun) -> int:
    """Write units of one stored change: the run and its counts in a transaction, and its entries in the index."""
    items = [run_to_item(each) for each in (before, run) if each is not None]
    stored = 2 * ceil(max(bytes_of(item) for item in items) / 1024)
    counts = 2 * ceil(_COUNT_ROW / 1024) if moved(before, run) else 0
    places = [item.get("du") and (item["ds"], item["du"]) for item in items]
    was, now = (places[0], places[-1]) if before is not None else (None, places[-1])
    return stored + counts + (0 if was == now else int(bool(was)) + int(bool(now)))


def _walk(people: int, runs: InMemoryJourneyRuns, catalog: Catalog) -> tuple[float, timedelta]:
    """Everybody's whole walk: seconds of CPU, and the longest that an alarm waited."""
    stored = InMemoryPeople(keeps_writes=False)
    messages = InMemoryMessages(stored)
    ledger: Ledger = InMemoryLedger(stored)
    driver = Driver(stored, ledger, messages, runs, InMemoryPace(), lambda: "nobody", {})
    for number in range(people):
        _put(stored, number)
        stored.stored[_id(number)] = as_defined(stored.get(_id(number)), stored, catalog, now=_NOON)
    journey, spent, late = catalog.journeys["walk"], 0.0, timedelta(0)
    each = _SPREAD / people
    for number in range(people):
        now = _NOON + number * each
        profile = stored.get(_id(number))
        began = time.process_time()
        run = begin(journey, by_call("bench", at=now, inputs={}), profile, driver, catalog, now=now)
        spent += time.process_time() - began
        if isinstance(run, Refusal):
            raise WrongAnswer(f"somebody did not enter: {run.reason}")
        _goes_out(run, messages, now)
    while (upcoming := runs.alarms.next_at()) is not None:
        now = _whole(upcoming)
        late = max(late, now - upcoming)
        for shard in range(DUE_SHARDS):
            while due := runs.alarms.due(shard, now=now, limit=500):
                began = time.process_time()
                for alarm in due:
                    rung(alarm.id, driver, catalog, now=now)
                spent += time.process_time() - began
                for alarm in due:
                    rang = runs.get(alarm.id)
                    if rang is not None:
                        _goes_out(rang, messages, now)
    _check(people, runs, messages)
    return spent, late


def _goes_out(run: JourneyRun, messages: InMemoryMessages, now: datetime) -> None:
    """The sender does its part."""
    for name in run.told:
        message = messages.get(name)
        if message is not None and message.state is State.PENDING:
            sent = move(move(message, State.SENDING, now=now, by=By.CLAIM), State.SENT, now=now, by=By.ANSWER)
            messages.save(sent, expected=message.state_version)


def _check(people: int, runs: InMemoryJourneyRuns, messages: InMemoryMessages) -> None:
    found = [run for held in runs.stored.values() for run in held.values()]
    if len(found) != people or any(run.state is not RunState.COMPLETED for run in found):
        raise WrongAnswer(f"{len(found):,} runs, not all of them completed")
    if any(set(run.visits.values()) != {1} or len(run.visits) != 5 for run in found):
        raise WrongAnswer("a step was done twice, or not at all")
    told = len(messages.stored)
    if told != 2 * people:
        raise WrongAnswer(f"{told:,} messages for {people:,} people")
    counts = counted(total(runs.counts("walk")))
    if (counts.begun, counts.inside) != (people, 0):
        raise WrongAnswer(f"counted {counts.begun:,} begun and {counts.inside:,} inside")


def _steps(runs: InMemoryJourneyRuns) -> int:
    return sum(sum(run.visits.values()) for held in runs.stored.values() for run in held.values())


def _catalog() -> Catalog:
    documents = dict(read_workspace(WORKSPACE).documents)
    documents = {key: each for key, each in documents.items() if key[0] != "journey"}
    told = {"type": "message", "channel": "email", "template": "win-back-email"}
    walk = {
        "id": "walk",
        "name": "Walk",
        "brand": "groove-harbour",
        "owner": "bench",
        "topic": "new-releases",
        "intent_card": documents["campaign", "win-back"]["intent_card"],
        "goal": {"event": "Order Completed", "within": "30d"},
        "enter": {"api": True},
        "steps": [
            {"id": "hello", **told},
            {"id": "rest", "type": "wait", "for": "7d"},
            {"id": "note", "type": "update_profile", "set": {"walked": True}},
            {"id": "rest-again", "type": "wait", "for": "14d"},
            {"id": "again", **told},
        ],
    }
    policy = {**documents["policy", "policy"], "frequency_caps": [], "quiet_hours": []}
    return build(
        {**documents, ("journey", "walk"): walk, ("policy", "policy"): policy}, version=1, linted=True
    )


def _id(number: int) -> str:
    return f"p{number:07d}"


def _put(people: InMemoryPeople, number: int) -> None:
    at = _NOON - timedelta(days=30)
    address = Address("email", f"u{number}@people.example", at)
    traits = {"country": "US", "timezone": "America/New_York", "name": "Somebody"}
    people.stored[_id(number)] = Profile(
        id=_id(number),
        version=1,
        created_at=at,
        updated_at=at,
        traits={name: Trait(value, at, "shop") for name, value in traits.items()},
        addresses={address.key: address},
        bucket_id=_id(number),
        parts=(_id(number),),
    )
    people.reached_by[address.id].add(_id(number))


def _whole(moment: datetime) -> datetime:
    """The sweep of this minute, or the next."""
    whole = moment.replace(second=0, microsecond=0)
    return whole if whole == moment else whole + _MINUTE
