"""A run of a journey that is walked by hand: no store, no queue, only time and what happens.

walk = Walk(wait("a", "2d"), say("b"))
walk.pass_time(days=2)
assert walk.told == ["spring.b"]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.events import Event
from kizuna.core.journeys.admitting import Entry, Refusal, by_event, entered
from kizuna.core.journeys.advance import advance
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.effects import (
    Done,
    Effect,
    Placed,
    Result,
    SlotGiven,
    TakePlace,
    TakeSlot,
    Tell,
    Told,
)
from kizuna.core.journeys.occurrences import Acted, Began, EventHappened, Occurrence, TimePassed
from kizuna.core.journeys.pausing import Pause
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.journeys.scene import Scene
from kizuna.core.messages import State
from kizuna.core.people import Profile
from tests.support.builders import NOON, a_profile, an_event

Step = Mapping[str, Any]

CARD = {
    "what_is_needed": "People who left a cart behind",
    "why": "They may have been interrupted while buying",
    "how_to_ask": "Gently, and only once or twice",
}


def a_document(*steps: Step, **changes: Any) -> dict[str, Any]:
    """A journey as it is written, of these steps; it begins with a cart and is for an order."""
    given: dict[str, Any] = {
        "id": "spring",
        "name": "Spring",
        "brand": "shop",
        "owner": "crm",
        "topic": "news",
        "intent_card": CARD,
        "goal": {"event": "Order Completed"},
        "enter": {"event": "Cart Viewed"},
        "steps": [dict(step) for step in steps],
    }
    return given | changes


def a_journey(*steps: Step, **changes: Any) -> Journey:
    return Journey.model_validate(a_document(*steps, **changes))


def wait(name: str, length: str, **more: Any) -> Step:
    return {"id": name, "type": "wait", "for": length, **more}


def say(name: str, **more: Any) -> Step:
    return {"id": name, "type": "message", "channel": "email", "template": "spring-email", **more}


def wait_for(name: str, *events: str | Step, timeout: str = "1d", **more: Any) -> Step:
    awaited = [{"event": each} if isinstance(each, str) else each for each in events]
    return {"id": name, "type": "wait_for", "events": awaited, "timeout": timeout, **more}


def leave(name: str, reason: str) -> Step:
    return {"id": name, "type": "exit", "reason": reason}


class Walk:
    """A run and its surroundings. Every effect is answered at once by `answers`, by the step's id, or with a yes."""

    def __init__(
        self,
        *steps: Step,
        profile: Profile | None = None,
        catalog: Catalog | None = None,
        entry: Entry | None = None,
        at: datetime = NOON,
        answers: Mapping[str, Sequence[Result]] | None = None,
        **changes: Any,
    ) -> None:
        self.journey = a_journey(*steps, **changes)
        self.profile = profile or a_profile()
        self.catalog = catalog or Catalog()
        self.now = at
        self.version = 1
        self.pauses: tuple[Pause, ...] = ()
        self.effects: list[tuple[datetime, str, Effect]] = []
        self.answers = {step: list(given) for step, given in (answers or {}).items()}
        cart = an_event("Cart Viewed", number=0, at=at, properties={"cart": "c1"})
        found = entered(entry or by_event(cart, part="p1"), (), self.scene)
        assert not isinstance(found, Refusal), found
        self.run: JourneyRun = found
        self.bring(Began())

    @property
    def scene(self) -> Scene:
        return Scene(self.journey, self.version, self.profile, self.catalog, self.now, self.pauses)

    def bring(self, occurrence: Occurrence) -> JourneyRun:
        """An occurrence, and whatever the run has to do before it can take it, and after."""
        left: Occurrence | None = occurrence
        waits = False
        for _ in range(2_000):
            if left is not None and not (waits and self.run.todo is not None):
                before = self.run
                done = advance(before, left, self.scene)
                self.run, left, waits = done.run, done.left, done.left is not None
                if self.run is not before:
                    assert self.run.run_version == before.run_version + 1
            if self.run.todo is not None:
                self._act()
            elif left is None:
                return self.run
        raise AssertionError("the run does not come to rest")

    def _act(self) -> None:
        todo = self.run.todo
        assert todo is not None
        self.effects.append((self.now, todo.node, todo.effect))
        acted = Acted(todo.mark, self._answer(todo.node, todo.effect))
        self.run = advance(self.run, acted, self.scene).run

    def _answer(self, step: str, effect: Effect) -> Result:
        given = self.answers.get(step)
        if given:
            return given.pop(0)
        match effect:
            case Tell():
                reason = "held_out" if effect.held_out else "consent"
                return Told((f"m-{step}",), State.DENIED if effect.held_out else State.SENT, reason)
            case TakePlace():
                return Placed(granted=True)
            case TakeSlot():
                return SlotGiven(self.now)
            case _:
                return Done()

    def happen(
        self, name: str, *, number: int = 1, at: datetime | None = None, **properties: Any
    ) -> JourneyRun:
        """The person does something, now or at another moment."""
        return self.bring(EventHappened(self.event(name, number=number, at=at, **properties)))

    def event(self, name: str, *, number: int = 1, at: datetime | None = None, **properties: Any) -> Event:
        return an_event(name, number=number, at=at or self.now, properties=properties)

    def pass_time(self, **length: float) -> JourneyRun:
        """Time goes by; alarms ring on the way, each at its moment."""
        until = self.now + timedelta(**length)
        while not self.run.is_over and self.run.due_at is not None and self.run.due_at <= until:
            before = self.run
            self.now = max(self.now, self.run.due_at)
            if self.bring(TimePassed()) is before:
                break
        self.now = until
        return self.run

    def change_person(self, **changes: Any) -> None:
        self.profile = replace(self.profile, **changes)

    @property
    def told(self) -> list[str]:
        """The messages that were asked for, in order."""
        return [effect.campaign for _, _, effect in self.effects if isinstance(effect, Tell)]

    @property
    def told_at(self) -> list[tuple[timedelta, str]]:
        """The same with when: how long after the beginning."""
        entered_at = self.run.entered_at
        return [(at - entered_at, step) for at, step, effect in self.effects if isinstance(effect, Tell)]

    @property
    def path(self) -> list[str]:
        return [f"{station.node} {station.why}" for station in self.run.path]
