"""What AWS does once a day, the local cloud does too where it is told to: everybody is written into the lake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kizuna.topology import Function
from kizuna.usecases.segments.snapshot import SNAPSHOTS, newest
from tests.support.clouds import Shop, running_shop

DAY = timedelta(days=1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running_shop(lake=tmp_path, nightly=True) as running:
        running.send({"type": "identify", "userId": "ada", "traits": {"plan": "pro"}})
        yield running


def test_a_snapshot_is_written_at_the_start_and_then_each_day(shop: Shop) -> None:
    shop.cloud.advance(timedelta(minutes=1))
    first = newest(shop.wired.runs, now=shop.now)
    assert first is not None
    shop.cloud.advance(3 * DAY)
    assert len(shop.wired.runs.list(SNAPSHOTS)) == 4
    latest = newest(shop.wired.runs, now=shop.now)
    assert latest is not None
    assert latest.taken_at == first.taken_at + 3 * DAY


def test_a_night_that_passed_between_two_looks_at_the_clock_is_made_up_for_once(shop: Shop) -> None:
    shop.cloud.advance(timedelta(minutes=1))
    before = shop.cloud.calls[Function.SNAPSHOT]
    shop.cloud.clock.advance(DAY + timedelta(seconds=11))
    shop.cloud.advance(timedelta())
    assert len(shop.wired.runs.list(SNAPSHOTS)) == 2
    after = shop.cloud.calls[Function.SNAPSHOT]
    assert after > before
    shop.cloud.advance(timedelta())
    assert shop.cloud.calls[Function.SNAPSHOT] == after


def test_a_story_of_years_has_no_nights_unless_it_asks(tmp_path: Path) -> None:
    with running_shop(lake=tmp_path) as story:
        story.cloud.advance(2 * DAY)
        assert story.wired.runs.list(SNAPSHOTS) == ()
        assert Function.SNAPSHOT not in story.cloud.calls
