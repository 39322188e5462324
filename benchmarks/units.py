"""What a million events cost: units counted from the calls that are made, times list prices.

The requests, the units of DynamoDB and the bytes for the lake are counted on the local cloud, by the sizes of what
the calls touch. What Lambda takes is modelled: CPU measured here with the emulator left out, times the share of a
core that the memory buys, and a few milliseconds for each call that another has to wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from statistics import mean
from typing import Any

from benchmarks import ours, workload
from benchmarks.meter import INDEX
from benchmarks.sides import check_kizuna
from benchmarks.watched import Seen, Watched, watched
from benchmarks.workload import BATCH, NOW, Json, Person
from kizuna.core.folding import settled
from kizuna.core.people import Profile
from kizuna.core.prices import CORE_MEGABYTES, MILLION, US_EAST_1
from kizuna.core.segments import Segment
from kizuna.topology import Function, function

FOLDS = (1, 5, 20)  # events of one person in a request of 100
GOALS = {"API, reads, profile": 0.30, "with timeline, index, streams": 1.10}  # at 5 events a person
CALL_SECONDS = 0.005  # one call of DynamoDB in the same region
LOG_BYTES = 500  # of one run: start, end, report, metrics
WORKERS = 16
_READS = ("identity", "profile", "write key")
_HORIZON = timedelta(days=120)  # no window of the workload is longer


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

    def sum(self, *names: str) -> float:
        return sum(part.dollars for part in self.parts if not names or part.name in names)

    @property
    def inline(self) -> float:
        """API, reads and the profile's write."""
        return self.sum("HTTP API", "reads", "profile write")

    @property
    def with_timeline(self) -> float:
        """That, and everything else that DynamoDB bills for an event."""
        return self.inline + self.sum(
            "timeline", "identities", "alarm index", "memberships", "reads of react"
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.name,
            "profile_bytes": self.profile_bytes,
            "dollars_per_million": {part.name: part.dollars for part in self.parts},
            "units_per_event": {part.name: part.units for part in self.parts},
            "modelled": [part.name for part in self.parts if not part.counted],
            "api_reads_profile": self.inline,
            "with_timeline_index_streams": self.with_timeline,
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
            found.append(_counted(cloud, name, definitions, persons, workload.batch(persons)))
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
    return Cost(name, _parts(seen, len(calls)), round(mean(seen.bill.sizes["profile"])))


def _counted_newcomers(cloud: Watched) -> Cost:
    """People who are seen for the first time: an identify call with an e-mail address, nothing else."""
    calls = [next(iter(workload.history(person))) for person in workload.people(BATCH, group="newcomer")]
    with cloud.seen(timed=(Function.COLLECT, Function.REACT)) as seen:
        cloud.collect(calls)
        cloud.cloud.settle()
    return Cost("newcomers", _parts(seen, len(calls)), round(mean(seen.bill.sizes["profile"])))


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
        writes("alarm index", bill.writes(INDEX)),
        writes("memberships", bill.writes("membership", of=react)),
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


# ── what follows with no event ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Alarms:
    """How often a person's alarm rings because of one event, until no window holds it any more."""

    per_event: float
    changed: float  # share of the rings that changed a segment
    dollars: float  # per million events: a read, a write of the profile, and the move of the index entry

    def to_json(self) -> dict[str, Any]:
        return {"per_event": self.per_event, "changed": self.changed, "dollars_per_million": self.dollars}


def alarms(
    segments: Sequence[Segment], catalog: Any, profiles: Sequence[Profile], *, profile_bytes: int
) -> Alarms:
    """Let the alarms of some people ring, with no event, until none is left within the horizon."""
    rings = changes = events = 0
    for profile in profiles:
        current, now = profile, profile.due_at
        events += sum(len(state.get("t", ())) for state in profile.aggregates.values())
        while now is not None and now <= NOW + _HORIZON:
            after = settled(before=current, after=current, catalog=catalog, now=now, announces=False)
            rings += 1
            changes += after.profile.segments != current.segments
            current = after.profile
            now = _later(current.due_at, now)
    prices = US_EAST_1
    ring = prices.read_units + (ceil(profile_bytes / 1024) + 2) * prices.write_units
    return Alarms(rings / events, changes / rings if rings else 0.0, ring * rings / events)


def _later(due_at: datetime | None, now: datetime) -> datetime | None:
    return due_at if due_at is not None and due_at > now else None
