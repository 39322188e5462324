"""Runs of journeys as attributes: nothing of a run is lost, and small runs stay small."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime, timedelta

from kizuna.adapters.tables.dynamodb import bytes_of
from kizuna.adapters.tables.journey_runs_codec import run_from_item, run_to_item
from kizuna.core.journeys.effects import Tell
from kizuna.core.journeys.run import JourneyRun, RunState, Station, Todo, run_id

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def a_full_run() -> JourneyRun:
    """Every field holds something of its own."""
    instants = [NOW + timedelta(minutes=number) for number in range(12)]
    return JourneyRun(
        id=run_id(journey="welcome", bucket_id="b1", key="k", entry=2),
        journey="welcome",
        version=7,
        person="p1",
        bucket_id="b1",
        key="k",
        entry=2,
        state=RunState.ACTIVE,
        node="hello",
        entered_at=instants[0],
        changed_at=instants[1],
        began_from=instants[2],
        arrived_at=instants[3],
        since=instants[4],
        reason="why",
        visits={"hello": 2},
        context={"entry": {"total": 5}},
        due_at=instants[5],
        armed_at=instants[6],
        limit_at=instants[7],
        run_version=9,
        applied=("mark",),
        held_out=True,
        frozen=True,
        is_cut=True,
        ahead="next-one",
        todo=Todo("m", "hello", 2, Tell("welcome.hello", "2"), instants[8]),
        told=("m1",),
        heard_at=instants[9],
        path=(Station(instants[10], "hello", "sent"),),
        event_part="p0",
        event_key="e#1",
        ended_before=("completed", "exited"),
    )


def test_every_field_of_a_run_is_stored() -> None:
    run = a_full_run()
    told = {each.name: getattr(run, each.name) for each in fields(run)}
    unset = [
        each.name
        for each in fields(run)
        if told[each.name]
        == (each.default_factory() if each.default_factory is not MISSING else each.default)
    ]
    assert unset == []  # a new field has to be told here, and stored
    assert run_from_item(run_to_item(run)) == run


def test_a_run_on_its_way_fits_into_one_write_unit() -> None:
    run = replace(a_full_run(), context={"entry": {"order_id": "A-17", "total": 5_400, "currency": "JPY"}})
    path = tuple(Station(NOW + timedelta(days=day), f"step-{day}", "over") for day in range(10))
    visits = {f"step-{day}": 1 for day in range(10)}
    applied = tuple(f"mark{number:06d}" for number in range(5))
    assert bytes_of(run_to_item(replace(run, path=path, visits=visits, applied=applied))) < 1_024
