"""Steps at which a run waits: for a time, for something that the person does, for its turn."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime, Field, field_validator, model_validator

from kizuna.core.conditions.properties import EventWhere
from kizuna.core.durations import Duration
from kizuna.core.journeys.base import Definition
from kizuna.core.journeys.parts import EventName, LocalMoment, PropertyName, StepId, TraitMoment
from kizuna.core.journeys.step_base import LONGEST_WAIT, MOST_BRANCHES, SHORTEST_WAIT, Onward, Timeout, within


class Wait(Onward):
    """Until some time is over: a length, a local time, a moment that a trait tells, or an instant.

    A moment that is past continues at once. `jitter` spreads people: each waits up to so much longer.
    """

    type: Literal["wait"] = "wait"
    for_: Duration | None = Field(default=None, alias="for")
    until_local: LocalMoment | None = None
    until_trait: TraitMoment | None = None
    until: AwareDatetime | None = None
    jitter: Duration | None = None

    @model_validator(mode="after")
    def _one_of_four(self) -> Wait:
        told = (self.for_, self.until_local, self.until_trait, self.until)
        if sum(each is not None for each in told) != 1:
            raise ValueError("give one of for, until_local, until_trait and until")
        if self.for_ is not None:
            within(self.for_, SHORTEST_WAIT, LONGEST_WAIT, "a wait is 1m to 2y long")
        if self.jitter is not None:
            within(self.jitter, SHORTEST_WAIT, timedelta(days=30), "jitter is 1m to 30d")
        return self


class AwaitedEvent(Definition):
    """One of the events that are waited for; `branch` is the step that it leads to, the step's `next` without one."""

    event: EventName
    where: EventWhere = None
    branch: StepId | None = None


class WaitFor(Onward):
    """The first of several events of the person that happens from the moment of arrival on, or time-out.

    With `match_key` only events count whose property of that name has the run's key.
    """

    type: Literal["wait_for"] = "wait_for"
    events: tuple[AwaitedEvent, ...] = Field(min_length=1, max_length=MOST_BRANCHES)
    match_key: PropertyName | None = None
    timeout: Timeout
    on_timeout: StepId | None = None


class WaitSegment(Onward):
    """Until the person is in a segment, at once if they are; or time-out."""

    type: Literal["wait_segment"] = "wait_segment"
    segment: str
    timeout: Timeout
    on_timeout: StepId | None = None


class Throttle(Onward):
    """Lets `rate` runs by in each `per`; the others wait for their turn, in the order in which they come."""

    type: Literal["throttle"] = "throttle"
    rate: int = Field(ge=1, le=1_000_000)
    per: Duration

    @field_validator("per")
    @classmethod
    def _is_a_pace(cls, value: Duration) -> Duration:
        return within(value, SHORTEST_WAIT, timedelta(days=31), "per is 1m to 31d")
