"""Questions about what a person did."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, model_validator

from kizuna.core.conditions.base import Node, Scalar
from kizuna.core.conditions.properties import (
    EventWhere,
    PropertyIs,
    Where,
    asks_place,
    value_problem,
    where_text,
)
from kizuna.core.conditions.windows import (
    Absolute,
    BetweenAgo,
    CalendarWindow,
    Last,
    SinceLast,
    Window,
    span_of,
)
from kizuna.core.ids import digest

__all__ = [
    "MOST",
    "Absolute",
    "BetweenAgo",
    "CalendarWindow",
    "EventDid",
    "EventOperator",
    "Last",
    "PropertyIs",
    "SinceLast",
    "Verb",
    "Window",
]

MOST = 200  # that a count is compared with: so many instants are remembered at most

Verb = Literal[
    "did", "did_not", "first", "last", "count", "sum", "avg", "min", "max", "distinct", "mode",
]  # fmt: skip
EventOperator = Literal[
    "eq", "not_eq", "in", "not_in", "exists", "not_exists", "gt", "gte", "lt", "lte", "between", "not_between",
    "contains", "not_contains", "starts_with", "not_starts_with", "ends_with", "not_ends_with",
    "before", "after", "within_last", "not_within_last", "before_last",
]  # fmt: skip

_NUMBERS = frozenset({"count", "sum", "avg", "min", "max", "distinct"})  # verbs that come to one
_COMPARE_NUMBERS = frozenset({"eq", "gt", "gte", "lt", "lte", "between"})
_COUNTED = frozenset({"count", "distinct"})
_ABOUT_TIME = frozenset({"exists", "before", "after", "within_last", "not_within_last", "before_last"})
_NEEDS_OF = frozenset({"sum", "avg", "min", "max", "distinct", "mode"})


class EventDid(Node):
    """What a person did: whether, how often, when first and last, or what the values of a property come to.

    Sums, averages, minima and maxima look at numbers only, to six decimals. `distinct` and `mode` look at texts,
    numbers and flags; of values that are equally frequent one suffices. `first` and `last` are about that one event
    of the window: it passes `where` (which is no filter here), and its property `of`, or without one its time,
    compares.
    """

    type: Literal["event"] = "event"
    event: str = Field(min_length=1, max_length=200)
    verb: Verb = "did"
    where: EventWhere = None
    window: Window | None = Field(default=None, description="Of which time is asked; without one of all.")
    of: str | None = Field(default=None, min_length=1, max_length=200, description="A path to a property.")
    op: EventOperator = "gte"
    value: Scalar | tuple[Scalar, ...] | None = 1
    min_times: int = Field(default=1, ge=1, le=10_000, description="Of `mode`: how frequent it must be.")

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, raw: Any) -> Any:
        """The first or last event that is asked for nothing of its own needs only to be there."""
        if isinstance(raw, dict) and "match_key" in raw:
            raise ValueError(
                "match_key belongs to wait_for, the goal and the exit rules of journeys: no condition knows the key "
                "of a run"
            )
        if isinstance(raw, dict) and raw.get("verb") in ("first", "last") and "op" not in raw:
            return {**raw, "op": "exists", "value": raw.get("value")}
        return raw

    @model_validator(mode="after")
    def _fits(self) -> EventDid:
        if self.verb in _NEEDS_OF and not self.of:
            raise ValueError(f"{self.verb} needs `of`, the property that it looks at")
        if self.verb not in _NEEDS_OF and self.verb not in ("first", "last") and self.of:
            raise ValueError(f"{self.verb} looks at no property: leave out `of`")
        if self.verb != "mode" and self.min_times != 1:
            raise ValueError("`min_times` belongs to mode")
        if self.verb in _NUMBERS or self.verb in ("did", "did_not"):
            self._check_number()
        elif problem := value_problem(self.op, self.value):
            raise ValueError(problem)
        if self.verb in ("first", "last") and not self.of and self.op not in _ABOUT_TIME:
            raise ValueError(f"without `of` it is about the event's time, which {self.op} does not compare")
        if self.verb in ("first", "last") and not self.of and self.op == "exists" and not self.where:
            raise ValueError(f"{self.verb} needs `where`, or `op` and `value`; else ask whether it did")
        return self

    def _check_number(self) -> None:
        if self.op not in _COMPARE_NUMBERS:
            raise ValueError(f"{self.verb} is a number, which {self.op} does not compare")
        numbers = self.value if isinstance(self.value, tuple) else (self.value,)
        if not all(_is_number(number) for number in numbers):
            raise ValueError(f"{self.op} compares with numbers here")
        if (self.op == "between") != (isinstance(self.value, tuple) and len(numbers) == 2):
            raise ValueError("between takes a list of two numbers, every other operator one number")
        if self.verb in _COUNTED and self.most > MOST:
            raise ValueError(f"a count is compared with at most {MOST}; use a sum or a trait beyond that")

    @property
    def number(self) -> float | tuple[float, float]:
        """What a number is compared with."""
        if isinstance(self.value, tuple):
            low, high = self.value
            return (float(low), float(high))
        return float(self.value if self.value is not None else 1)

    @property
    def most(self) -> int:
        """One more than the largest number that the answer is compared with."""
        number = self.number
        return max(0, int(max(number) if isinstance(number, tuple) else number)) + 1

    @property
    def filter(self) -> Where | None:
        """Which of the events count: for the first and last all of them do."""
        return None if self.verb in ("first", "last") else self.where

    @cached_property
    def asks_place(self) -> bool:
        """Whether it asks where the device was: then it needs the person's consent (`locations`)."""
        return asks_place(self.where)

    @cached_property
    def key(self) -> str:
        """See `aggregate_key`; worked out once, for it is asked for at every evaluation."""
        parts = [self.event, where_text(self.filter)]
        match self.window:
            case Absolute():
                parts += ["in", *map(str, span_of(self.window))]
            case SinceLast(since_last=name):
                parts += ["since", name]
            case _:
                pass
        return digest("aggregate", *parts, length=10)

    @cached_property
    def end_name(self) -> str:
        """Of what is remembered of the first or last event for this question."""
        return digest(
            "end", self.verb, self.of or "", self.op, repr(self.value), where_text(self.where), length=8
        )

    @cached_property
    def turning_counts(self) -> tuple[int, ...]:
        """The counts at which the answer is another than just below them."""
        if self.verb != "count":
            return (1,)
        number = self.number
        if isinstance(number, tuple):
            low, high = number
            return (math.ceil(low), math.floor(high) + 1)
        match self.op:
            case "gte" | "lt":
                return (math.ceil(number),)
            case "gt" | "lte":
                return (math.floor(number) + 1,)
            case _:
                return (math.ceil(number), math.floor(number) + 1)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
