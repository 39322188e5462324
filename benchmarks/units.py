"""What a million events cost: units counted from the calls that are made, times list prices.

The requests, the units of DynamoDB and the bytes for the lake are counted on the local cloud, by the sizes of what
the calls touch. What Lambda takes is modelled: CPU measured here with the emulator left out, times the share of a
core that the memory buys, and a few milliseconds for each call that another has to wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from statistics import mean
from typing import Any

from benchmarks import ours, workload
from benchmarks.meter import INDEX, MARKS
from benchmarks.sides import check_kizuna
from benchmarks.watched import Seen, Watched, watched
from benchmarks.workload import BATCH, NOW, Json, Person
from kizuna.core.prices import CORE_MEGABYTES, MILLION, US_EAST_1
from kizuna.topology import Function, function

FOLDS = (1, 5, 20)  # events of one person in a request of 100
GOALS = (
    0.30,
    1.10,
)  # dollars at 5 events a person: API, reads and profile; with timeline, indexes and streams
GOAL_FOLD = 5
SAME_VISIT = "same visit"  # 20 minutes after the batch before
LATER = NOW + timedelta(minutes=20)
CALL_SECONDS = 0.005  # one call of DynamoDB in the same region
LOG_BYTES = 500  # of one run: start, end, report, metrics
WORKERS = 16
_READS = ("identity", "profile", "write key")
_NAMED = ("profile", "timeline", "identity", "consent", MARKS, INDEX, "membership", "arrivals")
_BESIDES = (
    "timeline",
    "identities",
    "repeats",
    "alarm index",
    "other writes",
    "reads of react",
    "other reads",
)


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the bill. `units` are per event, `dollars` per million events."""

    name: str
    units: float
    dollars: float
    counted: bool = True  # from calls; the rest is modelled


@dataclass(frozen=True, slots=True)
class Cost:
    """What a million events cost at so many events of one person in a request."""

    name: str
    parts: tuple[Part, ...]
    profile_bytes: int
    memberships: float  # entered or left, per write of a profile

    def sum(self, *names: str) -> float:
        return sum(part.dollars for part in self.parts if not names or part.name in names)

    @property
    def inline(self) -> float:
        """API, reads and the profile's write."""
        return self.sum("HTTP API", "reads", "profile write")

    @property
    def with_timeline(self) -> float:
        """That, the timeline, the index of alarms and what the reader of the stream reads."""
        return self.inline + self.sum(*_BESIDES)

    @property
    def with_memberships(self) -> float:
        """That, and the index of who is in a segment: everything that DynamoDB bills."""
        return self.with_timeline + self.sum("memberships")

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.name,
            "profile_bytes": self.profile_bytes,
            "dollars_per_million": {part.name: part.dollars for part in self.parts},
            "units_per_event": {part.name: part.units for part in self.parts},
            "modelled": [part.name for part in self.parts if not part.counted],
            "api_reads_profile": self.inline,
            "with_timeline_alarms_stream": self.with_timeline,
            "with_memberships": self.with_memberships,
            "memberships_changed_per_profile_write": self.memberships,
            "total": self.sum(),
        }


