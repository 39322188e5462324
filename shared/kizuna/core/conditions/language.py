"""The language of conditions: one typed union (`rules-spec.md` 3), in the forms that people write."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, FiniteFloat, model_validator

from kizuna.core.conditions.base import Node, with_its_type
from kizuna.core.conditions.consent_questions import ConsentIs, Reachable, Subscription
from kizuna.core.conditions.event_questions import EventDid
from kizuna.core.conditions.message_questions import Converted, MessageOutcome
from kizuna.core.conditions.person_questions import (
    Affinity,
    DeviceIs,
    EnteredSegment,
    Everyone,
    Holdout,
    InSegment,
    JourneyState,
    LeftSegment,
    RandomBucket,
    RfmIs,
    StaticList,
    Variant,
)
from kizuna.core.conditions.properties import Where, where_depth, where_leaves
from kizuna.core.conditions.sequences import Sequence
from kizuna.core.conditions.trait_questions import PlaceIs, TraitIs

MAX_DEPTH = 8
MAX_LEAVES = 200


class All(Node):
    type: Literal["all"] = "all"
    of: tuple[Condition, ...] = Field(min_length=1)


class AnyOf(Node):
    type: Literal["any"] = "any"
    of: tuple[Condition, ...] = Field(min_length=1)


class NoneOf(Node):
    type: Literal["none"] = "none"
    of: tuple[Condition, ...] = Field(min_length=1)


class Xor(Node):
    type: Literal["xor"] = "xor"
    of: tuple[Condition, ...] = Field(min_length=1)


class AtLeast(Node):
    type: Literal["at_least"] = "at_least"
    n: int = Field(ge=1)
    of: tuple[Condition, ...] = Field(min_length=1)


class Scored(Node):
    """What a condition is worth in a score where it holds."""

    when: Condition
    points: FiniteFloat


class Score(Node):
    """The points of all parts that hold, added up and compared."""

    type: Literal["score"] = "score"
    of: tuple[Scored, ...] = Field(min_length=1)
    op: Literal["eq", "gt", "gte", "lt", "lte", "between"] = "gte"
    value: FiniteFloat | tuple[FiniteFloat, FiniteFloat]

    @model_validator(mode="after")
    def _fits(self) -> Score:
        if (self.op == "between") != isinstance(self.value, tuple):
            raise ValueError("between takes a list of two numbers, every other operator one number")
        return self


_GROUPS = ("all", "any", "none", "xor", "score")
_LEAVES = (
    "trait", "geo", "event", "sequence", "message", "converted", "in_segment", "entered_segment", "left_segment",
    "static_list", "reachable", "consent", "subscription", "random_bucket", "holdout", "variant", "affinity", "rfm",
    "device", "journey", "everyone",
)  # fmt: skip


def _name_the_type(raw: Any) -> Any:
    return with_its_type(raw, groups=_GROUPS, leaves=_LEAVES)


Condition = Annotated[
    Annotated[
        All
        | AnyOf
        | NoneOf
        | Xor
        | AtLeast
        | Score
        | TraitIs
        | PlaceIs
        | EventDid
        | Sequence
        | MessageOutcome
        | Converted
        | InSegment
        | EnteredSegment
        | LeftSegment
        | StaticList
        | Reachable
        | ConsentIs
        | Subscription
        | RandomBucket
        | Holdout
        | Variant
        | Affinity
        | RfmIs
        | DeviceIs
        | JourneyState
        | Everyone,
        Field(discriminator="type"),
    ],
    BeforeValidator(_name_the_type),
]

for _model in (All, AnyOf, NoneOf, Xor, AtLeast, Scored, Score):
    _model.model_rebuild()


# ── walking ───────────────────────────────────────────────────────────────────────────────────────


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """The conditions that a group consists of; of a single question none."""
    match condition:
        case All(of=parts) | AnyOf(of=parts) | NoneOf(of=parts) | Xor(of=parts) | AtLeast(of=parts):
            return parts
        case Score(of=scored):
            return tuple(each.when for each in scored)
        case _:
            return ()


def leaves_of(condition: Condition) -> list[Condition]:
    """All questions in a tree, left to right."""
    parts = parts_of(condition)
    return [leaf for part in parts for leaf in leaves_of(part)] if parts else [condition]


def depth_of(condition: Condition) -> int:
    """How deep groups are nested; a single question is 1, and goes as deep as its filter."""
    inside = max(map(where_depth, filters_of(condition)), default=0)
    return 1 + max((depth_of(part) for part in parts_of(condition)), default=inside)


def filters_of(leaf: Condition) -> list[Where]:
    """The filters that stand in a question: `where` of an event, of each step of a sequence, of `has_item`."""
    match leaf:
        case TraitIs(where=where) | EventDid(where=where):
            found = [where]
        case Sequence(sequence=steps):
            found = [step.where for step in steps]
        case _:
            found = []
    return [where for where in found if where is not None]


def questions_of(condition: Condition) -> int:
    """How many questions a condition asks, those of its filters included."""
    leaves = leaves_of(condition)
    return len(leaves) + sum(1 for leaf in leaves for where in filters_of(leaf) for _ in where_leaves(where))


def size_problem(condition: Condition) -> str | None:
    """Why a condition is too large to accept, or None."""
    if depth_of(condition) > MAX_DEPTH:
        return f"nested deeper than {MAX_DEPTH}"
    if questions_of(condition) > MAX_LEAVES:
        return f"more than {MAX_LEAVES} questions"
    return None
