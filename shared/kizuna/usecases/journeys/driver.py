"""What driving a run needs, and what a run sees of the world when it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.halts import Halt
from kizuna.core.journeys.pausing import pauses_of
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.journeys.scene import Scene
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger, Messages, Pace, People, Rhythms
from kizuna.core.ports.journeys import JourneyRuns
from kizuna.usecases.reacting.upkeep import as_defined


def path_in_force(run: JourneyRun, catalog: Catalog) -> Journey | None:
    """The journey by which a run walks, where no older path is kept; None if there is no such journey any more."""
    return catalog.journeys.get(run.journey)


@dataclass(frozen=True, slots=True)
class Driver:
    """The ports that runs are driven over. `halts` are the pauses made by hand as they stand now, `path_of` finds the
    path that a run walks by: of the version that it began, where that is pinned."""

    people: People
    ledger: Ledger
    messages: Messages
    runs: JourneyRuns
    pace: Pace
    new_id: Callable[[], str]
    halts: Mapping[str, Halt]
    path_of: Callable[[JourneyRun, Catalog], Journey | None] = path_in_force
    rhythms: Rhythms | None = None  # when everybody reacts; without it only a person's own habits count


def living(person: str, on: Driver, catalog: Catalog, *, now: datetime) -> Profile | None:
    """The person as they live now, also in somebody else, in line with the definitions in force; None if gone."""
    found = on.people.profiles([person]).get(person)
    return None if found is None else as_defined(found, on.people, catalog, now=now)


def scene_of(journey: Journey, profile: Profile, on: Driver, catalog: Catalog, *, now: datetime) -> Scene:
    """What a run of a journey sees at this moment."""
    pauses = pauses_of(on.halts.get(journey.id))
    return Scene(journey, catalog.version_of("journey", journey.id), profile, catalog, now, pauses)
