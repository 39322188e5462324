"""One value questioned by an operator, and filters: whole conditions over the properties of an event or an object.

{property: total, op: gte, value: 50}                  a question about one property
{any: [{property: …}, {context: page.path, …}]}        a filter: `where` of an event, or of `has_item`
[{property: …}, {property: …}]                         the same as `all` of them
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from kizuna.core.conditions.base import Node, Scalar, with_its_type
from kizuna.core.conditions.checking import PERSON, problem_of
from kizuna.core.conditions.comparing import Test
from kizuna.core.conditions.geo import Circle, Region, area_problem
from kizuna.core.conditions.operators import (
    OF_HISTORY,
    Ordering,
    TraitOperator,
    ValueType,
    operator_of,
    positive_of,
)
from kizuna.core.durations import Duration

Path = Annotated[str, Field(min_length=1, max_length=200)]


class OtherTrait(Node):
    """Another trait of the same person, in place of a value."""

    trait: Path


class OtherProperty(Node):
    """Another property of the same event or object, in place of a value."""

    property: Path


class Comparison(Node):
    """What is asked of one value. What an operator takes is told by `operators`, and held to by `checking`."""

    op: TraitOperator = Field(description="How the value is questioned; `not_…` is the exact opposite.")
    value: Scalar | tuple[Scalar, ...] | OtherTrait | OtherProperty | None = Field(
        default=None,
        description="What it is compared with: a value, a list, or `{trait: …}` for another trait. An instant is "
        "RFC 3339, a length of time 90s, 15m, 12h, 7d, 2w, 3mo or 1y.",
    )
    value_type: ValueType | None = Field(
        default=None,
        description="What the value is read as, such as a number that came as a text. Else nothing is converted.",
    )
    case: Literal["sensitive", "insensitive"] | None = Field(
        default=None, description="Whether capital letters count in texts; they do unless told otherwise."
    )
    zone: str | None = Field(
        default=None,
        max_length=64,
        description="Whose days and months: an IANA name, or `person` for the person's own. UTC unless told, but the "
        "person's own where the question is about days.",
    )
    cmp: Ordering | None = Field(
        default=None, description="How a size or a version compares; `eq` unless told."
    )
    where: Where | None = Field(
        default=None, description="What one object of the list must satisfy (`has_item`)."
    )
    for_at_least: Duration | None = Field(
        default=None, description="The value has been held so long (`has_been`)."
    )
    for_less_than: Duration | None = Field(
        default=None, description="The value has not been held so long yet (`has_been`)."
    )
    offset: str | None = Field(
        default=None,
        pattern=r"^[+-]?[0-9]{1,3}[dw]$",
        description="Days or weeks from the anniversary, such as -3d for three days before it.",
    )
    window: str | None = Field(
        default=None,
        pattern=r"^[0-9]{1,3}[dw]$",
        description="How many days, or weeks, the anniversary counts; 1d unless told.",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Comparison:
        problem = problem_of(self) or (item_problem(self.where) if self.where is not None else None)
        if problem:
            raise ValueError(problem)
        return self

    @cached_property
    def element_tests(self) -> dict[tzinfo | None, Test]:
        """What was worked out of this question for one element of a value (`value_meaning`): by the person's zone, or
        under None where that does not matter."""
        return {}

    @cached_property
    def is_negative(self) -> bool:
        """Whether the operator is the opposite of another."""
        return positive_of(self.op) != self.op

    @cached_property
    def asks_for_null(self) -> bool:
        """Whether `value: null` was written out: then it is asked for, and not left out."""
        return self.value is None and "value" in self.model_fields_set and self.op in ("eq", "not_eq")


def takes_the_persons_zone(question: Comparison) -> bool:
    """Whether days or months are counted by the person's clock: where that is said, or days are asked about."""
    if question.zone is not None:
        return question.zone == PERSON
    return asks_for_days(question)


def asks_for_days(question: Comparison) -> bool:
    """Whether a question is about days, which begin and end by somebody's clock."""
    return question.value_type == "date" or operator_of(question.op).days


class PropertyIs(Comparison):
    """A question about one property of an event, or of an object in a list; only inside `where`."""

    type: Literal["property"] = "property"
    property: Path


class ContextIs(Comparison):
    """A question about the context that an event came with, such as `page.path`; only inside an event's `where`."""

    type: Literal["context"] = "context"
    context: Path


class EventPlace(Node):
    """Whether an event's place lies in an area: its `context.location`, or a property that holds a place."""

    type: Literal["geo"] = "geo"
    geo: Literal["event"] | OtherProperty
    within: Circle | None = None
    region: Region | None = None

    @model_validator(mode="after")
    def _one_area(self) -> EventPlace:
        problem = area_problem(self.within, self.region)
        if problem:
            raise ValueError(problem)
        return self


class WhereAll(Node):
    """All of these hold."""

    type: Literal["all"] = "all"
    of: tuple[Where, ...] = Field(min_length=1)


class WhereAny(Node):
    """At least one of these holds."""

    type: Literal["any"] = "any"
    of: tuple[Where, ...] = Field(min_length=1)


class WhereNone(Node):
    """None of these holds."""

    type: Literal["none"] = "none"
    of: tuple[Where, ...] = Field(min_length=1)


