"""Tone holds, opt-outs, caps and quiet hours in the middle of a journey: what they stop, put off, and let pass."""

from __future__ import annotations

from typing import Any

from kizuna.core.messages import State
from kizuna.local.time_travel.playing import Played
from tests.support.builders import CAMPAIGN
from tests.support.content import EMAIL
from tests.support.travels import ANN, a_shop, a_shop_with, cart, sent, tell
from tests.support.walks import a_document, say, wait

MORNING = {"mode": "local", "local_time": "10:00", "default_zone": "UTC"}
HOLD = {
    "id": "bad-call",
    "name": {"en": "a bad support call", "ja": "サポートへのご不満"},
    "when": {"event": "Support Rated", "window": {"last": "10d"}},
    "release": {"event": "Support Resolved"},
}
NOTICE = {
    "id": "notice",
    "channel": "email",
    "default_language": "en",
    "purpose": "transactional",
    "languages": {"en": EMAIL},
}
SERVICE = {"category": "transactional", "transactional_basis": "they have asked for it", "template": "notice"}


def ends(played: Played) -> dict[str, tuple[str, str]]:
    """Of each step its message's state and reason."""
    return {
        each.campaign.rpartition(".")[2]: (str(each.state), each.reason)
        for each in played.messages
        if each.state is not State.SENT
    }


def held(*steps: Any) -> Any:
    return a_shop_with(a_document(*steps), policy={"tone_holds": [HOLD]}, **{"template/notice": NOTICE})


GATHERS = {"count": 1, "window": "1d", "on_hit": "digest", "digest": "round-up"}
ROUND_UP = {
    **CAMPAIGN,
    "id": "round-up",
    "trigger": {"type": "digest"},
    "audience": None,
    "template": "round-up",
    "expires_after": "4d",
}
TEMPLATE = {**NOTICE, "id": "round-up", "purpose": "promotional"}
BAD_CALL = {"at": "2h", "event": "Support Rated"}


def test_a_hold_between_deciding_and_sending_stops_promotion_and_lets_service_pass() -> None:
    catalog = held(say("m", send_time=MORNING), say("s", send_time=MORNING, **SERVICE))
    assert [step for _, step in sent(tell(catalog, cart()))] == ["m", "s"]
    stopped = tell(catalog, cart(), BAD_CALL)
    assert [step for _, step in sent(stopped)] == ["s"]
    assert ends(stopped) == {"m": ("DENIED", "tone_hold")}


def test_a_hold_that_is_released_before_the_morning_stops_nothing_and_later_steps_are_heard() -> None:
    catalog = held(say("m", send_time=MORNING), wait("w", "3d"), say("n"))
    released = {"at": "5h", "event": "Support Resolved"}
    assert [step for _, step in sent(tell(catalog, cart(), BAD_CALL, released))] == ["m", "n"]
    late = tell(catalog, cart(), BAD_CALL, {**released, "at": "2d"})
    assert ([step for _, step in sent(late)], ends(late)) == (["n"], {"m": ("DENIED", "tone_hold")})


def test_a_hold_expires_by_itself_between_two_steps() -> None:
    catalog = held(wait("v", "3h"), say("m"), wait("w", "20d"), say("n"))
    played = tell(catalog, cart(), BAD_CALL)
    assert ([step for _, step in sent(played)], ends(played)) == (["n"], {"m": ("DENIED", "tone_hold")})


def test_an_opt_out_between_two_steps_and_while_one_waits_is_the_end_of_promotion() -> None:
    catalog = held(
        say("m"), wait("w", "1h"), say("n", send_time=MORNING), wait("x", "2d"), say("s", **SERVICE)
    )
    played = tell(catalog, cart(), {"at": "3h", "unsubscribe": "email"})
    assert [step for _, step in sent(played)] == ["m", "s"]
    state, reason = ends(played)["n"]
    assert (state, reason in ("channel_opt_out", "topic_opt_out")) == ("DENIED", True)


def test_a_product_that_is_given_up_is_not_offered_by_a_later_step_and_others_are() -> None:
    gone = {"id": "cancelled", "event": "Subscription Cancelled", "product": "product"}
    catalog = a_shop_with(
        a_document(say("m", products=["pro"]), wait("w", "2d"), say("n", products=["pro"]), say("o")),
        policy={"product_exclusions": [gone]},
    )
    cancelled = {"at": "1d", "event": "Subscription Cancelled", "properties": {"product": "pro"}}
    played = tell(catalog, cart(), cancelled)
    assert [step for _, step in sent(played)] == ["m", "o"]
    assert ends(played) == {"n": ("DENIED", "product_excluded")}


def test_what_quiet_hours_put_off_beyond_its_time_is_too_late_and_the_walk_goes_on() -> None:
    """Nothing from eight in the evening on until nine: what is decided at nine, for three hours, is too late."""
    hours = {"mode": "quiet", "windows": {"every_day": [["20:00", "09:00"]]}}
    steps = (wait("v", "9h"), say("m", expires_after="3h"), say("n", expires_after="1d"))
    ann = {**ANN, "zone": "UTC"}
    played = tell(a_shop(*steps, quiet_hours=hours, default_zone="UTC"), cart(), people={"ann": ann})
    assert (sent(played), ends(played)) == ([("21:00:00", "n")], {"m": ("EXPIRED", "expired")})


def test_a_digest_tells_nothing_of_a_walk_that_was_cut_while_it_gathered() -> None:
    """One message a day, and what is too much goes out together: of two that wait one is of a walk that is cut."""
    autumn = a_document(wait("v", "1h"), say("o", expires_after="6d"), id="autumn")
    spring = a_document(say("m"), wait("v", "1h"), say("n", expires_after="6d"), wait("w", "9d"))
    catalog = a_shop_with(
        spring,
        autumn | {"goal": {"event": "Order Delivered"}},
        policy={"frequency_caps": [GATHERS]},
        **{"template/round-up": TEMPLATE, "campaign/round-up": ROUND_UP},
    )
    both, one = (tell(catalog, cart(), *more) for more in ((), ({"at": "2h", "event": "Order Completed"},)))
    assert [each.message.campaign for each in both.sent] == ["spring.m", "round-up"]
    assert [each.message.campaign for each in one.sent] == ["spring.m", "autumn.o"]
    assert ends(one) == {"n": ("DENIED", "left_journey")}
