"""What other systems hear of walks: somebody entered, came to the end, or left before it."""

from __future__ import annotations

from typing import Any

from kizuna.core.bus_events import BusEvent, JourneyCompleted, JourneyEntered, JourneyExited
from kizuna.core.journeys.run import JourneyRun, RunState

_COMPLETED = frozenset({RunState.COMPLETED, RunState.CONVERTED, RunState.HELD_OUT})


def announcements(before: JourneyRun | None, run: JourneyRun) -> list[BusEvent]:
    """What one change of a run tells. `before` None, or another run: it has just begun."""
    begun = before is None or before.id != run.id
    told: list[BusEvent] = []
    if begun:
        told.append(JourneyEntered(**_about(run), at=run.entered_at))
    if run.is_over and (begun or before is None or not before.is_over):
        about = {**_about(run), "at": run.changed_at, "state": str(run.state)}
        over = run.state in _COMPLETED
        told.append(
            JourneyCompleted(**about) if over else JourneyExited(**about, reason=run.reason, step=run.node)
        )
    return told


def _about(run: JourneyRun) -> dict[str, Any]:
    return {
        "journey": run.journey,
        "journey_version": run.version,
        "person": run.person,
        "run": run.id,
        "held_out": run.held_out,
    }
