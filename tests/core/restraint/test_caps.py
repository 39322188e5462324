"""How often somebody may hear of us, which limit decides, and until when a message has to wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.restraint.caps import (
    CapExemption,
    CapStanding,
    FrequencyCap,
    Heard,
    cap_standing,
    is_exempt,
    oldest_counted,
    used,
)
from kizuna.core.restraint.pressure import NOTHING, Pressure, Touch, with_touch
from tests.support.builders import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CHANNELS = ("email", "sms", "push")
TOKYO = "Asia/Tokyo"
NEW_YORK = "America/New_York"


def a_cap(count: int = 2, window: Any = "7d", **more: Any) -> FrequencyCap:
    return FrequencyCap.model_validate({"count": count, "window": window, **more})


def touches(*hours_ago: float, channel: str = "email", **about: Any) -> tuple[Touch, ...]:
    return tuple(
        Touch(NOON - hours * HOUR, channel, f"{channel}{number}", **about)
        for number, hours in enumerate(hours_ago)
    )


def asked(
    caps: Sequence[FrequencyCap],
    *heard: Touch,
    at: datetime = NOON,
    zone: str | None = "UTC",
    address: Pressure = NOTHING,
    **about: Any,
) -> CapStanding:
    message = Touch(at, **({"channel": "email", "message": "asked"} | about))
    return cap_standing(caps, Heard(Pressure(1, heard), address), message, now=at, zone=zone)


# ── what is counted ─────────────────────────────────────────────────────────────────────────────


def test_without_a_cap_nothing_is_limited() -> None:
    assert asked([], *touches(1, 2)) == CapStanding(0, None)
    assert asked([a_cap(channel="sms")], *touches(1, 2)) == CapStanding(0, None)


def test_a_rolling_window_opens_just_after_its_length_ago() -> None:
    assert asked([a_cap()], *touches(7 * 24, 7 * 24 - 1, 0)) == CapStanding(2, 2)
    assert a_cap(window={"rolling": "7d"}) == a_cap()


def test_a_cap_of_one_channel_counts_that_channel_and_a_cap_of_none_counts_all() -> None:
    heard = (*touches(1, 2), *touches(3, channel="sms"))
    assert asked([a_cap(5, channel="email")], *heard) == CapStanding(2, 5)
    assert asked([a_cap(5)], *heard) == CapStanding(3, 5)
    assert asked([a_cap(5)], *heard, channel="push") == CapStanding(3, 5)


@pytest.mark.parametrize(
    ("limit", "about"),
    [
        ({"topic": "news"}, {"topic": "news"}),
        ({"brand": "shop"}, {"brand": "shop"}),
        ({"tag": "sale"}, {"tags": ("spring", "sale")}),
        ({"tag": "sale", "channel": "email"}, {"tags": ("sale",)}),
    ],
)
def test_a_cap_counts_and_holds_back_only_what_it_is_about(
    limit: dict[str, Any], about: dict[str, Any]
) -> None:
    cap = a_cap(2, **limit)
    heard = (*touches(1, 2, **about), *touches(3, 4, channel="sms", topic="other", tags=("else",)))
    assert asked([cap], *heard, **about) == CapStanding(2, 2)
    assert asked([cap], *heard, topic="other", tags=("else",)) == CapStanding(0, None)


def test_a_cap_of_an_address_counts_what_went_there_whoever_it_was_for() -> None:
    shared = Pressure(4, touches(1, 2, 3))
    cap = a_cap(3, scope="address")
    assert asked([cap], address=shared) == CapStanding(3, 3, shared="address")
    assert asked([cap], *touches(1, 2, 3, 4)) == CapStanding(0, 3, shared="address")


def test_a_message_does_not_stand_in_its_own_way() -> None:
    heard = touches(1, 2)
    assert asked([a_cap()], *heard, message=heard[0].message) == CapStanding(1, 2)


def test_exempt_is_what_is_named_and_a_reason_is_asked_for() -> None:
    exemption = CapExemption(campaigns=("recall",), topics=("safety",), reason="People must hear of it.")
    assert is_exempt([exemption], campaign="recall", topic="news")
    assert is_exempt([exemption], campaign="other", topic="safety")
    assert not is_exempt([exemption], campaign="other", topic="news")
    for wrong in (
        {"campaigns": ["a"]},
        {"campaigns": ["a"], "reason": "short"},
        {"reason": "long enough to read"},
    ):
        with pytest.raises(ValidationError):
            CapExemption.model_validate(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": -1, "window": "7d"},
        {"count": 1, "window": "30s"},
        {"count": 1, "window": "91d"},
        {"count": 1, "window": {"calendar_local": "year"}},
        {"count": 1, "window": "7d", "scope": "planet"},
        {"count": 1, "window": "7d", "on_hit": "shout"},
        {"count": 1},
    ],
)
def test_what_is_no_cap_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FrequencyCap.model_validate(wrong)


# ── the person's calendar ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("window", "zone", "first"),
    [
        # noon UTC of Monday, 23 November 2026 is 21:00 in Tokyo and 07:00 in New York
        ("day", TOKYO, datetime(2026, 11, 22, 15, tzinfo=UTC)),
        ("day", NEW_YORK, datetime(2026, 11, 23, 5, tzinfo=UTC)),
        ("week", TOKYO, datetime(2026, 11, 22, 15, tzinfo=UTC)),
        ("month", TOKYO, datetime(2026, 10, 31, 15, tzinfo=UTC)),
        ("month", NEW_YORK, datetime(2026, 11, 1, 4, tzinfo=UTC)),  # still in summer time
    ],
)
def test_a_calendar_window_begins_with_the_persons_own_day(window: str, zone: str, first: datetime) -> None:
    cap = a_cap(5, {"calendar_local": window})
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    inside, outside = Touch(first, "email", "in"), Touch(first - timedelta(milliseconds=1), "email", "out")
    assert used(cap, Pressure(1, (inside, outside)), now=at, zone=zone) == 1


def test_where_midnight_does_not_exist_the_day_begins_with_its_first_minute() -> None:
    cairo = datetime(2026, 4, 24, 12, tzinfo=UTC)  # clocks went from 00:00 to 01:00 that night
    first = datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert first.astimezone(ZoneInfo("Africa/Cairo")).hour == 1
    pressure = Pressure(1, (Touch(first, "email", "in"), Touch(first - timedelta(seconds=1), "email", "out")))
    assert used(a_cap(5, {"calendar_local": "day"}), pressure, now=cairo, zone="Africa/Cairo") == 1


@settings(max_examples=200)
@given(
    window=st.sampled_from(["day", "week", "month"]),
    zone=st.sampled_from(
        [TOKYO, NEW_YORK, "Pacific/Kiritimati", "Pacific/Apia", "Africa/Cairo", "Lord_Howe"]
    ),
    hours=st.lists(st.integers(0, 24 * 40), max_size=8),
    later=st.integers(0, 24 * 60),
)
def test_somebody_whose_zone_is_not_known_never_hears_more_than_one_whose_zone_is(
    window: str, zone: str, hours: list[int], later: int
) -> None:
    zone = "Australia/Lord_Howe" if zone == "Lord_Howe" else zone
    cap, at = a_cap(1, {"calendar_local": window}), NOON + later * HOUR
    pressure = Pressure(1, tuple(Touch(at - hour * HOUR, "email", f"m{hour}") for hour in set(hours)))
    assert used(cap, pressure, now=at, zone=zone) <= used(cap, pressure, now=at, zone=None)
    assert used(cap, pressure, now=at, zone="Nowhere/Else") == used(cap, pressure, now=at, zone=None)


# ── which cap decides, and until when ───────────────────────────────────────────────────────────


def test_the_cap_that_is_nearest_to_its_limit_decides() -> None:
    caps = [a_cap(9, "30d"), a_cap(3, "7d"), a_cap(2, "7d", channel="sms")]
    assert asked(caps, *touches(1, 2)) == CapStanding(2, 3)
    assert asked([*caps, a_cap(0, "1d")], *touches(30)) == CapStanding(0, 0)


def test_a_message_that_may_wait_does_so_until_the_window_has_room() -> None:
    cap = a_cap(2, "1d", on_hit="defer")
    assert asked([cap], *touches(23, 1)) == CapStanding(2, 2, NOON + HOUR)
    assert asked([cap], *touches(23, 20, 1)) == CapStanding(3, 2, NOON + 4 * HOUR)
    assert asked([cap], *touches(23)).frees_at is None


def test_of_several_full_caps_one_that_drops_decides_and_else_the_one_that_frees_last() -> None:
    day, week = a_cap(1, "1d", on_hit="defer"), a_cap(1, "7d", on_hit="defer")
    assert asked([day, week], *touches(1)).frees_at == NOON + 7 * DAY - HOUR
    assert asked([day, week, a_cap(1, "2d")], *touches(1)) == CapStanding(1, 1, None)
    assert asked([a_cap(0, "1d", on_hit="defer")]) == CapStanding(0, 0, None)  # has room for nobody, ever


@pytest.mark.parametrize(
    ("window", "frees"),
    [
        ("day", datetime(2026, 11, 23, 15, tzinfo=UTC)),
        ("week", datetime(2026, 11, 29, 15, tzinfo=UTC)),
        ("month", datetime(2026, 11, 30, 15, tzinfo=UTC)),
    ],
)
def test_a_calendar_window_has_room_again_when_the_next_one_begins(window: str, frees: datetime) -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    cap = a_cap(1, {"calendar_local": window}, on_hit="defer")
    assert asked([cap], Touch(at - HOUR, "email", "m1"), at=at, zone=TOKYO).frees_at == frees


CAPS = st.builds(
    a_cap,
    st.integers(0, 3),
    st.sampled_from(["6h", "1d", "3d", {"calendar_local": "day"}, {"calendar_local": "week"}]),
    channel=st.sampled_from([None, *CHANNELS]),
    on_hit=st.sampled_from(["drop", "defer"]),
)
SENDS = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(CHANNELS)), max_size=10)
ZONES = st.sampled_from([TOKYO, NEW_YORK, None])


@settings(max_examples=200)
@given(st.lists(CAPS, min_size=1, max_size=3), SENDS, st.sampled_from(CHANNELS), ZONES)
def test_what_is_forgotten_is_missed_by_no_cap(
    caps: list[FrequencyCap], sends: list[tuple[int, str]], channel: str, zone: str | None
) -> None:
    """A run of messages, each counted as it is decided, against a plain list of all of them."""
    pressure, now, everything = Pressure(), NOON, list[Touch]()
    for number, (pause, by) in enumerate(sends):
        now += pause * HOUR
        touch = Touch(now, by, f"m{number}")
        pressure = with_touch(pressure, touch, oldest=oldest_counted(caps, now=now))
        everything.append(touch)
    assert pressure.version == len(sends)
    message = Touch(now, channel, "asked")
    for later in (now, now + 5 * HOUR, now + 100 * HOUR):
        kept = cap_standing(caps, Heard(pressure), message, now=later, zone=zone)
        plain = cap_standing(caps, Heard(Pressure(1, tuple(everything))), message, now=later, zone=zone)
        assert kept == plain


@settings(max_examples=200)
@given(st.lists(CAPS, min_size=1, max_size=3), SENDS, st.sampled_from(CHANNELS), ZONES)
def test_who_waits_until_there_is_room_finds_it_and_no_cap_is_ever_exceeded(
    caps: list[FrequencyCap], sends: list[tuple[int, str]], channel: str, zone: str | None
) -> None:
    """Each message is sent at once, or when it is told to come back, or never; at each send every cap holds."""
    pressure, now = Pressure(), NOON
    for number, (pause, by) in enumerate([*sends, (0, channel)]):
        now += pause * HOUR
        message = Touch(now, by, f"m{number}")
        at, found = now, cap_standing(caps, Heard(pressure), message, now=now, zone=zone)
        waits = 0
        while found.frees_at is not None:
            assert found.frees_at > at
            at, waits = found.frees_at, waits + 1
            assert waits <= 20
            found = cap_standing(caps, Heard(pressure), message, now=at, zone=zone)
        if found.cap is not None and found.sent_in_window >= found.cap:
            continue
        now = at
        pressure = with_touch(pressure, Touch(at, by, message.message), oldest=oldest_counted(caps, now=at))
        for cap in caps:
            if cap.channel in (None, by):
                assert used(cap, pressure, now=at, zone=zone) <= cap.count
