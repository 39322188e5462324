"""People as conditions see them, with what they did, for comparing rules with a plain count of everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from pydantic import TypeAdapter

from kizuna.core.aggregates import counted, empty, needs_of
from kizuna.core.conditions import AggregateNeed, Condition, View
from kizuna.core.events import Event
from tests.support.builders import an_event

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

_CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


def the_condition(document: Mapping[str, Any]) -> Condition:
    return _CONDITION.validate_python(document)


def a_view(**changes: Any) -> View:
    given: dict[str, Any] = {
        "traits": {},
        "aggregates": {},
        "segments": frozenset(),
        "channels": frozenset(),
        "bucket_id": "p1",
    }
    return View(**(given | changes))


def remembered(
    events: Iterable[Event], needs: Mapping[str, AggregateNeed], *, now: datetime
) -> dict[str, Mapping[str, Any]]:
    """The aggregates of somebody who did all this."""
    states: dict[str, Mapping[str, Any]] = {key: empty(need) for key, need in needs.items()}
    for event in events:
        states = dict(counted(states, event, needs, now=now))
    return states


def but_nothing(states: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """States without what stands for "none": an empty list, a count or a sum of zero."""
    return {
        key: {
            name: kept for name, kept in state.items() if kept and kept not in ({"total": 0}, {"total": []})
        }
        for key, state in states.items()
    }


def a_view_of(events: Iterable[Event], *conditions: Condition, now: datetime, **traits: Any) -> View:
    return a_view(traits=traits, aggregates=remembered(events, needs_of(conditions), now=now))


def orders(instants: Sequence[datetime], *, total: float = 10) -> list[Event]:
    """One order at each instant, of 10, 11, 12, …"""
    return [
        an_event(number=number, at=at, received_at=at, properties={"total": total + number})
        for number, at in enumerate(instants)
    ]


@st.composite
def order_leaves(draw: st.DrawFn, windows: Sequence[str]) -> dict[str, Any]:
    """Any question about orders in one of these windows (None among them: all history)."""
    verb = draw(st.sampled_from(["did", "did_not", "count", "sum"]))
    op = draw(st.sampled_from(["eq", "gt", "gte", "lt", "lte", "between"]))
    unit = 10 if verb == "sum" else 1
    numbers = st.integers(0, 4).map(lambda number: number * unit)
    value = draw(st.tuples(numbers, numbers).map(list) if op == "between" else numbers)
    leaf: dict[str, Any] = {"event": "Order Completed", "verb": verb}
    if verb in ("count", "sum"):
        leaf |= {"op": op, "value": value}
    if verb == "sum":
        leaf["of"] = "total"
    if draw(st.booleans()):
        leaf["where"] = [{"property": "total", "op": "gt", "value": 11}]
    window = draw(st.sampled_from([*windows, ""]))
    return leaf | {"window": {"last": window}} if window else leaf