def measure(
    *, folds: Sequence[int] = FOLDS, segments: int = 200, progress: Callable[[str], None] = lambda what: None
) -> list[Cost]:
    """Count, after the answers were found right. Raises WrongAnswer. The last cost is that of newcomers."""
    definitions = workload.segments(segments)
    found: list[Cost] = []
    with watched(ours.documents_of(definitions)) as cloud:
        everybody = {fold: workload.people(BATCH // fold, group=f"unit-{fold}") for fold in folds}
        progress("units: people and their past")
        for person in (person for persons in everybody.values() for person in persons):
            cloud.collect(list(workload.history(person)))
        cloud.cloud.settle()
        cloud.cloud.advance_to(NOW)
        for fold, persons in everybody.items():
            progress(f"units: {fold} events a person")
            name = f"{fold} event{'s' if fold > 1 else ''} a person"
            calls = workload.batch(persons)
            found.append(_counted(cloud, name, definitions, persons, calls))
            if fold == GOAL_FOLD:
                returned = list(workload.after(persons, calls).values()), fold
        persons, fold = returned
        progress(f"units: {fold} events a person, later in the same visit")
        cloud.cloud.advance_to(LATER)
        calls = workload.batch(persons, seed=5, name="later", now=LATER)
        name = f"{fold} a person, {SAME_VISIT}"
        found.append(_counted(cloud, name, definitions, persons, calls))
        progress("units: newcomers")
        found.append(_counted_newcomers(cloud))
    return found


def _counted(
    cloud: Watched, name: str, definitions: Sequence[Json], persons: Sequence[Person], calls: list[Json]
) -> Cost:
    with cloud.seen(timed=(Function.COLLECT, Function.REACT)) as seen:
        cloud.collect(calls)
        cloud.cloud.settle()
    for person in workload.after(persons, calls).values():
        check_kizuna(cloud.cloud.services, definitions, person)
    return _cost(name, seen, len(calls))


def _cost(name: str, seen: Seen, events: int) -> Cost:
    sizes = seen.bill.sizes
    return Cost(
        name,
        _parts(seen, events),
        round(mean(sizes["profile"])),
        len(sizes["membership"]) / len(sizes["profile"]),
    )


def _counted_newcomers(cloud: Watched) -> Cost:
    """People who are seen for the first time: an identify call with an e-mail address, nothing else."""
    calls = [next(iter(workload.history(person))) for person in workload.people(BATCH, group="newcomer")]
    with cloud.seen(timed=(Function.COLLECT, Function.REACT)) as seen:
        cloud.collect(calls)
        cloud.cloud.settle()
    return _cost("newcomers", seen, len(calls))


def _parts(seen: Seen, events: int) -> tuple[Part, ...]:
    bill, prices = seen.bill, US_EAST_1
    collect, react = Function.COLLECT.value, Function.REACT.value
    if bill.writes() != bill.writes(of=collect) + bill.writes(of=react):
        raise RuntimeError("somebody else than collect and react wrote")

    def writes(name: str, units: float) -> Part:
        return Part(name, units / events, units / events * prices.write_units)

    def reads(name: str, units: float) -> Part:
        return Part(name, units / events, units / events * prices.read_units)

    requests = len(seen.of(Function.COLLECT))
    others = ("definitions", *_READS)
    return (
        Part("HTTP API", requests / events, requests / events * prices.http_requests),
        reads("reads", bill.reads(*_READS, of=collect)),
        writes("profile write", bill.writes("profile", of=collect)),
        writes("timeline", bill.writes("timeline", of=collect)),
        writes("identities", bill.writes("identity", "consent", of=collect)),
        writes("repeats", bill.writes(MARKS)),
        writes("alarm index", bill.writes(INDEX)),
        writes("memberships", bill.writes("membership", of=react)),
        writes("other writes", bill.writes() - bill.writes(*_NAMED)),
        reads("reads of react", bill.reads(of=react) - bill.reads("definitions", of=react)),
        reads("other reads", bill.reads(of=collect) - bill.reads(*others, of=collect)),
        Part(
            "lake", seen.lake_bytes / events, seen.lake_bytes / events * prices.firehose_gigabyte / 1e3, False
        ),
        _lambda("collect", seen, Function.COLLECT, events, _waits_of_collect),
        _lambda("react", seen, Function.REACT, events, len),
        Part(
            "logs",
            LOG_BYTES * len(seen.ran) / events,
            LOG_BYTES * len(seen.ran) / events * prices.logs_gigabyte / 1e3,
            False,
        ),
    )


def _waits_of_collect(calls: Sequence[Any]) -> float:
    """How many calls follow each other: two reads and the key, and the writes of `WORKERS` people at a time."""
    writes = sum(call.operation in ("PutItem", "BatchWriteItem", "TransactWriteItems") for call in calls)
    return len(calls) - writes + ceil(writes / WORKERS)


def _lambda(
    name: str, seen: Seen, which: Function, events: int, waits: Callable[[Sequence[Any]], float]
) -> Part:
    """Modelled: CPU over the share of a core that the memory buys, plus the calls that wait for each other."""
    memory = function(which).memory
    share = min(1.0, memory / CORE_MEGABYTES)
    runs = seen.of(which)
    seconds = sum(ran.cpu / share + CALL_SECONDS * waits(ran.tape.calls) for ran in runs)
    gigabyte_seconds = seconds * memory / 1024
    dollars = gigabyte_seconds * US_EAST_1.gigabyte_second * MILLION + len(runs) * US_EAST_1.lambda_requests
    return Part(f"Lambda {name}", gigabyte_seconds / events, dollars / events, counted=False)
