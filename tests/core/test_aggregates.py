"""What a profile remembers answers every question like the whole history would."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.aggregates import counted, empty, needs_of, stale_keys, united
from kizuna.core.conditions import EventDid, aggregate_key, evaluate, matches
from kizuna.core.conditions.windows import Last
from kizuna.core.events import Event
from tests.support.builders import NOON, an_event
from tests.support.histories import (
    HOUR,
    a_view,
    a_view_of,
    but_nothing,
    order_leaves,
    orders,
    remembered,
    the_condition,
)

LEAVES = order_leaves(("6h", "1d", "1mo"))
WHEN = st.lists(st.integers(0, 60), max_size=8)  # hours ago


def history(hours_ago: Sequence[int]) -> list[Event]:
    return orders([NOON - hours * HOUR for hours in hours_ago])


def plainly(leaf: EventDid, events: Sequence[Event], *, now: datetime) -> bool:
    """The meaning of a leaf, counted over everything that ever happened."""
    assert leaf.window is None or isinstance(leaf.window, Last)
    start = leaf.window.last.before(now) if leaf.window else None
    inside = [
        event
        for event in events
        if (start is None or start < event.at <= now) and matches(leaf.where, event.properties, at=event.at)
    ]
    match leaf.verb:
        case "did":
            return bool(inside)
        case "did_not":
            return not inside
        case "count":
            return compared(leaf, len(inside))
        case "sum":
            return compared(leaf, sum(event.properties["total"] for event in inside))
        case other:
            raise AssertionError(other)


def compared(leaf: EventDid, number: float) -> bool:
    wanted: Any = leaf.value
    if isinstance(wanted, tuple):
        return bool(wanted[0] <= number <= wanted[1])
    equal, more = bool(number == wanted), bool(number > wanted)
    return {"eq": equal, "gt": more, "gte": more or equal, "lt": not more and not equal, "lte": not more}[
        leaf.op
    ]


@settings(max_examples=200)
@given(LEAVES, WHEN, st.integers(0, 40))
def test_an_answer_from_memory_is_the_answer_from_all_history(
    document: dict[str, Any], hours_ago: list[int], later: int
) -> None:
    leaf = the_condition(document)
    assert isinstance(leaf, EventDid)
    events, now = history(hours_ago), NOON + later * HOUR
    assert evaluate(leaf, a_view_of(events, leaf, now=NOON), now=now).matched is plainly(
        leaf, events, now=now
    )


@settings(max_examples=100)
@given(st.lists(LEAVES, min_size=1, max_size=5), WHEN, st.randoms(use_true_random=False))
def test_the_order_in_which_events_arrive_leaves_no_trace(
    documents: list[dict[str, Any]], hours_ago: list[int], chance: random.Random
) -> None:
    needs = needs_of([the_condition(document) for document in documents])
    events = history(hours_ago)
    shuffled = chance.sample(events, len(events))
    assert remembered(events, needs, now=NOON) == remembered(shuffled, needs, now=NOON)


@settings(max_examples=100)
@given(st.lists(LEAVES, min_size=1, max_size=5), WHEN, st.lists(st.integers(0, 2), min_size=8, max_size=8))
def test_three_people_who_turn_out_to_be_one_remember_what_one_would(
    documents: list[dict[str, Any]], hours_ago: list[int], whose: list[int]
) -> None:
    needs = needs_of([the_condition(document) for document in documents])
    events = history(hours_ago)
    one, two, three = (
        remembered(
            [event for event, owner in zip(events, whose, strict=False) if owner == side], needs, now=NOON
        )
        for side in range(3)
    )
    together = united(united(one, two, needs), three, needs)
    assert together == united(one, united(two, three, needs), needs)
    assert together == united(three, united(two, one, needs), needs)
    assert but_nothing(together) == but_nothing(remembered(events, needs, now=NOON))


def test_questions_about_the_same_events_share_one_memory() -> None:
    asked = [
        {"event": "Order Completed"},
        {"event": "Order Completed", "verb": "count", "op": "gte", "value": 3, "window": {"last": "7d"}},
        {"event": "Order Completed", "verb": "sum", "of": "total", "value": 9, "window": {"last": "7d"}},
        {"event": "Order Completed", "verb": "sum", "of": "total", "value": 9},
        {"event": "Order Completed", "verb": "did", "where": [{"property": "total", "op": "gt", "value": 1}]},
    ]
    needs = needs_of([the_condition({"any": asked})])
    assert len(needs) == 2
    (shared,) = (need for need in needs.values() if not need.where)
    assert (shared.recent, shared.total, shared.sums) == (4, True, frozenset({"total"}))


def test_no_more_instants_are_kept_than_a_question_needs() -> None:
    leaf = the_condition(
        {"event": "Order Completed", "verb": "count", "op": "eq", "value": 2, "window": {"last": "7d"}}
    )
    assert isinstance(leaf, EventDid)
    state = a_view_of(history(range(9)), leaf, now=NOON).aggregates[aggregate_key(leaf)]
    assert len(state["t"]) == 3


def test_entries_of_a_windowed_sum_are_forgotten_when_they_have_left() -> None:
    leaf = the_condition(
        {"event": "Order Completed", "verb": "sum", "of": "total", "value": 1, "window": {"last": "6h"}}
    )
    assert isinstance(leaf, EventDid)
    state = a_view_of(history([1, 5, 6, 50]), leaf, now=NOON).aggregates[aggregate_key(leaf)]
    assert [amount for _, amount in state["e"]] == [11, 10]


OTHER_EVENTS: dict[str, dict[str, Any]] = {
    "another name": {"name": "Product Viewed"},
    "not a track event": {"type": "page"},
    "not what is asked for": {"properties": {"total": 3}},
}


@pytest.mark.parametrize("case", OTHER_EVENTS)
def test_what_nobody_asks_about_is_not_remembered(case: str) -> None:
    leaf = the_condition(
        {"event": "Order Completed", "where": [{"property": "total", "op": "gt", "value": 5}]}
    )
    needs = needs_of([leaf])
    assert counted({}, an_event(**OTHER_EVENTS[case]), needs, now=NOON) == {}


@pytest.mark.parametrize("total", ["12", None, True, [1], {"a": 1}])
def test_an_amount_that_is_no_number_adds_nothing_but_is_an_event(total: Any) -> None:
    needs = needs_of(
        [
            the_condition({"event": "Order Completed", "verb": "sum", "of": "total", "value": 1}),
            the_condition({"event": "Order Completed", "verb": "count", "value": 1}),
        ]
    )
    (state,) = remembered([an_event(properties={"total": total})], needs, now=NOON).values()
    assert (state["n"], state["s"]["total"]) == (1, 0)


@given(st.lists(st.decimals(0, 10_000, places=2), max_size=12), st.randoms(use_true_random=False))
def test_money_adds_up_to_the_cent_in_any_order(prices: list[Any], chance: random.Random) -> None:
    for window in ({}, {"window": {"last": "7d"}}):
        total = float(sum(prices))
        leaf = the_condition(
            {"event": "Order Completed", "verb": "sum", "of": "total", "op": "eq", "value": total} | window
        )
        events = [
            an_event(number=n, at=NOON, properties={"total": float(price)}) for n, price in enumerate(prices)
        ]
        shuffled = chance.sample(events, len(events))
        assert evaluate(leaf, a_view_of(shuffled, leaf, now=NOON), now=NOON).matched


def test_a_memory_is_stale_when_it_is_missing_or_was_made_for_another_question() -> None:
    before = needs_of([the_condition({"event": "Order Completed"})])
    after = needs_of([the_condition({"event": "Order Completed", "window": {"last": "7d"}})])
    (key,) = after
    assert before.keys() == after.keys()
    assert stale_keys({}, after) == {key}
    assert stale_keys({key: empty(before[key])}, after) == {key}
    assert stale_keys({key: empty(after[key])}, after) == frozenset()


def test_a_memory_that_only_one_side_has_is_left_out_to_be_rebuilt() -> None:
    leaf = the_condition({"event": "Order Completed"})
    needs = needs_of([leaf])
    (key,) = needs
    current = remembered(history([1, 2]), needs, now=NOON)
    outdated = {key: {"f": "another form", "n": 5}}
    for other in ({}, outdated):
        assert united(current, other, needs) == {}
        assert united(other, current, needs) == {}
    assert united(current, {key: empty(needs[key])}, needs)[key]["n"] == 2


def test_a_question_about_nobody_we_remember_is_answered_from_nothing() -> None:
    leaf = the_condition({"event": "Order Completed", "verb": "sum", "of": "total", "op": "lte", "value": 0})
    assert evaluate(leaf, a_view(), now=NOON + timedelta(days=9)).matched
