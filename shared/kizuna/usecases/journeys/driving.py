"""Drives runs: somebody enters, something happens to a run, an alarm rings, a run does what it has to do.

    read run, person ─▶ advance ─▶ store over what was read ─▶ todo? do it ─▶ advance by what came of it ─▶ …

Every step is stored before anything is done about it, and done under a mark that makes a second doing harmless. So
whoever comes by a run that has something to do does it: the one who stored it, the stream that tells of it, an alarm.
Production and time travel drive runs by these same functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from kizuna.core.catalog import Catalog
from kizuna.core.errors import Conflict
from kizuna.core.journeys.admitting import Entry, Refusal, by_call, entered, limits_of
from kizuna.core.journeys.advance import advance
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.effects import ChangeProfile, Emit, StartJourney
from kizuna.core.journeys.leaving import JOURNEY_REMOVED, taken_out
from kizuna.core.journeys.occurrences import (
    Acted,
    Began,
    Occurrence,
    Paused,
    Redefined,
    TimePassed,
)
from kizuna.core.journeys.places import place_of
from kizuna.core.journeys.run import JourneyRun, RunState
from kizuna.core.journeys.scene import Scene
from kizuna.core.people import Profile
from kizuna.usecases.journeys.driver import Driver, living, scene_of
from kizuna.usecases.journeys.performing import perform

PATH_GONE = "path_gone"  # the version that a run walks by is too old to be kept
TRIES = 20  # of what is read and stored again because somebody else was faster
AT_ONCE = 500  # things that one run does one after the other, with nothing happening in between
LONGEST_QUEUE = timedelta(days=365)  # that somebody waits to enter


def begin(
    journey: Journey, entry: Entry, profile: Profile, on: Driver, catalog: Catalog, *, now: datetime
) -> JourneyRun | Refusal:
    """Let somebody enter a journey, and walk as far as the way is free; or tell why they do not. As `admit`.

    Of somebody who has done something since what begins it, the walk is left to the run's stream record, which looks
    back first (`looking_back`): an order that reaches us before the cart that it was made of ends the cart's run
    before it says anything.
    """
    run = admit(journey, entry, profile, on, catalog, now=now)
    if isinstance(run, Refusal) or (profile.last_event_at is not None and profile.last_event_at > entry.at):
        return run
    return happen(place_of(run), Began(), on, catalog, now=now) or run


def admit(
    journey: Journey, entry: Entry, profile: Profile, on: Driver, catalog: Catalog, *, now: datetime
) -> JourneyRun | Refusal:
    """Let somebody enter a journey, and leave the walking to the run's stream record (`carry_on`); or tell why not.

    Stored by `JourneyRuns.enter`, so that the same entry brought twice begins one run. Raises Conflict if others keep
    being faster.
    """
    scene = scene_of(journey, profile, on, catalog, now=now)
    for _ in range(TRIES):
        walked = on.runs.walked(_parts(profile), journey.id)
        run = entered(entry, walked.runs, scene)
        if isinstance(run, Refusal):
            return run
        run = _in_its_turn(run, journey, on, now=now)
        limits = limits_of(journey, now=now)
        outcome = on.runs.enter(run, walked=walked, has_keys=journey.is_keyed, limits=limits)
        match outcome:
            case "entered":
                return run
            case "full":
                return Refusal("full")
            case "taken":
                continue
            case _:
                assert_never(outcome)
    raise Conflict(f"runs of {profile.id} in {journey.id}")


def happen(
    place: str, occurrence: Occurrence, on: Driver, catalog: Catalog, *, now: datetime
) -> JourneyRun | None:
    """Bring one occurrence to a run, and walk as far as the way is free. The run as it is then, if there is one.

    Each change is stored over the very run that was read, or read again. Twice is as good as once. A crash leaves the
    run at a step that is stored, with what it has to do there. Raises Conflict if others keep being faster.
    """
    run = on.runs.get(place)
    person: Profile | None = None
    left: Occurrence | None = occurrence
    waits = False  # what is left is brought once the run has done what goes before it
    for _ in range(AT_ONCE):
        if run is None or run.is_over:
            return run
        person = person or living(run.person, on, catalog, now=now)
        if person is None:
            return run  # gone, and what is kept of them goes with them
        step = _one_step(run, None if waits and run.todo is not None else left, person, on, catalog, now=now)
        if step.run is run and (left is None or step.is_taken):
            return run
        if step.is_taken:
            left, waits = step.left, step.left is not None
        if not step.is_stored or step.changed_person:
            person = None
        run = step.run if step.is_stored else on.runs.get(place)
    raise Conflict(f"run at {place} does not come to rest")


def carry_on(place: str, on: Driver, catalog: Catalog, *, now: datetime) -> JourneyRun | None:
    """Do what a stored run has to do: begin to walk, or act. What was done already changes nothing."""
    return happen(place, Began(), on, catalog, now=now)


def ring(place: str, on: Driver, catalog: Catalog, *, now: datetime) -> JourneyRun | None:
    """The alarm of a run rang. Early, or twice, it changes nothing."""
    return happen(place, TimePassed(), on, catalog, now=now)


@dataclass(frozen=True, slots=True)
class _Step:
    """One change of a run. `is_taken`: the occurrence was brought, and of it only `left` is to be brought again."""

    run: JourneyRun
    is_stored: bool = True
    is_taken: bool = False
    left: Occurrence | None = None
    changed_person: bool = False


def _one_step(
    run: JourneyRun,
    occurrence: Occurrence | None,
    person: Profile,
    on: Driver,
    catalog: Catalog,
    *,
    now: datetime,
) -> _Step:
    """The next change, stored: what goes first, the occurrence, or the todo. The same run: there is none."""
    journey = on.path_of(run, catalog)
    if journey is None:
        reason = PATH_GONE if run.journey in catalog.journeys else JOURNEY_REMOVED
        gone = taken_out(run, reason, now=now)
        return _Step(gone, is_stored=on.runs.save(gone, before=run))
    scene = scene_of(journey, person, on, catalog, now=now)
    first = _goes_first(run, scene)
    if first is not None:
        moved = advance(run, first, scene).run
        return _Step(moved, is_stored=on.runs.save(moved, before=run))
    left: Occurrence | None = None
    if occurrence is not None:
        done = advance(run, occurrence, scene)
        if done.run is not run:
            is_stored = on.runs.save(done.run, before=run)
            return _Step(done.run, is_stored=is_stored, is_taken=is_stored, left=done.left)
        left = done.left
    taken = occurrence is not None
    if run.todo is None:
        return _Step(run, is_taken=taken)
    result = perform(run, run.todo, scene, on, start=_starter(person, on, catalog, now))
    changed = isinstance(run.todo.effect, ChangeProfile | Emit | StartJourney)
    if changed:
        scene = replace(scene, profile=living(run.person, on, catalog, now=now) or person)
    acted = advance(run, Acted(run.todo.mark, result), scene).run
    is_stored = on.runs.save(acted, before=run)
    return _Step(acted, is_stored=is_stored, is_taken=taken, left=left, changed_person=changed)


def _goes_first(run: JourneyRun, scene: Scene) -> Occurrence | None:
    """What is so of a run that nobody told it: its journey was redefined, or is paused before it has acted."""
    if scene.journey.version_policy != "pin" and run.version < scene.version:
        return None if run.todo is not None else Redefined()
    return Paused() if scene.is_paused and run.todo is not None else None


def _starter(
    profile: Profile, on: Driver, catalog: Catalog, now: datetime
) -> Callable[[StartJourney, str], str]:
    """How a run starts another journey for its person: answers with what came of it, as a code."""

    def start(effect: StartJourney, cause: str) -> str:
        journey = catalog.journeys.get(effect.journey)
        if journey is None:
            return JOURNEY_REMOVED
        entry = by_call(cause, at=now, inputs=effect.inputs)
        begun = begin(journey, entry, profile, on, catalog, now=now)
        return begun.reason if isinstance(begun, Refusal) else "started"

    return start


# ── coming in ───────────────────────────────────────────────────────────────────────────────────


def _parts(profile: Profile) -> tuple[str, ...]:
    return (profile.id, *(part for part in profile.parts if part != profile.id))


def _in_its_turn(run: JourneyRun, journey: Journey, on: Driver, *, now: datetime) -> JourneyRun:
    """The run, with the moment from which it may walk, where only so many may begin in a second."""
    per_second = journey.entry_limits.per_second if journey.entry_limits else None
    if per_second is None:
        return run
    every = timedelta(seconds=1 / per_second)
    slots = on.pace.reserve(f"journey:{journey.id}", every=every, count=1, now=now, within=LONGEST_QUEUE)
    if slots is None or slots.first <= now:
        return run
    return replace(run, state=RunState.WAITING, ahead=journey.start, due_at=slots.first)
