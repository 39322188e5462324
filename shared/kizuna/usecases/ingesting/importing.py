"""A file in, golden records current: read in parts, each folded by person, with a checkpoint behind each.

    file ─▶ rows ─▶ events ─▶ ingest (the same as over HTTP) ─▶ rejects, quarantine ─▶ checkpoint
              └───▶ rejects ──────────────────────────────────────────┘

Straight through `ingest` and not by way of its queue: a part is one batch, so a person is written once a part, and
the proof of consent that a row shows stays with it. Whoever runs it twice, or stops it anywhere, changes nothing: ids
of events come from the file, and what lies behind the checkpoint is a repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from kizuna.core.errors import InvalidDefinition, Unavailable
from kizuna.core.events import Event, Violation
from kizuna.core.files.faults import Reject, Unreadable
from kizuna.core.files.jobs import ImportOptions, Progress, import_id
from kizuna.core.files.limits import DEFAULT_FILE_LIMITS, FileLimits
from kizuna.core.files.opening import opened
from kizuna.core.files.ports import ImportFile, Imports, Rejects
from kizuna.core.files.reading import Row, raw_id
from kizuna.core.ports import CatalogStore, Ledger, People, Quarantine
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.ingesting.ingested import Ingested

PART_ROWS = 2_000
PART_BYTES = 4 * 1024 * 1024  # of plain text
TRIES = 3


@dataclass(frozen=True, slots=True)
class Importer:
    """The ports and limits of importing."""

    people: People
    ledger: Ledger
    catalog: CatalogStore
    quarantine: Quarantine
    imports: Imports
    rejects: Rejects
    new_id: Callable[[], str]
    workers: int = 1
    part_rows: int = PART_ROWS
    limits: FileLimits = field(default=DEFAULT_FILE_LIMITS)


def run_import(
    options: ImportOptions,
    file: ImportFile,
    on: Importer,
    *,
    fingerprint: str,
    now: Callable[[], datetime],
    is_over: Callable[[], bool] = lambda: False,
    told: Callable[[Progress], None] = lambda progress: None,
) -> Progress:
    """Bring a file in, or as much of it as there is time for: `is_over` is asked behind each part.

    Goes on where it stopped; one that is done is not begun again. Raises Unavailable if a store refuses and Conflict
    if somebody else imports the same file and is further: nothing is lost either way, try later.
    """
    moment = now()
    progress = on.imports.begin(
        Progress(
            import_id(fingerprint, options), options.source, file.name, file.size, moment, updated=moment
        )
    )
    if progress.state != "running":
        return progress
    try:
        reader, form = opened(options, file, scope=progress.id, began=progress.began, limits=on.limits)
    except (Unreadable, InvalidDefinition) as error:
        return _stored(replace(progress, state="failed", failure=str(error)), progress, on, now())
    progress = replace(progress, unmapped=reader.unmapped)
    start = progress.offset if form.can_seek else 0
    counted = _Counted(file.read(start), start)
    clock = _Held(now)
    rows = reader.rows(counted, after=progress.offset, number=progress.rows, now=clock)
    while True:
        clock.tick()
        part, end = _part(rows, progress.offset, on.part_rows)
        last = progress
        if part:
            progress = _take(part, progress, on, clock())
        progress = replace(progress, taken=max(counted.taken, progress.taken))
        if isinstance(end, Unreadable):
            progress = replace(progress, state="failed", failure=str(end))
        elif end:
            progress = replace(progress, state="done", taken=file.size)
        progress = _stored(progress, last, on, clock())
        told(progress)
        if progress.state != "running" or is_over():
            return progress


class _Held:
    """One moment for all rows of a part."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._moment = now()

    def tick(self) -> None:
        self._moment = self._now()

    def __call__(self) -> datetime:
        return self._moment


class _Counted:
    """Pieces of a file, and how much of it went by."""

    def __init__(self, chunks: Iterator[bytes], start: int) -> None:
        self.taken = start
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.taken += len(chunk)
            yield chunk


def _part(rows: Iterator[Row], start: int, most: int) -> tuple[list[Row], bool | Unreadable]:
    """The next rows, and whether they are the last: True, or why no more can be read."""
    part: list[Row] = []
    try:
        for row in islice(rows, most):
            part.append(row)  # one by one: what came before a fault is kept
            if row.end - start >= PART_BYTES:
                return part, False
    except Unreadable as error:
        return part, error
    return part, len(part) < most


def _take(part: Sequence[Row], progress: Progress, on: Importer, now: datetime) -> Progress:
    """Store one part. A crash anywhere in it leaves the checkpoint where it was."""
    done = _ingested([event for row in part for event in row.events], on, now, told_at=progress.began)
    rejects = [row.reject for row in part if row.reject is not None]
    rejects += _refused(done.violations, part)
    if done.violations:
        on.quarantine.keep(done.violations)
    if rejects:
        on.rejects.keep(progress.id, progress.rows + 1, sorted(rejects, key=lambda reject: reject.row))
    counts = {
        "counted": done.counted,
        "repeats": done.repeats,
        "created": done.created,
        "merged": done.merged,
        "reported": sum(1 for violation in done.violations if violation.stored or not violation.raw),
    }
    return replace(progress, rows=part[-1].number, offset=part[-1].end).with_counts(counts, rejects)


def _ingested(events: Sequence[Event], on: Importer, now: datetime, *, told_at: datetime) -> Ingested:
    done, left = Ingested(), tuple(events)
    for _ in range(TRIES):
        step = ingest(
            left,
            people=on.people,
            ledger=on.ledger,
            catalog=on.catalog.current(),
            now=now,
            new_id=on.new_id,
            workers=on.workers,
            told_at=told_at,
        )
        left = step.left_over
        done += replace(step, left_over=())
        if not left:
            return done
    raise Unavailable(f"{len(left)} events not stored: {done.cause}")


def _refused(violations: Sequence[Violation], part: Sequence[Row]) -> list[Reject]:
    """Events that ingest could not use, as rejects of the rows that they came from."""
    unused = [violation for violation in violations if violation.raw and not violation.stored]
    if not unused:
        return []
    rows = {event.id: row for row in part for event in row.events}
    found = [(violation, rows.get(raw_id(violation))) for violation in unused]
    return [
        Reject(row.number, violation.cause, violation.reason, violation.path, row.original)
        for violation, row in found
        if row is not None
    ]


def _stored(progress: Progress, last: Progress, on: Importer, now: datetime) -> Progress:
    moved = replace(progress, updated=now)
    on.imports.advance(moved, behind=last.rows)
    return moved
