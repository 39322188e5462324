"""What a condition means: short, slow and obvious. Whatever is faster is held against it.

Evaluation gives the truth and `flips_at`: the earliest later instant at which the answer may change with no
new event. Too early is harmless (the alarm recomputes and sleeps again), too late is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from kizuna.core.conditions.answers import Answer, at_least, earliest, opposite
from kizuna.core.conditions.comparing import at_path, compare, compare_numbers
from kizuna.core.conditions.language import (
    All,
    AnyOf,
    AtLeast,
    Condition,
    EventDid,
    Everyone,
    InSegment,
    NoneOf,
    PropertyIs,
    RandomBucket,
    Reachable,
    TraitIs,
    Xor,
)
from kizuna.core.conditions.remembered import DECIMALS, aggregate_key
from kizuna.core.conditions.times import next_turn
from kizuna.core.durations import from_epoch_millis
from kizuna.core.ids import bucket


@dataclass(frozen=True, slots=True)
class View:
    """What conditions may look at."""

    traits: Mapping[str, Any]
    aggregates: Mapping[str, Mapping[str, Any]]
    segments: frozenset[str]
    channels: frozenset[str]  # with a usable address
    bucket_id: str


def evaluate(condition: Condition, view: View, *, now: datetime) -> Answer:
    """The meaning of a condition: short, slow and obvious."""
    match condition:
        case TraitIs(trait=path, op=op, value=value):
            return compare(op, at_path(view.traits, path), value, now=now)
        case EventDid():
            return _event(condition, view.aggregates.get(aggregate_key(condition), {}), now=now)
        case InSegment(in_segment=segment):
            return Answer(segment in view.segments)
        case Reachable(reachable=channel):
            return Answer(channel in view.channels)
        case RandomBucket(random_bucket=salt, from_=start, to=end):
            return Answer(start <= 100 * bucket(salt, view.bucket_id) < end)
        case Everyone():
            return Answer(matched=True)
        case All(of=parts):
            return at_least(len(parts), _answers(parts, view, now))
        case AnyOf(of=parts):
            return at_least(1, _answers(parts, view, now))
        case NoneOf(of=parts):
            return opposite(at_least(1, _answers(parts, view, now)))
        case Xor(of=parts):
            answers = _answers(parts, view, now)
            return Answer(sum(answer.matched for answer in answers) == 1, earliest(answers))
        case AtLeast(of=parts, n=least):
            return at_least(least, _answers(parts, view, now))
        case _:
            assert_never(condition)


def _answers(parts: Sequence[Condition], view: View, now: datetime) -> list[Answer]:
    return [evaluate(part, view, now=now) for part in parts]


def _event(leaf: EventDid, state: Mapping[str, Any], *, now: datetime) -> Answer:
    if leaf.verb == "sum":
        return _sum(leaf, state, now=now)
    if leaf.window is None:
        count, flips_at = int(state.get("n", 0)), None
    else:
        instants = [from_epoch_millis(millis) for millis in state.get("t", ())]
        start = leaf.window.last.before(now)
        count = sum(start < instant <= now for instant in instants)
        flips_at = next_turn(leaf.window.last, _deciding(leaf, instants, now), now)
    match leaf.verb:
        case "did":
            return Answer(count >= 1, flips_at)
        case "did_not":
            return Answer(count == 0, flips_at)
        case "count":
            return Answer(compare_numbers(leaf.op, count, leaf.value), flips_at)
        case _:
            assert_never(leaf.verb)


def _deciding(leaf: EventDid, instants: Sequence[datetime], now: datetime) -> list[datetime]:
    """Those instants (ascending) on which the answer depends: a count reaches k while its k-th latest is inside."""
    past = [instant for instant in instants if instant <= now]
    return [*(past[-k] for k in leaf.turning_counts if 0 < k <= len(past)), *instants[len(past) :]]


def _sum(leaf: EventDid, state: Mapping[str, Any], *, now: datetime) -> Answer:
    if leaf.window is None:
        return Answer(compare_numbers(leaf.op, state.get("s", {}).get(leaf.of, 0), leaf.value))
    entries = [(from_epoch_millis(millis), amount) for millis, amount in state.get("w", {}).get(leaf.of, ())]
    start = leaf.window.last.before(now)
    total = round(math.fsum(amount for at, amount in entries if start < at <= now), DECIMALS)
    flips_at = next_turn(leaf.window.last, [at for at, _ in entries], now)
    return Answer(compare_numbers(leaf.op, total, leaf.value), flips_at)


def matches_properties(where: Sequence[PropertyIs], properties: Mapping[str, Any], *, at: datetime) -> bool:
    """Whether one event passes a filter; relative operators count from the event's own time."""
    return all(
        compare(part.op, at_path(properties, part.property), part.value, now=at).matched for part in where
    )
