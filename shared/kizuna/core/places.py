"""Where a person's device last was, by `context.location` of their events: kept while some condition asks for it.

It stands on the record as a trait of Kizuna's own, of which the newest survives like that of any other. Where exactly
somebody was is nobody's business: four decimals of a degree, about 11 m, are kept. No condition may act on it without
consent to the purpose `location` (`trait_meaning.place_answer`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kizuna.core.conditions.geo import point_of
from kizuna.core.conditions.trait_questions import PLACE
from kizuna.core.events import Event
from kizuna.core.identity.identifiers import is_unverified
from kizuna.core.merges.survivorship import survivor
from kizuna.core.people import Trait

SOURCE = "kizuna"
DECIMALS = 4
_LONGEST = 64  # characters of a name


def place_of(event: Event) -> Mapping[str, Any] | None:
    """The place that an event's context tells, or None where it tells of none."""
    location = event.context.get("location")
    if not isinstance(location, Mapping):
        return None
    point = point_of(location)
    place: dict[str, Any] = {}
    if point is not None:
        place |= {"lat": round(point[0], DECIMALS), "lon": round(point[1], DECIMALS)}
    for name in ("country", "region"):
        told = location.get(name)
        if isinstance(told, str) and told.strip():
            place[name] = told.strip()[:_LONGEST]
    return place or None


def with_place(held: Trait | None, events: Iterable[Event]) -> Trait | None:
    """The trait after more events, in any order."""
    for event in events:
        place = place_of(event)
        if place is not None:
            told = Trait(place, event.at, SOURCE, vouched=not is_unverified(event))
            held = survivor(PLACE, held, told, {})
    return held


__all__ = ["DECIMALS", "PLACE", "SOURCE", "place_of", "with_place"]