class WhereXor(Node):
    """Exactly one of these holds."""

    type: Literal["xor"] = "xor"
    of: tuple[Where, ...] = Field(min_length=1)


class WhereAtLeast(Node):
    """So many of these hold, or more."""

    type: Literal["at_least"] = "at_least"
    n: int = Field(ge=1)
    of: tuple[Where, ...] = Field(min_length=1)


WhereGroup = WhereAll | WhereAny | WhereNone | WhereXor | WhereAtLeast
WhereLeaf = PropertyIs | ContextIs | EventPlace

_GROUPS = ("all", "any", "none", "xor")
_LEAVES = ("property", "context", "geo")


def _name_the_type(raw: Any) -> Any:
    """A list is short for `all`."""
    if isinstance(raw, list | tuple):
        return {"type": "all", "of": raw}
    return with_its_type(raw, groups=_GROUPS, leaves=_LEAVES)


Where = Annotated[
    Annotated[
        WhereAll | WhereAny | WhereNone | WhereXor | WhereAtLeast | PropertyIs | ContextIs | EventPlace,
        Field(discriminator="type"),
    ],
    BeforeValidator(_name_the_type),
]

for _model in (
    Comparison, PropertyIs, ContextIs, EventPlace, WhereAll, WhereAny, WhereNone, WhereXor, WhereAtLeast,
):  # fmt: skip
    _model.model_rebuild()


_NO_HISTORY = "{} is for traits: nothing else remembers since when it is so"

# ── filters of events ───────────────────────────────────────────────────────────────────────────


def _nothing_as_none(raw: Any) -> Any:
    return None if isinstance(raw, list | tuple) and not raw else raw


def _is_about_the_event_alone(where: Where | None) -> Where | None:
    problem = next(filter(None, map(_person_in, where_leaves(where))), None) if where is not None else None
    if problem:
        raise ValueError(problem)
    return where


def _person_in(leaf: WhereLeaf) -> str | None:
    """What a question about an event asks of the person, which is not the same for good, as the event is."""
    if isinstance(leaf, EventPlace):
        return None
    if leaf.op in OF_HISTORY:
        return _NO_HISTORY.format(leaf.op)
    if leaf.zone == PERSON:
        return "an event's filter has no person whose zone it could take: name one"
    if isinstance(leaf.value, OtherTrait):
        return "an event is compared with its own properties: {property: …}"
    return None


# `where` of an event: absent, a list (all of them), or a whole tree.
EventWhere = Annotated[
    Where | None, BeforeValidator(_nothing_as_none), AfterValidator(_is_about_the_event_alone)
]


def where_text(where: Where | None) -> str:
    """A filter as one text, the same for the same filter: what is remembered of events goes by it."""
    return "" if where is None else where.model_dump_json(exclude_none=True)


def value_problem(op: TraitOperator, value: Any) -> str | None:
    """Why an operator without options does not take a value, or None if it does."""
    return problem_of(Comparison.model_construct(op=op, value=value))


# ── walking ─────────────────────────────────────────────────────────────────────────────────────


def parts_of_where(where: Where) -> tuple[Where, ...]:
    """What a filter consists of: the parts of a group, the filter inside a `has_item`; of other questions nothing."""
    match where:
        case WhereAll(of=parts) | WhereAny(of=parts) | WhereNone(of=parts) | WhereXor(of=parts):
            return parts
        case WhereAtLeast(of=parts):
            return parts
        case PropertyIs(where=inner) | ContextIs(where=inner) if inner is not None:
            return (inner,)
        case _:
            return ()


def where_leaves(where: Where) -> Iterator[WhereLeaf]:
    """All questions of a filter, those inside `has_item` included."""
    if isinstance(where, WhereLeaf):
        yield where
    for part in parts_of_where(where):
        yield from where_leaves(part)


def asks_place(where: Where | None) -> bool:
    """Whether a filter asks where the device was (`context.location`), which is not the place of a property."""
    leaves = where_leaves(where) if where is not None else ()
    return any(isinstance(leaf, EventPlace) and leaf.geo == "event" for leaf in leaves)


def properties_of(where: Where | None) -> tuple[str, ...]:
    """The paths of all properties that a filter asks about, each once; not those of objects in a list."""
    found: dict[str, None] = {}
    waiting = [where] if where is not None else []
    while waiting:
        part = waiting.pop(0)
        match part:
            case PropertyIs(property=path):
                found[path] = None
                if isinstance(part.value, OtherProperty):
                    found[part.value.property] = None
            case EventPlace(geo=OtherProperty(property=path)):
                found[path] = None
            case ContextIs():
                pass
            case _:
                waiting += parts_of_where(part)
    return tuple(found)


def where_depth(where: Where | None) -> int:
    """How deep a filter is nested: 0 without one, 1 for a single question."""
    if where is None:
        return 0
    return 1 + max(map(where_depth, parts_of_where(where)), default=0)


def item_problem(where: Where) -> str | None:
    """Why a filter cannot be asked of an object in a list, or None if it can."""
    for leaf in where_leaves(where):
        if isinstance(leaf, ContextIs) or (isinstance(leaf, EventPlace) and leaf.geo == "event"):
            return "an object in a list has no context; ask for its own properties"
        if not isinstance(leaf, EventPlace) and leaf.op in OF_HISTORY:
            return _NO_HISTORY.format(leaf.op)
    return None
