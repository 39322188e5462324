"""People inside a journey that changes: they finish on their path, move on to the new one, or leave."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.journeys.advance import advance
from kizuna.core.journeys.effects import Result, Told
from kizuna.core.journeys.occurrences import Redefined, TimePassed
from kizuna.core.journeys.run import RunState
from kizuna.core.messages import State
from kizuna.core.people import Trait
from tests.support.builders import NOON, SERVER
from tests.support.walks import Step, Walk, a_journey, say, wait, wait_for

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GONE = {"when": {"trait": "plan", "op": "eq", "value": "gone"}, "reason": "left_us"}


def redefined(walk: Walk, *steps: Step, **changes: Any) -> Walk:
    """The journey of a walk has a new version, and its run hears of it."""
    walk.journey, walk.version = a_journey(*steps, **changes), 2
    walk.bring(Redefined())
    return walk


def test_a_run_moves_to_the_step_that_stands_for_its_own_and_what_it_waited_counts() -> None:
    walk = Walk(wait("w", "5d"), say("m"))
    walk.pass_time(days=2)
    redefined(walk, wait("longer", "7d"), say("n"), version_policy={"migrate": {"w": "longer"}})
    assert (walk.run.version, walk.run.node, walk.run.due_at) == (2, "longer", NOON + 7 * DAY)
    walk.pass_time(days=5)
    assert walk.told_at == [(7 * DAY, "n")]


def test_whoever_has_waited_long_enough_by_the_new_version_goes_on_at_once() -> None:
    walk = Walk(wait("w", "5d"), say("m"))
    walk.pass_time(days=2)
    redefined(walk, wait("w", "1d"), say("n"), version_policy={"migrate": {}, "unmapped": "same"})
    assert walk.told_at == [(2 * DAY, "n")]


def test_whoever_has_no_place_in_the_new_version_leaves() -> None:
    walk = Walk(wait("w", "5d"), say("m"))
    redefined(walk, wait("x", "7d"), version_policy={"migrate": {"other": "x"}})
    assert (walk.run.state, walk.run.reason) == (RunState.MIGRATED_OUT, "redefined")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"exit_rules": [GONE]}, "left_us"), ({"ends_at": (NOON + DAY).isoformat()}, "journey_ended")],
)
@pytest.mark.parametrize("step", [say("n"), {"id": "n", "type": "update_profile", "set": {"seen": True}}])
def test_whoever_the_new_version_would_not_let_on_leaves_before_its_step(
    step: Step, changes: dict[str, Any], reason: str
) -> None:
    walk = Walk(wait("w", "5d"), say("m"))
    walk.change_person(traits={"plan": Trait("gone", NOON, SERVER.id)})
    walk.now = NOON + 2 * DAY
    redefined(walk, step, version_policy={"migrate": {"w": "n"}}, **changes)
    assert (walk.run.state, walk.run.reason, walk.effects) == (RunState.EXITED, reason, [])


def test_a_step_may_lead_to_the_end() -> None:
    walk = Walk(wait("w", "5d"), say("m"))
    redefined(walk, wait("x", "7d"), version_policy={"migrate": {"w": "end"}})
    assert walk.run.state is RunState.COMPLETED


def test_nothing_is_said_twice_to_somebody_who_stands_at_a_message() -> None:
    waits: list[Result] = [Told(("m1",), State.DEFERRED, "quiet_hours", NOON + 5 * HOUR)]
    out: list[Result] = [Told(("m1",), State.SENT, "consent")]
    walk = Walk(say("m", on_withheld="wait"), say("n"), answers={"m": waits, "hello": out})
    redefined(walk, say("hello", on_withheld="wait"), say("bye"), version_policy={"migrate": {"m": "hello"}})
    assert walk.run.node == "hello"
    walk.pass_time(hours=5)
    assert walk.told == ["spring.m", "spring.bye"]


def test_what_a_run_has_to_do_is_done_before_it_moves() -> None:
    walk = Walk(wait("w", "1h"), say("m"), wait("x", "1d"))
    walk.now = NOON + HOUR
    acting = advance(walk.run, TimePassed(), walk.scene).run
    walk.journey, walk.version = a_journey(wait("y", "1d"), version_policy={"migrate": {"x": "y"}}), 2
    done = advance(acting, Redefined(), walk.scene)
    assert done.run is acting
    assert isinstance(done.left, Redefined)


def test_it_is_heard_of_once() -> None:
    walk = Walk(wait_for("w", "Liked", timeout="5d"), say("m"))
    redefined(
        walk,
        wait_for("w", "Liked", timeout="9d"),
        say("m"),
        version_policy={"migrate": {}, "unmapped": "same"},
    )
    before = walk.run
    assert walk.bring(Redefined()) is before
    assert walk.happen("Liked").is_over
