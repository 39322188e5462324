"""Where a person lives or was last seen, and whether that lies in an area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.aggregates import counted, empty, needs_of
from kizuna.core.catalog import Catalog, build
from kizuna.core.condition_asks import asks_of
from kizuna.core.conditions import Answer, evaluate
from kizuna.core.conditions.geo import EARTH_RADIUS_M, Point, metres_between, point_of
from kizuna.core.conditions.inputs import Input, inputs_of
from kizuna.core.folding import fold
from kizuna.core.people import Profile
from kizuna.core.places import PLACE, place_of, with_place
from tests.support.builders import NOON, a_profile, an_event
from tests.support.histories import HOUR, a_view, the_condition

OSAKA, KYOTO = (34.6937, 135.5023), (35.0116, 135.7681)
NEAR_OSAKA = {"lat": OSAKA[0], "lon": OSAKA[1], "radius_m": 10_000}


@dataclass(frozen=True)
class Said:
    """Somebody whose word on their location is this one until some instant."""

    state: str
    until: datetime | None = None

    def word(self, channel: str, topic: str, purpose: str, state: str, *, now: datetime) -> Answer:
        assert (channel, topic, purpose) == ("push", "*", "location")
        return Answer(self.state == state, self.until)

    def may_write(self, channel: str, topic: str | None, *, now: datetime) -> Answer:
        raise AssertionError


def at(point: Point, **more: Any) -> dict[str, Any]:
    return {"lat": point[0], "lon": point[1], **more}


# ── distances ───────────────────────────────────────────────────────────────────────────────────

# Along the ellipsoid of WGS 84, by the inverse formula of Vincenty (1975).
DISTANCES: list[tuple[Point, Point, float]] = [
    (OSAKA, KYOTO, 42_826),
    ((51.4769, -0.0005), (40.7128, -74.0060), 5_585_235),
    ((0, 0), (0, 1), 111_319.491),
    ((0, 0), (1, 0), 110_574.389),
    ((60, 10), (60, 11), 55_800.0),
]


@pytest.mark.parametrize(("one", "other", "metres"), DISTANCES)
def test_a_distance_is_wrong_by_less_than_is_said(one: Point, other: Point, metres: float) -> None:
    assert metres_between(one, other) == pytest.approx(metres, rel=0.0057)


POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@settings(max_examples=100, deadline=None)
@given(POINTS, POINTS)
def test_a_distance_is_the_same_both_ways_and_never_more_than_half_around(one: Point, other: Point) -> None:
    there = metres_between(one, other)
    assert there == pytest.approx(metres_between(other, one), abs=1e-3)
    assert 0 <= there <= 3.1416 * EARTH_RADIUS_M
    assert metres_between(one, one) == 0


@pytest.mark.parametrize(
    ("place", "point"),
    [
        (at(OSAKA), OSAKA),
        ({"latitude": 1, "longitude": -2}, (1, -2)),
        ({"lat": 1, "lng": 2}, (1, 2)),
        ({"lat": 91, "lon": 0}, None),
        ({"lat": 0, "lon": 181}, None),
        ({"lat": True, "lon": 0}, None),
        ({"lat": "1", "lon": "2"}, None),
        ({"lat": float("nan"), "lon": 0}, None),
        ({"lat": 1}, None),
        ("34.7,135.5", None),
        (None, None),
    ],
)
def test_a_point_is_read_under_its_usual_names(place: Any, point: Point | None) -> None:
    assert point_of(place) == point


# ── questions ───────────────────────────────────────────────────────────────────────────────────

CASES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"geo": "home", "within": NEAR_OSAKA}, {"home": at(OSAKA)}, True),
    ({"geo": "home", "within": NEAR_OSAKA}, {"home": at(KYOTO)}, False),
    ({"geo": "home", "within": NEAR_OSAKA}, {"address": at(OSAKA)}, True),
    ({"geo": "home", "within": NEAR_OSAKA}, {"home": at(KYOTO), "address": at(OSAKA)}, False),
    ({"geo": "home", "within": NEAR_OSAKA}, {"home": "somewhere", "address": at(OSAKA)}, True),
    ({"geo": "home", "within": NEAR_OSAKA}, {}, False),
    ({"geo": "home", "region": "JP"}, {"country": "jp"}, True),
    ({"geo": "home", "region": "JP-27"}, {"country": "JP", "region": "27"}, True),
    ({"geo": "home", "region": "JP-27"}, {"country": "JP", "region": "JP-27"}, True),
    ({"geo": "home", "region": "JP-27"}, {"country": "JP", "region": "13"}, False),
    ({"geo": "home", "region": "US"}, {"country": "JP", "address": {"country": "US"}}, True),
    ({"geo": "home", "region": "US"}, {"country": 1}, False),
    ({"geo": {"trait": "shop.at"}, "within": NEAR_OSAKA}, {"shop": {"at": at(OSAKA)}}, True),
    ({"geo": {"trait": "shops"}, "within": NEAR_OSAKA}, {"shops": [at(KYOTO), at(OSAKA)]}, True),
    ({"geo": {"trait": "shops"}, "within": NEAR_OSAKA}, {"shops": [at(KYOTO), [at(OSAKA)]]}, False),
    ({"geo": {"trait": "shop"}, "within": NEAR_OSAKA}, {}, False),
]


@pytest.mark.parametrize(("document", "traits", "expected"), CASES, ids=str)
def test_a_place_lies_in_an_area(document: dict[str, Any], traits: dict[str, Any], expected: bool) -> None:
    assert evaluate(the_condition(document), a_view(traits=traits), now=NOON) == Answer(expected)


@pytest.mark.parametrize(
    ("consents", "expected"),
    [
        (None, Answer(False)),
        (Said("none"), Answer(False)),
        (Said("withdrawn"), Answer(False)),
        (Said("granted"), Answer(True)),
        (Said("granted", until=NOON + HOUR), Answer(True, NOON + HOUR)),
    ],
)
def test_where_somebody_was_last_is_asked_with_their_consent_only(
    consents: Said | None, expected: Answer
) -> None:
    leaf = the_condition({"geo": "last_known", "within": NEAR_OSAKA})
    assert evaluate(leaf, a_view(traits={PLACE: at(OSAKA)}, consents=consents), now=NOON) == expected
    assert not evaluate(leaf, a_view(consents=consents), now=NOON).matched


WHERE = {"geo": "event", "within": NEAR_OSAKA}
OF_EVENTS: list[tuple[dict[str, Any], bool]] = [
    ({"event": "Order Completed", "where": WHERE}, True),
    ({"event": "Order Completed", "verb": "did_not", "where": {"not": WHERE}}, True),
    (
        {
            "event": "Order Completed",
            "verb": "count",
            "value": 1,
            "where": {"any": [WHERE]},
            "window": {"last": "1d"},
        },
        True,
    ),
    ({"event": "Order Completed", "verb": "last", "where": WHERE}, True),
    ({"event": "Order Completed", "verb": "sum", "of": "total", "value": 5, "where": WHERE}, True),
    ({"sequence": [{"event": "Order Completed", "where": WHERE}, {"not": "Refunded", "within": "1h"}]}, True),
    ({"converted": "Order Completed", "where": WHERE}, True),
    ({"event": "Order Completed", "where": {"geo": {"property": "store"}, "within": NEAR_OSAKA}}, False),
    ({"event": "Order Completed"}, False),
]


@pytest.mark.parametrize(("document", "needs_consent"), OF_EVENTS, ids=str)
@pytest.mark.parametrize("said", ["granted", "withdrawn", "none", "unknown"])
def test_where_something_was_done_is_asked_with_their_consent_only(
    document: dict[str, Any], needs_consent: bool, said: str
) -> None:
    leaf = the_condition(document)
    event = an_event(properties={"total": 12.5, "store": at(OSAKA)}, context={"location": at(OSAKA)})
    now = NOON + 2 * HOUR
    needs = needs_of([leaf])
    aggregates = counted({key: empty(need) for key, need in needs.items()}, event, needs, now=now)
    view = a_view(aggregates=aggregates, consents=None if said == "unknown" else Said(said))
    assert evaluate(leaf, view, now=now).matched is (said == "granted" or not needs_consent)
    assert asks_of([leaf]).consents is needs_consent
    assert (Input("consents") in inputs_of(leaf)) is needs_consent


def test_that_somebody_was_not_there_holds_at_the_end_of_their_consent_too() -> None:
    """What a question about a place answers without consent is No; its opposite is then Yes, as for all others."""
    leaf = the_condition({"not": {"event": "Order Completed", "where": WHERE}})
    view = a_view(consents=Said("granted", until=NOON + HOUR))
    assert evaluate(leaf, view, now=NOON).matched
    assert evaluate(leaf, a_view(), now=NOON).matched


# ── what is kept ────────────────────────────────────────────────────────────────────────────────


def seen(number: int, location: Any, *, hour: int = 0) -> Any:
    moment = NOON + timedelta(hours=hour)
    return an_event(number=number, at=moment, received_at=moment, context={"location": location})


@pytest.mark.parametrize(
    ("location", "kept"),
    [
        ({"latitude": 34.693712, "longitude": 135.502299, "speed": 3}, {"lat": 34.6937, "lon": 135.5023}),
        ({"country": " JP ", "region": "27", "city": "Osaka"}, {"country": "JP", "region": "27"}),
        ({"latitude": 100, "longitude": 0}, None),
        ({"city": "Osaka"}, None),
        ("Osaka", None),
        (None, None),
    ],
)
def test_a_place_is_kept_to_about_eleven_metres_and_without_anything_else(
    location: Any, kept: Mapping[str, Any] | None
) -> None:
    assert place_of(seen(1, location)) == kept


def test_the_newest_place_is_kept_in_whatever_order_events_come() -> None:
    told = [
        seen(1, {"latitude": 1, "longitude": 1}),
        seen(2, {"latitude": 2, "longitude": 2}, hour=1),
        seen(3, "?", hour=2),
    ]
    for order in permutations(told):
        place = with_place(None, order)
        assert place is not None
        assert (place.value, place.at) == ({"lat": 2, "lon": 2}, NOON + HOUR)


def after(profile: Profile, catalog: Catalog, number: int) -> Profile:
    event = seen(number, {"latitude": 34.69, "longitude": 135.5})
    return fold(profile, [event], catalog, now=NOON).profile


def test_a_place_is_remembered_only_while_some_condition_asks_for_it() -> None:
    when = {"geo": "last_known", "within": NEAR_OSAKA}
    asking = build({("segment", "near"): {"id": "near", "name": "Near", "when": when}})
    silent = build({})
    known = after(a_profile(), asking, 1)
    assert known.traits[PLACE].value == {"lat": 34.69, "lon": 135.5}
    assert PLACE not in after(a_profile(), silent, 1).traits
    assert PLACE not in after(known, silent, 2).traits
    assert not asking.asks.place or asking.asks.consents
