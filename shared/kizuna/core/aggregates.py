"""What a profile remembers of its events: just what some condition in force asks for.

The state of one aggregate is JSON of short names:

    f   the form it was built for                  n   how many
    t   the latest instants, in milliseconds       l   when that happened after which a window begins
    s   sums, and c the number of amounts          lo  the smallest amounts, hi the largest: each by property
    m   how often each value, by property          d   marks of different values, by property
    w   the values seen last, with their instants  o   the first or last event: instant, mark, what was asked
    e   events one by one, k what their columns are, x pages with more of them (`entry_pages`)
    cs  since when it is complete, if it was counted from a timeline that does not reach further back

Every fold is independent of the order in which events arrive (`tallying`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property

from kizuna.core.conditions import Condition, EventDid, Sequence, leaves_of, need_of, plain
from kizuna.core.conditions.remembered import AggregateNeed, united_needs
from kizuna.core.events import Event
from kizuna.core.tallying import State, Tally, united_state

__all__ = ["Needs", "State", "counted", "empty", "needs_of", "stale_keys", "tallied", "united"]

_ANY = ""  # in place of a name: whoever asks of every event


class Needs(dict[str, AggregateNeed]):
    """What has to be remembered, by aggregate key. Not changed once it is made."""

    @cached_property
    def by_event(self) -> Mapping[str, tuple[AggregateNeed, ...]]:
        """Who asks of an event of a name."""
        asked: dict[str, list[AggregateNeed]] = {}
        for need in self.values():
            for name in need.names or (_ANY,):
                asked.setdefault(name, []).append(need)
        everywhere = asked.pop(_ANY, [])
        found = {name: (*needs, *everywhere) for name, needs in asked.items()}
        return {**found, _ANY: tuple(everywhere)}

    @cached_property
    def with_rows(self) -> tuple[AggregateNeed, ...]:
        """Those for which events are kept one by one."""
        return tuple(need for need in self.values() if need.kept != 0)


def needs_of(conditions: Iterable[Condition]) -> Needs:
    """What all these conditions together need to be remembered, by aggregate key."""
    needs: dict[str, AggregateNeed] = {}
    for condition in conditions:
        for leaf in leaves_of(plain(condition)):
            if isinstance(leaf, EventDid | Sequence):
                need = need_of(leaf)
                needs[need.key] = united_needs(needs[need.key], need) if need.key in needs else need
    return Needs(needs)


def stale_keys(aggregates: Mapping[str, State], needs: Mapping[str, AggregateNeed]) -> frozenset[str]:
    """Aggregates that must be rebuilt from the timeline: new, or asked for in another form."""
    return frozenset(key for key, need in needs.items() if aggregates.get(key, {}).get("f") != need.form)


def empty(need: AggregateNeed) -> State:
    """The state of somebody who has done nothing yet."""
    columns = need.column_names
    return {"f": need.form, "k": list(columns)} if columns and need.sequence is None else {"f": need.form}


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
    known = needs if isinstance(needs, Needs) else Needs(needs)
    by_event, everywhere = known.by_event, known.by_event[_ANY]
    opened: dict[str, Tally] = {}
    for event in events:
        if event.type != "track":
            continue
        for need in by_event.get(event.name, everywhere):
            tally = opened.get(need.key)
            if tally is None:
                tally = opened[need.key] = Tally(aggregates.get(need.key) or empty(need), need)
            tally.add(event)
    after = dict(aggregates)
    for key, tally in opened.items():
        if tally.is_changed:
            after[key] = tally.closed(now=now)
    return after


def united(
    one: Mapping[str, State], other: Mapping[str, State], needs: Mapping[str, AggregateNeed]
) -> dict[str, State]:
    """The aggregates of two profiles that turn out to be one person; their events are disjoint.

    What a side does not remember in the form that is needed now is left out: it is stale, and rebuilt from the
    timelines of both.
    """
    return {
        key: {**empty(need), **united_state(one[key], other[key], need)}
        for key, need in needs.items()
        if one.get(key, {}).get("f") == other.get(key, {}).get("f") == need.form
    }
