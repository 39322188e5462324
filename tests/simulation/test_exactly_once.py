"""Everybody is as the plain model has them, whatever went wrong on the way. `make deep` plays 100,000 events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from kizuna.core.people import Profile
from tests.simulation.chaos import LOSE_REPLY, Chaos
from tests.simulation.run import Simulation, a_simulation
from tests.simulation.verdict import Differs, assert_exactly_once
from tests.simulation.worlds import World, in_memory, in_tables
from tests.support.emulated import client, cloud
from tests.support.fakes import InMemoryPeople
from tests.support.tables import fresh_tables


def assert_everything_went_wrong(simulation: Simulation) -> None:
    """At every place that was passed often enough the process died, before the call and, if it writes, after it."""
    chaos = simulation.chaos
    for place, times in chaos.passed.items():
        if times >= LOSE_REPLY:
            assert chaos.told[place, "crash before"], place
            assert chaos.told[place, "refused"], place
            if not place.startswith("read"):
                assert chaos.told[place, "crash after"], place


def played(events: int, seed: int) -> Simulation:
    simulation = a_simulation(events, seed, in_memory)
    simulation.run()
    return simulation


def test_each_event_counts_once() -> None:
    simulation = played(3_000, 1)
    assert assert_exactly_once(simulation) > 100
    assert_everything_went_wrong(simulation)
    assert any(profile.seen_pages for profile in people_of(simulation).stored.values())
    assert any(len(profile.parts) > 2 for profile in people_of(simulation).stored.values())
    assert sum(simulation.chaos.told[place, "conflict"] for place in ("put profile", "put person")) > 10


@pytest.mark.slow
def test_each_of_ten_thousand_events_counts_once() -> None:
    simulation = played(10_000, 3)
    assert_exactly_once(simulation)
    assert_everything_went_wrong(simulation)


def people_of(simulation: Simulation) -> InMemoryPeople:
    people = simulation.world.people
    assert isinstance(people, InMemoryPeople)
    return people


# ── the judge sees what is wrong ────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def sound() -> Simulation:
    simulation = played(600, 5)
    assert_exactly_once(simulation)  # brings everybody up to date; what a test then breaks nobody mends
    return simulation


def somebody(simulation: Simulation) -> Profile:
    living = [profile for profile in people_of(simulation).stored.values() if not profile.merged_into]
    return max(living, key=lambda profile: len(people_of(simulation).events[profile.id]))


def test_an_event_too_few_or_too_many_in_one_timeline_is_told(sound: Simulation) -> None:
    people, person = people_of(sound), somebody(sound)
    key, event = next(iter(people.events[person.id].items()))
    del people.events[person.id][key]
    with pytest.raises(Differs, match=rf"seed 5[^§]*timeline: missing \['{event.id}'\][^§]*request: 200"):
        assert_exactly_once(sound)
    people.events[person.id][key] = event
    people.events[person.id]["e#stray"] = replace(event, id="stray")
    with pytest.raises(Differs, match=r"too many \['stray'\]"):
        assert_exactly_once(sound)
    del people.events[person.id]["e#stray"]
    assert_exactly_once(sound)


def test_an_event_counted_twice_is_told(sound: Simulation) -> None:
    people, person = people_of(sound), somebody(sound)
    twice = {
        key: {**state, **({"n": state["n"] + 1} if "n" in state else {})}
        for key, state in person.aggregates.items()
    }
    people.stored[person.id] = replace(people.stored[person.id], aggregates=twice)
    with pytest.raises(Differs, match=r"counted \d+ times, done \d+ times"):
        assert_exactly_once(sound)
    people.stored[person.id] = replace(people.stored[person.id], aggregates=person.aggregates)


def test_an_identifier_that_leads_to_somebody_else_is_told(sound: Simulation) -> None:
    people, person = people_of(sound), somebody(sound)
    other = next(
        profile.id
        for profile in people.stored.values()
        if not profile.merged_into and profile.id != person.id
    )
    key = next(key for key, owner in people.identities.items() if owner == person.id)
    people.identities[key] = other
    with pytest.raises(Differs):
        assert_exactly_once(sound)
    people.identities[key] = person.id


# ── over tables ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with ExitStack() as closing:
        closing.enter_context(cloud())
        made = client("dynamodb")
        closing.callback(made.close)
        yield made


def over_tables(dynamodb: Any, events: int, seed: int) -> Simulation:
    world: partial[World] = partial(in_tables, dynamodb=dynamodb, names=fresh_tables(dynamodb))

    def built(chaos: Chaos) -> World:
        return world(chaos)

    simulation = a_simulation(events, seed, built)
    simulation.run()
    return simulation


def test_each_event_counts_once_over_tables(dynamodb: Any) -> None:
    simulation = over_tables(dynamodb, 400, 1)
    assert_exactly_once(simulation)
    assert_everything_went_wrong(simulation)


@pytest.mark.slow
def test_each_of_a_thousand_events_counts_once_over_tables(dynamodb: Any) -> None:
    assert_exactly_once(over_tables(dynamodb, 1_000, 2))
