"""How many of everybody would be in a segment, asked of the lake in one query.

People are as of the last snapshot, which the answer tells; events are all that have come since, but for the last
minutes that the delivery stream holds back. Who came since the snapshot is not counted yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.core.conditions import All, Condition, NoneOf
from kizuna.core.errors import NotFound
from kizuna.core.ports.lake_queries import QueryFailed
from kizuna.usecases.segments.snapshot import Snapshot, newest

if TYPE_CHECKING:
    from kizuna.core.ports import Runs
    from kizuna.core.ports.lake_queries import LakeAnswer, LakeQueries
    from kizuna.core.segments import Segment

PATIENCE = 120.0  # seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


class NoSnapshot(NotFound):
    """There is no whole snapshot of the last days; says how one is made."""


@dataclass(frozen=True, slots=True)
class LakeCount:
    """How many matched, of people as of `people_as_of`; what was read for it, and how long it took."""

    people: int
    people_as_of: datetime
    scanned_bytes: int
    seconds: float


def condition_of(segment: Segment) -> Condition:
    """What a segment asks, with its exclusion."""
    return segment.when if segment.exclude is None else All(of=(segment.when, NoneOf(of=(segment.exclude,))))


def begin_count(
    condition: Condition, queries: LakeQueries, runs: Runs, *, now: datetime
) -> tuple[str, Snapshot]:
    """Begin to count; returns the id of the query and the snapshot that it reads.

    Raises NotInLake for a question that the lake cannot answer, and NoSnapshot.
    """
    from kizuna.core.condition_sql import compile_condition

    question = compile_condition(condition, now=now)
    snapshot = newest(runs, now=now)
    if snapshot is None:
        raise NoSnapshot("there is no snapshot of people of the last week: kizuna lake snapshot writes one")
    return queries.start(question, snapshot=snapshot.id), snapshot


def lake_count(
    condition: Condition,
    queries: LakeQueries,
    runs: Runs,
    *,
    now: datetime,
    pause: Callable[[float], None],
    patience: float = PATIENCE,
) -> LakeCount:
    """Count, and wait: `patience` seconds at most, then the query is stopped and QueryFailed raised."""
    query, snapshot = begin_count(condition, queries, runs, now=now)
    waited, length = 0.0, _FIRST_PAUSE
    while (answer := queries.answer(query)) is None:
        if waited >= patience:
            queries.stop(query)
            raise QueryFailed(f"query {query}: not answered within {patience:.0f} seconds, and stopped")
        pause(length)
        waited += length
        length = min(2 * length, _LONGEST_PAUSE)
    return counted(answer, snapshot.taken_at)


def counted(answer: LakeAnswer, people_as_of: datetime) -> LakeCount:
    return LakeCount(answer.people, people_as_of, answer.scanned_bytes, answer.seconds)


def count_body(count: LakeCount) -> dict[str, object]:
    """As plain values."""
    return {
        "people": count.people,
        "peopleAsOf": count.people_as_of.isoformat(),
        "scannedBytes": count.scanned_bytes,
        "seconds": round(count.seconds, 3),
    }
