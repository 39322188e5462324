"""Runs that are ended from outside: their journey is gone, the person is erased, or turned out to be two."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kizuna.core.journeys.ending import cut, ended
from kizuna.core.journeys.run import JourneyRun, RunState

JOURNEY_REMOVED = "journey_removed"
ERASED = "erased"
MERGED = "merged"


def taken_out(run: JourneyRun, reason: str, *, now: datetime) -> JourneyRun:
    """The run, over for this reason (a code). It asks for nothing any more, and no alarm of it rings."""
    if run.is_over:
        return run
    over = ended(run, cut(RunState.EXITED, reason), now=now)
    return replace(over, run_version=run.run_version + 1)


def doubled(runs: tuple[JourneyRun, ...]) -> tuple[JourneyRun, ...]:
    """Of a person who was two: the runs that stand beside an earlier one of the same journey and key. One thing is
    said to one person once, so they end."""
    kept: set[tuple[str, str]] = set()
    found = []
    for run in sorted((run for run in runs if not run.is_over), key=lambda run: (run.entered_at, run.id)):
        about = (run.journey, run.key)
        if about in kept:
            found.append(run)
        kept.add(about)
    return tuple(found)
