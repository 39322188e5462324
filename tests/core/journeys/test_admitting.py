"""Who enters a journey, how often, and who does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.journeys.admitting import (
    Entry,
    Refusal,
    by_call,
    by_event,
    by_schedule,
    by_segment,
    entered,
    limits_of,
)
from kizuna.core.journeys.pausing import Pause
from kizuna.core.journeys.run import JourneyRun, RunState
from kizuna.core.journeys.scene import Scene
from kizuna.core.people import Trait
from kizuna.core.ports.journeys import EntryLimit
from tests.support.builders import NOON, SERVER, a_profile, an_event
from tests.support.walks import a_journey, say

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOTAL = [{"property": "total", "op": "gte", "value": 1}]


def a_scene(*, now: datetime = NOON, catalog: Catalog | None = None, **changes: Any) -> Scene:
    profile = changes.pop("profile", None) or a_profile()
    pauses = changes.pop("pauses", ())
    return Scene(a_journey(say("m"), **changes), 4, profile, catalog or Catalog(), now, pauses)


def cart(number: int = 1, *, at: datetime = NOON, name: str = "Cart Viewed", **properties: Any) -> Entry:
    return by_event(an_event(name, number=number, at=at, properties=properties), part="p1")


def got_in(found: JourneyRun | Refusal) -> JourneyRun:
    assert isinstance(found, JourneyRun), found
    return found


def over(run: JourneyRun, *, at: datetime = NOON) -> JourneyRun:
    return replace(run, state=RunState.COMPLETED, entered_at=at, began_from=at)


def test_a_run_begins_with_what_began_it() -> None:
    run = got_in(entered(cart(total=12), (), a_scene()))
    assert (run.journey, run.version, run.person, run.entry, run.state) == (
        "spring",
        4,
        "p1",
        1,
        RunState.ACTIVE,
    )
    assert run.context == {"entry": {"total": 12}}
    assert run.event_part == "p1"


def test_the_same_occasion_makes_the_same_run() -> None:
    assert entered(cart(), (), a_scene()) == entered(cart(), (), a_scene())
    merged = a_scene(profile=a_profile("p2", bucket_id="p1"))
    assert got_in(entered(cart(), (), merged)).id == got_in(entered(cart(), (), a_scene())).id


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"profile": a_profile(status="restricted")}, "restricted"),
        ({"profile": a_profile(status="erasing")}, "erased"),
        ({"ends_at": NOON.isoformat()}, "journey_ended"),
        ({"paused": True}, "journey_paused"),
        ({"pauses": (Pause(NOON - DAY),)}, "journey_paused"),
        ({"enter": {"event": "Cart Left"}}, "another_event"),
        ({"enter": {"event": "Cart Viewed", "where": TOTAL}}, "another_event"),
        ({"reentry": {"per_key": "cart"}}, "no_key"),
        ({"audience": {"trait": "plan", "op": "eq", "value": "free"}}, "not_in_audience"),
        ({"exclude": {"trait": "plan", "op": "eq", "value": "pro"}}, "not_in_audience"),
    ],
)  # fmt: skip
def test_who_does_not_enter_and_why(changes: dict[str, Any], reason: str) -> None:
    assert entered(cart(), (), a_scene(**changes)) == Refusal(reason)


# ── again ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("reentry", "later", "found"),
    [
        ("never", 400 * DAY, "was_in_before"),
        ({"after": "30d"}, 29 * DAY, "too_soon"),
        ({"after": "30d"}, 30 * DAY, 2),
    ],
)
def test_who_was_in_it_may_enter_again_as_told(reentry: Any, later: timedelta, found: str | int) -> None:
    first = over(got_in(entered(cart(), (), a_scene())))
    now = NOON + later
    again = entered(cart(2, at=now), [first], a_scene(reentry=reentry, now=now))
    assert (again.reason if isinstance(again, Refusal) else again.entry) == found


def test_who_is_inside_does_not_enter_again() -> None:
    first = got_in(entered(cart(), (), a_scene()))
    now = NOON + 40 * DAY
    assert entered(cart(2, at=now), [first], a_scene(reentry={"after": "30d"}, now=now)) == Refusal("inside")


def test_an_occasion_that_is_brought_again_begins_nothing() -> None:
    first = over(got_in(entered(cart(), (), a_scene())))
    late = a_scene(reentry={"after": "1d"}, now=NOON + 40 * DAY)
    assert entered(cart(), [first], late) == Refusal("repeated")
    assert entered(cart(9, at=NOON - HOUR), [first], late) == Refusal("repeated")


def test_each_key_has_a_run_of_its_own() -> None:
    scene = a_scene(reentry={"per_key": "cart"})
    first = got_in(entered(cart(1, cart="c1"), (), scene))
    second = got_in(entered(cart(2, cart="c2"), [first], scene))
    assert (first.key, second.key, second.entry) == ("c1", "c2", 1)
    assert first.id != second.id
    assert entered(cart(3, cart="c1"), [first, second], scene) == Refusal("inside")


@pytest.mark.parametrize(("value", "key"), [(7, "7"), (" c1 ", "c1"), (True, None), (1.5, None), ("", None)])
def test_a_key_is_a_text_or_a_whole_number(value: Any, key: str | None) -> None:
    found = entered(cart(cart=value), (), a_scene(reentry={"per_key": "cart"}))
    assert (found.key if isinstance(found, JourneyRun) else None) == key


def test_only_so_many_runs_of_one_person_at_a_time() -> None:
    scene = a_scene(reentry={"per_key": "cart"}, max_concurrent=2)
    runs = [got_in(entered(cart(n, cart=f"c{n}"), (), scene)) for n in (1, 2)]
    assert entered(cart(3, cart="c3"), runs, scene) == Refusal("too_many_at_once")
    assert got_in(entered(cart(3, cart="c3"), [over(runs[0]), runs[1]], scene)).key == "c3"


# ── other ways in ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "entry",
    [
        by_segment("vip", cause="e1", at=NOON),
        by_schedule("20261123T1200Z", at=NOON),
        by_call("r1", at=NOON, inputs={"code": "A"}),
    ],
)
def test_segments_schedules_and_calls_let_people_in(entry: Entry) -> None:
    run = got_in(entered(entry, (), a_scene(enter={"api": True})))
    assert (run.event_key, run.context) == ("", {"entry": dict(entry.entry)})


def test_a_call_names_the_key_itself() -> None:
    scene = a_scene(enter={"api": True}, reentry={"per_key": "booking"})
    assert got_in(entered(by_call("r1", at=NOON, inputs={}, key="b1"), (), scene)).key == "b1"
    assert got_in(entered(by_call("r1", at=NOON, inputs={"booking": 5}), (), scene)).key == "5"


def test_limits_are_counted_for_good_and_by_the_day() -> None:
    journey = a_journey(say("m"), entry_limits={"per_day": 5, "total": 100})
    assert limits_of(journey, now=NOON) == (EntryLimit("total", 100), EntryLimit("2026-11-23", 5))
    assert limits_of(a_journey(say("m")), now=NOON) == ()


def test_the_journeys_holdout_and_the_wider_ones_make_ghosts() -> None:
    def ghosts(**changes: Any) -> int:
        scenes = [a_scene(profile=a_profile(f"p{number}"), **changes) for number in range(200)]
        return sum(got_in(entered(cart(), (), scene)).held_out for scene in scenes)

    everybody = Catalog(policy=EngagementPolicy.model_validate({"id": "policy", "holdout": {"global": 10}}))
    assert ghosts() == 0
    assert 70 <= ghosts(holdout=50) <= 130
    assert 5 <= ghosts(catalog=everybody) <= 40


def test_a_large_event_is_remembered_as_far_as_there_is_room() -> None:
    run = got_in(entered(cart(items="x" * 5_000, total=3), (), a_scene()))
    assert run.context == {"entry": {"total": 3}}


def test_somebody_is_meant_by_what_is_known_now() -> None:
    audience = {"trait": "plan", "op": "eq", "value": "free"}
    profile = a_profile(traits={"plan": Trait("free", NOON, SERVER.id)})
    assert got_in(entered(cart(), (), a_scene(audience=audience, profile=profile))).person == "p1"
