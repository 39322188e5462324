"""The port `JourneyRuns`: one run for each person, journey and key, and counts that are exact under repeats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kizuna.core.durations import Duration
from kizuna.core.journeys.counting import counted, total
from kizuna.core.journeys.effects import (
    ChangeProfile,
    Effect,
    Emit,
    Look,
    StartJourney,
    TakePlace,
    TakeSlot,
    Tell,
)
from kizuna.core.journeys.places import place_of
from kizuna.core.journeys.run import JourneyRun, RunState, Station, Todo, run_id
from kizuna.core.ports import Due, EntryLimit, JourneyRuns, People, Walked
from kizuna.topology import DUE_SHARDS

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_run(person: str = "p1", *, journey: str = "welcome", key: str = "", entry: int = 1) -> JourneyRun:
    return JourneyRun(
        id=run_id(journey=journey, bucket_id=person, key=key, entry=entry),
        journey=journey,
        version=3,
        person=person,
        bucket_id=person,
        key=key,
        entry=entry,
        state=RunState.WAITING,
        node="pause",
        entered_at=NOW,
        changed_at=NOW,
        began_from=NOW,
        arrived_at=NOW,
        since=NOW,
        visits={"pause": 1},
        due_at=NOW + HOUR,
    )


def further(run: JourneyRun, node: str, *, hours: int = 1) -> JourneyRun:
    at = run.changed_at + hours * HOUR
    visits = {**run.visits, node: run.visits.get(node, 0) + 1}
    return replace(
        run,
        node=node,
        visits=visits,
        changed_at=at,
        arrived_at=at,
        due_at=at + HOUR,
        run_version=run.run_version + 1,
    )


def ended(run: JourneyRun, state: RunState = RunState.COMPLETED, reason: str = "") -> JourneyRun:
    return replace(
        run,
        state=state,
        reason=reason,
        changed_at=run.changed_at + HOUR,
        due_at=None,
        run_version=run.run_version + 1,
    )


def ids(runs: Iterable[JourneyRun]) -> set[str]:
    return {run.id for run in runs}


def all_frozen(runs: JourneyRuns, journey: str) -> list[str]:
    return [place for shard in range(DUE_SHARDS) for place in runs.frozen(journey, shard)]


def enter(runs: JourneyRuns, run: JourneyRun, *, has_keys: bool = False) -> str:
    return runs.enter(run, walked=runs.walked([run.person], run.journey), has_keys=has_keys)


def test_a_run_is_read_as_it_was_stored(journeys: JourneyRuns) -> None:
    run = replace(
        a_run(key="order 7/ä"),
        context={"entry": {"total": 5.5, "lines": [1, None]}},
        applied=("a", "b"),
        told=("m1",),
        armed_at=NOW,
        limit_at=NOW + 2 * HOUR,
        heard_at=NOW - HOUR,
        held_out=True,
        path=(Station(NOW, "pause", "began"), Station(NOW + HOUR, "pause", "timeout")),
        event_part="p1",
        event_key="e#1",
    )
    assert enter(runs=journeys, run=run) == "entered"
    assert journeys.get(place_of(run)) == run
    assert journeys.of_person(["p1"]) == (run,)


@pytest.mark.parametrize(
    "effect",
    [
        Tell("welcome.hello", "1", held_out=True, ends_at=NOW),
        Tell("welcome.hello", "1"),
        Look(("m1", "m2")),
        ChangeProfile({"tier": "gold"}, ("old",), {"visits": 1.5}, {"seen": "x"}),
        Emit("Journey Greeted", {"n": 1}),
        StartJourney("other", {"from": "welcome"}),
        TakePlace("a", 5, "day"),
        TakeSlot(10, Duration(seconds=60)),
        TakeSlot(1, Duration(months=1)),
    ],
    ids=lambda effect: type(effect).__name__,
)
def test_every_todo_is_read_as_it_was_stored(journeys: JourneyRuns, effect: Effect) -> None:
    run = replace(a_run(), todo=Todo("mark", "pause", 1, effect, NOW), state=RunState.ACTIVE, due_at=None)
    enter(journeys, run)
    assert journeys.get(place_of(run)) == run


def test_nobody_enters_twice(journeys: JourneyRuns) -> None:
    run = a_run()
    nothing = Walked()
    assert journeys.enter(run, walked=nothing, has_keys=False) == "entered"
    other = replace(run, id="another", node="elsewhere")
    assert journeys.enter(other, walked=nothing, has_keys=False) == "taken"
    assert journeys.get(place_of(run)) == run
    assert counted(total(journeys.counts("welcome"))).begun == 1


def test_the_answer_to_an_entry_that_was_stored_may_be_lost(journeys: JourneyRuns) -> None:
    run = a_run()
    assert [journeys.enter(run, walked=Walked(), has_keys=False) for _ in range(2)] == ["entered"] * 2
    assert counted(total(journeys.counts("welcome"))).begun == 1


def test_who_enters_again_takes_the_place_of_the_run_that_ended(journeys: JourneyRuns) -> None:
    first = a_run()
    enter(journeys, first)
    over = ended(first)
    read = journeys.walked(["p1"], "welcome")
    assert journeys.save(over, before=first)
    second = a_run(entry=2)
    assert journeys.enter(second, walked=read, has_keys=False) == "taken"  # what was read has changed
    assert enter(journeys, second) == "entered"
    assert journeys.of_person(["p1"]) == (second,)
    assert not journeys.save(further(over, "ghost"), before=over)
    counts = counted(total(journeys.counts("welcome")))
    assert (counts.begun, counts.inside, dict(counts.ended)) == (2, 1, {("completed", ""): 1})


def test_a_change_is_stored_only_over_the_version_it_was_made_from(journeys: JourneyRuns) -> None:
    run = a_run()
    enter(journeys, run)
    one, other = further(run, "a"), further(run, "b")
    assert journeys.save(one, before=run)
    assert not journeys.save(other, before=run)
    assert journeys.save(one, before=run)  # the answer may have been lost: it is stored, and counted once
    assert journeys.get(place_of(run)) == one
    counts = counted(total(journeys.counts("welcome")))
    assert {node: (step.entered, step.here) for node, step in counts.steps.items()} == {
        "pause": (1, 0),
        "a": (1, 1),
    }


def test_what_is_gone_is_not_stored_again(journeys: JourneyRuns) -> None:
    run = a_run()
    assert not journeys.save(further(run, "a"), before=run)
    assert journeys.get(place_of(run)) is None
    assert journeys.counts("welcome") == {}


def test_everybody_who_entered_is_in_exactly_one_place(journeys: JourneyRuns) -> None:
    runs = [a_run(f"p{number}") for number in range(6)]
    for run in runs:
        enter(journeys, run)
    moved = [further(run, "talk", hours=2) for run in runs[:4]]
    for before, after in zip(runs, moved, strict=False):
        journeys.save(after, before=before)
    journeys.save(ended(moved[0], RunState.CONVERTED), before=moved[0])
    journeys.save(ended(moved[1], RunState.EXITED, "bounced"), before=moved[1])
    counts = counted(total(journeys.counts("welcome")))
    talk, pause = counts.steps["talk"], counts.steps["pause"]
    assert (counts.begun, counts.inside, counts.converted) == (6, 4, 1)
    assert (pause.entered, pause.here, pause.went_on, pause.mean_seconds) == (6, 2, 4, 7200.0)
    assert (talk.entered, talk.here, talk.out, talk.dropped) == (4, 2, 2, 1)
    assert dict(talk.ended) == {("converted", ""): 1, ("exited", "bounced"): 1}


def test_a_step_counts_on_the_day_of_its_change_and_ghosts_apart(journeys: JourneyRuns) -> None:
    run, ghost = a_run(), replace(a_run("p2"), held_out=True)
    enter(journeys, run)
    enter(journeys, ghost)
    later = further(run, "talk", hours=24)
    journeys.save(later, before=run)
    days = journeys.counts("welcome")
    assert list(days) == ["2026-11-22", "2026-11-23"]
    assert counted(total(days)).begun == counted(total(days), held_out=True).begun == 1
    assert counted(total(days, until=NOW)).steps["pause"].here == 1
    assert counted(total(days)).steps["pause"].here == 0


def test_runs_of_several_keys_stand_side_by_side(journeys: JourneyRuns) -> None:
    one, other = a_run(key="order-1"), a_run(key="order-2")
    assert [enter(journeys, run, has_keys=True) for run in (one, other)] == ["entered"] * 2
    assert ids(journeys.walked(["p1"], "welcome").runs) == ids((one, other))
    assert journeys.walked(["p1"], "welcome").version == 2


def test_two_who_enter_by_two_keys_at_one_moment_do_not_miss_each_other(journeys: JourneyRuns) -> None:
    read = journeys.walked(["p1"], "welcome")
    assert journeys.enter(a_run(key="order-1"), walked=read, has_keys=True) == "entered"
    assert journeys.enter(a_run(key="order-2"), walked=read, has_keys=True) == "taken"


def test_journeys_of_like_names_are_kept_apart(journeys: JourneyRuns) -> None:
    runs = [a_run(journey=name, key=key) for name in ("welcome", "welcome-2", "we") for key in ("", "k")]
    for run in runs:
        enter(journeys, run, has_keys=True)
    assert {run.journey for run in journeys.walked(["p1"], "welcome").runs} == {"welcome"}
    assert ids(journeys.of_person(["p1"])) == ids(runs)


def test_runs_of_a_merged_profile_are_the_persons_as_well(journeys: JourneyRuns) -> None:
    old, own = a_run("absorbed"), a_run("p1", entry=2)
    enter(journeys, old)
    read = journeys.walked(["p1", "absorbed"], "welcome")
    assert read.runs == (old,)
    assert journeys.enter(own, walked=read, has_keys=False) == "entered"
    assert ids(journeys.of_person(["p1", "absorbed"])) == ids((old, own))
    assert journeys.of_person(["p1"]) == (own,)


def test_no_more_enter_than_a_limit_lets_in(journeys: JourneyRuns) -> None:
    limits = [EntryLimit("2026-11-22", 2), EntryLimit("total", 5)]
    answers = [
        journeys.enter(a_run(f"p{number}"), walked=Walked(), has_keys=False, limits=limits)
        for number in range(3)
    ]
    assert answers == ["entered", "entered", "full"]
    assert journeys.of_person(["p2"]) == ()
    tomorrow = [EntryLimit("2026-11-23", 2), EntryLimit("total", 5)]
    assert journeys.enter(a_run("p2"), walked=Walked(), has_keys=False, limits=tomorrow) == "entered"
    # A repeat is told of before the limit is: it took its place the first time.
    again = journeys.enter(a_run("p1"), walked=Walked(), has_keys=False, limits=limits)
    assert again in ("entered", "full")
    assert counted(total(journeys.counts("welcome"))).begun == 3


def test_the_alarm_of_a_run_rings_with_those_of_people(journeys: JourneyRuns, people: People) -> None:
    run = a_run(key="order-1")
    enter(journeys, run)

    def due(now: datetime) -> list[Due]:
        return [each for shard in range(DUE_SHARDS) for each in people.due(shard, now=now)]

    assert due(NOW) == []
    assert due(NOW + HOUR) == [Due("journey", place_of(run))]
    later = further(run, "talk", hours=3)
    journeys.save(later, before=run)
    assert due(NOW + 3 * HOUR) == []
    journeys.save(ended(later), before=later)
    assert due(NOW + 99 * HOUR) == []


def test_a_frozen_run_rings_for_nobody_and_is_found_by_its_journey(
    journeys: JourneyRuns, people: People
) -> None:
    run, other = a_run(), a_run(journey="other")
    frozen = replace(run, frozen=True, run_version=2)
    for each in (run, other):
        enter(journeys, each)
    journeys.save(frozen, before=run)
    assert journeys.get(place_of(run)) == frozen
    assert all_frozen(journeys, "welcome") == [place_of(run)]
    assert all_frozen(journeys, "other") == []
    due = [each.id for shard in range(DUE_SHARDS) for each in people.due(shard, now=NOW + 2 * HOUR)]
    assert due == [place_of(other)]
    journeys.save(replace(frozen, frozen=False, run_version=3), before=frozen)
    assert all_frozen(journeys, "welcome") == []


def test_everybody_of_a_journey_who_has_an_alarm_is_found_page_by_page(journeys: JourneyRuns) -> None:
    waiting = [a_run(person=f"w{number}") for number in range(6)]
    over = replace(a_run(person="w7"), state=RunState.COMPLETED, due_at=None)
    frozen = replace(a_run(person="w8"), frozen=True)
    for each in (*waiting, over, frozen, a_run(person="w9", journey="welcome-back")):
        enter(journeys, each)
    found: list[str] = []
    for shard in range(DUE_SHARDS):
        after = ""
        while True:
            page, after = journeys.waiting("welcome", shard, after=after, limit=1)
            assert len(page) <= 1
            found += page
            if not after:
                break
    assert sorted(found) == sorted(place_of(run) for run in waiting)


def test_a_place_is_taken_once_for_each_mark(journeys: JourneyRuns) -> None:
    def take(mark: str, name: str = "a") -> bool:
        return journeys.take_place("welcome", "fork", name=name, most=2, mark=mark)

    assert [take("one"), take("one"), take("two"), take("three"), take("two")] == [
        True,
        True,
        True,
        False,
        True,
    ]
    assert take("three", "b")


def test_a_persons_runs_of_some_journeys_are_read_without_the_others(
    journeys: JourneyRuns, people: People
) -> None:
    runs = [a_run(journey=name, key=key) for name in ("we", "welcome", "welcome-2") for key in ("", "k")]
    for run in runs:
        enter(journeys, run, has_keys=True)
    old = a_run("absorbed", journey="welcome")
    enter(journeys, old)
    assert people.runs_in(["p1"], ()) == ()
    assert people.runs_in(["p2"], ("we",)) == ()
    assert ids(people.runs_in(["p1"], ("welcome",))) == ids(runs[2:4])
    assert ids(people.runs_in(["p1", "absorbed"], ("welcome-2", "we"))) == ids([*runs[:2], *runs[4:]])
    assert old in people.runs_in(["p1", "absorbed"], ("welcome",))
