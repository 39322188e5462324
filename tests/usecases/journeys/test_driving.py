"""Runs are driven over stores that fail, forget answers and are written by others: nothing is done twice or lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.errors import Conflict
from kizuna.core.journeys.places import place_of
from kizuna.core.journeys.run import JourneyRun, RunState
from kizuna.local.memory.journeys import InMemoryJourneyRuns
from kizuna.usecases.journeys.driving import carry_on, ring
from tests.support.builders import NOON, a_profile
from tests.support.fragile import Crash, crash
from tests.support.journey_town import FragileRuns, Town
from tests.support.travels import a_shop, a_shop_with
from tests.support.walks import leave, say, wait, wait_for

DAY = timedelta(days=1)


STEPS = (
    say("m"),
    {"id": "count", "type": "update_profile", "increment": {"carts": 1}},
    {"id": "tell", "type": "emit_event", "event": "Cart Noted"},
    wait("w", "1d"),
    say("n"),
    wait_for("a", "Liked", timeout="2d"),
    say("o"),
)


def story(town: Town) -> None:
    """Ann enters, a day passes, and she likes something. Whatever fails is brought again, as queues do."""

    def insisting(act: Callable[[], object]) -> None:
        for _ in range(10):
            try:
                act()
                return
            except Crash:
                continue
        raise AssertionError("it keeps failing")

    insisting(town.enter)
    insisting(lambda: carry_on(place_of(town.run()), town.driver, town.catalog, now=town.now))
    town.now = NOON + DAY
    insisting(town.ring)
    insisting(lambda: town.happen("Liked"))


def outcome(town: Town) -> tuple[Any, ...]:
    run = town.run()
    noted = [event for event in town.people.events["p1"].values() if event.name == "Cart Noted"]
    return (run.state, run.node, run.visits, town.told(), town.ann.trait("carts"), len(noted))


def test_a_run_that_nothing_disturbs() -> None:
    town = Town(a_shop(*STEPS))
    story(town)
    assert outcome(town) == (
        RunState.COMPLETED,
        "o",
        {step["id"]: 1 for step in STEPS},
        [("spring.m", "1"), ("spring.n", "1"), ("spring.o", "1")],
        1,
        1,
    )


def test_killed_at_any_point_it_comes_to_the_same() -> None:
    catalog = a_shop(*STEPS)
    undisturbed = Town(catalog)
    story(undisturbed)
    for point in range(undisturbed.runs.points):
        town = Town(catalog)
        town.runs.fails = {point: crash}
        story(town)
        assert outcome(town) == outcome(undisturbed), f"killed at point {point}"


def test_killed_at_every_second_point_it_comes_to_the_same() -> None:
    catalog = a_shop(*STEPS)
    undisturbed, town = Town(catalog), Town(catalog)
    story(undisturbed)
    town.runs.fails = dict.fromkeys(range(1, 40, 3), crash)
    story(town)
    assert outcome(town) == outcome(undisturbed)


def test_two_who_drive_one_run_at_once_do_everything_once() -> None:
    catalog = a_shop(*STEPS)
    undisturbed = Town(catalog)
    story(undisturbed)
    for point in range(0, undisturbed.runs.points, 2):
        town = Town(catalog)

        def meanwhile(town: Town = town) -> None:
            """Somebody else brings the same, just before this one stores it."""
            town.runs.fails = {}
            if town.runs.of_person(("p1",)):
                town.ring()

        town.runs.fails = {point: meanwhile}
        story(town)
        assert outcome(town) == outcome(undisturbed), f"somebody else at point {point}"


def test_the_stream_that_brings_it_again_changes_nothing() -> None:
    town = Town(a_shop(*STEPS))
    story(town)
    before, writes = outcome(town), town.runs.writes
    story(town)
    assert (outcome(town), town.runs.writes) == (before, writes)


def test_a_run_that_others_keep_changing_is_given_up_for_now() -> None:
    town = Town(a_shop(*STEPS))

    class Contended(FragileRuns):
        def save(self, run: JourneyRun, *, before: JourneyRun) -> bool:
            return False

    town.enter()
    town.now = NOON + DAY
    driver = replace(town.driver, runs=_sharing(Contended(town.people), town.runs))
    with pytest.raises(Conflict):
        ring(place_of(town.run()), driver, town.catalog, now=town.now)


def _sharing(runs: InMemoryJourneyRuns, others: InMemoryJourneyRuns) -> InMemoryJourneyRuns:
    runs.stored = others.stored
    return runs


# ── who is gone, what is gone ───────────────────────────────────────────────────────────────────


def test_nothing_is_done_for_somebody_who_is_gone() -> None:
    town = Town(a_shop(*STEPS))
    town.enter()
    before = town.run()
    town.people.stored["p1"] = replace(town.ann, status="erasing")
    town.now = NOON + DAY
    town.ring()
    assert town.run() == before


def test_whoever_lives_on_in_somebody_else_is_spoken_to_there() -> None:
    town = Town(a_shop(*STEPS))
    town.enter()
    other = a_profile("p2", parts=("p2", "p1"), identities={})
    town.people.stored |= {"p2": other}
    town.people.stored["p1"] = replace(town.ann, merged_into="p2", version=2)
    town.now = NOON + DAY
    town.ring()
    assert {
        message.person for message in town.messages.stored.values() if message.campaign == "spring.n"
    } == {"p2"}


def test_a_journey_that_is_gone_lets_its_people_go() -> None:
    town = Town(a_shop(*STEPS))
    town.enter()
    town.catalog = a_shop_with()
    town.now = NOON + DAY
    town.ring()
    assert (town.run().state, town.run().reason) == (RunState.EXITED, "journey_removed")


def test_by_migration_a_run_moves_on_at_the_next_occasion() -> None:
    town = Town(a_shop(wait("w", "1d"), say("n"), version_policy={"migrate": {}, "unmapped": "same"}))
    town.enter()
    newer = a_shop(wait("w", "3d"), leave("x", "new"), version_policy={"migrate": {}, "unmapped": "same"})
    town.catalog = replace(newer, versions={**newer.versions, "journey/spring": 2})
    town.now = NOON + DAY
    town.ring()
    assert (town.run().version, town.run().due_at, town.told()) == (2, NOON + 3 * DAY, [])
