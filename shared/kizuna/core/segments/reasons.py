"""Why somebody is in a segment: the questions whose answers decide it, and until when that holds without an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kizuna.core.conditions import (
    All,
    AnyOf,
    AtLeast,
    Condition,
    NoneOf,
    View,
    Xor,
    at_least,
    evaluate,
    opposite,
)
from kizuna.core.people import Profile
from kizuna.core.segments import EVERYONE, Segment, view_of


@dataclass(frozen=True, slots=True)
class Deciding:
    """One question and its answer; `holds` is False where the segment rests on its being untrue."""

    question: Condition
    holds: bool
    flips_at: datetime | None


@dataclass(frozen=True, slots=True)
class Membership:
    """One segment that the person is in. Without a definition (it was removed) nothing more is known.

    `holds` is False where the record has not been brought up to date with the definition yet.
    """

    segment: str
    name: str
    holds: bool
    until: datetime | None
    because: tuple[Deciding, ...]


def memberships(profile: Profile, segments: Sequence[Segment], *, now: datetime) -> tuple[Membership, ...]:
    """The segments that stand on the record, by name, each with what decides it now."""
    view = view_of(profile)
    defined = {segment.id: segment for segment in segments}
    found = []
    for name in sorted(profile.segments - {EVERYONE}):
        segment = defined.get(name)
        found.append(_membership(segment, view, now) if segment else Membership(name, name, True, None, ()))
    return tuple(found)


def _membership(segment: Segment, view: View, now: datetime) -> Membership:
    # A segment may not ask about itself, so what the record says of it is left out of the question.
    view = replace(view, segments=view.segments | {EVERYONE})
    answer, because = evaluate(segment.when, view, now=now), _deciding(segment.when, view, now)
    if segment.exclude is not None:
        answer = at_least(2, (answer, opposite(evaluate(segment.exclude, view, now=now))))
        because += _deciding(segment.exclude, view, now)
    return Membership(segment.id, segment.name, answer.matched, answer.flips_at, _distinct(because))


def _distinct(because: Sequence[Deciding]) -> tuple[Deciding, ...]:
    """Each once. By equality: a question with a mapping in it (the joins of a sequence) has no hash."""
    found: list[Deciding] = []
    for each in because:
        if each not in found:
            found.append(each)
    return tuple(found)


def _deciding(condition: Condition, view: View, now: datetime) -> list[Deciding]:
    """The leaves without which the answer would be, or might be, another: those of the parts that agree with it."""
    match condition:
        case All(of=parts) | AnyOf(of=parts) | AtLeast(of=parts):
            wanted = evaluate(condition, view, now=now).matched
        case NoneOf(of=parts):
            wanted = not evaluate(condition, view, now=now).matched
        case Xor(of=parts):
            return [leaf for part in parts for leaf in _deciding(part, view, now)]
        case _:
            answer = evaluate(condition, view, now=now)
            return [Deciding(condition, answer.matched, answer.flips_at)]
    return [
        leaf
        for part in parts
        if evaluate(part, view, now=now).matched is wanted
        for leaf in _deciding(part, view, now)
    ]
