"""Sources are watched every minute: an episode is told of once, and again only after a crash, as the same one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kizuna.core.errors import Unavailable
from kizuna.core.quality.freshness import HOUR
from kizuna.usecases.quality.freshness import look, watch
from tests.support.builders import NOON, a_catalog, some_documents
from tests.support.fakes import InMemoryBus
from tests.support.fakes_of_sources import InMemoryArrivals

CADENCE = {"expect_every": "1h", "quiet_after": "3h", "flood_above": 100}
CATALOG = a_catalog(
    {
        **some_documents(),
        ("source", "web"): {"id": "web", "name": "Web", "cadence": CADENCE},
        ("source", "shop"): {"id": "shop", "name": "Shop"},
        ("policy", "policy"): {"id": "policy", "publish": ["SourceQuiet", "SourceFlooding"]},
    }
)
SILENT = a_catalog({**some_documents(), ("source", "web"): {"id": "web", "name": "Web", "cadence": CADENCE}})


def test_an_episode_is_published_once_and_counted_as_long_as_it_lasts() -> None:
    arrivals, bus = InMemoryArrivals(), InMemoryBus()
    arrivals.note("web", 1, at=NOON)
    told = [watch(CATALOG, arrivals, bus, now=NOON + timedelta(minutes=10 * step)) for step in range(25)]
    assert [found.count("quiet") for found in told] == [0] * 18 + [1] * 7
    assert [found.count("late") for found in told] == [0] * 6 + [1] * 12 + [0] * 7
    quiet = {
        "version": 1,
        "source": "web",
        "at": "2026-11-23T15:00:00.000Z",
        "last_at": "2026-11-23T12:00:00.000Z",
    }
    assert bus.published == [("SourceQuiet", quiet)]
    assert [found.told for found in told if found.told] == [("web",)]


def test_a_source_that_floods_is_told_of_with_its_count() -> None:
    arrivals, bus = InMemoryArrivals(), InMemoryBus()
    arrivals.note("web", 101, at=NOON)
    found = watch(CATALOG, arrivals, bus, now=NOON)
    assert found.count("flooding") == 1
    assert [(name, detail["events"]) for name, detail in bus.published] == [("SourceFlooding", 101)]


def test_a_crash_before_it_is_stored_tells_of_the_same_episode_again() -> None:
    arrivals, bus = InMemoryArrivals(), InMemoryBus()
    arrivals.note("web", 1, at=NOON)
    bus.down = True
    with pytest.raises(Unavailable):
        watch(CATALOG, arrivals, bus, now=NOON + 3 * HOUR)
    assert arrivals.watched("web") is None
    bus.down = False
    for minutes in (1, 2):
        watch(CATALOG, arrivals, bus, now=NOON + 3 * HOUR + timedelta(minutes=minutes))
    assert [(name, detail["at"]) for name, detail in bus.published] == [
        ("SourceQuiet", "2026-11-23T15:00:00.000Z")
    ]


def test_without_a_word_in_the_policy_nothing_is_published_and_the_alarm_counts_all_the_same() -> None:
    arrivals, bus = InMemoryArrivals(), InMemoryBus()
    arrivals.note("web", 1, at=NOON)
    assert watch(SILENT, arrivals, bus, now=NOON + 3 * HOUR).count("quiet") == 1
    assert bus.published == []


def test_looking_stores_nothing_and_sees_only_sources_with_a_cadence() -> None:
    arrivals = InMemoryArrivals()
    found = look(CATALOG, arrivals, now=NOON)
    assert [(each.source, each.watched.state) for each in found.standings] == [("web", "ok")]
    assert arrivals.watched("web") is None
