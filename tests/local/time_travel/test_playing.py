"""Stories played in virtual time: what goes out when, over the very use cases of production."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kizuna.core.errors import InvalidDefinition
from kizuna.core.journeys.run import RunState
from tests.support.builders import some_documents
from tests.support.travels import ANN, a_crowd, a_shop, a_shop_with, cart, sent, tell
from tests.support.walks import a_document, leave, say, wait, wait_for

TWO_MAILS = (wait("w", "1h"), say("m"), wait("x", "2d"), say("n"))


def reasons(played: Any) -> list[str]:
    return [message.reason for message in played.messages if message.state == "DENIED"]


def ends(played: Any) -> list[tuple[str, str]]:
    return [(str(run.state), run.reason) for run in played.runs]


def test_months_pass_in_milliseconds() -> None:
    catalog = a_shop(wait("w", "90d"), say("m"), wait("x", "180d"), say("n"))
    tell(catalog, cart())
    began = time.thread_time()
    assert sent(tell(catalog, cart())) == [("90 days, 0:00:00", "m"), ("270 days, 0:00:00", "n")]
    assert time.thread_time() - began < 0.5


def test_the_same_story_comes_to_the_same() -> None:
    catalog = a_shop(*TWO_MAILS)
    one, other = tell(catalog, cart()), tell(catalog, cart())
    assert (one.runs, one.messages) == (other.runs, other.messages)


def test_a_story_is_played_no_further_than_it_says() -> None:
    played = tell(a_shop(*TWO_MAILS), cart(), until="1d")
    assert sent(played) == [("1:00:00", "m")]
    assert played.runs[0].state is RunState.WAITING


def test_alarms_ring_at_whole_minutes_and_never_early() -> None:
    assert sent(tell(a_shop(wait("w", "1h"), say("m")), cart("30s"))) == [("1:01:00", "m")]


def test_a_goal_ends_it_and_nothing_more_is_said() -> None:
    played = tell(a_shop(*TWO_MAILS), cart(), {"at": "1d", "event": "Order Completed"})
    assert sent(played) == [("1:00:00", "m")]
    assert ends(played) == [("converted", "goal")]


def test_whoever_did_not_agree_hears_nothing_and_the_record_says_why() -> None:
    people = {"ann": {**ANN, "consents": {}}}
    played = tell(a_shop(*TWO_MAILS), cart(), people=people)
    assert (sent(played), reasons(played)) == ([], ["no_consent", "no_consent"])
    assert ends(played) == [("completed", "end")]


def test_whoever_takes_it_back_on_the_way_hears_no_more() -> None:
    played = tell(a_shop(*TWO_MAILS), cart(), {"at": "1d", "consents": {"email": "withdrawn"}})
    assert (sent(played), reasons(played)) == ([("1:00:00", "m")], ["channel_opt_out"])


def test_unsubscribing_is_heard_of_by_an_exit_rule_on_the_spot() -> None:
    catalog = a_shop(*TWO_MAILS, exit_rules=[{"event": "Unsubscribed", "reason": "unsubscribed"}])
    played = tell(catalog, cart(), {"at": "1d", "unsubscribe": "email"})
    assert ends(played) == [("exited", "unsubscribed")]
    assert str(played.runs[0].changed_at - played.starts) == "1 day, 0:00:00"


REACTIONS = [{"to": "m", "delivered": "1m", "opened": "1h", "clicked": "2h"}]


def test_a_click_is_waited_for_and_scripted() -> None:
    steps = (
        say("m"),
        wait_for("c", "Email Clicked", timeout="3d", on_timeout="n"),
        leave("x", "clicked"),
        say("n"),
    )
    assert ends(tell(a_shop(*steps), cart(), reactions=REACTIONS)) == [("exited", "clicked")]
    assert sent(tell(a_shop(*steps), cart())) == [("0:00:00", "m"), ("3 days, 0:00:00", "n")]


def test_a_message_held_back_by_a_cap_goes_the_way_that_its_step_says() -> None:
    caps = {"frequency_caps": [{"channel": "email", "count": 1, "window": "7d"}]}
    kept = tell(a_shop(*TWO_MAILS, policy=caps), cart())
    assert (sent(kept), reasons(kept), ends(kept)) == (
        [("1:00:00", "m")],
        ["frequency_cap"],
        [("completed", "end")],
    )
    steps = (*TWO_MAILS[:3], say("n", on_withheld="exit"), say("o"))
    assert ends(tell(a_shop(*steps, policy=caps), cart())) == [("exited", "withheld")]


def test_a_message_that_waits_for_a_cap_is_waited_for() -> None:
    caps = {"frequency_caps": [{"channel": "email", "count": 1, "window": "5d", "on_hit": "defer"}]}
    patient = {"on_withheld": "wait", "expires_after": "30d"}
    steps = (say("m"), wait("w", "1h"), say("n", **patient), wait("x", "1d"), say("o", **patient))
    assert sent(tell(a_shop(*steps, policy=caps), cart())) == [
        ("0:00:00", "m"),
        ("5 days, 0:00:00", "n"),
        ("10 days, 0:00:00", "o"),
    ]


def test_ghosts_walk_the_path_and_are_recorded_as_held_out() -> None:
    people = a_crowd(12)
    events = [{**cart(), "person": name} for name in people]
    played = tell(a_shop(*TWO_MAILS, holdout=50), *events, people=people)
    ghosts = [run for run in played.runs if run.held_out]
    assert 1 <= len(ghosts) <= 11
    assert {run.state for run in ghosts} == {RunState.HELD_OUT}
    assert len(played.sent) == 2 * (12 - len(ghosts))
    assert reasons(played) == ["held_out"] * 2 * len(ghosts)


# ── coming in ───────────────────────────────────────────────────────────────────────────────────


def test_entering_a_segment_begins_a_run() -> None:
    segment = {
        "id": "buyers",
        "name": "Buyers",
        "when": {"event": "Visited", "verb": "count", "op": "gte", "value": 2},
    }
    catalog = a_shop_with(a_document(*TWO_MAILS, enter={"segment": "buyers"}), **{"segment/buyers": segment})
    visits = [{"at": f"{n}h", "event": "Visited"} for n in range(1, 4)]
    assert sent(tell(catalog, *visits)) == [("3:00:00", "m"), ("2 days, 3:00:00", "n")]


def test_a_system_lets_somebody_in_once_for_each_asking() -> None:
    catalog = a_shop(*TWO_MAILS, enter={"api": True}, reentry={"after": "1d"})
    call = {"at": "0m", "enter": "spring", "inputs": {"code": "A"}, "id": "r1"}
    played = tell(catalog, call, {**call, "at": "5m"}, {**call, "at": "9d", "id": "r2"})
    assert [run.entry for run in played.runs] == [2]
    assert [step for _, step in sent(played)] == ["m", "n", "m", "n"]


def test_each_cart_has_a_run_of_its_own() -> None:
    catalog = a_shop(
        *TWO_MAILS, reentry={"per_key": "cart"}, exit_rules=[{"event": "Cart Emptied", "match_key": "cart"}]
    )
    played = tell(
        catalog,
        cart(),
        cart("1m", cart="c2"),
        {"at": "2m", "event": "Cart Emptied", "properties": {"cart": "c1"}},
    )
    assert [(run.key, run.reason) for run in played.runs] == [("c1", "exit_rule"), ("c2", "end")]


def test_what_is_history_begins_nothing() -> None:
    history = [{"at": "2026-11-20T12:00:00Z", "event": "Cart Viewed"}]
    assert tell(a_shop(*TWO_MAILS), people={"ann": {**ANN, "history": history}}).runs == ()


def test_an_order_that_we_hear_of_before_its_cart_is_known_to_the_run_all_the_same() -> None:
    late_cart = {**cart("1m"), "told": "10m"}
    played = tell(a_shop(*TWO_MAILS), {"at": "5m", "event": "Order Completed"}, late_cart)
    assert (sent(played), ends(played)) == ([], [("converted", "goal")])


def test_no_more_than_so_many_enter_in_all_and_by_the_day() -> None:
    people = a_crowd(5)
    events = [{**cart(f"{n}h"), "person": f"u{n}"} for n in range(5)]
    assert len(tell(a_shop(*TWO_MAILS, entry_limits={"total": 3}), *events, people=people).runs) == 3
    two_days = [{**cart(f"{7 * n}h"), "person": f"u{n}"} for n in range(5)]
    assert len(tell(a_shop(*TWO_MAILS, entry_limits={"per_day": 2}), *two_days, people=people).runs) == 4


def test_who_comes_too_fast_begins_a_little_later() -> None:
    people = a_crowd(3)
    events = [{**cart(), "person": name} for name in people]
    catalog = a_shop(say("m"), entry_limits={"per_second": 0.01})
    assert [at for at, _ in sent(tell(catalog, *events, people=people))] == ["0:00:00", "0:02:00", "0:04:00"]


# ── changing something ──────────────────────────────────────────────────────────────────────────


def test_traits_events_and_other_journeys() -> None:
    steps = (
        {
            "id": "set",
            "type": "update_profile",
            "set": {"cart": {"context": "entry.cart"}},
            "increment": {"carts": 1},
        },
        {"id": "list", "type": "update_profile", "append": {"seen": "spring"}, "unset": ["old"]},
        {"id": "tell", "type": "emit_event", "event": "Cart Noted", "properties": {"of": {"trait": "cart"}}},
        {"id": "other", "type": "journey", "start": "autumn", "inputs": {"cart": {"context": "entry.cart"}}},
    )
    autumn = a_document(say("hi"), id="autumn", enter={"api": True})
    noted = a_document(say("noted"), id="noted", enter={"event": "Cart Noted"})
    catalog = a_shop_with(a_document(*steps, reentry={"after": "1d"}), autumn, noted)
    played = tell(catalog, cart(), cart("2d"), people={"ann": {**ANN, "traits": {**ANN["traits"], "old": 1}}})
    ann = played.people["ann"]
    assert [ann.trait(name) for name in ("cart", "carts", "seen", "old")] == ["c1", 2, ["spring"], None]
    assert [(event.name, dict(event.properties)) for event in played.recorded] == [
        ("Cart Noted", {"of": "c1"})
    ] * 2
    assert sorted(step for _, step in sent(played)) == ["hi", "noted"]
    path = next(run for run in played.runs if run.journey == "spring").path
    assert [station.why for station in path if station.node == "other"][:1] == ["was_in_before"]


def test_runs_are_spread_over_time() -> None:
    people = a_crowd(4)
    events = [{**cart(), "person": name} for name in people]
    catalog = a_shop({"id": "turn", "type": "throttle", "rate": 1, "per": "1h"}, say("m"))
    assert [at for at, _ in sent(tell(catalog, *events, people=people))] == [
        "0:00:00", "1:00:00", "2:00:00", "3:00:00",
    ]  # fmt: skip


def test_a_branch_that_is_full_leads_elsewhere() -> None:
    people = a_crowd(4)
    events = [{**cart(), "person": name} for name in people]
    split = {
        "id": "who",
        "type": "split",
        "weights": {"m": 100, "n": 0},
        "limits": {"m": {"count": 3}},
        "overflow": "n",
    }
    played = tell(a_shop(split, say("m", next="end"), say("n")), *events, people=people)
    assert [step for _, step in sent(played)] == ["m", "m", "m", "n"]


def test_two_messages_of_a_journey_keep_their_distance() -> None:
    catalog = a_shop(say("m"), wait("w", "1h"), say("n"), contact_cooldown="3d")
    assert sent(tell(catalog, cart())) == [("0:00:00", "m"), ("3 days, 0:00:00", "n")]


def test_and_so_do_two_runs_of_one_person() -> None:
    catalog = a_shop(say("m"), contact_cooldown="3d", reentry={"per_key": "cart"})
    assert sent(tell(catalog, cart(), cart("1d", cart="c2"))) == [("0:00:00", "m"), ("3 days, 0:00:00", "m")]


def test_a_schedule_lets_its_audience_in_each_time() -> None:
    fan = {"id": "fans", "name": "Fans", "when": {"event": "Visited", "verb": "did"}}
    schedule = {"schedule": {"type": "schedule", "cron": "0 9 * * *", "zone": "Asia/Tokyo"}}
    enter = {**schedule, "audience": {"in": ["fans"]}}
    journey = a_document(wait("w", "1h"), say("m"), enter=enter, reentry={"after": "2d"})
    catalog = a_shop_with(journey, **{"segment/fans": fan})
    visit = {"at": "20h", "event": "Visited"}
    # it begins at noon, UTC: the first nine o'clock in Tokyo is too early for her, the next two days after is not
    assert sent(tell(catalog, visit, until="6d")) == [
        ("1 day, 13:00:00", "m"),
        ("3 days, 13:00:00", "m"),
        ("5 days, 13:00:00", "m"),
    ]
    assert sent(tell(catalog, {**visit, "at": "1h"})) == [("13:00:00", "m")]


def test_triggered_campaigns_are_played_as_well() -> None:
    welcome = {
        **some_documents()["campaign", "spring"],
        "id": "welcome",
        "trigger": {"type": "event", "event": "Joined"},
    }
    for name in ("audience", "run"):
        welcome.pop(name, None)
    catalog = a_shop_with(**{"campaign/welcome": welcome})
    played = tell(catalog, {"at": "5m", "event": "Joined"}, {"at": "2h", "event": "Left"})
    assert [(str(each.at - played.starts), each.message.campaign) for each in played.sent] == [
        ("0:05:00", "welcome")
    ]


# ── pauses, ends, merges ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("timers", "expected"), [("freeze", "5 days, 1:00:00"), ("catch_up", "4 days, 0:00:00")]
)
def test_a_paused_journey_keeps_its_people_and_goes_on_as_told(timers: str, expected: str) -> None:
    pauses = ({"at": "1d", "pause": "spring"}, {"at": "4d", "resume": "spring", "timers": timers})
    played = tell(a_shop(*TWO_MAILS), cart(), *pauses, cart("2d"))
    assert sent(played) == [("1:00:00", "m"), (expected, "n")]


def test_nothing_is_sent_once_the_journey_has_ended() -> None:
    played = tell(a_shop(*TWO_MAILS, ends_at="2026-11-25T00:00:00Z"), cart())
    assert (sent(played), ends(played)) == ([("1:00:00", "m")], [("exited", "journey_ended")])


def test_two_who_turn_out_to_be_one_hear_it_once() -> None:
    people = {"ann": ANN, "guest": {"anonymous": True}}
    events = (
        cart() | {"person": "ann"},
        cart("5m") | {"person": "guest"},
        {"at": "10m", "person": "ann", "traits": {"plan": "pro"}, "anonymous": "device-guest"},
    )
    played = tell(a_shop(*TWO_MAILS), *events, people=people)
    assert sorted((str(run.state), run.reason) for run in played.runs) == [
        ("completed", "end"),
        ("exited", "merged"),
    ]
    assert [step for _, step in sent(played)] == ["m", "n"]


def test_somebody_may_be_taken_out() -> None:
    played = tell(a_shop(*TWO_MAILS), cart(), {"at": "1d", "remove": "spring"})
    assert ends(played) == [("exited", "removed_by_staff")]


# ── stories that cannot be played ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"events": [{"at": "1d", "person": "bob", "event": "X"}]}, "there is nobody called 'bob'"),
        ({"people": {"a": {}, "b": {}}, "events": [{"at": "1d", "event": "X"}]}, "not exactly one person"),
        ({"events": [{"at": "2026-01-01 09:00", "event": "X"}]}, "lies before the story begins"),
        ({"people": {"ann": {"history": [{"at": "1d", "event": "X"}]}}}, "before the story begins"),
        ({"events": [{"at": "1d", "task_done": "reached", "step": "call"}]}, "nobody has a task"),
    ],
)
def test_a_story_that_cannot_be_played_says_where_and_why(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidDefinition, match=told):
        tell(a_shop(*TWO_MAILS), *changes.pop("events", ()), **changes)
