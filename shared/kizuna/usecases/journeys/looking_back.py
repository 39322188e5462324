"""What a run would have missed: an event that was told before the run was there to hear of it.

    person does something ─▶ stored ─▶ its stream record looks for runs that listen ─ none listens yet ─▶ lost?
    run comes to a wait   ─▶ stored ─▶ its stream record looks back, here

Each of the two is stored before it looks for the other, so that whichever comes second finds the first. It is the
stream that brings a run here, which goes on until it is done: a crash in between loses nothing. What a run has heard
of already it knows by its mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.events import Event
from kizuna.core.folding import is_live
from kizuna.core.journeys.listening import awaited_at, events_heard
from kizuna.core.journeys.occurrences import EventHappened, PersonChanged
from kizuna.core.journeys.places import place_of
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.journeys.steps import WaitSegment
from kizuna.core.timeline import timeline_key
from kizuna.usecases.journeys.driver import Driver, living
from kizuna.usecases.journeys.driving import happen


@dataclass(frozen=True, slots=True)
class Missed:
    """Whose event names are looked for, from when on, and whether the person is looked at as well."""

    names: frozenset[str]
    since: datetime
    looks: bool = False


def may_have_missed(
    before: JourneyRun | None, run: JourneyRun, on: Driver, catalog: Catalog
) -> Missed | None:
    """What a run that was just stored may have missed; None for one that was there all the time.

    One that has just begun: everything that ends it or that it waits for. One that has come to a step at which it
    waits: what that step waits for. `before` is what was stored until then, None if that is not known.
    """
    journey = on.path_of(run, catalog)
    if run.is_over or journey is None:
        return None
    step = journey.by_id.get(run.node)
    for_segment = isinstance(step, WaitSegment)
    if before is None or before.id != run.id:
        looks = for_segment or run.journey in catalog.listening.watching
        return Missed(events_heard(journey), run.began_from, looks)
    stood_here = (before.node, before.visit, before.todo, before.ahead) == (run.node, run.visit, None, "")
    if step is None or run.todo is not None or run.ahead or (stood_here and before.visits):
        return None
    names = awaited_at(step)
    return Missed(names, run.since, for_segment) if names or for_segment else None


def look_back(run: JourneyRun, missed: Missed, on: Driver, catalog: Catalog, *, now: datetime) -> None:
    """Bring to a run what it may have missed, in the order in which it happened. Twice is as good as once.

    The person is read after the run was stored, and the events after the person. Raises Conflict as `happen` does.
    """
    profile = living(run.person, on, catalog, now=now)
    if profile is None:
        return
    place = place_of(run)
    if profile.last_event_at is not None and profile.last_event_at >= missed.since:
        found = [each.event for each in on.people.timeline(profile.parts, since=missed.since)]
        for event in sorted(found, key=lambda each: (each.at, timeline_key(each))):
            if _counts(event, missed, catalog):
                happen(place, EventHappened(event), on, catalog, now=now)
    if missed.looks:
        happen(place, PersonChanged("looked"), on, catalog, now=now)


def _counts(event: Event, missed: Missed, catalog: Catalog) -> bool:
    return event.type == "track" and event.name in missed.names and is_live(event, catalog)
