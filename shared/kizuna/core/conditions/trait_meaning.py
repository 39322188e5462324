"""What questions about what is known of a person mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from kizuna.core.conditions import geo
from kizuna.core.conditions.answers import Answer
from kizuna.core.conditions.locations import with_consent
from kizuna.core.conditions.properties import OtherTrait
from kizuna.core.conditions.trait_questions import PLACE, PlaceIs, TraitIs
from kizuna.core.conditions.value_meaning import Around, answer_about
from kizuna.core.conditions.values import MISSING, found_at
from kizuna.core.conditions.view import View
from kizuna.core.zones import zone_named


def trait_answer(question: TraitIs, view: View, *, now: datetime) -> Answer:
    """Whether a trait is as the question asks."""
    head = question.trait if question.trait in view.traits else question.trait.partition(".")[0]
    around = Around(now, zone=zone_in(view), traits=view.traits, since=view.since.get(head))
    return answer_about(question, found_at(view.traits, question.trait), around)


def zone_in(view: View) -> tzinfo:
    """The zone in which the person lives; UTC where it is not known, or is none that exists."""
    return (zone_named(view.zone) if view.zone else None) or UTC


def place_answer(question: PlaceIs, view: View, *, now: datetime) -> Answer:
    """Whether a person's place lies in an area. Where somebody was last seen is asked with their consent only."""
    places = _places(question, view)
    lies_there = Answer(any(geo.lies_in_area(place, question.within, question.region) for place in places))
    if question.geo != "last_known":
        return lies_there
    return with_consent(lies_there, view, now=now)


def _places(question: PlaceIs, view: View) -> list[Any]:
    match question.geo:
        case OtherTrait(trait=path):
            found = found_at(view.traits, path)
            return [] if found is MISSING else [found]
        case "last_known":
            return [view.traits[PLACE]] if PLACE in view.traits else []
        case _:
            return homes(view.traits, region=question.region is not None)


def homes(traits: Mapping[str, Any], *, region: bool) -> list[Any]:
    """Where a person lives: the first of these that tells. With `region` what names one, else what has a point."""
    told: list[Any] = [traits.get("home"), traits.get("address")]
    if region:
        named = [place for place in told if isinstance(place, Mapping) and place.get("country")]
        return [*named, traits][:1]
    return [place for place in told if geo.point_of(place) is not None][:1]
