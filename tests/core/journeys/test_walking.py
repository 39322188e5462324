"""A run walks its path: one step after the other, until something has to be waited for, done, or is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.ids import bucket
from kizuna.core.journeys.admitting import by_event
from kizuna.core.journeys.effects import ChangeProfile, Emit, Placed, SlotGiven, StartJourney, TakePlace, Tell
from kizuna.core.journeys.run import RunState
from kizuna.core.people import Trait
from tests.support.builders import NOON, SERVER, a_profile, an_event
from tests.support.walks import Step, Walk, leave, say, wait, wait_for

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_run_walks_until_it_has_to_wait_and_on_when_the_time_is_over() -> None:
    walk = Walk(say("hello"), wait("pause", "2d"), say("again"))
    assert walk.told == ["spring.hello"]
    assert (walk.run.state, walk.run.node, walk.run.due_at) == (RunState.WAITING, "pause", NOON + 2 * DAY)
    walk.pass_time(days=2)
    assert walk.told_at == [(timedelta(), "hello"), (2 * DAY, "again")]
    assert (walk.run.state, walk.run.reason) == (RunState.COMPLETED, "end")


def test_a_run_that_is_over_has_no_alarm_and_nothing_to_do() -> None:
    walk = Walk(say("hello"))
    assert walk.run.is_over
    assert (walk.run.due_at, walk.run.limit_at, walk.run.todo) == (None, None, None)


def test_the_path_tells_each_step_and_why_the_run_went_on() -> None:
    walk = Walk(wait("pause", "1h"), say("hello"), leave("out", "enough"))
    walk.pass_time(hours=1)
    assert walk.path == ["pause over", "hello sent", "out exited.enough"]


PLAN_IS_PRO = {"trait": "plan", "op": "eq", "value": "pro"}
BRANCH: Step = {
    "id": "which",
    "type": "branch",
    "cases": [
        {"context": {"property": "entry.total", "op": "gte", "value": 100}, "next": "large"},
        {"when": PLAN_IS_PRO, "next": "pro"},
    ],
    "else": "other",
}
ENDS = [leave("large", "large"), leave("pro", "pro"), leave("other", "other")]


@pytest.mark.parametrize(
    ("total", "plan", "reason"),
    [(120, "pro", "large"), (120, "free", "large"), (5, "pro", "pro"), (5, "free", "other")],
)
def test_a_branch_takes_the_first_case_that_holds(total: int, plan: str, reason: str) -> None:
    entry = by_event(an_event("Cart Viewed", number=0, at=NOON, properties={"total": total}), part="p1")
    walk = Walk(BRANCH, *ENDS, profile=a_profile(traits={"plan": Trait(plan, NOON, SERVER.id)}), entry=entry)
    assert walk.run.reason == reason


@pytest.mark.parametrize(("plan", "ends"), [("pro", ["spring.hello"]), ("free", [])])
def test_a_gate_lets_through_who_satisfies_it(plan: str, ends: list[str]) -> None:
    gate = {"id": "gate", "type": "gate", "when": PLAN_IS_PRO}
    walk = Walk(gate, say("hello"), profile=a_profile(traits={"plan": Trait(plan, NOON, SERVER.id)}))
    assert walk.told == ends
    assert walk.run.reason == ("end" if ends else "gate")


def test_a_gate_may_lead_elsewhere() -> None:
    gate = {"id": "gate", "type": "gate", "when": PLAN_IS_PRO, "on_false": "sorry"}
    walk = Walk(gate, say("hello", next="end"), say("sorry"), profile=a_profile(traits={}))
    assert walk.told == ["spring.sorry"]


# ── chance ──────────────────────────────────────────────────────────────────────────────────────


def split(**more: Any) -> Step:
    return {"id": "chance", "type": "split", "weights": {"left": 30, "right": 70}, **more}


SIDES = [leave("left", "left"), leave("right", "right")]


def test_a_sticky_split_is_a_matter_of_the_person_alone() -> None:
    for number in range(40):
        profile = a_profile(f"p{number}")
        expected = "left" if bucket("spring.chance", profile.bucket_id) < 0.3 else "right"
        assert Walk(split(), *SIDES, profile=profile).run.reason == expected


def test_after_a_merge_the_older_id_goes_on_deciding() -> None:
    ends = {
        Walk(split(), *SIDES, profile=a_profile(f"p{n}", bucket_id="first")).run.reason for n in range(20)
    }
    assert len(ends) == 1


def test_the_shares_of_a_split_are_what_was_asked_for() -> None:
    left = sum(Walk(split(), *SIDES, profile=a_profile(f"x{n}")).run.reason == "left" for n in range(600))
    assert 140 <= left <= 220


def test_a_split_that_is_not_sticky_is_drawn_anew_at_each_visit() -> None:
    steps = [
        split(sticky=False, branches={"left": "back", "right": "back"}),
        {"id": "back", "type": "goto", "node": "chance", "max_loops": 40},
    ]
    walk = Walk(*steps)
    whys = {why for why in walk.path if why.startswith("chance")}
    assert whys == {"chance branch.left", "chance branch.right"}


@pytest.mark.parametrize("granted", [True, False])
def test_who_finds_a_branch_full_goes_to_overflow(granted: bool) -> None:
    limited = split(
        weights={"left": 100, "right": 0}, limits={"left": {"count": 1, "per": "day"}}, overflow="right"
    )
    walk = Walk(limited, *SIDES, answers={"chance": [Placed(granted)]})
    assert walk.effects[0][2] == TakePlace("left", 1, "day")
    assert walk.run.reason == ("left" if granted else "right")


def test_a_holdout_step_makes_ghosts_that_walk_on_and_hear_nothing() -> None:
    steps: list[Step] = [
        {"id": "out", "type": "holdout", "percent": 50},
        say("hello"),
        wait("w", "1d"),
        say("bye"),
    ]
    walks = [Walk(*steps, profile=a_profile(f"p{n}")) for n in range(60)]
    ghosts = [walk for walk in walks if walk.run.held_out]
    assert 15 <= len(ghosts) <= 45
    for walk in walks:
        walk.pass_time(days=1)
        assert walk.told == ["spring.hello", "spring.bye"]
        assert walk.run.state is (RunState.HELD_OUT if walk in ghosts else RunState.COMPLETED)
    told = [effect for walk in ghosts for _, _, effect in walk.effects if isinstance(effect, Tell)]
    assert told
    assert all(effect.held_out for effect in told)


def test_a_ghost_changes_nothing_about_its_person() -> None:
    steps: list[Step] = [
        {"id": "set", "type": "update_profile", "set": {"greeted": True}},
        {"id": "tell", "type": "emit_event", "event": "Greeted"},
        {"id": "other", "type": "journey", "start": "autumn"},
    ]
    ghost = next(
        walk
        for number in range(100)
        if (walk := Walk(*steps, profile=a_profile(f"p{number}"), holdout=50)).run.held_out
    )
    assert ghost.effects == []
    assert ghost.path == ["set held_out", "tell held_out", "other held_out", "other held_out.end"]


def test_an_experiment_step_leads_each_to_the_path_of_their_arm() -> None:
    arms = [{"name": "short"}, {"name": "long", "next": "end"}]
    steps = [{"id": "try", "type": "experiment", "arms": arms}, leave("short", "short")]
    ends = {Walk(*steps, profile=a_profile(f"p{number}")).run.reason for number in range(40)}
    assert ends == {"short", "end"}


# ── turning back, meeting, leaving ──────────────────────────────────────────────────────────────


def test_a_loop_is_bounded_and_every_round_is_a_message_of_its_own() -> None:
    walk = Walk(
        say("hello"),
        wait("w", "1d"),
        {"id": "back", "type": "goto", "node": "hello", "max_loops": 2},
        say("last"),
    )
    walk.pass_time(days=10)
    assert walk.told == ["spring.hello"] * 3 + ["spring.last"]
    told = [effect for _, _, effect in walk.effects if isinstance(effect, Tell)]
    assert [effect.occasion for effect in told] == ["1", "2", "3", "1"]


def test_paths_meet_and_who_has_not_come_by_all_of_them_goes_elsewhere() -> None:
    meet = {"id": "meet", "type": "join", "of": ["a", "b"], "mode": "all", "otherwise": "missed"}
    through = Walk(say("a"), say("b"), meet, leave("there", "there"), leave("missed", "missed"))
    assert through.run.reason == "there"
    past = Walk(say("a", next="meet"), say("b"), meet, leave("there", "there"), leave("missed", "missed"))
    assert past.run.reason == "missed"


def test_a_throttle_makes_a_run_wait_for_its_turn() -> None:
    throttle = {"id": "turn", "type": "throttle", "rate": 10, "per": "1h"}
    walk = Walk(throttle, say("hello"), answers={"turn": [SlotGiven(NOON + HOUR)]})
    assert (walk.told, walk.run.due_at) == ([], NOON + HOUR)
    walk.pass_time(hours=1)
    assert walk.told == ["spring.hello"]


# ── changing something ──────────────────────────────────────────────────────────────────────────


def test_values_are_taken_from_the_run_the_person_and_the_clock() -> None:
    walk = Walk(
        {
            "id": "keep",
            "type": "set_context",
            "values": {"cart": {"context": "entry.cart"}, "tier": {"trait": "plan"}},
        },
        {
            "id": "set",
            "type": "update_profile",
            "set": {
                "last_cart": {"context": "cart"},
                "seen_at": {"now": True},
                "gone": {"context": "nowhere"},
            },
            "unset": ["old"],
            "increment": {"carts": 1},
            "append": {"tags": "cart"},
        },
        {
            "id": "tell",
            "type": "emit_event",
            "event": "Cart Noted",
            "properties": {"tier": {"context": "tier"}},
        },
        {"id": "other", "type": "journey", "start": "autumn", "inputs": {"cart": {"context": "cart"}}},
    )
    assert [effect for _, _, effect in walk.effects] == [
        ChangeProfile(
            set={"last_cart": "c1", "seen_at": "2026-11-23T12:00:00.000Z"},
            unset=("old",),
            increment={"carts": 1},
            append={"tags": "cart"},
        ),
        Emit("Cart Noted", {"tier": "pro"}),
        StartJourney("autumn", {"cart": "c1"}),
    ]


def test_what_was_waited_for_is_known_to_the_steps_behind_it() -> None:
    case = {"context": {"property": "answer.score", "op": "lte", "value": 6}, "next": "sorry"}
    ask = {"id": "how", "type": "branch", "cases": [case], "else": "end"}
    walk = Walk(wait_for("answer", "Survey Answered"), ask, say("sorry"))
    walk.happen("Survey Answered", score=3)
    assert walk.told == ["spring.sorry"]
