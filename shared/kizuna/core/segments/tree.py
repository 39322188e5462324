"""A segment explained for one person: the whole tree of its questions, what each sees, its answer, and until when.

`segment_reasons` tells the few answers that decide; here all of them are told, those that change nothing too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from kizuna.core.conditions import Condition, EventDid, TraitIs, View, at_path, evaluate
from kizuna.core.conditions.answers import at_least, opposite
from kizuna.core.conditions.consent_questions import Reachable
from kizuna.core.conditions.event_meaning import complete_since, observed
from kizuna.core.conditions.language import Score, parts_of
from kizuna.core.conditions.message_questions import MessageOutcome
from kizuna.core.conditions.person_questions import (
    Affinity,
    DeviceIs,
    EnteredSegment,
    JourneyState,
    LeftSegment,
    RfmIs,
)
from kizuna.core.conditions.plain import DEVICES, plain_leaf
from kizuna.core.conditions.remembered import aggregate_key
from kizuna.core.durations import from_epoch_millis, instant_to_text
from kizuna.core.people import Profile
from kizuna.core.segments import EVERYONE, Segment, view_of

Since = Mapping[str, datetime]  # by segment


@dataclass(frozen=True, slots=True)
class Why:
    """One question or group of a condition, asked of one person at one moment.

    `seen` is what it looks at, None where the answer says it all. `complete_since` is told where the record of what
    is asked does not reach back as far as the question. `points` are those of a part of a score.
    """

    condition: Condition
    holds: bool
    flips_at: datetime | None
    seen: Mapping[str, Any] | None = None
    parts: tuple[Why, ...] = ()
    complete_since: datetime | None = None
    points: float | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether somebody belongs to a segment, by its condition and by what it excludes.

    `on_record` is what the stored record says; it differs only until a backfill or an alarm has come by.
    """

    segment: str
    name: str
    holds: bool
    flips_at: datetime | None
    when: Why
    exclude: Why | None
    on_record: bool


def explained(
    segment: Segment, profile: Profile, *, now: datetime, moves_since: Since = MappingProxyType({})
) -> Explanation:
    """The segment's whole tree for one person, who remembers what the segment asks for (`upkeep.as_defined`).

    `moves_since` tells of segments since when entries and exits are kept.
    """
    view = view_of(profile)
    view = replace(view, segments=view.segments | {EVERYONE})  # a segment may not ask about itself
    when = why(segment.when, view, now=now, moves_since=moves_since)
    answer = evaluate(segment.when, view, now=now)
    exclude = None
    if segment.exclude is not None:
        exclude = why(segment.exclude, view, now=now, moves_since=moves_since)
    if segment.exclude is not None:
        answer = at_least(2, (answer, opposite(evaluate(segment.exclude, view, now=now))))
    on_record = segment.id in profile.segments
    return Explanation(segment.id, segment.name, answer.matched, answer.flips_at, when, exclude, on_record)


def why(condition: Condition, view: View, *, now: datetime, moves_since: Since = MappingProxyType({})) -> Why:
    """A condition with all its parts, asked of a view."""
    answer = evaluate(condition, view, now=now)
    parts = tuple(why(part, view, now=now, moves_since=moves_since) for part in parts_of(condition))
    if isinstance(condition, Score):
        parts = tuple(
            replace(part, points=each.points) for part, each in zip(parts, condition.of, strict=True)
        )
    seen = None if parts else _seen(condition, view, now)
    since = _complete_since(condition, view, now, moves_since)
    return Why(condition, answer.matched, answer.flips_at, seen, parts, since)


def _seen(leaf: Condition, view: View, now: datetime) -> Mapping[str, Any] | None:
    match leaf:
        case TraitIs(trait=path):
            since = view.since.get(path.split(".")[0])
            held = {"since": instant_to_text(since)} if since else {}
            return {"value": at_path(view.traits, path), **held}
        case Affinity():
            return {"value": at_path(view.traits, f"affinity.{leaf.affinity}.{leaf.key}")}
        case EventDid():
            return observed(leaf, view.aggregates.get(aggregate_key(leaf), {}), now=now, zone=view.zone)
        case RfmIs(rfm=name):
            return {"value": at_path(view.traits, f"rfm.{name}")}
        case DeviceIs():
            return {"value": at_path(view.traits, DEVICES)}
        case MessageOutcome():
            inner = [each for each in _with_parts(plain_leaf(leaf)) if isinstance(each, EventDid)]
            counts = [_seen(each, view, now) or {} for each in inner]
            latest = max((str(each["last"]) for each in counts if "last" in each), default=None)
            return {
                "count": sum(each.get("count", 0) for each in counts),
                **({"last": latest} if latest else {}),
            }
        case EnteredSegment(entered_segment=segment):
            return _moment(view.moves.get(segment, (None, None))[0])
        case LeftSegment(left_segment=segment):
            return _moment(view.moves.get(segment, (None, None))[1])
        case Reachable():
            return {"value": sorted(view.channels)}
        case JourneyState(journey=journey):
            return {"stands": sorted(view.journeys.get(journey, ()))}
        case _:
            return None  # the answer says it all


def _with_parts(condition: Condition) -> list[Condition]:
    return [condition, *(each for part in parts_of(condition) for each in _with_parts(part))]


def _moment(millis: int | None) -> Mapping[str, Any]:
    return {} if millis is None else {"at": instant_to_text(from_epoch_millis(millis))}


def _complete_since(leaf: Condition, view: View, now: datetime, moves_since: Since) -> datetime | None:
    """Since when all is remembered that the question looks at; None where that is everything."""
    match leaf:
        case EventDid():
            return complete_since(leaf, view.aggregates.get(aggregate_key(leaf), {}), now=now)
        case MessageOutcome():
            told = [_complete_since(each, view, now, moves_since) for each in _with_parts(plain_leaf(leaf))]
            return max((since for since in told if since is not None), default=None)
        case (
            EnteredSegment(entered_segment=segment, window=window)
            | LeftSegment(left_segment=segment, window=window)
        ):
            since = moves_since.get(segment)
            reaches = window is None or since is None or window.last.before(now) < since
            return since if reaches else None
        case _:
            return None
