"""The language of conditions: one typed union (`rules-spec.md` 3), in the forms that people write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from kizuna.core.conditions.base import Node
from kizuna.core.conditions.event_questions import EventDid
from kizuna.core.conditions.person_questions import Everyone, InSegment, RandomBucket, Reachable
from kizuna.core.conditions.trait_questions import TraitIs

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
