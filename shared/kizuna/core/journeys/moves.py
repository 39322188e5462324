"""What a step makes of a run that comes to it, or that stands there and hears something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kizuna.core.journeys.effects import Effect
from kizuna.core.journeys.run import RunState


@dataclass(frozen=True, slots=True)
class Go:
    """On to another step (or to `parts.END`); `why` is a code for the path."""

    to: str
    why: str
    learned: Mapping[str, Any] = field(default_factory=dict)  # what the run knows from here on (`keeping`)
    holds_out: bool = False  # from here on it is a ghost


@dataclass(frozen=True, slots=True)
class Stay:
    """Until `until`, or until something happens that the step listens for. `runs`: it is a length of time."""

    until: datetime | None
    runs: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Ask the world to do something first."""

    effect: Effect


@dataclass(frozen=True, slots=True)
class End:
    """The run is over. `cuts`: before its path was, so that nothing more of it is to be said (`withdrawing`)."""

    state: RunState
    reason: str
    cuts: bool = False


Move = Go | Stay | Act | End
