"""The language of conditions: one typed union (`rules-spec.md` 3), in the forms that people write."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator

from kizuna.core.conditions.comparing import TraitOperator, value_problem
from kizuna.core.durations import Duration
from kizuna.core.ids import digest

MAX_DEPTH = 8
MAX_LEAVES = 200

Scalar = str | int | float | bool


class _Condition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Comparison(_Condition):
    op: TraitOperator
    value: Scalar | tuple[Scalar, ...] | None = None

    @model_validator(mode="after")
    def _value_fits(self) -> _Comparison:
        problem = value_problem(self.op, self.value)
        if problem:
            raise ValueError(problem)
        return self


class TraitIs(_Comparison):
    type: Literal["trait"] = "trait"
    trait: str = Field(min_length=1, max_length=200)


class PropertyIs(_Comparison):
    """A question about one property of an event; only inside `where`."""

    property: str = Field(min_length=1, max_length=200)


class Window(_Condition):
    """`now − last < at ≤ now`."""

    last: Duration


class EventDid(_Condition):
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


class InSegment(_Condition):
    type: Literal["in_segment"] = "in_segment"
    in_segment: str


class Reachable(_Condition):
    """Whether a usable address is known on the channel. Consent is the gate's matter, not asked here."""

    type: Literal["reachable"] = "reachable"
    reachable: str


class RandomBucket(_Condition):
    type: Literal["random_bucket"] = "random_bucket"
    random_bucket: str  # the salt
    from_: float = Field(alias="from", ge=0, le=100)
    to: float = Field(ge=0, le=100)


class Everyone(_Condition):
    type: Literal["everyone"] = "everyone"
    everyone: Literal[True] = True


class All(_Condition):
    type: Literal["all"] = "all"
    of: tuple[Condition, ...] = Field(min_length=1)


class AnyOf(_Condition):
    type: Literal["any"] = "any"
    of: tuple[Condition, ...] = Field(min_length=1)


class NoneOf(_Condition):
    type: Literal["none"] = "none"
    of: tuple[Condition, ...] = Field(min_length=1)


class Xor(_Condition):
    type: Literal["xor"] = "xor"
    of: tuple[Condition, ...] = Field(min_length=1)


class AtLeast(_Condition):
    type: Literal["at_least"] = "at_least"
    n: int = Field(ge=1)
    of: tuple[Condition, ...] = Field(min_length=1)


_GROUPS = ("all", "any", "none", "xor")
_LEAVES = ("trait", "event", "in_segment", "reachable", "random_bucket", "everyone")


def _name_the_type(raw: Any) -> Any:
    """Accept the short forms that people write: `{all: […]}` and `{trait: plan, op: eq, value: pro}`."""
    if not isinstance(raw, Mapping) or "type" in raw:
        return raw
    for name in _GROUPS:
        if name in raw:
            rest = {key: value for key, value in raw.items() if key != name}
            return {"type": name, "of": raw[name], **rest}
    for name in _LEAVES:
        if name in raw:
            return {"type": name, **raw}
    return raw


Condition = Annotated[
    Annotated[
        All
        | AnyOf
        | NoneOf
        | Xor
        | AtLeast
        | TraitIs
        | EventDid
        | InSegment
        | Reachable
        | RandomBucket
        | Everyone,
        Field(discriminator="type"),
    ],
    BeforeValidator(_name_the_type),
]

for _model in (All, AnyOf, NoneOf, Xor, AtLeast):
    _model.model_rebuild()


# ── walking ───────────────────────────────────────────────────────────────────────────────────────


def leaves_of(condition: Condition) -> list[Condition]:
    """All questions in a tree, left to right."""
    match condition:
        case All(of=parts) | AnyOf(of=parts) | NoneOf(of=parts) | Xor(of=parts) | AtLeast(of=parts):
            return [leaf for part in parts for leaf in leaves_of(part)]
        case _:
            return [condition]


def depth_of(condition: Condition) -> int:
    """How deep groups are nested; a single question is 1."""
    match condition:
        case All(of=parts) | AnyOf(of=parts) | NoneOf(of=parts) | Xor(of=parts) | AtLeast(of=parts):
            return 1 + max(depth_of(part) for part in parts)
        case _:
            return 1


def size_problem(condition: Condition) -> str | None:
    """Why a condition is too large to accept, or None."""
    if depth_of(condition) > MAX_DEPTH:
        return f"nested deeper than {MAX_DEPTH}"
    if len(leaves_of(condition)) > MAX_LEAVES:
        return f"more than {MAX_LEAVES} questions"
    return None
