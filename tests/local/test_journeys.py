"""Journeys through the whole of Kizuna on one machine: what sets them going, and what may happen to people inside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.apidocs.person_export import PersonExport
from kizuna.core.contracts import EnterJourney
from kizuna.core.journeys.counting import Counts, counted, total
from kizuna.core.journeys.places import place_of
from kizuna.core.journeys.run import RunState
from kizuna.core.messages import State
from kizuna.topology import Function, Queue
from kizuna.usecases.identity.unmerge import Registry, last_merge_of, undo_merge
from kizuna.usecases.journeys.halting import pause, resume
from kizuna.usecases.journeys.triggers import run_changed
from kizuna.usecases.rights.asking import restrict
from kizuna.usecases.rights.exporting import Exporter, export
from tests.support.clouds import Shop, a_user, running_shop
from tests.support.erasing import forget, registrar
from tests.support.fakes import InMemoryQueues
from tests.support.journeys_running import (
    BOUGHT,
    a_journey,
    does,
    mail,
    runs_of,
    starts,
    the_run,
    wait,
    with_journeys,
)
from tests.support.kizuna_command import kizuna, told

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        in_force(running, a_journey())
        yield running


def in_force(shop: Shop, *journeys: Mapping[str, Any]) -> None:
    shop.apply(with_journeys(*journeys))
    shop.settle()


def counts(shop: Shop, journey: str = "trial") -> Counts:
    return counted(total(shop.wired.journeys.counts(journey)))


def here(shop: Shop, journey: str = "trial") -> dict[str, int]:
    """How many stand at each step now."""
    return {node: step.here for node, step in counts(shop, journey).steps.items() if step.here}


def test_a_journey_follows_a_person_to_its_end(shop: Shop) -> None:
    user = a_user()
    starts(shop, user)
    assert (the_run(shop, user).node, here(shop)) == ("rest", {"rest": 1})
    assert len(shop.mails(user)) == 1
    shop.cloud.advance(3 * DAY - timedelta(minutes=1))
    assert len(shop.mails(user)) == 1
    shop.cloud.advance(timedelta(minutes=1))
    assert len(shop.mails(user)) == 2
    run = the_run(shop, user)
    assert (run.state, [(each.node, each.why) for each in run.path]) == (
        RunState.COMPLETED,
        [("hello", "sent"), ("rest", "over"), ("again", "sent"), ("again", "completed.end")],
    )
    assert (counts(shop).begun, counts(shop).inside) == (1, 0)
    assert counts(shop).steps["rest"].mean_seconds == 3 * 86_400


def test_the_goal_ends_a_run_and_nothing_more_is_said(shop: Shop) -> None:
    user = a_user()
    starts(shop, user)
    shop.cloud.advance(DAY)
    does(shop, user, BOUGHT, order_id="o1")
    assert the_run(shop, user).state is RunState.CONVERTED
    shop.cloud.advance(5 * DAY)
    assert len(shop.mails(user)) == 1
    assert counts(shop).converted == 1


def test_what_waits_for_the_morning_is_withdrawn_from_who_reaches_the_goal_in_the_night(shop: Shop) -> None:
    """And from nobody else; of the one who does it is told why, in both languages."""
    at_ten = {"mode": "local", "local_time": "10:00", "lead": "0s"}
    in_force(shop, a_journey(mail("hello", send_time=at_ten), wait("rest", "3d")))
    user, other = a_user(), a_user()
    for each in (user, other):
        starts(shop, each)
    does(shop, user, BOUGHT, order_id="o1")
    (message,) = (each for each in shop.messages(user) if each.campaign == "trial.hello")
    assert (message.state, message.reason) == (State.DENIED, "left_journey")
    shop.cloud.advance(DAY)
    assert [len(shop.mails(each)) for each in (user, other)] == [0, 1]
    for language, words in (("en", "(reached the goal)"), ("ja", "（目標を達成しました）")):
        _, said = kizuna("explain", user, "trial", "--language", language)
        assert words in "".join(said.split("\n"))


def test_who_begins_it_again_does_not_enter_twice_and_nobody_else_is_touched(shop: Shop) -> None:
    user, other = a_user(), a_user()
    starts(shop, user)
    shop.cloud.advance(HOUR)
    starts(shop, user)
    does(shop, other, "Product Viewed")
    assert len(runs_of(shop, user)) == 1
    assert runs_of(shop, other) == ()
    assert counts(shop).begun == 1


def test_a_run_waits_for_an_event_and_takes_the_branch_of_it(shop: Shop) -> None:
    answer = {"event": "Trial Answered", "where": {"property": "says", "op": "eq", "value": "yes"}}
    asked = {
        "id": "ask",
        "type": "wait_for",
        "timeout": "2d",
        "events": [{**answer, "branch": "thanks"}],
        "on_timeout": "remind",
    }
    in_force(shop, a_journey(asked, mail("thanks", next="end"), mail("remind")))
    one, other = a_user(), a_user()
    for user in (one, other):
        starts(shop, user)
    shop.cloud.advance(HOUR)
    does(shop, one, "Trial Answered", says="no")
    assert the_run(shop, one).node == "ask"
    does(shop, one, "Trial Answered", says="yes")
    assert [message.campaign for message in shop.messages(one)] == ["trial.thanks"]
    shop.cloud.advance(2 * DAY)
    assert [message.campaign for message in shop.messages(other)] == ["trial.remind"]


def test_people_enter_by_a_segment_and_leave_by_a_rule(shop: Shop) -> None:
    """Good customers lapse when a hundred days went by without an order."""
    leaves = {"event": "Trial Ended", "reason": "ended_trial"}
    in_force(
        shop, a_journey(wait("rest", "3d"), enter={"segment": "lapsing-good-customers"}, exit_rules=[leaves])
    )
    user, other = a_user(), a_user()
    for each in (user, other):
        starts(shop, each)
        for number in range(3):
            does(shop, each, BOUGHT, order_id=f"{each}-{number}", revenue=50)
        assert runs_of(shop, each) == ()
    shop.cloud.advance(90 * DAY - HOUR)
    assert (runs_of(shop, user), runs_of(shop, other)) == ((), ())
    shop.cloud.advance(2 * HOUR)
    assert [the_run(shop, each).node for each in (user, other)] == ["rest", "rest"]
    does(shop, user, "Trial Ended")
    assert (the_run(shop, user).state, the_run(shop, user).reason) == (RunState.EXITED, "ended_trial")
    assert the_run(shop, other).state is RunState.WAITING
    shop.cloud.advance(3 * DAY)
    assert the_run(shop, other).state is RunState.COMPLETED
    assert dict(counts(shop).ended) == {("exited", "ended_trial"): 1, ("completed", "end"): 1}


def test_a_system_of_the_company_lets_somebody_in_once(shop: Shop) -> None:
    in_force(shop, a_journey(enter={"api": True}))
    user = a_user()
    starts(shop, user)
    asked = EnterJourney(
        journey="trial", person=shop.person(user).id, request="r1", at=shop.now, inputs={"plan": "gold"}
    )
    for _ in range(2):
        shop.wired.queues.send(Queue.WAKE, [asked.model_dump(mode="json")])
    shop.settle()
    assert the_run(shop, user).context["entry"] == {"plan": "gold"}
    assert (counts(shop).begun, len(shop.mails(user))) == (1, 1)


def test_everybody_of_an_audience_enters_by_the_clock_and_the_next_time_is_armed(shop: Shop) -> None:
    users = [a_user() for _ in range(3)]
    for user in users:
        starts(shop, user, event="Visited")
    schedule = {"type": "schedule", "cron": "0 9 * * *", "zone": "UTC"}
    enter = {"type": "schedule", "schedule": schedule, "audience": {"in": ["everyone"]}}
    in_force(shop, a_journey(mail("hello"), enter=enter, reentry={"after": "20h"}))
    shop.cloud.advance(DAY)
    assert [len(shop.mails(user)) for user in users] == [1, 1, 1]
    shop.cloud.advance(DAY)
    assert [len(shop.mails(user)) for user in users] == [2, 2, 2]
    assert counts(shop).begun == 6


# ── pauses ──────────────────────────────────────────────────────────────────────────────────────


def halt(shop: Shop) -> None:
    wired = shop.wired
    pause("trial", wired.halts, wired.catalog.current(), by="mika", reason="wrong price", now=shop.now)


def go_on(shop: Shop, timers: Any = None) -> None:
    wired = shop.wired
    resume(
        "trial", wired.halts, wired.queues, wired.catalog.current(), by="mika", now=shop.now, timers=timers
    )
    shop.settle()


@pytest.mark.parametrize(("timers", "days"), [("freeze", 5), ("catch_up", 4)])
def test_a_paused_journey_keeps_its_people_and_goes_on_as_told(shop: Shop, timers: str, days: int) -> None:
    """Three days to wait; paused from the first to the third, or the fourth, day."""
    user, late = a_user(), a_user()
    starts(shop, user)
    shop.cloud.advance(DAY)
    halt(shop)
    starts(shop, late)
    assert runs_of(shop, late) == ()
    shop.cloud.advance(3 * DAY if timers == "catch_up" else 2 * DAY)
    assert here(shop) == {"rest": 1}
    assert len(shop.mails(user)) == 1
    go_on(shop, timers)
    if timers == "freeze":
        shop.cloud.advance(2 * DAY - timedelta(minutes=1))
        assert len(shop.mails(user)) == 1
        shop.cloud.advance(timedelta(minutes=1))
    assert len(shop.mails(user)) == 2
    assert the_run(shop, user).changed_at == the_run(shop, user).entered_at + days * DAY


def test_runs_that_a_pause_held_are_rung_for_though_the_word_was_lost(shop: Shop) -> None:
    user = a_user()
    starts(shop, user)
    shop.cloud.advance(DAY)
    halt(shop)
    shop.cloud.advance(4 * DAY)
    assert the_run(shop, user).frozen
    wired = shop.wired
    resume(
        "trial",
        wired.halts,
        InMemoryQueues(),
        wired.catalog.current(),
        by="mika",
        now=shop.now,
        timers="catch_up",
    )
    shop.settle()
    assert len(shop.mails(user)) == 1
    other = a_user()
    starts(shop, other)  # its alarm brings the sweep
    shop.invoke(Function.WAKE, {})
    shop.settle()
    assert len(shop.mails(user)) == 2


# ── people change ───────────────────────────────────────────────────────────────────────────────


def test_an_erased_person_leaves_and_hears_nothing_more(shop: Shop) -> None:
    user = a_user()
    starts(shop, user)
    place = place_of(the_run(shop, user))
    person = shop.person(user).id
    forget(shop, person)
    shop.settle()
    shop.cloud.advance(5 * DAY)
    assert shop.wired.journeys.get(place) is None
    assert len(shop.mails(user)) == 1
    assert (counts(shop).begun, here(shop)) == (1, {})
    assert dict(counts(shop).ended) == {("exited", "erased"): 1}


def test_two_who_turn_out_to_be_one_walk_once(shop: Shop) -> None:
    user, visitor = a_user(), f"visitor-{a_user()}"
    shop.send(
        {
            "type": "identify",
            "anonymousId": visitor,
            "messageId": f"{visitor}-told",
            "traits": {"country": "US", "email": f"{visitor}@people.example"},
        },
        {
            "type": "track",
            "anonymousId": visitor,
            "event": "Trial Started",
            "messageId": f"{visitor}-started",
        },
    )
    shop.settle()
    shop.cloud.advance(HOUR)
    starts(shop, user)
    shop.send(
        {"type": "identify", "userId": user, "anonymousId": visitor, "messageId": f"{visitor}-is-{user}"}
    )
    shop.settle()
    runs = runs_of(shop, user)
    assert [(run.is_over, run.reason) for run in runs] == [(False, ""), (True, "merged")]
    shop.cloud.advance(5 * DAY)
    said = [message.campaign for message in shop.messages(user)]
    assert sorted(said) == ["trial.again", "trial.hello", "trial.hello"]
    undo = Registry(shop.wired.people, shop.wired.ledger, shop.wired.merges)
    record = last_merge_of(shop.person(user), undo)
    undo_merge(record.id, undo, shop.wired.catalog.current(), now=shop.now)
    shop.settle()
    assert len(runs_of(shop, user)) == 1  # each keeps the walk that they began


def test_an_export_tells_of_every_walk_with_its_reasons_and_values(shop: Shop) -> None:
    user = a_user()
    starts(shop, user, plan="gold")
    wired, person = shop.wired, shop.person(user)
    on = Exporter(wired.people, wired.ledger, wired.messages, wired.erasures, wired.journeys)
    document = json.loads("".join(export(person, on, wired.catalog.current(), now=shop.now)))
    PersonExport.model_validate(document)
    (walk,) = document["journeys"]
    assert (walk["journey"], walk["state"], walk["step"]) == ("trial", "waiting", "rest")
    assert [(each["step"], each["why"], each["words"]) for each in walk["path"]] == [
        ("hello", "sent", "sent")
    ]
    assert walk["values"] == {"entry": {"plan": "gold"}}
    assert not [each for each in document["records"] if each["key"].startswith("j#")]


def test_a_path_is_told_by_person_and_an_unknown_journey_is_no_empty_path(shop: Shop) -> None:
    user = a_user()
    starts(shop, user)
    (walk,) = told("journey", "path", user, "trial")["runs"]
    assert (walk["step"], walk["state"]) == ("rest", "waiting")
    assert kizuna("journey", "path", user, "trail") == (1, "✗ there is no journey 'trail' in force\n")


def test_a_path_says_in_both_languages_where_somebody_stands_and_that_a_pause_holds_them(shop: Shop) -> None:
    user = a_user()
    starts(shop, user)
    stop = shop.wired.halts, shop.wired.catalog.current()
    pause("trial", *stop, by="ann", reason="wrong prices", now=shop.now)
    shop.cloud.advance(3 * DAY)  # the alarm meets the pause
    _, english = kizuna("journey", "path", user, "trial")
    _, japanese = kizuna("journey", "path", user, "trial", "--language", "ja")
    assert "waiting, at rest, held by a pause" in " ".join(english.split())
    assert "：待機中、ステップrest、一時停止中" in "".join(japanese.split())
    assert kizuna("journey", "path", user, "--language", "fr")[0] == 2  # a wrong use of the command


def test_a_restricted_person_stays_where_they_are_and_hears_nothing(shop: Shop) -> None:
    user, other = a_user(), a_user()
    starts(shop, user)
    starts(shop, other, event="Visited")
    for each in (user, other):
        restrict(
            shop.person(each).id,
            registrar(shop),
            shop.wired.catalog.current(),
            now=shop.now,
            actor="dpo",
            reason="asked for",
        )
    shop.settle()
    does(shop, other, "Trial Started")
    assert runs_of(shop, other) == ()
    shop.cloud.advance(3 * DAY)
    assert len(shop.mails(user)) == 1
    assert the_run(shop, user).path[-2].why.startswith("denied")


# ── definitions change ──────────────────────────────────────────────────────────────────────────


def test_people_inside_finish_on_the_path_that_they_began(shop: Shop) -> None:
    user, late = a_user(), a_user()
    starts(shop, user)
    in_force(shop, a_journey(mail("new-hello"), wait("long-rest", "20d"), mail("other")))
    starts(shop, late)
    shop.cloud.advance(3 * DAY)
    assert sorted(each.campaign for each in shop.messages(user)) == ["trial.again", "trial.hello"]
    assert [each.campaign for each in shop.messages(late)] == ["trial.new-hello"]
    assert len(shop.mails(user)) == 2


def test_people_inside_move_by_the_map_or_leave(shop: Shop) -> None:
    in_force(
        shop, a_journey(mail("hello"), wait("rest", "3d"), mail("again"), wait("later", "3d"), mail("last"))
    )
    moves, leaves = a_user(), a_user()
    starts(shop, leaves)
    shop.cloud.advance(3 * DAY)
    starts(shop, moves)
    assert (the_run(shop, leaves).node, the_run(shop, moves).node) == ("later", "rest")
    policy = {"migrate": {"rest": "pause"}}
    in_force(shop, a_journey(wait("pause", "5d"), mail("again"), version_policy=policy, name="Trial 2"))
    shop.cloud.advance(5 * DAY - HOUR)
    run = the_run(shop, leaves)
    assert (run.state, run.reason, run.version) == (RunState.MIGRATED_OUT, "redefined", shop_version(shop))
    assert [each.campaign for each in shop.messages(leaves)] == ["trial.hello", "trial.again"]
    assert (the_run(shop, moves).node, the_run(shop, moves).version) == ("pause", shop_version(shop))
    assert [each.campaign for each in shop.messages(moves)] == ["trial.hello"]
    shop.cloud.advance(HOUR)
    assert the_run(shop, moves).state is RunState.COMPLETED
    assert [each.campaign for each in shop.messages(moves)] == ["trial.hello", "trial.again"]


def test_people_inside_leave_where_a_new_version_keeps_nobody(shop: Shop) -> None:
    user, late = a_user(), a_user()
    starts(shop, user)
    in_force(shop, a_journey(wait("nothing", "5d"), version_policy="exit", name="Trial 2"))
    starts(shop, late)
    shop.cloud.advance(3 * DAY)
    assert (the_run(shop, user).state, the_run(shop, user).reason) == (RunState.MIGRATED_OUT, "redefined")
    assert len(shop.mails(user)) == 1
    assert the_run(shop, late).node == "nothing"


def shop_version(shop: Shop, journey: str = "trial") -> int:
    return shop.wired.catalog.current().version_of("journey", journey)


def test_people_inside_a_journey_that_is_gone_leave_when_their_time_comes(shop: Shop) -> None:
    user = a_user()
    starts(shop, user)
    in_force(shop)
    shop.cloud.advance(3 * DAY)
    run = the_run(shop, user)
    assert (run.state, run.reason) == (RunState.EXITED, "journey_removed")
    assert len(shop.mails(user)) == 1


def test_a_stream_record_that_comes_again_changes_nothing(shop: Shop) -> None:
    """Whoever carries a run on twice finds everything done."""
    user = a_user()
    starts(shop, user)
    run = the_run(shop, user)
    driver, catalog = shop.wired.journey_driver(), shop.wired.catalog.current()
    for _ in range(3):
        run_changed(None, replace(run, visits={}), driver, catalog, now=shop.now)
    shop.settle()
    assert the_run(shop, user) == run
    assert len(shop.mails(user)) == 1
