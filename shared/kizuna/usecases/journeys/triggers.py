"""What sets journeys going: what people do, segments they enter, merges, alarms, and calls.

    a person changed ──▶ facts ──▶ runs that listen hear of it ──▶ whoever may enter by it enters
    a run changed    ──▶ what it has to do is done, if nobody did it yet
    alarm            ──▶ its time is over, or its journey goes on

The stream may repeat a change and does so after a failure: an entry is known by its cause, an occurrence by its mark,
a todo by its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import EnterJourney
from kizuna.core.durations import instant_to_text
from kizuna.core.events import Event
from kizuna.core.folding import Fact
from kizuna.core.journeys.admitting import Entry, Refusal, by_call, by_event, by_segment
from kizuna.core.journeys.leaving import MERGED, doubled
from kizuna.core.journeys.occurrences import (
    EventHappened,
    Occurrence,
    PersonChanged,
    Resumed,
    SegmentChanged,
)
from kizuna.core.journeys.places import place_of
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.people import Profile
from kizuna.usecases.journeys.driver import Driver, living
from kizuna.usecases.journeys.driving import begin, carry_on, happen, ring
from kizuna.usecases.journeys.looking_back import look_back, may_have_missed
from kizuna.usecases.journeys.taking_out import take_out


@dataclass(frozen=True, slots=True)
class _Heard:
    """One fact as journeys take it: who hears of it, and who may enter by it."""

    occurrence: Occurrence
    entry: Entry
    heard_by: frozenset[str]
    begins: frozenset[str]


def concerns(facts: Sequence[Fact], catalog: Catalog, *, is_new: bool) -> bool:
    """Whether a change of a person may mean anything to a journey; told without reading anything."""
    listening = catalog.listening
    if listening.watching and not is_new:
        return True
    return any(
        (fact.kind == "event" and fact.name in listening.events)
        or (
            fact.kind in ("entered", "exited")
            and (fact.name in listening.begins_by_segment or fact.name in listening.heard_of_segment)
        )
        or (fact.kind == "merged" and bool(catalog.journeys))
        for fact in facts
    )


def person_changed(
    changed: Profile, facts: Sequence[Fact], on: Driver, catalog: Catalog, *, now: datetime
) -> None:
    """Draw what a change of a person means for journeys, on the record as it is now."""
    profile = living(changed.id, on, catalog, now=now)
    if profile is None:
        return  # erased meanwhile: their runs go with them
    if any(fact.kind == "merged" for fact in facts):
        _one_of_two(profile.parts, on, now=now)
    for fact in facts:
        heard = _heard(fact, changed, on, catalog)
        if heard is None:
            continue
        for run in _runs_of(heard.heard_by, profile, on):
            happen(place_of(run), heard.occurrence, on, catalog, now=now)
        for name in sorted(heard.begins & catalog.journeys.keys()):
            begin(catalog.journeys[name], heard.entry, profile, on, catalog, now=now)
    for run in _runs_of(catalog.listening.watching, profile, on):
        happen(place_of(run), PersonChanged("looked"), on, catalog, now=now)


def _heard(fact: Fact, changed: Profile, on: Driver, catalog: Catalog) -> _Heard | None:
    listening = catalog.listening
    match fact.kind:
        case "event":
            heard_by = listening.heard.get(fact.name, frozenset())
            begins = listening.begins.get(fact.name, frozenset())
            event = _event(fact, changed, on) if heard_by or begins else None
            if event is None:
                return None
            return _Heard(EventHappened(event), by_event(event, part=changed.id), heard_by, begins)
        case "entered" | "exited":
            heard_by = listening.heard_of_segment.get(fact.name, frozenset())
            entered, at = fact.kind == "entered", changed.updated_at
            begins = listening.begins_by_segment.get(fact.name, frozenset()) if entered else frozenset()
            occurrence = SegmentChanged(fact.name, entered=entered, cause=fact.cause, at=at)
            return _Heard(occurrence, by_segment(fact.name, cause=fact.cause, at=at), heard_by, begins)
        case "consent" | "merged" | "unmerged" | "address":
            return None
        case _:
            assert_never(fact.kind)


def _event(fact: Fact, changed: Profile, on: Driver) -> Event | None:
    return on.people.timeline_event(changed.id, fact.key) if fact.key else None


def _runs_of(journeys: frozenset[str], profile: Profile, on: Driver) -> tuple[JourneyRun, ...]:
    """The runs of a person that are not over, of some journeys."""
    if not journeys:
        return ()
    found = on.runs.of_person(profile.parts or (profile.id,))
    return tuple(run for run in found if not run.is_over and run.journey in journeys)


def _one_of_two(parts: Sequence[str], on: Driver, *, now: datetime) -> None:
    """Two people turned out to be one: of two runs about the same the earlier one goes on."""
    for run in doubled(on.runs.of_person(parts)):
        take_out(place_of(run), MERGED, on.runs, now=now)


# ── a run changed, or is to be looked at ────────────────────────────────────────────────────────


def run_changed(
    before: JourneyRun | None, run: JourneyRun, on: Driver, catalog: Catalog, *, now: datetime
) -> None:
    """Tell a stored run what it may have missed, and do what it has to do, if it still has to: walk its first step,
    or act. `before` is what was stored until then, None for a new entry or where it is not known."""
    if run.is_over:
        return
    if not run.visits:
        _stands_alone(run, on, now=now)
    missed = may_have_missed(before, run, on, catalog)
    if missed is not None:
        look_back(run, missed, on, catalog, now=now)
    if run.todo is not None or not run.visits:
        carry_on(place_of(run), on, catalog, now=now)


def run_record(run: JourneyRun) -> Mapping[str, Any]:
    """A change of a run as the lake keeps it: where it stands since when, and why it ended."""
    return {
        "kind": "journey",
        "id": f"{run.id}.{run.run_version}",
        "run": run.id,
        "person": run.person,
        "journey": run.journey,
        "journey_version": run.version,
        "node": run.node,
        "state": str(run.state),
        "reason": run.reason,
        "held_out": run.held_out,
        "at": instant_to_text(run.changed_at),
    }


def _stands_alone(run: JourneyRun, on: Driver, *, now: datetime) -> None:
    """A run that began while two became one was not seen by the merge."""
    profile = on.people.profiles([run.person]).get(run.person)
    if profile is not None and len(profile.parts) > 1:
        _one_of_two(profile.parts, on, now=now)


def rung(place: str, on: Driver, catalog: Catalog, *, now: datetime) -> None:
    """The alarm of a run rang, or its journey goes on after a pause. Twice, or too early, it changes nothing."""
    run = on.runs.get(place)
    if run is not None and run.frozen:
        happen(place, Resumed(), on, catalog, now=now)
    ring(place, on, catalog, now=now)


def called(asked: EnterJourney, on: Driver, catalog: Catalog, *, now: datetime) -> JourneyRun | Refusal:
    """Let somebody in because a system of the company says so. The same asking brought twice begins one run."""
    journey = catalog.journeys.get(asked.journey)
    profile = living(asked.person, on, catalog, now=now)
    if journey is None or profile is None:
        return Refusal("journey_gone" if journey is None else "erased")
    entry = by_call(asked.request, at=asked.at, inputs=asked.inputs, key=asked.key)
    return begin(journey, entry, profile, on, catalog, now=now)
