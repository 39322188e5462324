"""A journey that is paused by hand: it takes nobody in, and whoever is inside stays where they are.

    pause ──▶ runs that want to go on meet the pause and freeze ── resume ──▶ each is rung for, and goes on

Timers stand still while a journey is paused (`freeze`), unless the journey, or whoever resumes it, says that they run
on (`catch_up`). A run that waited all through a pause and never met it reckons with it when its alarm rings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from kizuna.core.errors import KizunaError, NotFound

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.journeys.definition import Journey

BY_DEFINITION = "its definition"  # who paused a journey whose file says `paused: true`
KEPT = 20  # pauses that are remembered of one journey; runs that waited through older ones wait no longer
Timers = Literal["freeze", "catch_up"]


class AlreadyPaused(KizunaError):
    """The journey stands still."""


class PausedByDefinition(KizunaError):
    """The journey's own definition says that it stands still: nobody resumes it but who changes that."""


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
    followed: int = 0  # the version of the journey that its people were rung for to follow

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
    held = halt or Halt(journey, version=0)
    stops = (*held.stops, Stop(now, by, reason))
    return replace(held, stops=stops[-KEPT:], version=held.version + 1)


def resumed(halt: Halt | None, journey: str, *, by: str, timers: Timers, now: datetime) -> Halt:
    """The journey going on. Raises NotFound if it is not paused."""
    if halt is None or not halt.stands:
        raise NotFound(f"journey {journey!r} is not paused")
    over = replace(halt.stops[-1], until=now, resumed_by=by, timers=timers)
    return replace(halt, stops=(*halt.stops[:-1], over), version=halt.version + 1)


def following(halt: Halt | None, journey: Journey, *, now: datetime) -> Halt | None:
    """The pauses of a journey as they have to stand by its definition: one that says `paused: true` is paused like
    one that somebody paused by hand, from when it was put in force; None if they stand so already.

    What somebody paused by hand goes on by hand only.
    """
    stop = halt.latest if halt is not None else None
    stands = stop is not None and stop.until is None
    if journey.paused and not stands:
        begins = now if stop is None or stop.until is None else max(now, stop.until)
        return paused(halt, journey.id, by=BY_DEFINITION, reason="paused: true", now=begins)
    if not journey.paused and stop is not None and stands and stop.by == BY_DEFINITION:
        ends = max(now, stop.since)
        return resumed(halt, journey.id, by=BY_DEFINITION, timers=journey.on_resume, now=ends)
    return None


def moves_people(journey: Journey) -> bool:
    """Whether a new version means something to people who wait inside: it takes them along, or ends for them."""
    return journey.version_policy != "pin" or journey.ends_at is not None
