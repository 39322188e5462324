"""How people come into a journey: what begins a run, how often one person may, and how many at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from kizuna.core.campaigns import Audience, OnSchedule
from kizuna.core.conditions.properties import EventWhere
from kizuna.core.durations import Duration
from kizuna.core.journeys.base import Definition
from kizuna.core.journeys.parts import EventName, PropertyName


class EnterByEvent(Definition):
    """When the person does something. Its properties are the `entry` of the run."""

    type: Literal["event"] = "event"
    event: EventName
    where: EventWhere = None


class EnterBySegment(Definition):
    """When the person enters a segment. Who is in it already does not enter."""

    type: Literal["segment"] = "segment"
    segment: str


class EnterBySchedule(Definition):
    """Everybody of an audience, each time that the schedule is due."""

    type: Literal["schedule"] = "schedule"
    schedule: OnSchedule
    audience: Audience


class EnterByApi(Definition):
    """Only when a system of the company, or another journey, says so; with a key and inputs if it wants."""

    type: Literal["api"] = "api"
    api: Literal[True] = True


def _name_the_type(raw: Any) -> Any:
    """Accept the short forms that people write: `{event: Cart Viewed}`, `{segment: vip}`."""
    if not isinstance(raw, Mapping) or "type" in raw:
        return raw
    for name in ("event", "segment", "schedule", "api"):
        if name in raw:
            return {"type": name, **raw}
    return raw


Enter = Annotated[
    Annotated[EnterByEvent | EnterBySegment | EnterBySchedule | EnterByApi, Field(discriminator="type")],
    BeforeValidator(_name_the_type),
]


class Reentry(Definition):
    """When somebody who has been in the journey may enter again.

    Never, unless told. `after`: so long after the last run began, once it is over. `per_key`: one run for each value
    of a property of what began it (an order, a cart); with `after` again for the same value so long after. Of a
    journey by API the key is what the call says, and `per_key` only names what it is the key of.
    """

    after: Duration | None = None
    per_key: PropertyName | None = None


def _in_short(raw: Any) -> Any:
    return {} if raw == "never" else raw


ReentryRule = Annotated[
    Reentry, BeforeValidator(_in_short, json_schema_input_type=Reentry | Literal["never"])
]


class EntryLimits(Definition):
    """How many runs begin at most. Who comes when it is full does not enter, and may on another occasion.

    per_day      on one day (UTC)
    total        for good, all versions of the journey together
    per_second   who comes too fast begins a little later, rather than not at all
    """

    per_day: int | None = Field(default=None, ge=1, le=1_000_000_000)
    total: int | None = Field(default=None, ge=1, le=1_000_000_000)
    per_second: float | None = Field(default=None, gt=0, le=10_000, allow_inf_nan=False)

    @model_validator(mode="after")
    def _limits_something(self) -> EntryLimits:
        if self.per_day is None and self.total is None and self.per_second is None:
            raise ValueError("give per_day, total or per_second")
        return self
