"""Once a night everybody is written into the lake as they are then, to be asked about all at once.

    people/dt=2026-11-22T03-00/<shard>-<after>.jsonl.gz     the people of one shard behind the person `after`

Whoever asks reads the newest snapshot that is whole. An erasure takes the person out of all that there are, and a
week takes away what is old. Why not from the stream, as events come in: see `docs/lake.md`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kizuna.core.catalog import Catalog
from kizuna.core.consent.standing import recorded_consents
from kizuna.core.contracts import SnapshotShard
from kizuna.core.lake_rows import person_row
from kizuna.core.people import Profile
from kizuna.core.ports import People, Queues, Rows, Run, Runs
from kizuna.core.segments import EVERYONE
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.ingesting.consent_memory import with_consents
from kizuna.usecases.ingesting.stand_memory import with_current_stands

SNAPSHOTS = "@people"  # under which runs of snapshots are kept; no campaign can be called so
USABLE = timedelta(days=7)  # a day less than the bucket keeps them
PAGE = 100
PAGES = 20  # of one object
_DONE = "~"  # behind every person


@dataclass(frozen=True, slots=True)
class Photographer:
    """The ports that a snapshot needs."""

    people: People
    runs: Runs
    rows: Rows
    queues: Queues


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole snapshot, and since when it was being written: nobody in it is as of earlier."""

    id: str
    taken_at: datetime


def begin(runs: Runs, queues: Queues, *, now: datetime) -> str:
    """Have a snapshot written; returns its id. Twice within a minute is one and the same.

    The run is put if there is none, then its shards go on the queue: a crash in between leaves a run that stays
    unfinished and is never read; the next begins anew.
    """
    snapshot = f"{now:%Y-%m-%dT%H-%M}"
    runs.start(Run(SNAPSHOTS, snapshot, 0, scheduled_at=now, started_at=now, shards=SEGMENT_SHARDS))
    shards = [SnapshotShard(snapshot=snapshot, shard=shard) for shard in range(SEGMENT_SHARDS)]
    queues.send(Queue.SNAPSHOT, [shard.model_dump() for shard in shards])
    return snapshot


def write_shard(
    work: SnapshotShard,
    on: Photographer,
    catalog: Catalog,
    *,
    now: datetime,
    is_over: Callable[[], bool] = lambda: False,
) -> int:
    """Write the people of a shard from its checkpoint on; returns how many. When time is short the rest goes back on
    the queue.

    Each object is named by where it begins, and the checkpoint moves after it is stored: a crash repeats one object,
    under its own name. Two workers on one shard write what overlaps, and whoever reads takes each person once.
    """
    shard = str(work.shard)
    after = on.runs.checkpoint(SNAPSHOTS, work.snapshot, shard)
    written = 0
    while after != _DONE:
        lines: list[str] = []
        begins = after or ""
        following: str | None = after
        for _ in range(PAGES):
            page, following = on.people.members(EVERYONE, work.shard, after=after, limit=PAGE)
            lines += _lines(page, on.people, catalog, now)
            after = page[-1] if page else after
            if following is None:
                break
        if lines:
            on.rows.put(f"people/dt={work.snapshot}/{shard}-{begins}.jsonl.gz", lines)
        written += len(lines)
        after = _DONE if following is None else after
        on.runs.advance(SNAPSHOTS, work.snapshot, shard, after or _DONE)
        if after != _DONE and is_over():
            on.queues.send(Queue.SNAPSHOT, [work.model_dump()])
            break
    return written


def _lines(page: tuple[str, ...], people: People, catalog: Catalog, now: datetime) -> Iterator[str]:
    """The living of a page. A merged profile's entry leads to the person it lives on in, who has an entry too."""
    for person, profile in people.profiles(page).items():
        if person == profile.id:
            row = person_row(_seen(profile, people, catalog, now), now=now)
            yield json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def _seen(profile: Profile, people: People, catalog: Catalog, now: datetime) -> Profile:
    """The person as conditions see them, with what they have consented to and where they stand in journeys, whether
    or not one in force asks: the lake is asked what a draft would find. Only of those who ever said anything the
    ledger is read, and runs only where there are journeys of which the record does not tell."""
    known = with_current_stands(with_consents(profile, people, now=now), people, catalog.journeys)
    return replace(catalog.decidable(known), standing=recorded_consents(known, catalog.policy))


def newest(runs: Runs, *, now: datetime) -> Snapshot | None:
    """The newest snapshot that is whole; None if there is none of the last days."""
    for run in reversed(runs.list(SNAPSHOTS)):
        if now - run.scheduled_at > USABLE:
            return None
        shards = (str(shard) for shard in range(run.shards))
        if all(runs.checkpoint(SNAPSHOTS, run.id, shard) == _DONE for shard in shards):
            return Snapshot(run.id, run.scheduled_at)
    return None
