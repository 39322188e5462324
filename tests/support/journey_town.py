"""One person, one shop, and whoever drives runs of journeys there, over stores that fail where they are told to."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.events import Event
from kizuna.core.journeys.admitting import Refusal, by_event
from kizuna.core.journeys.occurrences import EventHappened
from kizuna.core.journeys.places import place_of
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.people import Profile
from kizuna.local.memory.journeys import InMemoryJourneyRuns
from kizuna.local.memory.messages import InMemoryMessages
from kizuna.local.memory.people import InMemoryLedger, InMemoryPeople
from kizuna.local.memory.services import InMemoryPace
from kizuna.usecases.journeys.driver import Driver
from kizuna.usecases.journeys.driving import begin, happen, ring
from tests.support.builders import NOON, a_profile, an_event


class FragileRuns(InMemoryJourneyRuns):
    """Each write passes two points: before it, and when it is stored and its answer on the way."""

    def __init__(self, people: InMemoryPeople) -> None:
        super().__init__(people)
        self.fails: dict[int, Callable[[], object]] = {}
        self.points = 0

    def _point(self) -> None:
        number, self.points = self.points, self.points + 1
        self.fails.get(number, lambda: None)()

    def _put(self, before: JourneyRun | None, run: JourneyRun) -> None:
        self._point()
        super()._put(before, run)
        self._point()


class Town:
    """One person, one shop, and whoever drives runs there."""

    def __init__(self, catalog: Catalog, **changes: Any) -> None:
        self.catalog = catalog
        self.people = InMemoryPeople(a_profile(**changes))
        self.ledger, self.messages = InMemoryLedger(self.people), InMemoryMessages(self.people)
        self.runs, self.pace, numbers = FragileRuns(self.people), InMemoryPace(), count(1)
        self.driver = Driver(
            self.people, self.ledger, self.messages, self.runs, self.pace, lambda: f"new{next(numbers)}", {}
        )
        self.now = NOON

    @property
    def ann(self) -> Profile:
        return self.people.get("p1")

    def enter(self, event: Event | None = None, journey: str = "spring") -> JourneyRun | Refusal:
        told = event or an_event("Cart Viewed", number=0, at=self.now, properties={"cart": "c1"})
        entry = by_event(told, part="p1")
        return begin(self.catalog.journeys[journey], entry, self.ann, self.driver, self.catalog, now=self.now)

    def run(self) -> JourneyRun:
        (run,) = self.runs.of_person(("p1",))
        return run

    def happen(self, name: str, number: int = 1) -> None:
        event = an_event(name, number=number, at=self.now)
        happen(place_of(self.run()), EventHappened(event), self.driver, self.catalog, now=self.now)

    def ring(self) -> None:
        ring(place_of(self.run()), self.driver, self.catalog, now=self.now)

    def told(self) -> list[tuple[str, str]]:
        return sorted((each.campaign, each.step) for each in self.messages.stored.values())
