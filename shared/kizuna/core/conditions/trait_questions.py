"""Questions about what is known of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import model_validator

from kizuna.core.conditions.base import Node
from kizuna.core.conditions.geo import Circle, Region, area_problem
from kizuna.core.conditions.operators import OF_HISTORY, operator_of, positive_of
from kizuna.core.conditions.properties import (
    Comparison,
    EventPlace,
    OtherProperty,
    OtherTrait,
    Path,
    takes_the_persons_zone,
    where_leaves,
)


class TraitIs(Comparison):
    """A question about one trait, or about what stands in it at a dotted path."""

    type: Literal["trait"] = "trait"
    trait: Path

    @model_validator(mode="after")
    def _about_traits(self) -> TraitIs:
        if isinstance(self.value, OtherProperty):
            raise ValueError("a trait is compared with another trait: {trait: …}")
        _refuse_the_place(self.trait, self.value.trait if isinstance(self.value, OtherTrait) else "")
        return self


PLACE = "last_known_place"  # the trait that Kizuna keeps of where a person was (`core/places.py`)
HOME_TRAITS = ("home", "address", "country", "region")  # that tell where a person lives


class PlaceIs(Node):
    """Whether a person's place lies in an area: around a point, or a country or a part of one.

    `home` is the trait `home`, or else `address`; of a region the traits `country` and `region` tell as well.
    `last_known` is where the person's device last was, by `context.location` of their events. It is remembered only
    while some condition asks for it, and holds for nobody without consent to the purpose `location`.
    """

    type: Literal["geo"] = "geo"
    geo: Literal["last_known", "home"] | OtherTrait
    within: Circle | None = None
    region: Region | None = None

    @model_validator(mode="after")
    def _one_area(self) -> PlaceIs:
        problem = area_problem(self.within, self.region)
        if problem:
            raise ValueError(problem)
        if isinstance(self.geo, OtherTrait):
            _refuse_the_place(self.geo.trait)
        return self


def _refuse_the_place(*paths: str) -> None:
    """Nobody asks around the consent that a question about the last known place minds."""
    if any(path.partition(".")[0] == PLACE for path in paths):
        raise ValueError("where somebody was is asked by {geo: last_known}, which minds their consent")


@dataclass(frozen=True, slots=True)
class Looks:
    """What a question about a trait looks at besides its own value."""

    traits: frozenset[str]  # paths of others that it is compared with
    zone: bool  # the person's
    since: bool  # when the trait came to its value
    timed: bool  # the clock

    @property
    def anywhere(self) -> bool:
        return bool(self.traits) or self.zone or self.since or self.timed


def looks_of(question: TraitIs) -> Looks:
    """What else an answer depends on. Where that is nothing, it can be kept by the trait's value."""
    asked: list[Comparison] = [question]
    if question.where is not None:
        asked += [leaf for leaf in where_leaves(question.where) if not isinstance(leaf, EventPlace)]
    return Looks(
        frozenset(each.value.trait for each in asked if isinstance(each.value, OtherTrait)),
        any(map(takes_the_persons_zone, asked)),
        any(each.op in OF_HISTORY for each in asked),
        any(map(_is_timed, asked)),
    )


def _is_timed(question: Comparison) -> bool:
    by_another = isinstance(question.value, OtherTrait | OtherProperty)
    return operator_of(question.op).timed and not (positive_of(question.op) == "same_day" and by_another)
