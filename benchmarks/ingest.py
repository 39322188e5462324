"""CPU per event: a request of 100 events through the collect function, beside one call for each event.

    1. an emulator answers once, and what each side then holds of every person is compared with the reference
    2. its replies are played back, so that boto3 does everything except the network, and all sides are timed

`usual` keeps its events, as Kizuna does; `usual, events not kept` does less than Kizuna.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks import workload
from benchmarks.sides import KIZUNA, USUAL, USUAL_BARE, Prepared, prepared
from benchmarks.timing import Timed, by_turns
from benchmarks.workload import BATCH

FOLDS = (1, 10, 100)  # events of one person in a request
SEGMENTS = (200,)
GOALS = {10: 10.0, 100: 50.0}  # times less CPU per event than the usual function, at 200 segments
WORKERS = 16  # as deployed

_CALLS = "calls alone"
_SEGMENTS = "segments alone"


@dataclass(frozen=True, slots=True)
class Row:
    """What one number of segments and of events per person came to. Times are seconds of CPU per event."""

    segments: int
    fold: int
    times: dict[str, Timed]
    calls: dict[str, float]  # to DynamoDB, per event

    def ratio(self, usual: str = USUAL) -> float:
        """How many times less CPU Kizuna takes."""
        return self.times[usual].median / self.times[KIZUNA].median

    @property
    def goal(self) -> float | None:
        return GOALS.get(self.fold) if self.segments == max(SEGMENTS) else None

    @property
    def in_calls(self) -> float:
        """Of Kizuna's time, what boto3 takes for the same calls."""
        return self.times[_CALLS].median

    @property
    def in_segments(self) -> float:
        """Of Kizuna's time, what evaluating the segments takes."""
        return self.times[_SEGMENTS].median

    def to_json(self) -> dict[str, Any]:
        return {
            "segments": self.segments,
            "events_per_person": self.fold,
            "microseconds_per_event": {
                name: {"median": 1e6 * timed.median, "least": 1e6 * timed.least}
                for name, timed in self.times.items()
            },
            "calls_per_event": self.calls,
            "ratio": self.ratio(),
            "ratio_events_not_kept": self.ratio(USUAL_BARE),
            "goal": self.goal,
        }


def measure(
    *,
    segment_counts: Sequence[int] = SEGMENTS,
    folds: Sequence[int] = FOLDS,
    rounds: int = 5,
    workers: int = WORKERS,
    progress: Callable[[str], None] = lambda what: None,
) -> list[Row]:
    """Check, then time. Raises WrongAnswer."""
    rows: list[Row] = []
    for count in segment_counts:
        progress(f"ingest: checking the answers at {count} segments")
        with prepared(workload.segments(count), folds=folds, workers=workers) as ready:
            for fold in folds:
                progress(f"ingest: {count} segments, {fold} events a person")
                rows.append(_row(count, fold, ready, rounds))
    return rows


def _row(count: int, fold: int, ready: Prepared, rounds: int) -> Row:
    sides = ready.at(fold)
    works: dict[str, Callable[[], object]] = {side.name: side.played for side in sides}
    kizuna = next(side for side in sides if side.name == KIZUNA)
    works[_CALLS] = kizuna.calls_alone
    works[_SEGMENTS] = partial(kizuna.segments_alone, ready.index)
    timed = by_turns(works, rounds=rounds)
    times = {name: Timed(tuple(each / BATCH for each in found.rounds)) for name, found in timed.items()}
    return Row(count, fold, times, {side.name: len(side.tape.calls) / BATCH for side in sides})
