"""Whatever is asked about events: what is remembered does not depend on how, when and with whom they came."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.aggregates import empty, needs_of, tallied, united
from kizuna.core.conditions import Condition, EventDid, complete_since, evaluate
from kizuna.core.conditions.remembered import VALUES
from kizuna.core.conditions.sequence_meaning import complete_sequence_since
from kizuna.core.conditions.sequences import Sequence as EventSequence
from kizuna.core.events import Event
from kizuna.core.merges.recounting import recounted, timeline_start
from tests.support.builders import NOON, a_profile, an_event
from tests.support.event_strategies import PLACES, event_leaves, histories, sequence_leaves
from tests.support.histories import a_view, the_condition
from tests.support.plain_events import plainly

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
FAST = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Condition], list[Event], datetime]:
    """Questions, what happened, and a moment after all of it."""
    _, start = draw(st.sampled_from(PLACES))
    leaves = st.one_of(event_leaves(start), event_leaves(start), sequence_leaves(start))
    conditions = [the_condition(document) for document in draw(st.lists(leaves, min_size=1, max_size=4))]
    events = [happened.event for happened in draw(histories(start))]
    return conditions, events, start + draw(st.integers(240, 700)) * MINUTE


def remembered(conditions: Sequence[Condition], events: Sequence[Event], now: datetime) -> Mapping[str, Any]:
    needs = needs_of(conditions)
    return tallied({key: empty(need) for key, need in needs.items()}, events, needs, now=now)


def as_json(states: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(states, sort_keys=True))


@FAST
@given(cases(), st.randoms(use_true_random=False))
def test_neither_order_nor_batches_leave_a_trace(
    case: tuple[list[Condition], list[Event], datetime], chance: random.Random
) -> None:
    conditions, events, now = case
    needs = needs_of(conditions)
    states: Mapping[str, Any] = {key: empty(need) for key, need in needs.items()}
    shuffled = chance.sample(events, len(events))
    while shuffled:
        portion, shuffled = shuffled[: chance.randint(1, 4)], shuffled[4:] if len(shuffled) > 4 else []
        rest = [event for event in events if event not in portion]
        states = as_json(tallied(states, portion, needs, now=now))
        events = rest
    states = tallied(states, events, needs, now=now)
    assert as_json(states) == as_json(remembered(conditions, case[1], now))


@FAST
@given(cases(), st.lists(st.integers(0, 2), min_size=8, max_size=8))
def test_three_people_who_turn_out_to_be_one_remember_what_one_would(
    case: tuple[list[Condition], list[Event], datetime], whose: list[int]
) -> None:
    conditions, events, now = case
    needs = needs_of(conditions)
    one, two, three = (
        remembered(
            conditions, [event for event, owner in zip(events, whose, strict=False) if owner == side], now
        )
        for side in range(3)
    )
    together = united(united(one, two, needs), three, needs)
    assert as_json(together) == as_json(united(three, united(two, one, needs), needs))
    for condition in conditions:
        asked = evaluate(condition, a_view(aggregates=together, zone="Asia/Tokyo"), now=now)
        assert asked.matched is plainly(condition, events, now=now, zone="Asia/Tokyo")


def answers(document: dict[str, Any], *events: Event, now: datetime = NOON, zone: str | None = None) -> bool:
    condition = the_condition(document)
    view = a_view(aggregates=remembered([condition], events, now), zone=zone)
    return evaluate(condition, view, now=now).matched


def did(name: str, minutes_ago: float, number: int = 1, **properties: Any) -> Event:
    at = NOON - minutes_ago * MINUTE
    return an_event(name, number=number, at=at, received_at=at, properties=properties)


# ── what the strategies do not come by ──────────────────────────────────────────────────────────


def test_of_two_events_at_one_instant_the_last_is_the_same_whoever_comes_first() -> None:
    asked = {"event": "Paid", "verb": "last", "of": "plan", "op": "eq", "value": "pro"}
    one, other = did("Paid", 5, 1, plan="pro"), did("Paid", 5, 2, plan="free")
    assert answers(asked, one, other) is answers(asked, other, one)


def test_steps_at_one_instant_are_in_any_order_and_what_must_not_follow_follows() -> None:
    steps = [{"event": "Opened"}, {"event": "Bought"}]
    together = (did("Bought", 5, 1), did("Opened", 5, 2))
    assert answers({"sequence": steps}, *together)
    assert answers({"sequence": list(reversed(steps))}, *together)
    assert not answers({"sequence": [{"event": "Opened"}, {"not": "Bought"}]}, *together)


def test_one_event_is_not_two_steps() -> None:
    twice = {"sequence": [{"event": "Opened"}, {"event": "Opened"}]}
    assert not answers(twice, did("Opened", 5))
    assert answers(twice, did("Opened", 5, 1), did("Opened", 5, 2))


def test_any_other_event_between_breaks_a_strict_sequence() -> None:
    asked = {"sequence": [{"event": "Opened"}, {"event": "Bought"}], "strict": True}
    assert answers(asked, did("Opened", 5, 1), did("Bought", 3, 2), did("Else", 9, 3))
    assert not answers(asked, did("Opened", 5, 1), did("Bought", 3, 2), did("Else", 4, 3))


def test_somebody_with_more_values_than_are_counted_has_no_favourite() -> None:
    asked = {"event": "Viewed", "verb": "mode", "of": "sku", "op": "eq", "value": "s0"}
    few = [did("Viewed", 5, number, sku=f"s{number}") for number in range(VALUES)]
    assert answers(asked, *few, did("Viewed", 4, 10_000, sku="s0"))
    many = [did("Viewed", 5, number, sku=f"s{number}") for number in range(VALUES + 50)]
    state = remembered([the_condition(asked)], [*many, did("Viewed", 4, 10_000, sku="s0")], NOON)
    assert not answers(asked, *many, did("Viewed", 4, 10_000, sku="s0"))
    assert all(len(each["m"]["sku"]) == VALUES + 1 for each in state.values())


def test_a_thousand_different_values_take_no_more_room_than_the_question_needs() -> None:
    for window in ({}, {"window": {"last": "7d"}}):
        asked = {"event": "Viewed", "verb": "distinct", "of": "sku", "op": "gte", "value": 5} | window
        events = [did("Viewed", number % 60, number, sku=number) for number in range(1_000)]
        assert answers(asked, *events)
        assert len(json.dumps(remembered([the_condition(asked)], events, NOON))) < 400


@pytest.mark.parametrize(
    "amount", [10**400, 1e300, float("inf"), float("nan"), "5", True, None, [1], {"a": 1}]
)
def test_what_is_no_usable_amount_is_left_out(amount: Any) -> None:
    for verb, value in (("sum", 5), ("avg", 5), ("min", 5), ("max", 5)):
        for window in ({}, {"window": {"last": "7d"}}):
            asked = {"event": "Paid", "verb": verb, "of": "total", "op": "eq", "value": value} | window
            assert answers(asked, did("Paid", 1, 1, total=amount), did("Paid", 2, 2, total=5))


def test_a_filter_may_look_at_where_an_event_came_from() -> None:
    asked = {"event": "Viewed", "where": {"context": "page.path", "op": "eq", "value": "/shoes"}}
    assert answers(asked, an_event("Viewed", at=NOON, context={"page": {"path": "/shoes"}}))
    assert not answers(asked, an_event("Viewed", at=NOON, context={"page": {"path": "/hats"}}))


def test_a_calendar_day_is_that_of_the_zone_or_of_the_person() -> None:
    at = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)  # 23:30 in Tokyo
    event = an_event("Viewed", at=at, received_at=at)
    now = at + timedelta(hours=1)
    asked: dict[str, Any] = {"event": "Viewed", "window": {"calendar": "day"}}
    tokyo = {"event": "Viewed", "window": {"calendar": "day", "zone": "Asia/Tokyo"}}
    assert answers(asked, event, now=now)
    assert not answers(asked, event, now=now, zone="Asia/Tokyo")
    assert answers(asked, event, now=now, zone="No/Such_Zone")
    assert not answers(tokyo, event, now=now, zone="UTC")


# ── since when it is complete ───────────────────────────────────────────────────────────────────

OLD = {"event": "Paid", "verb": "count", "op": "gte", "value": 1}
ASKED: Mapping[str, tuple[dict[str, Any], bool]] = {
    "of all history": (OLD, True),
    "of the last days": (OLD | {"window": {"last": "30d"}}, False),
    "of more than the timeline keeps": (OLD | {"window": {"last": "2y"}}, True),
    "of a day long ago": (OLD | {"window": {"absolute": {"from": "2024-01-01", "to": "2024-02-01"}}}, True),
    "of a day not long ago": (OLD | {"window": {"absolute": {"from": "2026-10-01"}}}, False),
    "of this month": (OLD | {"window": {"calendar": "month"}}, False),
    "since something that never was": (OLD | {"window": {"since_last": "Left"}}, True),
    "in order": ({"sequence": [{"event": "Paid"}, {"event": "Left"}], "window": {"last": "30d"}}, False),
    "in order, two years back": (
        {"sequence": [{"event": "Paid"}, {"event": "Left"}], "window": {"last": "2y"}}, True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ASKED)
def test_what_is_counted_anew_from_the_timeline_says_since_when_it_is_complete(case: str) -> None:
    document, is_told = ASKED[case]
    condition = the_condition(document)
    needs = needs_of([condition])
    person = a_profile(created_at=NOON - 900 * DAY)
    since = timeline_start(person, now=NOON)
    states = recounted({key: empty(need) for key, need in needs.items()}, [], needs, now=NOON, since=since)
    (state,) = states.values()
    if isinstance(condition, EventSequence):
        told = complete_sequence_since(condition, state, now=NOON)
    else:
        assert isinstance(condition, EventDid)
        told = complete_since(condition, state, now=NOON)
    assert told == (NOON - 400 * DAY if is_told else None)


def test_of_somebody_we_know_for_less_time_everything_is_known() -> None:
    assert timeline_start(a_profile(created_at=NOON - 90 * DAY), now=NOON) is None


def test_two_memories_are_as_complete_as_the_less_complete_one() -> None:
    condition = the_condition(OLD)
    needs = needs_of([condition])
    nothing = {key: empty(need) for key, need in needs.items()}
    whole, part = tallied(nothing, [], needs, now=NOON), recounted(nothing, [], needs, now=NOON, since=NOON)
    (state,) = united(whole, part, needs).values()
    assert isinstance(condition, EventDid)
    assert complete_since(condition, state, now=NOON) == NOON
