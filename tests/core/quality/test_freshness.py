"""How a source stands follows from its cadence and its arrivals; an episode begins once and has one instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.quality.freshness import HOUR, NOTED_EVERY, Arrived, Tally, Watched, hour_of, judged
from kizuna.core.sources import Cadence
from tests.support.builders import NOON

MINUTE = timedelta(minutes=1)
EVERY = Cadence.model_validate({"expect_every": "1h", "quiet_after": "3h", "flood_above": 100})
LONG_AGO = NOON - timedelta(days=9)
OK = Watched("ok", LONG_AGO, LONG_AGO)


def stands(
    *, spoke: timedelta | None = MINUTE, now: datetime = NOON, before: Watched | None = OK, **hours: int
) -> tuple[str, datetime]:
    by_hour = {hour_of(now) - HOUR * int(name[1:]): count for name, count in hours.items()}
    arrived = Arrived(now - spoke if spoke is not None else None, by_hour)
    watched = judged(EVERY, arrived, before, now=now)
    return watched.state, watched.since


@pytest.mark.parametrize(
    ("silence", "state", "since"),
    [
        (timedelta(0), "ok", None),
        (timedelta(minutes=59), "ok", None),
        (timedelta(hours=1), "late", timedelta(0)),
        (timedelta(hours=2, minutes=59), "late", timedelta(hours=1, minutes=59)),
        (timedelta(hours=3), "quiet", timedelta(0)),
        (timedelta(days=8), "quiet", timedelta(days=8) - timedelta(hours=3)),
    ],
)
def test_a_source_is_late_and_then_quiet(silence: timedelta, state: str, since: timedelta | None) -> None:
    found, at = stands(spoke=silence)
    assert found == state
    if since is not None:
        assert at == NOON - since


def test_a_source_that_never_spoke_is_quiet_only_after_it_was_watched_long_enough() -> None:
    first = judged(EVERY, Arrived(), None, now=NOON)
    assert (first.state, first.watched_since) == ("ok", NOON)
    later = judged(EVERY, Arrived(), first, now=NOON + 3 * HOUR)
    assert (later.state, later.since) == ("quiet", NOON + 3 * HOUR)
    assert judged(EVERY, Arrived(), later, now=NOON + 9 * HOUR) is later


@pytest.mark.parametrize(
    ("hours", "state", "since"),
    [
        ({"h0": 100}, "ok", None),
        ({"h0": 101}, "flooding", hour_of(NOON)),
        ({"h1": 101, "h0": 3}, "flooding", hour_of(NOON) - HOUR),
        ({"h1": 101, "h0": 500}, "flooding", hour_of(NOON) - HOUR),
        ({"h2": 500}, "ok", None),
    ],
)
def test_a_source_floods_by_the_hour(hours: dict[str, Any], state: str, since: datetime | None) -> None:
    found, at = stands(**hours)
    assert found == state
    if since is not None:
        assert at == since


def test_a_flood_that_goes_on_is_one_episode() -> None:
    begun = judged(EVERY, Arrived(NOON, {hour_of(NOON): 200}), OK, now=NOON)
    on = judged(
        EVERY, Arrived(NOON + HOUR, {hour_of(NOON): 900, hour_of(NOON + HOUR): 1}), begun, now=NOON + HOUR
    )
    assert on is begun
    over = judged(EVERY, Arrived(NOON + 2 * HOUR, {}), on, now=NOON + 2 * HOUR)
    assert over.state == "ok"


def test_a_source_that_speaks_again_is_fine_and_its_next_silence_is_another_episode() -> None:
    quiet = judged(EVERY, Arrived(NOON - 4 * HOUR), OK, now=NOON)
    assert quiet.is_episode
    fine = judged(EVERY, Arrived(NOON), quiet, now=NOON)
    assert (fine.state, fine.is_episode) == ("ok", False)
    again = judged(EVERY, Arrived(NOON), fine, now=NOON + 4 * HOUR)
    assert (again.state, again.since) == ("quiet", NOON + 3 * HOUR)


def test_what_a_cadence_does_not_say_is_not_watched() -> None:
    assert judged(Cadence(), Arrived(LONG_AGO, {hour_of(NOON): 10**9}), OK, now=NOON).state == "ok"


@pytest.mark.parametrize(
    "document", [{"expect_every": "3h", "quiet_after": "1h"}, {"flood_above": 0}, {"every": "1h"}]
)
def test_a_cadence_that_makes_no_sense_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Cadence.model_validate(document)


@given(
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["web", "shop"]), st.integers(1, 9)), max_size=60)
)
def test_an_instance_writes_once_a_minute_at_most_and_loses_no_more_than_its_last_minute(
    steps: list[tuple[int, str, int]],
) -> None:
    tally, now = Tally(), NOON
    written: dict[str, list[datetime]] = {"web": [], "shop": []}
    waiting = {"web": 0, "shop": 0}
    for seconds, source, count in steps:
        now += timedelta(seconds=seconds)
        waiting[source] += count
        due = tally.add(source, count, now=now)
        if due:
            assert due == waiting[source]
            written[source].append(now)
            waiting[source] = 0
        assert now - written[source][-1] < NOTED_EVERY
    for instants in written.values():
        assert all(after - before >= NOTED_EVERY for before, after in pairwise(instants))
