"""People inside follow a journey that is changed while they wait, and a pause that its file says is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import FollowJourneys, HaltJourney, WakeJourney
from kizuna.core.journeys.halts import BY_DEFINITION, PausedByDefinition
from kizuna.core.journeys.run import JourneyRun
from kizuna.local.time_travel.happening import introduction
from kizuna.local.time_travel.stories import Person
from kizuna.local.time_travel.world import World
from kizuna.topology import Queue
from kizuna.usecases.journeys import halting
from tests.support.builders import an_event
from tests.support.travels import ANN, a_shop
from tests.support.walks import leave, say, wait

STARTS = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MOVES: Mapping[str, Any] = {"version_policy": {"migrate": {}, "unmapped": "same"}}


def inside(catalog: Catalog, people: int = 1) -> World:
    """A world in which so many people have just entered, and wait."""
    world = World(catalog, starts=STARTS)
    for number in range(people):
        name = f"u{number}"
        told = Person.model_validate({**ANN, "traits": {"email": f"{name}@example.com", "country": "JP"}})
        event = introduction(name, told, catalog, at=STARTS - DAY)
        cart = an_event("Cart Viewed", number=number, at=STARTS, user_id=name, properties={"cart": "c1"})
        world.take([event])
        world.take([replace(cart, id=f"cart-{name}")])
    return world


def applied(world: World, catalog: Catalog, version: int = 2) -> None:
    """Definitions are put in force, now: what `apply` asks for is done."""
    world.catalog = replace(catalog, versions={**catalog.versions, "journey/spring": version})
    halting.follow(world.halts, world.queues, world.catalog, at=world.now)
    world.settle()


def runs_in(world: World) -> list[JourneyRun]:
    return [run for runs in world.runs.stored.values() for run in runs.values()]


def the_run(world: World) -> JourneyRun:
    (run,) = runs_in(world)
    return run


# ── people inside follow ────────────────────────────────────────────────────────────────────────


def test_who_waits_goes_by_the_new_wait_at_once_and_not_when_the_old_one_is_over() -> None:
    world = inside(a_shop(wait("w", "7d"), say("n"), **MOVES))
    world.travel(STARTS + HOUR)
    applied(world, a_shop(wait("w", "1d"), say("n"), **MOVES))
    assert (the_run(world).version, the_run(world).due_at) == (2, STARTS + DAY)
    world.travel(STARTS + 2 * DAY)
    assert [each.at for each in world.sent] == [STARTS + DAY]


def test_who_would_have_gone_on_by_now_goes_on_now() -> None:
    world = inside(a_shop(wait("w", "7d"), say("n"), **MOVES))
    world.travel(STARTS + 3 * DAY)
    applied(world, a_shop(wait("w", "1d"), say("n"), **MOVES))
    assert [each.at for each in world.sent] == [STARTS + 3 * DAY]


def test_everybody_inside_follows_page_by_page() -> None:
    world = inside(a_shop(wait("w", "7d"), say("n"), **MOVES), people=7)
    world.catalog = replace(
        a_shop(wait("w", "9d"), say("n"), **MOVES), versions={**world.catalog.versions, "journey/spring": 2}
    )
    pages = 0
    for shard in range(8):
        after = ""
        while True:
            page, after = world.runs.waiting("spring", shard, after=after, limit=1)
            pages += bool(page)
            if not after:
                break
    assert pages == 7
    halting.follow(world.halts, world.queues, world.catalog, at=world.now)
    world.settle()
    assert {(run.version, run.due_at) for run in runs_in(world)} == {(2, STARTS + 9 * DAY)}


def test_a_page_asks_for_the_next_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halting, "EVALUATED", 1)
    world = inside(a_shop(wait("w", "7d"), **MOVES), people=9)
    for shard in range(8):
        work = WakeJourney(journey="spring", shard=shard, everybody=True)
        halting.wake(work, world.runs, world.halts, world.queues, world.catalog, now=world.now)
    first = [body for body in world.queues.sent[Queue.WAKE] if body["type"] == "wake_journey"]
    assert first
    assert all(body["after"] and body["everybody"] for body in first)
    applied(world, a_shop(wait("w", "9d"), **MOVES))
    assert {run.version for run in runs_in(world)} == {2}


def test_an_end_that_a_new_version_brings_is_met_when_it_comes() -> None:
    """`ends_at` is said of everybody, also of who walks by an older path."""
    world = inside(a_shop(wait("w", "7d"), say("n")))
    applied(world, a_shop(wait("w", "7d"), say("n"), ends_at=(STARTS + DAY).isoformat()))
    world.travel(STARTS + 2 * DAY)
    assert (the_run(world).reason, the_run(world).changed_at) == ("journey_ended", STARTS + DAY)


def test_a_change_that_means_nothing_to_who_waits_rings_for_nobody() -> None:
    world = inside(a_shop(wait("w", "7d"), say("n")))
    before = the_run(world)
    applied(world, a_shop(wait("w", "1d"), say("n")))
    assert (the_run(world), world.halts.current()) == (before, {})


def test_people_are_rung_for_once_for_each_version_and_again_if_nobody_noted_it() -> None:
    world = inside(a_shop(wait("w", "7d"), **MOVES))
    world.catalog = replace(
        world.catalog, versions={**world.catalog.versions, "journey/spring": 2}
    )  # a crash came before anything was asked for
    halting.look_after(world.halts, world.queues, world.catalog, now=world.now)
    assert len(world.queues.sent[Queue.WAKE]) == 8
    world.settle()
    halting.look_after(world.halts, world.queues, world.catalog, now=world.now + MINUTE)
    assert world.queues.sent[Queue.WAKE] == []


# ── a pause that the file says ──────────────────────────────────────────────────────────────────

PAUSED: dict[str, Any] = {"paused": True}


def test_a_pause_in_the_file_freezes_clocks_as_one_by_hand_does() -> None:
    world = inside(a_shop(wait("w", "3d"), say("n")))
    world.travel(STARTS + DAY)
    applied(world, a_shop(wait("w", "3d"), say("n"), **PAUSED))
    world.travel(STARTS + 5 * DAY)
    assert world.sent == []
    applied(world, a_shop(wait("w", "3d"), say("n")), version=3)
    world.travel(STARTS + 9 * DAY)
    assert [each.at for each in world.sent] == [STARTS + 7 * DAY]


def test_where_the_journey_says_that_clocks_ran_on_they_did() -> None:
    runs_on: dict[str, Any] = {"on_resume": "catch_up"}
    world = inside(a_shop(wait("w", "3d"), say("n"), **runs_on))
    applied(world, a_shop(wait("w", "3d"), say("n"), **runs_on, **PAUSED))
    world.travel(STARTS + 5 * DAY)
    applied(world, a_shop(wait("w", "3d"), say("n"), **runs_on), version=3)
    assert [each.at for each in world.sent] == [STARTS + 5 * DAY]


def test_nobody_resumes_by_hand_what_its_file_pauses() -> None:
    world = inside(a_shop(wait("w", "3d"), say("n")))
    applied(world, a_shop(wait("w", "3d"), say("n"), **PAUSED))
    with pytest.raises(PausedByDefinition, match="paused: true itself"):
        halting.resume("spring", world.halts, world.queues, world.catalog, by="jun", now=world.now)
    asked = HaltJourney(journey="spring", act="resume", by="jun", reason="please")
    assert not halting.halt(asked, world.halts, world.queues, world.catalog, now=world.now)


def test_what_somebody_paused_by_hand_goes_on_by_hand_only() -> None:
    world = inside(a_shop(wait("w", "3d"), say("n")))
    halting.pause("spring", world.halts, world.catalog, by="mika", reason="wrong offer", now=world.now)
    applied(world, a_shop(wait("w", "3d"), say("n"), **PAUSED))
    applied(world, a_shop(wait("w", "3d"), say("n")), version=3)
    stop = world.halts.current()["spring"].latest
    assert stop is not None
    assert (stop.by, stop.until) == ("mika", None)


def test_a_late_repeat_of_a_change_opens_no_second_pause() -> None:
    world = inside(a_shop(wait("w", "3d"), say("n")))
    applied(world, a_shop(wait("w", "3d"), say("n"), **PAUSED))
    first = world.halts.current()
    work = FollowJourneys(at=world.now)
    halting.follow(world.halts, world.queues, world.catalog, at=work.at)
    assert world.halts.current() == first
    assert [stop.by for stop in first["spring"].stops] == [BY_DEFINITION]


# ── the end of a journey that stands still ──────────────────────────────────────────────────────


@pytest.mark.parametrize("by_file", [True, False])
def test_who_is_frozen_leaves_when_the_journey_ends_and_not_when_somebody_resumes_it(by_file: bool) -> None:
    ends: dict[str, Any] = {"ends_at": (STARTS + 3 * DAY).isoformat()}
    steps = (wait("w", "1d"), leave("x", "late"))
    world = inside(a_shop(*steps, **ends))
    if by_file:
        applied(world, a_shop(*steps, **ends, **PAUSED))
    else:
        halting.pause("spring", world.halts, world.catalog, by="mika", reason="wrong", now=world.now)
    world.travel(STARTS + 2 * DAY)
    assert the_run(world).frozen
    for _ in range(2):  # whoever looks after journeys comes by each minute
        world.travel(STARTS + 3 * DAY)
        halting.look_after(world.halts, world.queues, world.catalog, now=world.now)
        world.settle()
    run = the_run(world)
    assert (run.state, run.reason, run.changed_at) == ("exited", "journey_ended", STARTS + 3 * DAY)
