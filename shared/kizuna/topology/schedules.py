"""What the Scheduler starts: functions at a fixed rate, and a campaign at its own time."""

from __future__ import annotations

from dataclasses import dataclass

from kizuna.topology.names import Function


@dataclass(frozen=True, slots=True)
class Sweep:
    """A function that the Scheduler starts at a fixed rate."""

    name: str
    rate: str
    function: Function


SWEEPS: tuple[Sweep, ...] = (
    Sweep("wake", "rate(1 minute)", Function.WAKE),
    Sweep("snapshot", "rate(1 day)", Function.SNAPSHOT),
    Sweep("canary", "rate(1 day)", Function.CANARY),
    Sweep("account", "rate(1 hour)", Function.ACCOUNT),
)

SCHEDULED_FUNCTION = Function.CAMPAIGN  # what the one-time schedules of campaigns start
