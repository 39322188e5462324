"""The contract of `Pace`: moments of a channel are given out once, one after the other, and none is saved up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kizuna.core.ports import Slots
from tests.support.builders import NOON
from tests.support.stores import Stores

SECOND = timedelta(seconds=1)
TENTH = SECOND / 10


def test_moments_follow_each_other(stores: Stores) -> None:
    asked: dict[str, Any] = {"every": TENTH, "count": 5, "now": NOON, "within": 10 * SECOND}
    found = [stores.pace.reserve("email", **asked) for _ in range(3)]
    assert found == [Slots(NOON + number * SECOND / 2, TENTH, 5) for number in range(3)]


def test_channels_do_not_wait_for_each_other(stores: Stores) -> None:
    for channel in ("email", "sms"):
        found = stores.pace.reserve(channel, every=TENTH, count=5, now=NOON, within=SECOND)
        assert found == Slots(NOON, TENTH, 5)


def test_what_nobody_asked_for_is_not_saved_up(stores: Stores) -> None:
    stores.pace.reserve("email", every=TENTH, count=1, now=NOON, within=SECOND)
    later = NOON + 60 * SECOND
    assert stores.pace.reserve("email", every=TENTH, count=2, now=later, within=SECOND) == Slots(
        later, TENTH, 2
    )
    again = stores.pace.reserve("email", every=TENTH, count=2, now=later, within=SECOND)
    assert again == Slots(later + 2 * TENTH, TENTH, 2)


def test_moments_too_far_away_are_refused_and_stay_there(stores: Stores) -> None:
    stores.pace.reserve("email", every=SECOND, count=5, now=NOON, within=SECOND)
    refused = [
        stores.pace.reserve("email", every=SECOND, count=1, now=NOON, within=4 * SECOND) for _ in range(3)
    ]
    assert refused == [None, None, None]
    found = stores.pace.reserve("email", every=SECOND, count=1, now=NOON, within=5 * SECOND)
    assert found == Slots(NOON + 5 * SECOND, SECOND, 1)


def test_a_clock_that_is_behind_gets_no_moment_twice(stores: Stores) -> None:
    first = stores.pace.reserve("email", every=SECOND, count=1, now=NOON, within=SECOND)
    behind = stores.pace.reserve("email", every=SECOND, count=1, now=NOON - 30 * SECOND, within=60 * SECOND)
    assert first == Slots(NOON, SECOND, 1)
    assert behind == Slots(NOON + SECOND, SECOND, 1)


def test_many_who_ask_get_different_moments(stores: Stores) -> None:
    asked = [
        stores.pace.reserve("email", every=TENTH, count=2, now=NOON - number * TENTH, within=60 * SECOND)
        for number in range(20)
    ]
    firsts = sorted(found.first for found in asked if found is not None)
    assert firsts == [NOON + number * 2 * TENTH for number in range(20)]
