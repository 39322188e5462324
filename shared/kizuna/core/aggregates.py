"""What a profile remembers of its events: just what some condition in force asks for.

State of one aggregate, in JSON: `f` the form it was built for, `n` how many, `t` the latest instants in
milliseconds (ascending), `s` sums per property, `w` the entries of windowed sums per property.
Every fold is independent of the order in which events arrive; for that, amounts count to six decimals.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from kizuna.core.conditions import (
    DECIMALS,
    AggregateNeed,
    Condition,
    EventDid,
    leaves_of,
    matches_properties,
    need_of,
)
from kizuna.core.durations import epoch_millis
from kizuna.core.events import Event

State = Mapping[str, Any]


def needs_of(conditions: Iterable[Condition]) -> dict[str, AggregateNeed]:
    """What all these conditions together need to be remembered, by aggregate key."""
    needs: dict[str, AggregateNeed] = {}
    for condition in conditions:
        for leaf in leaves_of(condition):
            if isinstance(leaf, EventDid):
                need = need_of(leaf)
                needs[need.key] = _union(needs[need.key], need) if need.key in needs else need
    return needs


def _union(one: AggregateNeed, other: AggregateNeed) -> AggregateNeed:
    return replace(
        one,
        recent=max(one.recent, other.recent),
        total=one.total or other.total,
        sums=one.sums | other.sums,
        recent_sums=one.recent_sums | other.recent_sums,
    )


def stale_keys(aggregates: Mapping[str, State], needs: Mapping[str, AggregateNeed]) -> frozenset[str]:
    """Aggregates that must be rebuilt from the timeline: new, or asked for in another form."""
    return frozenset(key for key, need in needs.items() if aggregates.get(key, {}).get("f") != need.form)


def empty(need: AggregateNeed) -> State:
    return {"f": need.form}


def counted(
    aggregates: Mapping[str, State], event: Event, needs: Mapping[str, AggregateNeed], *, now: datetime
) -> dict[str, State]:
    """The aggregates after one more event. The caller knows that it is not a repeat."""
    return tallied(aggregates, (event,), needs, now=now)


def tallied(
    aggregates: Mapping[str, State],
    events: Iterable[Event],
    needs: Mapping[str, AggregateNeed],
    *,
    now: datetime,
) -> dict[str, State]:
    """The aggregates after more events, none of them a repeat. Each event meets only what asks for its name."""
    asked: dict[str, list[AggregateNeed]] = {}
    for need in needs.values():
        asked.setdefault(need.event, []).append(need)
    after = dict(aggregates)
    for event in events:
        if event.type != "track":
            continue
        for need in asked.get(event.name, ()):
            if matches_properties(need.where, event.properties, at=event.at):
                after[need.key] = _counted_in(after.get(need.key) or empty(need), event, need, now=now)
    return after


def _counted_in(state: State, event: Event, need: AggregateNeed, *, now: datetime) -> State:
    at = epoch_millis(event.at)
    after: dict[str, Any] = dict(state)
    if need.total:
        after["n"] = state.get("n", 0) + 1
    if need.recent:
        instants = list(state.get("t", ()))
        insort(instants, at)
        after["t"] = instants[-need.recent :]
    if need.sums:
        sums = state.get("s", {})
        after["s"] = sums | {name: _added(sums.get(name, 0), _amount(event, name)) for name in need.sums}
    if need.recent_sums:
        after["w"] = _with_entries(state.get("w", {}), event, need, at=at, now=now)
    return after


def _with_entries(
    entries: Mapping[str, Any], event: Event, need: AggregateNeed, *, at: int, now: datetime
) -> dict[str, Any]:
    after = dict(entries)
    longest: dict[str, int] = {}
    for name, seconds in need.recent_sums:
        longest[name] = max(longest.get(name, 0), seconds)
    for name, seconds in longest.items():
        kept = [list(entry) for entry in entries.get(name, ())]
        insort(kept, [at, _amount(event, name)])
        oldest = epoch_millis(now) - 1000 * seconds
        after[name] = [entry for entry in kept if entry[0] > oldest]
    return after


def _amount(event: Event, name: str) -> float:
    value = event.properties.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return round(value, DECIMALS)


def _added(one: float, other: float) -> float:
    return round(one + other, DECIMALS)


def united(
    one: Mapping[str, State], other: Mapping[str, State], needs: Mapping[str, AggregateNeed]
) -> dict[str, State]:
    """The aggregates of two profiles that turn out to be one person; their events are disjoint.

    What a side does not remember in the form that is needed now is left out: it is stale, and rebuilt from the
    timelines of both.
    """
    return {
        key: _united_state(one[key], other[key], need)
        for key, need in needs.items()
        if one.get(key, {}).get("f") == other.get(key, {}).get("f") == need.form
    }


def _united_state(one: State, other: State, need: AggregateNeed) -> State:
    state: dict[str, Any] = {"f": need.form}
    if need.total:
        state["n"] = one.get("n", 0) + other.get("n", 0)
    if need.recent:
        state["t"] = sorted([*one.get("t", ()), *other.get("t", ())])[-need.recent :]
    if need.sums:
        state["s"] = {
            name: _added(one.get("s", {}).get(name, 0), other.get("s", {}).get(name, 0)) for name in need.sums
        }
    if need.recent_sums:
        names = {name for name, _ in need.recent_sums}
        state["w"] = {
            name: sorted([*one.get("w", {}).get(name, ()), *other.get("w", {}).get(name, ())])
            for name in names
        }
    return state
