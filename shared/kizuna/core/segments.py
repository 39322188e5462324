"""Named conditions with live membership."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.conditions import (
    Condition,
    InSegment,
    View,
    at_least,
    evaluate,
    leaves_of,
    opposite,
    size_problem,
)
from kizuna.core.errors import Problem
from kizuna.core.people import AddressStatus, Profile

EVERYONE = "everyone"  # the built-in segment that every living profile is in


class Segment(BaseModel):
    """A condition with a name. `exclude` is evaluated last and wins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    name: str
    description: str = ""
    when: Condition
    exclude: Condition | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The segments a person is in now, and when that may next change with no event."""

    segments: frozenset[str]
    flips_at: datetime | None


def view_of(profile: Profile) -> View:
    """What conditions may see of a profile."""
    usable = {address.channel for address in profile.addresses.values() if address.status is AddressStatus.OK}
    return View(
        traits={name: trait.value for name, trait in profile.traits.items()},
        aggregates=profile.aggregates,
        segments=profile.segments,
        channels=frozenset(usable),
        bucket_id=profile.bucket_id or profile.id,
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
    """The segments that this one asks about."""
    leaves = leaves_of(segment.when) + (leaves_of(segment.exclude) if segment.exclude is not None else [])
    return frozenset(leaf.in_segment for leaf in leaves if isinstance(leaf, InSegment))


def in_order(
    segments: Mapping[str, Segment], *, place: Callable[[str], str] = lambda segment: f"segments/{segment}"
) -> tuple[tuple[Segment, ...], tuple[Problem, ...]]:
    """Segments so that each comes after those it asks about, and every reason why that cannot be done."""
    problems = [
        Problem(place(segment.id), reason)
        for segment in segments.values()
        for condition in (segment.when, segment.exclude)
        if condition is not None and (reason := size_problem(condition))
    ]
    if EVERYONE in segments:
        problems.append(Problem(place(EVERYONE), "is the name of the built-in segment of all people"))
    problems += [
        Problem(place(segment.id), f"asks about segment {name!r}, which does not exist")
        for segment in segments.values()
        for name in sorted(references_of(segment))
        if name not in segments and name != EVERYONE
    ]
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
            problems.append(Problem("segments", f"ask about each other in a circle: {', '.join(waiting)}"))
            break
        for segment in ready:
            ordered.append(segment)
            done.add(segment.id)
            del waiting[segment.id]
    return tuple(ordered), tuple(problems)
