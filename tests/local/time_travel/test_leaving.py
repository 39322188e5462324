"""Who leaves a journey while something of it waits hears it no more; who comes to the end of the path does."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.messages import State, held_because
from kizuna.core.reasons import Waits
from kizuna.local.time_travel.playing import Played
from kizuna.usecases.decisions.explain import sentence
from tests.support.content import EMAIL, SMS
from tests.support.travels import ANN, a_shop, a_shop_with, cart, sent, tell
from tests.support.walks import a_document, leave, say, wait

MORNING = {"mode": "local", "local_time": "10:00", "default_zone": "UTC"}
TOMORROW_AT_TEN = "22:00:00"  # of stories that begin at noon
BOUGHT = {"at": "2h", "event": "Order Completed"}
RULE = {"event": "Cart Emptied", "reason": "emptied"}


def ends(played: Played) -> list[tuple[str, str, str]]:
    """Of each message its step, its state and its reason."""
    return [
        (each.campaign.rpartition(".")[2], str(each.state), each.reason)
        for each in sorted(played.messages, key=lambda message: (message.created_at, message.id))
    ]


def waits_overnight(**changes: Any) -> Any:
    return a_shop(say("m", send_time=MORNING), wait("w", "3d"), exit_rules=[RULE], **changes)


def test_what_waits_goes_out_while_its_walk_goes_on() -> None:
    assert sent(tell(waits_overnight(), cart())) == [(TOMORROW_AT_TEN, "m")]


@pytest.mark.parametrize(
    ("leaves", "how"),
    [
        (BOUGHT, {"en": "(reached the goal)", "ja": "（目標を達成しました）"}),
        ({"at": "2h", "event": "Cart Emptied"}, {"en": "(left: emptied)", "ja": "（離脱：emptied）"}),
        ({"at": "2h", "remove": "spring"}, {"en": "taken out by staff", "ja": "担当者が外したため"}),
    ],
)
def test_who_leaves_in_the_night_is_told_nothing_in_the_morning(
    leaves: dict[str, Any], how: dict[Any, str]
) -> None:
    played = tell(waits_overnight(), cart(), leaves)
    assert (sent(played), ends(played)) == ([], [("m", "DENIED", "left_journey")])
    (message,) = played.messages
    assert str(message.changed_at - played.starts) == "2:00:00"  # told at once, and not only in the morning
    for language, words in how.items():
        assert words in sentence(message, None, waits_overnight(), language=language)


def test_who_comes_to_the_end_of_the_path_hears_what_was_said_on_the_way() -> None:
    """The path itself leads there, past the message: an end of it, an exit step, a gate."""
    shut = {"id": "g", "type": "gate", "when": {"trait": "plan", "op": "eq", "value": "gold"}}
    for last in ((), (leave("x", "done"),), (shut,)):
        played = tell(a_shop(say("m", send_time=MORNING), *last), cart())
        assert sent(played) == [(TOMORROW_AT_TEN, "m")], last
        assert not any(run.is_cut for run in played.runs)


def test_a_goal_after_the_end_of_the_path_stops_nothing() -> None:
    """The walk is over, and its last message is on its way: nobody listens for the goal any more."""
    played = tell(a_shop(say("m", send_time=MORNING)), cart(), BOUGHT)
    assert sent(played) == [(TOMORROW_AT_TEN, "m")]


def test_the_second_channel_of_a_message_is_not_tried_once_the_walk_was_cut() -> None:
    text = {"id": "spring-text", "channel": "sms", "default_language": "en", "languages": {"en": SMS}}
    both = {
        "id": "m",
        "type": "message",
        "channels": {"mode": "ordered", "list": ["email", "sms"]},
        "templates": {"email": "spring-email", "sms": "spring-text"},
        "fallback_after": "6h",
    }
    catalog = a_shop_with(a_document(both, wait("w", "3d")), **{"template/spring-text": text})
    ann = {
        "traits": {**ANN["traits"], "phone": "+819012345678"},
        "consents": {"email": "granted", "sms": "granted"},
    }
    unanswered, bought = (tell(catalog, cart(), *more, people={"ann": ann}) for more in ((), (BOUGHT,)))
    assert [each.message.channel for each in unanswered.sent] == ["email", "sms"]
    assert [each.message.channel for each in bought.sent] == ["email"]
    assert [(each.channel, each.reason) for each in bought.messages if each.state is State.DENIED] == [
        ("sms", "left_journey")
    ]


def test_of_two_who_turn_out_to_be_one_only_the_earlier_walk_says_it() -> None:
    people = {"ann": ANN, "guest": {"anonymous": True, "consents": {}}}
    events = (
        cart() | {"person": "ann"},
        cart("5m") | {"person": "guest"},
        {"at": "10m", "person": "ann", "traits": {"plan": "pro"}, "anonymous": "device-guest"},
    )
    played = tell(waits_overnight(), *events, people=people)
    assert sent(played) == [(TOMORROW_AT_TEN, "m")]
    assert sorted((str(run.state), run.reason) for run in played.runs) == [
        ("completed", "end"),
        ("exited", "merged"),
    ]


@pytest.mark.parametrize(
    ("category", "told"), [("transactional", []), ("mandatory", [(TOMORROW_AT_TEN, "m")])]
)
def test_what_the_law_requires_goes_out_whatever_became_of_the_walk(
    category: str, told: list[tuple[str, str]]
) -> None:
    notice = {"id": "notice", "channel": "email", "default_language": "en", "purpose": "transactional"}
    service = {"category": category, "transactional_basis": "they have asked for it"}
    catalog = a_shop_with(
        a_document(say("m", send_time=MORNING, template="notice"), wait("w", "3d"), **service),
        **{"template/notice": {**notice, "languages": {"en": EMAIL}}},
    )
    assert sent(tell(catalog, cart(), BOUGHT)) == told


# ── the journey stands still ────────────────────────────────────────────────────────────────────


def test_what_waits_stays_where_it_is_while_its_journey_is_paused() -> None:
    pauses = ({"at": "2h", "pause": "spring"}, {"at": "1d", "resume": "spring"})
    paused = tell(waits_overnight(), cart(), pauses[0], until="23h")
    assert sent(paused) == []
    (message,) = paused.messages
    assert (message.state, held_because(message)) == (State.PENDING, Waits.JOURNEY_PAUSED)
    ((at, step),) = sent(tell(waits_overnight(), cart(), *pauses))
    assert (at, step) == ("1 day, 0:00:00", "m")


def test_what_a_pause_outlasts_is_too_late_and_says_so() -> None:
    catalog = a_shop(say("m", send_time=MORNING, expires_after="23h"), wait("w", "3d"))
    played = tell(catalog, cart(), {"at": "2h", "pause": "spring"}, {"at": "2d", "resume": "spring"})
    assert (sent(played), ends(played)) == ([], [("m", "EXPIRED", "expired")])


def test_another_journey_does_not_stand_still_with_it() -> None:
    other = a_document(say("n", send_time=MORNING), id="autumn", enter={"event": "Cart Viewed"})
    catalog = a_shop_with(a_document(say("m", send_time=MORNING), wait("w", "3d")), other)
    played = tell(catalog, cart(), {"at": "2h", "pause": "spring"}, until="2d")
    assert [each.message.campaign for each in played.sent] == ["autumn.n"]
