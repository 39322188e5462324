"""What questions about events mean, asked of what is remembered of them (`aggregates`)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

from kizuna.core.conditions.answers import Answer
from kizuna.core.conditions.comparing import at_path, compare, compare_numbers
from kizuna.core.conditions.event_questions import EventDid, PropertyIs
from kizuna.core.conditions.remembered import DECIMALS
from kizuna.core.conditions.times import next_turn
from kizuna.core.durations import from_epoch_millis


def event_answer(leaf: EventDid, state: Mapping[str, Any], *, now: datetime) -> Answer:
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
