"""What a question looks at, so that it need not be asked again while that stays as it is.

An input is a part of `View`: one of its fields, or what a key finds in a field that is a mapping. A new question
needs one more case in `inputs_of`, and nothing else, to be asked again whenever what it looks at has changed. What
the clock alone changes is no input: that is what `flips_at` tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, assert_never

from kizuna.core.conditions.consent_questions import ConsentIs, Reachable
from kizuna.core.conditions.event_questions import EventDid
from kizuna.core.conditions.language import All, AnyOf, AtLeast, Condition, NoneOf, Score, Xor, leaves_of
from kizuna.core.conditions.person_questions import (
    EnteredSegment,
    Everyone,
    InSegment,
    JourneyState,
    LeftSegment,
    RandomBucket,
    StaticList,
)
from kizuna.core.conditions.plain import Convenient, plain_leaf
from kizuna.core.conditions.properties import OtherTrait
from kizuna.core.conditions.remembered import aggregate_key
from kizuna.core.conditions.sequences import Sequence
from kizuna.core.conditions.trait_questions import HOME_TRAITS, PLACE, PlaceIs, TraitIs, looks_of
from kizuna.core.conditions.view import View
from kizuna.core.conditions.windows import looks_at_the_persons_zone


class Input(NamedTuple):
    """A part of a view: a field of it, or what `key` finds there."""

    field: str
    key: str = ""


def inputs_of(leaf: Condition) -> frozenset[Input]:
    """All that an answer depends on besides the clock.

    A question about another segment has no inputs of its own: what that segment looks at counts (`SegmentIndex`).
    """
    match leaf:
        case TraitIs(trait=path):
            looks = looks_of(leaf)
            zone = {Input("zone")} if looks.zone else set()
            since = {Input("since", path.partition(".")[0])} if looks.since else set()
            return frozenset().union(zone, since, *map(_trait, (path, *looks.traits)))
        case PlaceIs(geo=place):
            return _place(place)
        case EventDid() | Sequence():
            zone = {Input("zone")} if looks_at_the_persons_zone(leaf.window) else set()
            consents = {Input("consents")} if leaf.asks_place else set()
            return frozenset({Input("aggregates", aggregate_key(leaf)), *zone, *consents})
        case Reachable(purpose="any"):
            return frozenset({Input("channels")})
        case Reachable() | ConsentIs():
            return frozenset({Input("consents")})
        case EnteredSegment(entered_segment=segment) | LeftSegment(left_segment=segment):
            return frozenset({Input("moves", segment)})
        case StaticList():
            return frozenset({Input("lists")})
        case JourneyState(journey=journey):
            return frozenset({Input("journeys", journey)})
        case RandomBucket():
            return frozenset({Input("bucket_id")})
        case InSegment() | Everyone():
            return frozenset()
        case All() | AnyOf() | NoneOf() | Xor() | AtLeast() | Score():
            return frozenset().union(*map(inputs_of, leaves_of(leaf)))
        case _ if isinstance(leaf, Convenient):
            return frozenset().union(*map(inputs_of, leaves_of(plain_leaf(leaf))))
        case _:
            assert_never(leaf)


def _place(place: str | OtherTrait) -> frozenset[Input]:
    match place:
        case OtherTrait(trait=path):
            return _trait(path)
        case "last_known":
            return frozenset({Input("traits", PLACE), Input("consents")})
        case _:
            return frozenset(Input("traits", name) for name in HOME_TRAITS)


def found(view: View, part: Input) -> Any:
    """What stands there now; None where nothing does."""
    held = getattr(view, part.field)
    return held.get(part.key) if isinstance(held, Mapping) else held


def _trait(path: str) -> frozenset[Input]:
    """A path may be the name of a trait as it stands, or lead into one (`at_path`)."""
    return frozenset({Input("traits", path), Input("traits", path.partition(".")[0])})
