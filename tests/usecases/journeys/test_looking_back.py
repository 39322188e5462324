"""What happens just before a run is there to hear of it is heard all the same, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.events import Event
from kizuna.core.folding import Fact
from kizuna.core.journeys.run import JourneyRun, RunState
from kizuna.core.people import Trait
from kizuna.core.timeline import timeline_key
from kizuna.usecases.journeys.triggers import person_changed, run_changed
from tests.support.builders import NOON, an_event
from tests.support.journey_town import Town
from tests.support.travels import a_shop, a_shop_with
from tests.support.walks import a_document, leave, say, wait, wait_for

SECOND = timedelta(seconds=1)
WAITS = a_shop(
    wait_for("a", "Liked", timeout="2d", on_timeout="late"), say("thanks", next="end"), say("late")
)


def takes_in(town: Town, event: Event) -> None:
    """The person did something: it is stored, and its stream record looks for runs that listen."""
    town.people.put_events("p1", (event,), 1)
    town.people.stored["p1"] = replace(town.ann, last_event_at=event.at)
    fact = Fact("event", event.name, event.id, timeline_key(event))
    person_changed(town.ann, (fact,), town.driver, town.catalog, now=town.now)


def stream(town: Town, before: JourneyRun | None = None) -> JourneyRun:
    """The stream tells of the run as it is stored."""
    run_changed(before, town.run(), town.driver, town.catalog, now=town.now)
    return town.run()


def just_before(point: int, town: Town, act: Callable[[], object]) -> None:
    """Something happens right before the write of this number."""

    def once() -> None:
        town.runs.fails = {}
        act()

    town.runs.fails = {2 * point: once}


def liked(number: int = 7, after: timedelta = SECOND) -> Event:
    return an_event("Liked", number=number, at=NOON + after)


@pytest.mark.parametrize("point", [0, 1])
def test_an_event_told_while_somebody_enters_and_comes_to_the_wait_for_it_is_met(point: int) -> None:
    """Nobody listened when it was told: before the run was there, or before it stood where it waits."""
    town = Town(WAITS)
    just_before(point, town, lambda: takes_in(town, liked()))
    town.now += SECOND
    town.enter(an_event("Cart Viewed", number=0, at=NOON, properties={"cart": "c1"}))
    assert stream(town).state is RunState.COMPLETED
    assert (stream(town).visits, town.told()) == ({"a": 1, "thanks": 1}, [("spring.thanks", "1")])


def test_the_goal_reached_before_the_run_is_known_ends_it_before_it_says_anything() -> None:
    town = Town(a_shop(say("m"), wait("w", "1d")))
    bought = an_event("Order Completed", number=8, at=NOON + SECOND)
    town.now += 2 * SECOND
    takes_in(town, bought)
    town.enter(an_event("Cart Viewed", number=0, at=NOON, properties={"cart": "c1"}))
    run = stream(town)
    assert (run.state, run.visits, town.told()) == (RunState.CONVERTED, {}, [])


def test_an_event_told_before_the_one_that_leads_to_the_wait_is_met_by_its_own_time() -> None:
    town = Town(
        a_shop(wait_for("a", "Rated", timeout="2d"), wait_for("b", "Liked", timeout="2d"), say("thanks"))
    )
    town.enter()
    town.now += timedelta(hours=1)
    takes_in(town, liked(after=timedelta(minutes=30)))
    before = town.run()
    takes_in(town, an_event("Rated", number=9, at=NOON + timedelta(minutes=20)))
    assert (before.node, town.run().node) == ("a", "b")
    assert stream(town, before).visits == {"a": 1, "b": 1, "thanks": 1}


def test_what_happened_before_the_run_came_to_the_wait_is_not_met_by_looking_back() -> None:
    town = Town(a_shop(wait("w", "1d"), wait_for("a", "Liked", timeout="2d"), say("thanks")))
    town.enter()
    takes_in(town, liked())
    town.now += timedelta(days=1)
    before = town.run()
    town.ring()
    assert stream(town, before).node == "a"


def test_a_run_that_stands_where_it_stood_is_not_looked_back_for() -> None:
    """It heard of everything since: another look would cost reads at each of its writes."""
    town = Town(WAITS)
    town.enter()
    there = stream(town)
    town.people.put_events("p1", (liked(),), 1)
    town.people.stored["p1"] = replace(town.ann, last_event_at=NOON + SECOND)
    assert stream(town, there) is there


def test_who_enters_the_segment_while_the_run_comes_to_wait_for_it_goes_on_at_once() -> None:
    town = Town(_waits_for_segment())
    just_before(1, town, lambda: _becomes_loyal(town))
    town.enter()
    assert town.run().node == "in"
    assert stream(town).visits == {"in": 1, "thanks": 1}


def _waits_for_segment() -> Catalog:
    loyal = {"id": "in", "type": "wait_segment", "segment": "loyal", "timeout": "5d", "on_timeout": "late"}
    segment = {"id": "loyal", "name": "Loyal", "when": {"trait": "plan", "op": "eq", "value": "gold"}}
    steps = a_document(loyal, say("thanks", next="end"), leave("late", "late"))
    return a_shop_with(steps, **{"segment/loyal": segment})


def _becomes_loyal(town: Town) -> None:
    gold = Trait("gold", town.now, "shop")
    town.people.stored["p1"] = replace(
        town.ann, traits={"plan": gold}, segments=frozenset({"everyone", "loyal"})
    )
