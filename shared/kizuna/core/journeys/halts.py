"""A journey that is paused by hand: it takes nobody in, and whoever is inside stays where they are.

    pause ──▶ runs that want to go on meet the pause and freeze ── resume ──▶ each is rung for, and goes on

Timers stand still while a journey is paused (`freeze`), unless the journey, or whoever resumes it, says that they run
on (`catch_up`). A run that waited all through a pause and never met it reckons with it when its alarm rings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from kizuna.core.errors import KizunaError, NotFound

KEPT = 20  # pauses that are remembered of one journey; runs that waited through older ones wait no longer
Timers = Literal["freeze", "catch_up"]


class AlreadyPaused(KizunaError):
    """The journey stands still."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One pause, over or not. `timers`: whether they stood still meanwhile, or ran on."""

    since: datetime
    by: str
    reason: str
    until: datetime | None = None
    resumed_by: str = ""
    timers: Timers = "freeze"


@dataclass(frozen=True, slots=True)
class Halt:
    """What is known of a journey's pauses, the latest last."""

    journey: str
    stops: tuple[Stop, ...] = ()
    version: int = 1

    @property
    def stands(self) -> bool:
        return bool(self.stops) and self.stops[-1].until is None

    @property
    def latest(self) -> Stop | None:
        return self.stops[-1] if self.stops else None


def paused(halt: Halt | None, journey: str, *, by: str, reason: str, now: datetime) -> Halt:
    """The journey paused from now on. Raises AlreadyPaused."""
    if halt is not None and halt.stands:
        raise AlreadyPaused(f"journey {journey!r} is paused already")
    stops = (*(halt.stops if halt else ()), Stop(now, by, reason))
    return Halt(journey, stops[-KEPT:], (halt.version if halt else 0) + 1)


def resumed(halt: Halt | None, journey: str, *, by: str, timers: Timers, now: datetime) -> Halt:
    """The journey going on. Raises NotFound if it is not paused."""
    if halt is None or not halt.stands:
        raise NotFound(f"journey {journey!r} is not paused")
    over = replace(halt.stops[-1], until=now, resumed_by=by, timers=timers)
    return replace(halt, stops=(*halt.stops[:-1], over), version=halt.version + 1)
