"""What a run may look at while it walks: its journey, the person, the definitions, the time; and how it asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.conditions import View, at_path, evaluate
from kizuna.core.conditions.value_meaning import matches
from kizuna.core.durations import instant_to_text
from kizuna.core.events import Event
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.parts import FromContext, FromTrait, ListValue, Now, Question
from kizuna.core.journeys.pausing import Pauses, is_paused
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.people import Profile
from kizuna.core.segments import view_of
from kizuna.core.tallying import passes


@dataclass(frozen=True)
class Scene:
    """`version` is that of the journey; `pauses` are all of it that a run of today may have met."""

    journey: Journey
    version: int
    profile: Profile
    catalog: Catalog
    now: datetime
    pauses: Pauses = field(default=())

    @property
    def is_paused(self) -> bool:
        return self.journey.paused or is_paused(self.pauses, now=self.now)

    @property
    def is_over(self) -> bool:
        """Whether the journey has ended, for everybody."""
        return self.journey.ends_at is not None and self.now >= self.journey.ends_at

    @cached_property
    def view(self) -> View:
        """The person as conditions may see them; worked out once, and only if some step asks."""
        return view_of(self.catalog.decidable(self.profile))

    def view_of_stand(self, journey: str, stand: frozenset[str]) -> View:
        """The person as conditions may see them, who stands there in a journey, whatever the record tells by now."""
        return replace(self.view, journeys={**self.view.journeys, journey: stand})

    def _view_in(self, run: JourneyRun) -> View:
        """The same of somebody in the middle of a run: the record is told of it some seconds later."""
        known = self.view.journeys.get(run.journey, frozenset())
        return self.view_of_stand(run.journey, known | {"in", *run.ended_before})

    def at(self, now: datetime) -> Scene:
        """The same at another moment."""
        return replace(self, now=now)

    def holds(self, question: Question, run: JourneyRun) -> bool:
        """Whether what a step asks is so, of the person and of the values of the run."""
        when = question.when
        if when is not None and not evaluate(when, self._view_in(run), now=self.now).matched:
            return False
        return question.context is None or matches(question.context, run.context, at=self.now)

    def value(self, wanted: ListValue, run: JourneyRun) -> Any:
        """A value that a step hands on; None where what it is taken from is not there."""
        match wanted:
            case FromContext(context=path):
                return at_path(run.context, path)
            case FromTrait(trait=path):
                return self.profile.trait(path)
            case Now():
                return instant_to_text(self.now)
            case tuple():
                return list(wanted)
            case _:
                return wanted

    def values(self, wanted: Mapping[str, ListValue], run: JourneyRun) -> dict[str, Any]:
        """Values by name, without those that are not there."""
        found = {name: self.value(each, run) for name, each in wanted.items()}
        return {name: value for name, value in found.items() if value is not None}


def is_about(event: Event, run: JourneyRun, match_key: str | None) -> bool:
    """Whether an event is about what the run is about; every one is where no key is asked for."""
    return match_key is None or key_text(at_path(event.properties, match_key)) == run.key


def key_text(value: Any) -> str | None:
    """A key as a run has it: a text, or a whole number as it is written; None is no key."""
    match value:
        case bool():
            return None
        case str():
            return value.strip()[:200] or None
        case int():
            return str(value)
        case _:
            return None


def is_such(event: Event, name: str, where: Any) -> bool:
    """Whether it is an event of this name that passes a filter."""
    return event.name == name and passes(where, event)
