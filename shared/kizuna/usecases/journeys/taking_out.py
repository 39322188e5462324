"""Ends runs from outside: of a person who is erased, of one who turned out to be two, at a member of staff's word."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.errors import Conflict
from kizuna.core.journeys.leaving import taken_out
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.ports.journeys import JourneyRuns

TRIES = 5


def take_out(place: str, reason: str, runs: JourneyRuns, *, now: datetime) -> JourneyRun | None:
    """End a run, whatever it is at. Guarded by its version, and read again if somebody was faster.

    The run as it is then; None if there is none. Raises Conflict if others keep being faster.
    """
    for _ in range(TRIES):
        run = runs.get(place)
        if run is None or run.is_over:
            return run
        over = taken_out(run, reason, now=now)
        if runs.save(over, before=run):
            return over
    raise Conflict(f"run at {place}")
