"""Frequency caps to the minute and the day: where a window begins, how long it can be, which of two decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.core.restraint.caps import (
    CapStanding,
    FrequencyCap,
    Heard,
    cap_standing,
    counts_addresses,
    oldest_counted,
    used,
)
from kizuna.core.restraint.pressure import Pressure, Touch
from tests.support.builders import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TINY = timedelta(microseconds=1)
TOKYO = "Asia/Tokyo"


def a_cap(count: int = 1, window: Any = "7d", **more: Any) -> FrequencyCap:
    return FrequencyCap.model_validate({"count": count, "window": window, **more})


def calendar(window: str, count: int = 1, **more: Any) -> FrequencyCap:
    return a_cap(count, {"calendar_local": window}, **more)


def asked(
    caps: list[FrequencyCap], *heard: Touch, now: datetime = NOON, zone: str | None = "UTC"
) -> CapStanding:
    message = Touch(now, "email", "asked")
    return cap_standing(caps, Heard(Pressure(1, heard)), message, now=now, zone=zone)


def sent(*instants: datetime, channel: str = "email") -> tuple[Touch, ...]:
    return tuple(Touch(at, channel, f"{channel}{number}") for number, at in enumerate(instants))


def counts(cap: FrequencyCap, at: datetime, *, now: datetime, zone: str | None) -> bool:
    return used(cap, Pressure(1, sent(at)), now=now, zone=zone) == 1


@pytest.mark.parametrize("now", [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (23, 25, 28, 29)])
def test_a_week_begins_on_monday_and_ends_with_sunday_whichever_day_it_is(now: datetime) -> None:
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    assert counts(calendar("week"), monday, now=now, zone="UTC")
    assert not counts(calendar("week"), monday - TINY, now=now, zone="UTC")
    full = asked([calendar("week", on_hit="defer")], *sent(monday), now=now)
    assert full.frees_at == monday + 7 * DAY


@pytest.mark.parametrize(
    ("window", "first"),
    [
        ("day", datetime(2026, 11, 23, tzinfo=UTC)),
        ("week", datetime(2026, 11, 23, tzinfo=UTC)),
        ("month", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_a_calendar_window_holds_its_first_instant_and_not_the_one_before(
    window: str, first: datetime
) -> None:
    assert counts(calendar(window), first, now=NOON, zone="UTC")
    assert not counts(calendar(window), first - TINY, now=NOON, zone="UTC")


@pytest.mark.parametrize(
    ("window", "longest"), [("day", DAY + HOUR), ("week", 7 * DAY + HOUR), ("month", 31 * DAY + HOUR)]
)
def test_with_no_zone_a_window_lasts_as_long_as_such_a_one_ever_does(window: str, longest: timedelta) -> None:
    """An hour more than its days, for the night on which clocks go back."""
    cap = calendar(window, on_hit="defer")
    assert counts(cap, NOON - longest + TINY, now=NOON, zone=None)
    assert not counts(cap, NOON - longest, now=NOON, zone=None)
    assert asked([cap], *sent(NOON - 2 * HOUR), zone=None).frees_at == NOON - 2 * HOUR + longest
    assert oldest_counted([cap], now=NOON) == NOON - longest


def test_the_zone_of_the_person_decides_what_is_yesterdays() -> None:
    """Noon of UTC is nine in the evening in Tokyo; what went out 22 hours ago went out on another day there."""
    cap = calendar("day", on_hit="defer")
    yesterday = sent(NOON - 22 * HOUR)
    assert asked([cap], *yesterday, zone=TOKYO) == CapStanding(0, 1)
    assert asked([cap], *yesterday, zone=None) == CapStanding(1, 1, NOON + 3 * HOUR)


@pytest.mark.parametrize(
    ("now", "frees"),
    [
        (datetime(2027, 1, 31, 12, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)),
        (datetime(2027, 2, 10, 12, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_next_month_begins_with_its_first_day_however_long_this_one_is(
    now: datetime, frees: datetime
) -> None:
    assert asked([calendar("month", on_hit="defer")], *sent(now - HOUR), now=now).frees_at == frees


@pytest.mark.parametrize(
    ("leaves_in", "waits"),
    [
        (timedelta(seconds=1), timedelta(minutes=1)),
        (timedelta(seconds=59), timedelta(minutes=1)),
        (timedelta(minutes=1), timedelta(minutes=1)),
        (timedelta(minutes=1, seconds=30), timedelta(minutes=1, seconds=30)),
    ],
)
def test_a_message_waits_for_a_minute_at_least(leaves_in: timedelta, waits: timedelta) -> None:
    cap = a_cap(1, "1d", on_hit="defer")
    assert asked([cap], *sent(NOON - DAY + leaves_in)).frees_at == NOON + waits


def test_nearest_to_its_limit_is_the_cap_with_the_least_room_left_however_many_it_counted() -> None:
    heard = (*sent(NOON - HOUR), *sent(*(NOON - n * HOUR for n in (2, 3, 4)), channel="sms"))
    everything, mails = a_cap(5), a_cap(3, channel="email")
    assert asked([everything, mails], *heard) == CapStanding(4, 5)
    assert asked([mails, everything], *heard) == CapStanding(4, 5)


def test_a_cap_of_nothing_has_no_room_and_is_told_before_one_that_is_just_full() -> None:
    assert asked([a_cap(0, "1d"), a_cap(2)], *sent(NOON - 30 * HOUR, NOON - 40 * HOUR)) == CapStanding(0, 0)


@pytest.mark.parametrize(
    ("caps", "needed"),
    [
        ([], False),
        ([a_cap()], False),
        ([a_cap(scope="person"), a_cap(channel="sms")], False),
        ([a_cap(scope="address")], True),
        ([a_cap(), a_cap(scope="address")], True),
    ],
)
def test_what_went_to_an_address_is_asked_for_only_where_a_cap_counts_it(
    caps: list[FrequencyCap], needed: bool
) -> None:
    assert counts_addresses(caps) is needed


def test_without_a_cap_nothing_older_than_now_is_kept() -> None:
    assert oldest_counted([], now=NOON) == NOON
    assert oldest_counted([a_cap(), a_cap(1, "1d")], now=NOON) == NOON - 7 * DAY


@pytest.mark.parametrize(
    ("at", "leaves"),
    [
        (datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 12, 23, 12, tzinfo=UTC)),
        (datetime(2026, 1, 28, 12, tzinfo=UTC), datetime(2026, 2, 28, 12, tzinfo=UTC)),
        (datetime(2026, 2, 28, 12, tzinfo=UTC), datetime(2026, 3, 28, 12, tzinfo=UTC)),
        # a month before the last day of February is 28 January: what is of the days after it is held until March
        (datetime(2026, 1, 29, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        (datetime(2026, 3, 31, 12, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)),
    ],
)
def test_who_waits_for_a_rolling_month_comes_back_when_it_holds_the_message_no_more(
    at: datetime, leaves: datetime
) -> None:
    cap = a_cap(1, "1mo", on_hit="defer")
    assert asked([cap], *sent(at), now=at + DAY).frees_at == leaves
    assert counts(cap, at, now=leaves - TINY, zone=None)
    assert not counts(cap, at, now=leaves, zone=None)


@pytest.mark.parametrize(
    ("zone", "first", "after", "hours"),
    [
        ("America/New_York", (2026, 3, 8, 5), (2026, 3, 9, 4), 23),
        ("America/New_York", (2026, 11, 1, 4), (2026, 11, 2, 5), 25),
        ("Europe/London", (2026, 3, 29, 0), (2026, 3, 29, 23), 23),
        (
            "Africa/Cairo",
            (2026, 4, 23, 22),
            (2026, 4, 24, 21),
            23,
        ),  # 24 April begins at one: midnight is skipped
        ("America/Havana", (2026, 11, 1, 4), (2026, 11, 2, 5), 25),  # one o'clock is put back to midnight
    ],
)
def test_a_day_on_which_clocks_are_changed_has_its_own_hours_where_the_person_is(
    zone: str, first: tuple[int, int, int, int], after: tuple[int, int, int, int], hours: int
) -> None:
    begins, ends = datetime(*first, tzinfo=UTC), datetime(*after, tzinfo=UTC)
    assert ends - begins == hours * HOUR
    cap = calendar("day", on_hit="defer")
    last = ends - TINY
    assert counts(cap, begins, now=last, zone=zone)
    assert not counts(cap, begins - TINY, now=last, zone=zone)
    assert not counts(cap, last, now=ends, zone=zone)
    assert asked([cap], *sent(begins), now=begins + HOUR, zone=zone).frees_at == ends


def test_a_month_ends_where_the_person_is_and_with_its_changed_clocks() -> None:
    """March of New York is an hour short; its last evening is the first of April already in UTC."""
    cap, zone = calendar("month", on_hit="defer"), "America/New_York"
    begins, ends = datetime(2026, 3, 1, 5, tzinfo=UTC), datetime(2026, 4, 1, 4, tzinfo=UTC)
    assert counts(cap, begins, now=ends - TINY, zone=zone)
    assert not counts(cap, begins - TINY, now=ends - TINY, zone=zone)
    assert asked([cap], *sent(ends - HOUR), now=ends - HOUR / 2, zone=zone).frees_at == ends
    assert not counts(cap, ends - TINY, now=ends, zone=zone)
