"""Where runs leave their person: in a journey, through it, or out of it; and what a journey knows of itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.journeys.admitting import Refusal, by_event, entered
from kizuna.core.journeys.leaving import JOURNEY_REMOVED, MERGED, taken_out
from kizuna.core.journeys.run import JourneyRun, RunState
from kizuna.core.journeys.scene import Scene
from kizuna.core.journeys.standing import ended_before, stand_of, stands_of, told_by
from kizuna.core.segments.stands import asked_stands, united_stands, unknown_journeys
from tests.support.builders import NOON, a_profile, an_event
from tests.support.walks import Walk, a_journey, leave, say, wait

STANDS = {
    RunState.ACTIVE: "in",
    RunState.WAITING: "in",
    RunState.COMPLETED: "completed",
    RunState.CONVERTED: "completed",
    RunState.HELD_OUT: "completed",
    RunState.EXITED: "exited",
    RunState.MIGRATED_OUT: "exited",
    RunState.FAILED: "exited",
}


def a_run(state: RunState = RunState.WAITING, **changes: Any) -> JourneyRun:
    return replace(Walk(wait("w", "1d")).run, state=state, **changes)


@pytest.mark.parametrize("state", RunState)
def test_every_run_leaves_its_person_somewhere(state: RunState) -> None:
    assert stand_of(a_run(state)) == STANDS[state]


def test_who_never_had_a_run_stands_nowhere_and_who_had_several_stands_in_several_places() -> None:
    assert stands_of(()) == frozenset()
    both = [a_run(RunState.WAITING, key="c1"), a_run(RunState.EXITED, key="c2")]
    assert stands_of(both) == {"in", "exited"}


def test_a_run_beside_an_earlier_one_of_a_person_who_was_two_counts_for_nothing() -> None:
    run = a_run()
    assert stand_of(taken_out(run, MERGED, now=NOON)) is None
    assert stand_of(taken_out(run, JOURNEY_REMOVED, now=NOON)) == "exited"
    assert stands_of([a_run(), taken_out(run, MERGED, now=NOON)]) == {"in"}


def test_runs_are_told_apart_by_their_journey() -> None:
    runs = [a_run(), a_run(RunState.COMPLETED, journey="autumn"), a_run(journey="winter")]
    asked = ("autumn", "spring", "summer")
    assert told_by(runs, asked) == {"autumn": {"completed"}, "spring": {"in"}, "summer": frozenset()}


def cart(number: int) -> Any:
    return by_event(an_event("Cart Viewed", number=number, properties={"cart": f"c{number}"}), part="p1")


def enters(*runs: JourneyRun, number: int = 2, stands: Any = None, **changes: Any) -> JourneyRun | Refusal:
    person = a_profile(stands=stands or {})
    journey = a_journey(say("m"), reentry={"after": "1h"}, max_concurrent=5, **changes)
    later = NOON.replace(hour=20)
    scene = Scene(journey, 1, person, Catalog(), later)
    return entered(replace(cart(number), at=later), runs, scene)


def test_a_run_remembers_how_those_ended_whose_place_it_took() -> None:
    first = a_run(RunState.COMPLETED)
    second = enters(first)
    assert isinstance(second, JourneyRun)
    assert second.ended_before == ("completed",)
    assert stands_of([second]) == {"in", "completed"}
    third = enters(replace(second, state=RunState.EXITED, entered_at=NOON, began_from=NOON), number=3)
    assert isinstance(third, JourneyRun)
    assert third.ended_before == ("completed", "exited")
    assert ended_before([a_run()]) == ()


@pytest.mark.parametrize(
    ("state", "came_in"),
    [("never", False), ("completed", True), ("exited", False), ("in", False)],
)
def test_who_may_enter_a_journey_again_is_asked_of_its_runs_and_not_of_a_record_that_is_behind(
    state: str, came_in: bool
) -> None:
    ran = a_run(RunState.COMPLETED)
    behind = {"spring": frozenset({"in"})}
    found = enters(ran, stands=behind, audience={"journey": "spring", "state": state})
    assert isinstance(found, JourneyRun) is came_in
    if not came_in:
        assert found == Refusal("not_in_audience")


def test_whoever_walks_is_in_the_journey_though_the_record_does_not_tell_of_it_yet() -> None:
    ways = [
        {
            "id": "where",
            "type": "branch",
            "cases": [{"when": {"journey": "spring"}, "next": "yes"}],
            "else": "no",
        },
        leave("no", "not_in"),
        leave("yes", "in"),
    ]
    assert Walk(*ways).run.reason == "in"


def test_a_branch_may_ask_where_the_person_stands_in_another_journey() -> None:
    ways = [
        {
            "id": "where",
            "type": "branch",
            "cases": [{"when": {"journey": "autumn", "state": "completed"}, "next": "yes"}],
            "else": "no",
        },
        leave("no", "not_yet"),
        leave("yes", "done"),
    ]
    assert Walk(*ways).run.reason == "not_yet"
    known = a_profile(stands={"autumn": frozenset({"completed", "in"})})
    assert Walk(*ways, profile=known).run.reason == "done"


def test_two_people_who_are_one_stand_where_either_did_as_far_as_both_records_tell() -> None:
    one = {"spring": frozenset({"in"}), "autumn": frozenset()}
    other = {"spring": frozenset({"exited"}), "winter": frozenset({"in"})}
    assert united_stands(one, other) == {"spring": {"in", "exited"}}


def test_what_a_record_does_not_tell_of_is_unknown_except_of_somebody_new() -> None:
    known = {"spring": frozenset({"in"}), "autumn": frozenset()}
    assert unknown_journeys(known, ("autumn", "spring", "winter")) == {"winter"}
    assert asked_stands(known, ("spring", "winter"), is_new=False) == {"spring": {"in"}}
    assert asked_stands({}, ("spring",), is_new=True) == {"spring": frozenset()}
