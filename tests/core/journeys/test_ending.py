"""A run is over when its goal is reached, when a rule says so, when the journey ends, or when its person is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.journeys.advance import advance
from kizuna.core.journeys.effects import Tell
from kizuna.core.journeys.occurrences import EventHappened, PersonChanged, Removed, TimePassed
from kizuna.core.journeys.run import RunState
from kizuna.core.people import Trait
from tests.support.builders import NOON, SERVER
from tests.support.walks import Walk, say, wait, wait_for

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEFT = {"when": {"trait": "plan", "op": "eq", "value": "gone"}, "reason": "left_us"}


def test_reaching_the_goal_converts_wherever_the_run_is() -> None:
    walk = Walk(wait("w", "5d"), say("m"))
    walk.pass_time(days=1)
    run = walk.happen("Order Completed")
    assert (run.state, run.reason, run.node, walk.told) == (RunState.CONVERTED, "goal", "w", [])


@pytest.mark.parametrize(
    ("goal", "after", "properties", "reached"),
    [
        ({"within": "2d"}, 47 * HOUR, {}, True),
        ({"within": "2d"}, 48 * HOUR, {}, False),
        ({"where": [{"property": "total", "op": "gte", "value": 50}]}, HOUR, {"total": 50}, True),
        ({"where": [{"property": "total", "op": "gte", "value": 50}]}, HOUR, {"total": 49}, False),
    ],
)
def test_the_goal_is_an_event_that_passes_in_time(
    goal: dict[str, Any], after: timedelta, properties: dict[str, Any], reached: bool
) -> None:
    walk = Walk(wait("w", "30d"), say("m"), goal={"event": "Order Completed", **goal})
    walk.now = NOON + after
    assert walk.happen("Order Completed", **properties).is_over is reached


def test_what_happened_before_it_began_and_what_began_it_are_no_goal() -> None:
    walk = Walk(wait("w", "5d"), say("m"), goal={"event": "Cart Viewed"})
    walk.happen("Cart Viewed", number=0, at=NOON, cart="c1")
    walk.happen("Cart Viewed", number=5, at=NOON - HOUR)
    assert not walk.run.is_over
    assert walk.happen("Cart Viewed", number=6, at=NOON).is_over


def test_an_exit_rule_ends_a_run_on_the_event_itself() -> None:
    rules = [{"event": "Unsubscribed", "reason": "opted_out"}]
    walk = Walk(wait("w", "5d"), say("m"), exit_rules=rules)
    assert walk.happen("Unsubscribed").reason == "opted_out"


def test_an_exit_rule_of_a_key_is_about_that_alone() -> None:
    rules = [{"event": "Cart Emptied", "match_key": "cart"}]
    walk = Walk(wait("w", "5d"), say("m"), exit_rules=rules, reentry={"per_key": "cart"})
    assert not walk.happen("Cart Emptied", number=1, cart="c2").is_over
    assert walk.happen("Cart Emptied", number=2, cart="c1").reason == "exit_rule"


def test_no_step_comes_after_a_rule_that_holds() -> None:
    walk = Walk(wait("w", "1d"), say("m"), exit_rules=[LEFT])
    walk.change_person(traits={"plan": Trait("gone", NOON, SERVER.id)})
    walk.pass_time(days=1)
    assert (walk.run.reason, walk.told) == ("left_us", [])


def test_a_rule_that_holds_from_the_start_lets_nobody_come_to_the_first_step() -> None:
    rule = {"when": {"trait": "plan", "op": "eq", "value": "pro"}, "reason": "is_pro"}
    walk = Walk(say("m"), exit_rules=[rule])
    assert (walk.run.reason, walk.told, walk.run.visits) == ("is_pro", [], {})


def test_rules_are_looked_at_whenever_the_person_changes() -> None:
    walk = Walk(wait("w", "30d"), say("m"), exit_rules=[LEFT])
    assert advance(walk.run, PersonChanged("looked"), walk.scene).run is walk.run
    walk.change_person(traits={"plan": Trait("gone", NOON, SERVER.id)})
    assert walk.bring(PersonChanged("looked")).reason == "left_us"


def test_what_a_run_has_to_do_is_dropped_when_it_ends_first() -> None:
    walk = Walk(wait("w", "1h"), say("m"))
    walk.now = NOON + HOUR
    stored = advance(walk.run, TimePassed(), walk.scene).run
    assert isinstance(stored.todo and stored.todo.effect, Tell)
    over = advance(stored, EventHappened(walk.event("Order Completed")), walk.scene).run
    assert (over.state, over.todo) == (RunState.CONVERTED, None)


def test_a_journey_that_ends_takes_everybody_out_and_says_nothing_more() -> None:
    ends_at = NOON + 3 * DAY
    walk = Walk(wait("w", "5d"), say("m"), ends_at=ends_at.isoformat())
    assert walk.run.due_at == ends_at
    walk.pass_time(days=3)
    assert (walk.run.reason, walk.told) == ("journey_ended", [])


def test_a_message_hears_until_when_it_may_go_out() -> None:
    ends_at = NOON + 3 * DAY
    walk = Walk(say("m"), ends_at=ends_at.isoformat())
    (effect,) = [effect for _, _, effect in walk.effects]
    assert isinstance(effect, Tell)
    assert effect.ends_at == ends_at


@pytest.mark.parametrize("change", ["merged", "erased"])
def test_a_run_ends_with_its_person(change: Any) -> None:
    walk = Walk(wait("w", "5d"), say("m"))
    assert walk.bring(PersonChanged(change)).reason == change


def test_somebody_may_be_taken_out() -> None:
    walk = Walk(wait("w", "5d"), say("m"))
    assert walk.bring(Removed("by_staff")).reason == "by_staff"


def test_nothing_happens_to_a_run_that_is_over() -> None:
    walk = Walk(wait_for("a", "Liked"), say("m"))
    walk.happen("Order Completed")
    over = walk.run
    walk.happen("Liked", number=2)
    walk.pass_time(days=9)
    assert walk.run is over
