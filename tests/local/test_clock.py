from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.local.clock import Clock, SystemClock, VirtualClock

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(params=[VirtualClock(NOON), SystemClock(sleep=lambda _seconds: None)])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param
    return made


def test_a_clock_tells_aware_time_in_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC


def test_a_clock_never_goes_back(clock: Clock) -> None:
    before = clock.now()

    assert clock.advance_to(before - timedelta(days=1)) >= before
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(timedelta(seconds=-1))


def test_a_clock_refuses_a_moment_without_time_zone(clock: Clock) -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        clock.advance_to(datetime(2026, 11, 22, 12))  # noqa: DTZ001 # that is the point


def test_a_virtual_clock_stands_still_until_it_is_moved() -> None:
    clock = VirtualClock(datetime(2026, 11, 22, 21, tzinfo=timezone(timedelta(hours=9))))

    assert clock.now() == clock.now() == NOON
    assert clock.advance(timedelta(minutes=5)) == NOON + timedelta(minutes=5)
    assert clock.advance_to(NOON + timedelta(days=1)) == NOON + timedelta(days=1)
    assert clock.now() == NOON + timedelta(days=1)


def test_a_virtual_clock_starts_with_a_time_zone() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        VirtualClock(datetime(2026, 11, 22, 12))  # noqa: DTZ001 # that is the point


@given(st.lists(st.integers(-10_000, 10_000)))
def test_a_virtual_clock_shows_the_latest_moment_it_was_sent_to(offsets: list[int]) -> None:
    clock = VirtualClock(NOON)

    for offset in offsets:
        clock.advance_to(NOON + timedelta(seconds=offset))

    assert clock.now() == NOON + timedelta(seconds=max([0, *offsets]))


def test_the_system_clock_waits_until_a_moment_even_when_sleep_ends_early() -> None:
    naps: list[float] = []
    clock = SystemClock(sleep=naps.append)
    goal = clock.now() + timedelta(milliseconds=5)

    reached = clock.advance_to(goal)

    assert reached >= goal
    assert len(naps) > 1
    assert all(nap > 0 for nap in naps)
