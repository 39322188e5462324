"""How much somebody has heard of us lately, and which limit that touches first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.durations import Duration
from kizuna.core.engagement import (
    CapStanding,
    EngagementPolicy,
    FrequencyCap,
    Pressure,
    Touch,
    cap_standing,
    united,
    with_touch,
)
from tests.support.builders import NOON

HOUR = timedelta(hours=1)
CHANNELS = ("email", "sms", "push")


def a_cap(count: int = 2, window: str = "7d", channel: str | None = None) -> FrequencyCap:
    return FrequencyCap.model_validate({"count": count, "window": window, "channel": channel})


def touches(*hours_ago: int, channel: str = "email") -> tuple[Touch, ...]:
    return tuple(Touch(NOON - hours * HOUR, channel, f"m{number}") for number, hours in enumerate(hours_ago))


def asked(caps: Sequence[FrequencyCap], *heard: Touch, channel: str = "email", **more: Any) -> CapStanding:
    return cap_standing(caps, Pressure(1, heard), channel=channel, now=NOON, **more)


def test_without_a_cap_nothing_is_limited() -> None:
    assert asked([], *touches(1, 2)) == CapStanding(0, None)
    assert asked([a_cap(channel="sms")], *touches(1, 2)) == CapStanding(0, None)


def test_a_window_opens_just_after_its_length_ago() -> None:
    assert asked([a_cap()], *touches(7 * 24, 7 * 24 - 1, 0)) == CapStanding(2, 2)


def test_a_cap_of_one_channel_counts_that_channel_and_a_cap_of_none_counts_all() -> None:
    heard = (*touches(1, 2), *touches(3, channel="sms"))
    assert asked([a_cap(5, channel="email")], *heard) == CapStanding(2, 5)
    assert asked([a_cap(5)], *heard) == CapStanding(3, 5)
    assert asked([a_cap(5)], *heard, channel="push") == CapStanding(3, 5)


def test_the_cap_that_is_nearest_to_its_limit_decides() -> None:
    caps = [a_cap(9, "30d"), a_cap(3, "7d"), a_cap(2, "7d", "sms")]
    assert asked(caps, *touches(1, 2)) == CapStanding(2, 3)
    assert asked([*caps, a_cap(0, "1d")], *touches(30)) == CapStanding(0, 0)


def test_a_message_does_not_stand_in_its_own_way() -> None:
    heard = touches(1, 2)
    assert asked([a_cap()], *heard, besides=heard[0].message) == CapStanding(1, 2)


CAPS = st.lists(
    st.builds(
        a_cap, st.integers(0, 3), st.sampled_from(["6h", "1d", "3d"]), st.sampled_from([None, *CHANNELS])
    ),
    min_size=1,
    max_size=3,
)
SENDS = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(CHANNELS)), max_size=10)


@settings(max_examples=200)
@given(CAPS, SENDS, st.sampled_from(CHANNELS))
def test_what_is_forgotten_is_missed_by_no_cap(
    caps: list[FrequencyCap], sends: list[tuple[int, str]], channel: str
) -> None:
    """A run of messages, each counted as it is decided, against a plain list of all of them."""
    pressure, now, everything = Pressure(), NOON, list[Touch]()
    for number, (pause, by) in enumerate(sends):
        now += pause * HOUR
        touch = Touch(now, by, f"m{number}")
        pressure = with_touch(pressure, touch, caps, now=now)
        everything.append(touch)
    assert pressure.version == len(sends)
    for later in (now, now + 5 * HOUR, now + 100 * HOUR):
        found = cap_standing(caps, pressure, channel=channel, now=later)
        assert (found.cap is not None and found.sent_in_window >= found.cap) is any(
            plainly_full(cap, everything, channel, later) for cap in caps
        )


def plainly_full(cap: FrequencyCap, everything: Sequence[Touch], channel: str, now: datetime) -> bool:
    if cap.channel not in (None, channel):
        return False
    counted = [
        touch
        for touch in everything
        if cap.channel in (None, touch.channel) and now - timedelta(seconds=cap.window.seconds) < touch.at
    ]
    return len(counted) >= cap.count


def test_a_message_that_is_decided_again_counts_once() -> None:
    caps = [a_cap()]
    once = with_touch(Pressure(), Touch(NOON, "email", "m1"), caps, now=NOON)
    twice = with_touch(once, Touch(NOON + HOUR, "email", "m1"), caps, now=NOON + HOUR)
    assert [touch.message for touch in twice.touches] == ["m1"]
    assert twice.version == 2


def test_without_caps_nothing_is_remembered() -> None:
    assert with_touch(Pressure(3, touches(1)), Touch(NOON, "email", "m9"), [], now=NOON) == Pressure(4, ())


def test_people_who_turn_out_to_be_one_have_heard_what_both_did() -> None:
    own, other = Pressure(4, touches(5, 1)), Pressure(9, touches(3, channel="sms"))
    together = united(own, [other, Pressure(1, own.touches)])
    assert together.version == 4
    assert [touch.at for touch in together.touches] == [
        NOON - 5 * HOUR,
        NOON - HOUR,
    ]  # `m0` of both is one message
    assert united(own, []) == own


def test_a_policy_has_a_default_for_everything_and_refuses_what_it_does_not_know() -> None:
    policy = EngagementPolicy()
    assert (policy.frequency_caps, policy.kill_switch, policy.publish) == ((), False, ())
    assert policy.live_within == Duration(seconds=86_400)
    refused: list[dict[str, Any]] = [
        {"caps": []},
        {"frequency_caps": [{"count": -1, "window": "7d"}]},
        {"id": "other"},
    ]
    for wrong in refused:
        with pytest.raises(ValidationError):
            EngagementPolicy.model_validate(wrong)
