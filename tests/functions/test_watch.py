"""Every minute: figures of backfills and of sources, and trouble with either is in nobody's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.adapters.tables.arrivals import ArrivalsTable
from kizuna.adapters.tables.backfills import BackfillsTable
from kizuna.adapters.tables.brakes import BrakesTable
from kizuna.adapters.tables.flight_log import FlightLogTable
from kizuna.core.errors import Unavailable
from kizuna.core.restraint.brake_words import Told
from kizuna.core.restraint.brakes import Pause, Stop
from kizuna.core.segments import EVERYONE
from kizuna.core.segments.backfill import ShardProgress
from kizuna.runtime.observability import metrics
from kizuna.topology import SEGMENT_SHARDS, Function
from kizuna.usecases.outcomes.braking import (
    in_silence,
    pause_run,
    release_marketing,
    resume_run,
    stop_marketing,
    warn,
)
from tests.support.clouds import Shop, a_lambda_event, running_shop

PEOPLE = 3


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        for number in range(PEOPLE):
            running.greet(f"u{number}")
        running.settle()
        yield running


Figures = Callable[[], dict[str, float]]


@pytest.fixture
def figures(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Figures:
    """The metrics of one minute, by name. The local cloud keeps none, so they are read as they are made."""
    told: dict[str, float] = {}

    def note(name: str, unit: str, value: float, resolution: int = 60) -> None:
        told[name] = value

    monkeypatch.setattr(metrics, "add_metric", note)

    def a_minute() -> dict[str, float]:
        told.clear()
        shop.invoke(Function.WAKE, a_lambda_event("schedule/wake"))
        return dict(told)

    return a_minute


def test_a_backfill_that_goes_on_tells_how_many_people_are_left(shop: Shop, figures: Figures) -> None:
    assert "BackfillPeopleLeft" not in figures()
    wired = shop.wired
    last = wired.backfills.latest()
    assert last is not None
    wired.backfills.begin(replace(last, number=last.number + 1))
    told = figures()
    assert told["BackfillPeopleLeft"] == 0  # no shard has counted its people yet
    for shard in range(SEGMENT_SHARDS):
        total = wired.people.member_count(EVERYONE, shard)
        wired.backfills.advance(last.number + 1, ShardProgress(shard, shop.now, total=total))
    assert figures()["BackfillPeopleLeft"] == PEOPLE


def test_what_cannot_be_watched_is_told_and_alarms_ring_all_the_same(
    shop: Shop, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise Unavailable("catalog")

    monkeypatch.setattr(BackfillsTable, "latest", refuse)
    monkeypatch.setattr(ArrivalsTable, "arrived", refuse)
    told = figures()
    assert (told["BackfillNotWatched"], told["SourcesNotWatched"]) == (1, 1)


def test_a_canary_that_flies_no_more_is_told_every_minute_and_one_that_flies_again_is_well(
    shop: Shop, figures: Figures
) -> None:
    assert "WayOutNotChecked" not in figures()  # never flown: there is nothing to be late after
    shop.invoke(Function.CANARY, a_lambda_event("schedule/canary"))
    assert figures()["WayOutNotChecked"] == 0
    shop.cloud.advance(timedelta(hours=29))
    assert figures()["WayOutNotChecked"] == 0
    shop.cloud.advance(timedelta(hours=2))
    assert [figures()["WayOutNotChecked"] for _ in range(2)] == [1, 1]
    shop.invoke(Function.CANARY, a_lambda_event("schedule/canary"))
    assert figures()["WayOutNotChecked"] == 0


def test_a_canary_that_cannot_be_watched_rings_and_is_in_nobodys_way(
    shop: Shop, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: FlightLogTable) -> None:
        raise Unavailable("flight log")

    monkeypatch.setattr(FlightLogTable, "last_flight", broken)
    told = figures()
    assert told["WayOutNotChecked"] == 1
    assert "SourcesQuiet" in told


def test_sources_tell_how_many_of_them_are_quiet(shop: Shop, figures: Figures) -> None:
    told = figures()
    assert (told["SourcesQuiet"], told["SourcesFlooding"]) == (0, 0)
    shop.cloud.advance(timedelta(hours=9))
    assert figures()["SourcesQuiet"] == 1


def test_brakes_tell_how_they_stand_every_minute_once_there_was_one(shop: Shop, figures: Figures) -> None:
    names = ("RunsPaused", "MarketingStopped", "MarketingWarned")
    assert not set(names) & set(figures())
    brakes, now = shop.wired.brakes, shop.now
    pause_run("hello", "triggered", Pause("by_hand", now, "", "wait", by="ann"), brakes, tell=in_silence)
    stop_marketing(Stop("by_hand", now, "", "wait", by="ann"), brakes, tell=in_silence)
    warn("bounce", Told("too many", "多すぎます"), brakes, now=now, tell=in_silence)
    told = figures()
    assert [told[name] for name in names] == [1, 1, 1]
    resume_run("hello", "triggered", brakes, by="ann", reason="fine", now=now, tell=in_silence)
    release_marketing(brakes, by="ann", reason="fine", now=now, tell=in_silence)
    told = figures()
    assert [told[name] for name in names] == [0, 0, 1]  # a warning stands for a day
    shop.cloud.advance(timedelta(days=1))
    assert figures()["MarketingWarned"] == 0


def test_trouble_with_the_brakes_is_in_nobodys_way_and_is_told(
    shop: Shop, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: BrakesTable) -> None:
        raise Unavailable("brakes")

    monkeypatch.setattr(BrakesTable, "current", broken)
    told = figures()
    assert told["BrakesNotWatched"] == 1
    assert "RunsPaused" not in told
