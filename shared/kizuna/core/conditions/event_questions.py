"""Questions about what a person did."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Literal

from pydantic import Field, FiniteFloat, model_validator

from kizuna.core.conditions.base import Node
from kizuna.core.conditions.trait_questions import Comparison
from kizuna.core.durations import Duration
from kizuna.core.ids import digest


class PropertyIs(Comparison):
    """A question about one property of an event; only inside `where`."""

    property: str = Field(min_length=1, max_length=200)


class Window(Node):
    """`now − last < at ≤ now`."""

    last: Duration


class EventDid(Node):
    """How often (or how much of a property in) an event happened in a window, compared."""

    type: Literal["event"] = "event"
    event: str = Field(min_length=1, max_length=200)
    verb: Literal["did", "did_not", "count", "sum"] = "did"
    where: tuple[PropertyIs, ...] = ()
    window: Window | None = None
    of: str | None = None
    op: Literal["eq", "gt", "gte", "lt", "lte", "between"] = "gte"
    value: FiniteFloat | tuple[FiniteFloat, FiniteFloat] = 1

    @model_validator(mode="after")
    def _fits(self) -> EventDid:
        if self.verb == "sum" and not self.of:
            raise ValueError("sum needs `of`, the property that is added up")
        if (self.op == "between") != isinstance(self.value, tuple):
            raise ValueError("between takes a list of two numbers, every other operator one number")
        if self.verb == "count" and self.most > 200:
            raise ValueError("a count is compared with at most 200; use a sum or a trait beyond that")
        return self

    @cached_property
    def key(self) -> str:
        """See `aggregate_key`; worked out once, for it is asked for at every evaluation."""
        return digest("aggregate", self.event, *(part.model_dump_json() for part in self.where), length=10)

    @property
    def most(self) -> int:
        """One more than the largest number that the answer is compared with."""
        return int(max(_numbers(self))) + 1

    @cached_property
    def turning_counts(self) -> tuple[int, ...]:
        """The counts at which the answer is another than just below them."""
        if self.verb != "count":
            return (1,)
        if isinstance(self.value, tuple):
            low, high = self.value
            return (math.ceil(low), math.floor(high) + 1)
        match self.op:
            case "gte" | "lt":
                return (math.ceil(self.value),)
            case "gt" | "lte":
                return (math.floor(self.value) + 1,)
            case _:
                return (math.ceil(self.value), math.floor(self.value) + 1)


def _numbers(leaf: EventDid) -> tuple[float, ...]:
    return leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
