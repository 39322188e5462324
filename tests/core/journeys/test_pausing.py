"""A journey that is paused keeps its people where they are, and time stands still for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.journeys.advance import advance
from kizuna.core.journeys.effects import Tell
from kizuna.core.journeys.occurrences import Paused, Resumed, TimePassed
from kizuna.core.journeys.pausing import Pause, is_paused, over_at
from kizuna.core.journeys.run import RunState
from tests.support.builders import NOON
from tests.support.walks import Walk, leave, say, wait, wait_for

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def paused(walk: Walk, *, after: timedelta, lasting: timedelta | None = None) -> None:
    since = walk.run.entered_at + after
    walk.pauses = (*walk.pauses, Pause(since, since + lasting if lasting is not None else None))


def test_of_a_wait_that_was_paused_the_rest_is_waited_afterwards() -> None:
    walk = Walk(wait("w", "3d"), say("m"))
    paused(walk, after=DAY, lasting=2 * DAY)
    walk.pass_time(days=4)
    assert walk.told == []
    walk.pass_time(days=1)
    assert walk.told_at == [(5 * DAY, "m")]


def test_a_run_that_meets_a_pause_freezes_and_goes_on_when_the_journey_does() -> None:
    walk = Walk(wait("w", "3d"), say("m"))
    paused(walk, after=DAY)
    walk.pass_time(days=10)
    assert (walk.run.frozen, walk.run.due_at, walk.told) == (True, None, [])
    walk.pauses = (Pause(NOON + DAY, NOON + 10 * DAY),)
    walk.bring(Resumed())
    assert (walk.run.frozen, walk.run.due_at) == (False, NOON + 12 * DAY)
    walk.pass_time(days=2)
    assert walk.told_at == [(12 * DAY, "m")]


def test_a_fixed_moment_stays_where_it_is() -> None:
    walk = Walk({"id": "w", "type": "wait", "until": (NOON + 3 * DAY).isoformat()}, say("m"))
    paused(walk, after=DAY, lasting=DAY)
    walk.pass_time(days=3)
    assert walk.told_at == [(3 * DAY, "m")]


def test_a_fixed_moment_that_passed_in_a_pause_is_past() -> None:
    walk = Walk({"id": "w", "type": "wait", "until": (NOON + 3 * DAY).isoformat()}, say("m"))
    paused(walk, after=2 * DAY)
    walk.pass_time(days=6)
    assert walk.told == []
    walk.pauses = (Pause(NOON + 2 * DAY, NOON + 6 * DAY),)
    walk.bring(Resumed())
    assert walk.told_at == [(6 * DAY, "m")]


def test_what_was_waited_for_comes_in_a_pause_and_nothing_is_said_before_it_is_over() -> None:
    walk = Walk(wait_for("liked", "Liked", timeout="30d"), say("m"))
    paused(walk, after=timedelta())
    walk.now = NOON + HOUR
    walk.happen("Liked")
    assert (walk.run.node, walk.run.ahead, walk.told) == ("liked", "m", [])
    walk.happen("Liked", number=2)
    walk.pauses = (Pause(NOON, NOON + 2 * HOUR),)
    walk.now = NOON + 2 * HOUR
    walk.bring(Resumed())
    assert (walk.told, walk.path[0]) == (["spring.m"], "liked event.1")


def test_goals_and_exit_rules_hold_in_a_pause() -> None:
    walk = Walk(wait("w", "3d"), say("m"))
    paused(walk, after=timedelta())
    walk.now = NOON + HOUR
    assert walk.happen("Order Completed").state is RunState.CONVERTED


def test_a_run_that_is_about_to_speak_is_held_and_says_it_once() -> None:
    walk = Walk(wait("w", "1h"), say("m"), leave("out", "out"))
    walk.now = NOON + HOUR
    acting = advance(walk.run, TimePassed(), walk.scene).run
    assert acting.todo is not None
    paused(walk, after=HOUR)
    held = advance(acting, Paused(), walk.scene).run
    assert (held.todo, held.ahead, held.visits.get("m")) == (None, "m", 0)
    walk.run, walk.pauses = held, (Pause(NOON + HOUR, NOON + 2 * HOUR),)
    walk.now = NOON + 2 * HOUR
    walk.bring(Resumed())
    assert [effect.occasion for _, _, effect in walk.effects if isinstance(effect, Tell)] == ["1"]


def test_a_journey_that_ends_while_it_is_paused_takes_its_people_out() -> None:
    walk = Walk(wait("w", "1d"), say("m"), ends_at=(NOON + 5 * DAY).isoformat())
    paused(walk, after=timedelta())
    walk.pass_time(days=5)
    assert walk.run.reason == "journey_ended"


def test_clocks_run_on_while_a_journey_is_defined_as_paused() -> None:
    """Nobody wrote down since when: what was waited for meanwhile is over when a version without the pause comes."""
    walk = Walk(wait("w", "3d"), say("m"))
    walk.pass_time(days=1)
    going, walk.journey = walk.journey, walk.journey.model_copy(update={"paused": True})
    walk.pass_time(days=4)
    assert (walk.run.frozen, walk.told) == (True, [])
    walk.journey = going
    walk.bring(Resumed())
    assert walk.told_at == [(5 * DAY, "m")]


def test_resuming_twice_or_what_was_not_paused_changes_nothing() -> None:
    walk = Walk(wait("w", "3d"), say("m"))
    before = walk.run
    walk.bring(Resumed())
    walk.bring(Paused())
    assert walk.run is before


def test_whoever_waits_for_their_turn_to_begin_meets_a_pause_as_well() -> None:
    walk = Walk(wait("w", "3d"), say("m"))
    entered = replace(walk.run, visits={}, limit_at=None, armed_at=None, ahead="w", due_at=NOON + HOUR)
    walk.run = entered
    walk.bring(Resumed())
    assert walk.run is entered  # its turn has not come
    paused(walk, after=timedelta())
    walk.pass_time(hours=2)
    assert (walk.run.frozen, walk.run.due_at) == (True, None)
    walk.pauses = (Pause(NOON, NOON + 2 * HOUR),)
    walk.bring(Resumed())
    assert (walk.run.node, walk.run.ahead, walk.run.due_at) == ("w", "", NOON + 2 * HOUR + 3 * DAY)


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), max_size=5),
    st.integers(0, 100),
    st.integers(1, 200),
)
def test_a_length_of_time_is_as_long_as_it_was_without_its_pauses(
    gaps: list[tuple[int, int]], armed: int, length: int
) -> None:
    pauses, at = [], 0
    for gap, lasting in gaps:
        pauses.append(Pause(NOON + (at + gap) * HOUR, NOON + (at + gap + lasting) * HOUR))
        at += gap + lasting
    begins = NOON + armed * HOUR
    if is_paused(pauses, now=begins):
        return  # nobody comes to a step while nothing goes on
    over = over_at(begins + length * HOUR, begins, pauses)
    assert over is not None
    hours = int((over - begins) / HOUR)
    waited = sum(not is_paused(pauses, now=begins + hour * HOUR) for hour in range(hours))
    assert waited == length


@pytest.mark.parametrize("since", [1, 5])
def test_in_a_pause_without_an_end_time_stands_still(since: int) -> None:
    assert over_at(NOON + 10 * HOUR, NOON, [Pause(NOON + since * HOUR)]) is None
    assert over_at(NOON + HOUR, NOON, [Pause(NOON + since * HOUR)]) == NOON + HOUR
