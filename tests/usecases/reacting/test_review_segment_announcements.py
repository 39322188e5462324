"""Alarms, other definitions, backfills and late writers: who enters a segment is told of once all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang
from kizuna.topology import Queue
from kizuna.usecases.reacting import react
from tests.support.builders import NOON, a_catalog, some_documents
from tests.support.customers import TRIGGERED, identify, order
from tests.support.house import House

HOUR = timedelta(hours=1)
HOT = {"when": {"event": "Order Completed", "window": {"last": "2d"}}}
CALM = {"when": {"not": {"event": "Order Completed", "window": {"last": "1d"}}}}
LOYAL = {"when": {"event": "Order Completed", "verb": "count", "value": 3}}
LUKEWARM = {"when": {"all": [{"in_segment": "hot"}, {"in_segment": "calm"}]}}


def catalog_of(version: int, **segments: dict[str, Any]) -> Catalog:
    """`hot` means the same in all of them."""
    never = TRIGGERED | {"trigger": {"type": "event", "event": "Never"}}
    named = {("segment", name): {"id": name, "name": name, **segment} for name, segment in segments.items()}
    return a_catalog({**some_documents(never), **named}, version=version)


_OTHERS: list[dict[str, Any]] = [
    {},
    {"loyal": LOYAL},
    {"calm": CALM, "lukewarm": LUKEWARM},
    {"loyal": LOYAL, "calm": CALM},
]
CATALOGS = tuple(catalog_of(number, hot=HOT, **others) for number, others in enumerate(_OTHERS * 2, start=1))

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.booleans()),
        st.tuples(st.just("identify"), st.booleans()),
        st.tuples(st.just("wait"), st.sampled_from([1, 11, 24, 47, 49])),
        st.tuples(st.sampled_from(["ring", "change", "fill", "settle"]), st.none()),
    ),
    min_size=3,
    max_size=24,
)


def announced(house: House) -> list[str]:
    return [fact.kind for write in house.people.writes for fact in write.facts if fact.name == "hot"]


def play(steps: Sequence[tuple[str, Any]]) -> House:
    """The house at the end, when everything has rung and been filled."""
    house, at, version = House(CATALOGS[0]), NOON, 0
    late = House(CATALOGS[0], people=house.people, name="late")
    house.ingest(identify(1))

    def alarms() -> None:
        for body in house.taken(Queue.WAKE):
            react.ring(AlarmRang.model_validate(body), house.reactor, house.catalog, now=at)

    for number, (what, how) in enumerate(steps, start=2):
        match what:
            case "order" | "identify":
                made = order(number) if what == "order" else identify(number)
                (late if how else house).ingest(replace(made, at=at, received_at=at), now=at)
            case "wait":
                at += how * HOUR
            case "ring":
                house.ring(now=at)
            case "change":
                late.catalog = house.catalog
                version = min(version + 1, len(CATALOGS) - 1)
                house.put_in_force(CATALOGS[version], now=at)
            case "fill":
                house.fill(now=at)
            case _:
                house.settle(now=at)
                alarms()
    for _ in range(3):
        house.fill(now=at)
        house.settle(now=at)
        alarms()
        house.ring(now=at)
    return house


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_entering_and_leaving_are_told_in_turn_and_the_last_that_was_told_is_true(
    steps: list[tuple[str, Any]],
) -> None:
    house = play(steps)
    told = announced(house)
    assert told == (["entered", "exited"] * len(told))[: len(told)]
    inside = "hot" in house.person("user_id", "u1").segments
    assert inside is (bool(told) and told[-1] == "entered")
