"""Where something was done is asked of those alone who let us: as SQL as in memory."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kizuna.core.condition_sql import compile_condition
from kizuna.core.consent.standing import recorded_consents
from kizuna.core.consent.summary import summary_of
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.events import Event
from kizuna.core.people import new_profile
from tests.support.consents import grant, withdraw
from tests.support.lake_populations import CONDITION, NOW, SNAPSHOT, SOURCE, Somebody, by_evaluation, lake_of

_HERE = {"geo": "event", "region": "JP"}
_YES = grant(NOW - timedelta(days=9), id="yes", channel="push", topic="*", purpose="location")
_LEDGERS = {
    "yes": (_YES,),
    "no-longer": (
        _YES,
        withdraw(NOW - timedelta(days=1), id="no", channel="push", topic="*", purpose="location"),
    ),
    "to-nothing": (
        _YES,
        withdraw(NOW - timedelta(days=1), id="none", channel="push", topic="*", purpose="*"),
    ),
    "for-a-day": (replace(_YES, expires_at=NOW - timedelta(days=8)),),
    "news-only": (grant(NOW - timedelta(days=9), id="news", channel="push", topic="news"),),
    "silent": (),
}


def _somebody(name: str, *, country: str) -> Somebody:
    at = NOW - timedelta(hours=5, microseconds=NOW.microsecond % 1000)
    event = Event(
        "track", f"e-{name}", SOURCE, at, at, name="Store Visited", properties={"total": 5},
        context={"location": {"lat": 35.0, "lon": 135.75, "country": country}},
    )  # fmt: skip
    consents = summary_of(list(_LEDGERS[name.partition(".")[0]]), parts=(name,), length=2, now=NOW)
    profile = replace(new_profile(name, now=NOW), version=1, consents=consents)
    return Somebody(
        replace(profile, standing=recorded_consents(profile, EngagementPolicy())), ((name, event),)
    )


PEOPLE = [_somebody(f"{word}.{country}", country=country) for word in _LEDGERS for country in ("JP", "US")]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"event": "Store Visited", "where": _HERE}, ["yes.JP"]),
        ({"event": "Store Visited", "verb": "did_not", "where": _HERE}, ["yes.US"]),
        ({"event": "Store Visited", "verb": "last", "where": _HERE, "window": {"last": "1d"}}, ["yes.JP"]),
        (
            {"event": "Store Visited", "verb": "sum", "of": "total", "value": 5, "where": {"not": _HERE}},
            ["yes.US"],
        ),
        (
            {"sequence": [{"event": "Store Visited", "where": _HERE}, {"not": "Bought", "within": "1h"}]},
            ["yes.JP"],
        ),
        ({"converted": "Store Visited", "where": _HERE}, ["yes.JP"]),
    ],
    ids=str,
)
def test_without_consent_a_place_answers_nothing(asked: dict[str, Any], expected: list[str]) -> None:
    condition = CONDITION.validate_python(asked)
    assert by_evaluation(condition, PEOPLE, now=NOW) == expected
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(PEOPLE, Path(folder))
        assert sorted(lake.members(compile_condition(condition, now=NOW), snapshot=SNAPSHOT)) == expected


@pytest.mark.parametrize("channel", ["push", "email"])
@pytest.mark.parametrize("purpose", ["location", "profiling"])
def test_a_no_to_every_purpose_is_a_no_to_one_that_nobody_named(channel: str, purpose: str) -> None:
    condition = CONDITION.validate_python({"consent": "withdrawn", "channel": channel, "purpose": purpose})
    expected = {"to-nothing.JP", "to-nothing.US"} if channel == "push" else set()
    if (channel, purpose) == ("push", "location"):
        expected |= {"no-longer.JP", "no-longer.US"}
    assert by_evaluation(condition, PEOPLE, now=NOW) == sorted(expected)
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(PEOPLE, Path(folder))
        found = lake.members(compile_condition(condition, now=NOW), snapshot=SNAPSHOT)
    assert sorted(found) == sorted(expected)
