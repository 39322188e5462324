"""Steps that change something: the person's traits, the values of the run, what happened, another journey."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, FiniteFloat, model_validator

from kizuna.core.campaigns.base import SLUG
from kizuna.core.conditions.base import Scalar
from kizuna.core.journeys.parts import EventName, ListValue, PropertyName, TraitName, Values
from kizuna.core.journeys.step_base import Onward


class UpdateProfile(Onward):
    """Change traits of the person. The journey is their source, and survivorship decides as for any other."""

    type: Literal["update_profile"] = "update_profile"
    set: dict[TraitName, ListValue] = Field(default_factory=dict, max_length=50)
    unset: tuple[TraitName, ...] = Field(default=(), max_length=50)
    increment: dict[TraitName, FiniteFloat] = Field(default_factory=dict, max_length=50)
    append: dict[TraitName, Scalar] = Field(default_factory=dict, max_length=50)

    @model_validator(mode="after")
    def _changes_each_once(self) -> UpdateProfile:
        named = [*self.set, *self.unset, *self.increment, *self.append]
        if not named:
            raise ValueError("changes nothing: give set, unset, increment or append")
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise ValueError(f"changes {twice[0]!r} twice")
        return self


class SetContext(Onward):
    """Remember values for this run. They are forgotten with it."""

    type: Literal["set_context"] = "set_context"
    values: Values = Field(min_length=1)


class EmitEvent(Onward):
    """Record an event of this person, with the journey as its source."""

    type: Literal["emit_event"] = "emit_event"
    event: EventName
    properties: dict[PropertyName, ListValue] = Field(default_factory=dict, max_length=50)


class StartJourney(Onward):
    """Let the person enter another journey, by its own rules of entry. Its `entry` is `inputs`."""

    type: Literal["journey"] = "journey"
    start: str = Field(pattern=SLUG)
    inputs: Values = Field(default_factory=dict)
