"""The contract of `Arrivals`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kizuna.core.ports import Arrivals
from kizuna.core.quality.freshness import HOUR, Arrived, Watched, hour_of
from tests.support.builders import NOON
from tests.support.stores import Stores

MINUTE = timedelta(minutes=1)
OK = Watched("ok", NOON - HOUR, NOON - 9 * HOUR)
QUIET = Watched("quiet", NOON, NOON - 9 * HOUR)


@pytest.fixture
def arrivals(stores: Stores) -> Arrivals:
    return stores.arrivals


def test_a_source_that_never_spoke_has_no_last_arrival(arrivals: Arrivals) -> None:
    assert arrivals.arrived("web", now=NOON) == Arrived()


def test_the_last_arrival_and_the_counts_of_two_hours_are_known(arrivals: Arrivals) -> None:
    for ago, count in ((5 * HOUR, 7), (HOUR, 2), (HOUR - MINUTE, 3), (timedelta(0), 1)):
        arrivals.note("web", count, at=NOON - ago)
    hours = {hour_of(NOON): 1, hour_of(NOON) - HOUR: 5}
    assert arrivals.arrived("web", now=NOON) == Arrived(NOON, hours)
    assert arrivals.arrived("shop", now=NOON) == Arrived()


def test_long_afterwards_only_the_last_arrival_is_left(arrivals: Arrivals) -> None:
    arrivals.note("web", 3, at=NOON)
    assert arrivals.arrived("web", now=NOON + 50 * HOUR) == Arrived(NOON)


def test_time_moves_forward_only_and_every_count_is_added(arrivals: Arrivals) -> None:
    arrivals.note("web", 1, at=NOON + MINUTE)
    arrivals.note("web", 4, at=NOON)
    arrivals.note("web", 5, at=NOON + MINUTE)
    assert arrivals.arrived("web", now=NOON) == Arrived(NOON + MINUTE, {hour_of(NOON): 10})


def test_how_a_source_stands_is_stored_once(arrivals: Arrivals) -> None:
    arrivals.note("web", 1, at=NOON)
    assert arrivals.watched("web") is None
    assert arrivals.mark("web", OK, before=None)
    assert arrivals.watched("web") == OK
    assert not arrivals.mark("web", QUIET, before=None)
    assert arrivals.mark("web", QUIET, before=OK)
    assert not arrivals.mark("web", OK, before=OK)  # somebody else was first
    assert arrivals.watched("web") == QUIET
    assert arrivals.arrived("web", now=NOON).last_at == NOON  # the watch is no arrival


def test_a_source_of_any_name_has_rows_of_its_own(arrivals: Arrivals) -> None:
    arrivals.note("a#b", 1, at=NOON)
    assert arrivals.arrived("a", now=NOON) == Arrived()
    assert arrivals.arrived("a#b", now=NOON).last_at == NOON
