"""Questions about what a person did in order: sequences, funnels, and what did not follow."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import Field, model_validator

from kizuna.core.conditions.base import Node
from kizuna.core.conditions.properties import EventWhere, asks_place
from kizuna.core.conditions.windows import Absolute, SinceLast, Window, span_of
from kizuna.core.durations import Duration
from kizuna.core.ids import digest

MAX_STEPS = 10

_NAME = r"^[a-z][a-z0-9_]{0,31}$"


class Step(Node):
    """One step: an event that happened after the step before, or one that did `not`."""

    event: str | None = Field(default=None, min_length=1, max_length=200)
    not_: str | None = Field(
        default=None,
        alias="not",
        min_length=1,
        max_length=200,
        description="An event that must not follow the step before: for so long as `within` says, else before the "
        "next step, or after the last step ever.",
    )
    where: EventWhere = None
    within: Duration | None = Field(
        default=None, description="At most so long after the step before; the end of it is included."
    )
    join: dict[str, str] = Field(
        default_factory=dict,
        max_length=4,
        description="Properties of this step and what each must equal: `step.property` of an earlier step.",
    )
    as_: str | None = Field(
        default=None, alias="as", pattern=_NAME, description="A name by which later steps join this one."
    )

    @model_validator(mode="after")
    def _is_one_thing(self) -> Step:
        if (self.event is None) == (self.not_ is None):
            raise ValueError("a step has either `event` or `not`")
        if self.not_ is not None and self.as_ is not None:
            raise ValueError("what did not happen has no properties: leave out `as`")
        for own, other in self.join.items():
            if not own or "." not in other:
                raise ValueError(f"join: {other!r} is not of the form step.property")
        return self

    @property
    def name(self) -> str:
        """Of the event that happens or does not."""
        return self.event or self.not_ or ""


class Sequence(Node):
    """Whether events happened in this order, others in between or not (`strict`).

    Steps lie in the window; that something did *not* happen is true once its time is over, whether or not the
    window still reaches there. Of events at the same millisecond those of earlier steps come first. It looks back
    400 days at most.
    """

    type: Literal["sequence"] = "sequence"
    sequence: tuple[Step, ...] = Field(min_length=2, max_length=MAX_STEPS)
    window: Window | None = Field(
        default=None, description="Of which time is asked; without one of 400 days."
    )
    strict: bool = Field(default=False, description="No other tracked event may lie between two steps.")

    @model_validator(mode="after")
    def _fits(self) -> Sequence:
        if self.sequence[0].event is None:
            raise ValueError("sequence.0: a sequence begins with something that happened")
        if self.sequence[0].within is not None or self.sequence[0].join:
            raise ValueError("sequence.0: the first step follows none; leave out `within` and `join`")
        known: set[str] = set()
        for number, step in enumerate(self.sequence):
            for other in step.join.values():
                if other.partition(".")[0] not in known:
                    raise ValueError(f"sequence.{number}.join: {other!r} names no earlier step")
            if step.as_ is not None:
                if step.as_ in known:
                    raise ValueError(f"sequence.{number}.as: {step.as_!r} is the name of an earlier step")
                known.add(step.as_)
        return self

    @cached_property
    def asks_place(self) -> bool:
        """Whether a step asks where the device was: then it needs the person's consent (`locations`)."""
        return any(asks_place(step.where) for step in self.sequence)

    @cached_property
    def key(self) -> str:
        """See `aggregate_key`. Windows that end now share what is remembered."""
        parts = [step.model_dump_json() for step in self.sequence]
        match self.window:
            case Absolute():
                parts += ["in", *map(str, span_of(self.window))]
            case SinceLast(since_last=name):
                parts += ["since", name]
            case _:
                pass
        return digest("sequence", str(self.strict), *parts, length=10)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The properties by which steps are joined, in the order in which their values are remembered."""
        own = {name for step in self.sequence for name in step.join}
        others = {other.partition(".")[2] for step in self.sequence for other in step.join.values()}
        return tuple(sorted(own | others))
