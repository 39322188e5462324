"""Named conditions with live membership."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.conditions import (
    Condition,
    EnteredSegment,
    InSegment,
    LeftSegment,
    View,
    at_least,
    evaluate,
    leaves_of,
    opposite,
)
from kizuna.core.entry_pages import whole
from kizuna.core.errors import Problem
from kizuna.core.people import AddressStatus, HeldSince, Profile

EVERYONE = "everyone"  # the built-in segment that every living profile is in


class Segment(BaseModel):
    """A condition with a name. `exclude` is evaluated last and wins.

    `brand` and `owner` say whose it is, and change nobody's membership.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    name: str
    description: str = ""
    when: Condition
    exclude: Condition | None = None
    brand: str | None = None
    owner: str = Field(default="", max_length=200)


@dataclass(frozen=True, slots=True)
class Standing:
    """The segments a person is in now, and when that may next change with no event."""

    segments: frozenset[str]
    flips_at: datetime | None


def usable_channels(profile: Profile) -> frozenset[str]:
    """The channels on which a usable address is known."""
    return frozenset(
        address.channel for address in profile.addresses.values() if address.status is AddressStatus.OK
    )


def view_of(profile: Profile) -> View:
    """What conditions may see of a profile."""
    return View(
        traits={name: trait.value for name, trait in profile.traits.items()},
        aggregates=whole(profile.aggregates, profile.held_rows),
        segments=profile.segments,
        channels=usable_channels(profile),
        bucket_id=profile.bucket_id or profile.id,
        consents=profile.standing,
        moves=profile.moves,
        lists=profile.on_lists,
        journeys=profile.stands,
        zone=profile.zone_name,
        since=HeldSince(profile.traits),
    )


def standing(profile: Profile, segments: Sequence[Segment], *, now: datetime) -> Standing:
    """Evaluate all segments. They must be `in_order`, so that a segment sees those it asks about."""
    view = replace(view_of(profile), segments=frozenset({EVERYONE}))
    flips: list[datetime] = []
    for segment in segments:
        answer = evaluate(segment.when, view, now=now)
        if segment.exclude is not None:
            answer = at_least(2, (answer, opposite(evaluate(segment.exclude, view, now=now))))
        if answer.flips_at:
            flips.append(answer.flips_at)
        if answer.matched:
            view = replace(view, segments=view.segments | {segment.id})
    return Standing(view.segments, min(flips, default=None))


def references_of(segment: Segment) -> frozenset[str]:
    """The segments that this one asks about, whether somebody is in them or has entered or left them."""
    left_out = asked_about(segment.exclude) if segment.exclude is not None else frozenset[str]()
    return asked_about(segment.when) | left_out


def asked_about(condition: Condition) -> frozenset[str]:
    """The segments that a condition asks about."""
    return frozenset(name for leaf in leaves_of(condition) if (name := _asked_about(leaf)) is not None)


def _asked_about(leaf: Condition) -> str | None:
    match leaf:
        case (
            InSegment(in_segment=name) | EnteredSegment(entered_segment=name) | LeftSegment(left_segment=name)
        ):
            return name
        case _:
            return None


def in_order(
    segments: Mapping[str, Segment], *, place: Callable[[str], str] = lambda segment: f"segments/{segment}"
) -> tuple[tuple[Segment, ...], tuple[Problem, ...]]:
    """Segments so that each comes after those it asks about, and every reason why that cannot be done.

    Segments that do not exist are no reason: `condition_checks` tells of them with their place.
    """
    problems: list[Problem] = []
    if EVERYONE in segments:
        problems.append(Problem(place(EVERYONE), "is the name of the built-in segment of all people"))
    ordered: list[Segment] = []
    done = {EVERYONE}
    waiting = dict(sorted(segments.items()))
    while waiting:
        ready = [
            segment
            for segment in waiting.values()
            if all(name in done or name not in segments for name in references_of(segment))
        ]
        if not ready:
            circle = _circle(waiting)
            problems.append(Problem(place(circle[0]), f"asks about itself: {' → '.join(circle)}"))
            break
        for segment in ready:
            ordered.append(segment)
            done.add(segment.id)
            del waiting[segment.id]
    return tuple(ordered), tuple(problems)


def _circle(waiting: Mapping[str, Segment]) -> tuple[str, ...]:
    """A way from a segment back to itself. Each of those that wait asks about one that waits, so there is one."""
    trail = [min(waiting)]
    while trail.count(trail[-1]) < 2:
        trail.append(min(references_of(waiting[trail[-1]]) & waiting.keys()))
    return tuple(trail[trail.index(trail[-1]) :])
