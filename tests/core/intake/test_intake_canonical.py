"""Events on their way through the ingest queue."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.events import Event
from kizuna.core.intake.canonical import canonical_json, event_from_canonical
from tests.support.intake import CLIENT, NOW, a_track, batch_of, only_event

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
MAPPINGS = st.dictionaries(st.text(), VALUES, max_size=3)
INSTANTS = st.datetimes(timezones=st.just(UTC))
EVENTS = st.builds(
    Event,
    type=st.sampled_from(["identify", "track", "page", "screen", "group", "alias"]),
    id=st.text(),
    source=st.sampled_from([CLIENT, replace(CLIENT, identity_verified=True)]),
    at=INSTANTS,
    received_at=INSTANTS,
    name=st.text(),
    user_id=st.none() | st.text(),
    anonymous_id=st.none() | st.text(),
    previous_id=st.none() | st.text(),
    group_id=st.none() | st.text(),
    traits=MAPPINGS,
    properties=MAPPINGS,
    context=MAPPINGS,
    triggers=st.booleans(),
    profile_id=st.none() | st.text(),
    original_at=st.none() | INSTANTS,
    sent_at=st.none() | INSTANTS,
    identities=st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple),
    extra=MAPPINGS,
)


@given(EVENTS)
def test_an_event_comes_back_from_the_queue_as_it_went_in(event: Event) -> None:
    travelled = json.loads(json.dumps(canonical_json(event)))
    assert event_from_canonical(travelled, CLIENT) == event
    assert event_from_canonical(travelled, replace(CLIENT, identity_verified=True)) == event


def test_fields_that_hold_nothing_do_not_travel() -> None:
    event = only_event(batch_of([a_track()]))
    assert canonical_json(event) == {
        "type": "track",
        "id": "m1",
        "name": "Product Viewed",
        "userId": "u1",
        "at": "2026-11-22T12:00:00+00:00",
        "receivedAt": "2026-11-22T12:00:00+00:00",
    }


def test_an_instant_with_another_offset_is_the_same_instant_in_utc() -> None:
    body = canonical_json(only_event(batch_of([a_track()]))) | {"at": "2026-11-22T21:00:00+09:00"}
    event = event_from_canonical(body, CLIENT)
    assert (event.at, event.at.tzinfo) == (NOW, UTC)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"type": "video"}, "type"),
        ({"at": "yesterday"}, "at"),
        ({"at": 17}, "at"),
        ({"receivedAt": "2026-11-22T12:00:00"}, "receivedAt"),
        ({"userId": ["canary"]}, "userId"),
        ({"traits": "canary"}, "traits"),
        ({"canary": 1}, "an unknown field"),
        ({"at": None, "identities": [["canary"]]}, "at, identities"),
    ],
)
def test_a_damaged_body_is_refused_by_field_and_never_by_value(change: dict[str, Any], named: str) -> None:
    body = canonical_json(only_event(batch_of([a_track()]))) | change
    with pytest.raises(ValueError, match=f"not a canonical event: {named}") as raised:
        event_from_canonical(body, CLIENT)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("body", [{}, [], "text", None, {"id": "m1"}])
def test_what_is_no_event_at_all_is_refused(body: Any) -> None:
    with pytest.raises(ValueError, match="not a canonical event"):
        event_from_canonical(body, CLIENT)


def test_the_time_of_arrival_is_kept_however_long_an_event_waits() -> None:
    received = datetime(2026, 11, 1, tzinfo=UTC)
    body = json.loads(json.dumps(canonical_json(only_event(batch_of([a_track()], now=received)))))
    assert event_from_canonical(body, CLIENT).received_at == received
