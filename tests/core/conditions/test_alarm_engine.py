"""Whoever looks only when something happens, and when the alarm rings, knows at every moment who is in."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.aggregates import empty, needs_of, tallied
from kizuna.core.conditions import Condition, View, evaluate
from tests.support.builders import an_event
from tests.support.event_strategies import (
    MINUTE,
    PLACES,
    Happened,
    event_leaves,
    grouped,
    histories,
    sequence_leaves,
)
from tests.support.histories import a_view, the_condition
from tests.support.plain_events import plainly

MILLISECOND = timedelta(milliseconds=1)
HORIZON = timedelta(hours=13)
Truths = list[tuple[datetime, bool]]


class Engine:
    """One person, looked at when something is heard and when the alarm rings; `rang` counts the alarms."""

    def __init__(self, condition: Condition, *, start: datetime, zone: str) -> None:
        self._condition, self._zone = condition, zone
        self._needs = needs_of([condition])
        self._states: dict[str, Any] = {key: empty(need) for key, need in self._needs.items()}
        self.truths: Truths = []
        self._alarm: datetime | None = None
        self._look(start)

    def hear(self, happened: Happened) -> None:
        self.until(happened.heard_at)
        self._states = tallied(self._states, [happened.event], self._needs, now=happened.heard_at)
        self._look(happened.heard_at)

    def until(self, moment: datetime) -> None:
        """Obey all alarms up to then."""
        while self._alarm is not None and self._alarm <= moment:
            self._look(self._alarm)

    def was(self, moment: datetime) -> bool:
        place = bisect_right(self.truths, moment, key=lambda each: each[0])
        return self.truths[place - 1][1]

    def _look(self, now: datetime) -> None:
        view: View = a_view(aggregates=self._states, zone=self._zone)
        answer = evaluate(self._condition, view, now=now)
        self.truths.append((now, answer.matched))
        assert answer.flips_at is None or answer.flips_at > now
        self._alarm = answer.flips_at


def moments(start: datetime, told: list[Happened], engine: Engine, grid: timedelta) -> Iterator[datetime]:
    """A grid, and the edges of everything that could matter, to the millisecond."""
    yield from (start + number * grid for number in range(int(HORIZON / grid)))
    edges = {at for at, _ in engine.truths} | {each.heard_at for each in told}
    for each in told:
        for minutes in (0, 7, 10, 20, 30, 60, 120, 180):
            edges.add(each.event.at + minutes * MINUTE)
    for edge in edges:
        yield from (edge - MILLISECOND, edge, edge + MILLISECOND)


def check(
    document: dict[str, Any],
    told: list[Happened],
    zone: str,
    start: datetime,
    *,
    grid: timedelta = 10 * MINUTE,
) -> Engine:
    condition = the_condition(document)
    engine = Engine(condition, start=start, zone=zone)
    for happened in told:
        engine.hear(happened)
    engine.until(start + HORIZON)
    for moment in sorted(set(moments(start, told, engine, grid))):
        if start <= moment <= start + HORIZON:
            known = [each.event for each in told if each.heard_at <= moment]
            wanted = plainly(condition, known, now=moment, zone=zone)
            assert engine.was(moment) is wanted, f"at {moment.isoformat()} it is {wanted}"
    return engine


EXAMPLES = int(os.environ.get("KIZUNA_EXAMPLES", "40"))
FAST = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@FAST
@given(st.data(), st.sampled_from(PLACES))
def test_a_question_about_events_turns_at_its_moment(
    data: st.DataObject, place: tuple[str, datetime]
) -> None:
    zone, start = place
    check(data.draw(event_leaves(start)), data.draw(histories(start)), zone, start)


@FAST
@given(st.data(), st.sampled_from(PLACES))
def test_so_does_a_sequence(data: st.DataObject, place: tuple[str, datetime]) -> None:
    zone, start = place
    check(data.draw(sequence_leaves(start)), data.draw(histories(start)), zone, start)


@FAST
@given(st.data(), st.sampled_from(PLACES))
def test_so_does_any_group_of_them(data: st.DataObject, place: tuple[str, datetime]) -> None:
    zone, start = place
    leaves = st.one_of(event_leaves(start), event_leaves(start), sequence_leaves(start))
    check(data.draw(grouped(leaves)), data.draw(histories(start)), zone, start)


@pytest.mark.parametrize("period", ["day", "week", "month"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place[0]} {place[1]:%Y-%m-%d}")
def test_a_day_a_week_and_a_month_end_by_the_clock_on_the_wall(
    place: tuple[str, datetime], period: str
) -> None:
    zone, start = place
    event = an_event("Viewed", at=start, received_at=start)
    engine = check({"event": "Viewed", "window": {"calendar": period}}, [Happened(event, start)], zone, start)
    assert (
        period != "day" or [matched for _, matched in engine.truths].count(False) >= 2
    )  # before it, and after


@pytest.mark.slow
@settings(FAST, max_examples=2 * EXAMPLES)
@given(st.data(), st.sampled_from(PLACES))
def test_looked_at_every_minute_there_is_no_difference(
    data: st.DataObject, place: tuple[str, datetime]
) -> None:
    zone, start = place
    leaves = st.one_of(event_leaves(start), sequence_leaves(start))
    check(data.draw(grouped(leaves)), data.draw(histories(start)), zone, start, grid=MINUTE)
