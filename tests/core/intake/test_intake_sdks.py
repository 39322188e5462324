"""Every recorded SDK request, from the gateway's event to canonical events."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kizuna.core.events import Event
from kizuna.core.intake.batch import read_events
from kizuna.core.intake.credentials import PresentedKey, presented_key
from kizuna.core.intake.decoding import decode
from kizuna.core.intake.http import HttpRequest
from kizuna.core.intake.json_text import Document
from kizuna.core.intake.routes import EventBatch, OneEvent, Preflight, SettingsStub, SourceConfigStub, route
from tests.support.intake import CLIENT, SAMPLES, SERVER, arrival, sample

ALL = ("identify", "track", "page", "screen", "group", "alias")
AFTER_FIRST = ALL[1:]

# sample, how the key is presented, types in order
SERVER_SDKS = [
    ("segment-python-batch", "authorization", ALL),
    ("segment-python-gzip-batch", "authorization", ALL),
    ("segment-python-body-key-batch", "body", ALL),
    ("rudder-python-gzip-batch", "authorization", ALL),
    ("customerio-python-batch", "authorization", ALL),
    ("customerio-python-bearer-batch", "authorization", ALL),
    ("segment-node-batch", "authorization", ALL),
    ("rudder-node-first-event", "authorization", ("identify",)),
    ("rudder-node-gzip-form", "authorization", AFTER_FIRST),
    ("customerio-node-batch", "authorization", ALL),
    ("jitsu-server-track", "x_write_key", ("track",)),
]
BROWSER_SDKS = [
    ("jitsu-identify", "x_write_key", ("identify",)),
    ("jitsu-track", "x_write_key", ("track",)),
    ("segment-browser-text-plain", "authorization", ("track",)),
    ("segment-browser-batch", "authorization", ("page", "identify", "track")),
    ("rudder-browser-track", "authorization", ("track",)),
    ("rudder-browser-identify", "authorization", ("identify",)),
    ("rudder-browser-batch", "authorization", ("page", "identify", "track")),
    ("rudder-browser-beacon", "query", ("page", "identify", "track")),
]
NO_EVENTS = {"segment-browser-settings", "rudder-browser-source-config", "rudder-browser-preflight"}


def read(name: str) -> tuple[PresentedKey | None, tuple[Event, ...]]:
    recorded = sample(name)
    request = HttpRequest.from_api_gateway(recorded)
    call, document = route(request), decode(request)
    assert isinstance(call, OneEvent | EventBatch)
    assert isinstance(document, Document)
    source = SERVER if name in {row[0] for row in SERVER_SDKS} else CLIENT
    intake = read_events(call, document, request=request, source=source, received_at=arrival(recorded))
    assert (intake.violations, intake.problem) == ((), None)
    return presented_key(request, document), intake.events


@pytest.mark.parametrize(("name", "form", "types"), SERVER_SDKS + BROWSER_SDKS, ids=str)
def test_every_event_of_a_recorded_sdk_request_is_read_with_its_key(
    name: str, form: str, types: tuple[str, ...]
) -> None:
    key, events = read(name)
    assert key is not None
    assert key.form == form
    assert key.key == {"x_write_key": "id:secret"}.get(form, "pk_us_test" if "bearer" in name else "wk_test")
    assert tuple(event.type for event in events) == types
    assert len({event.id for event in events}) == len(types)


@pytest.mark.parametrize("name", [row[0] for row in SERVER_SDKS if row[0] != "rudder-node-first-event"])
def test_an_order_is_the_same_event_whatever_server_sdk_sent_it(name: str) -> None:
    _, events = read(name)
    (order,) = [event for event in events if event.type == "track"]
    assert (order.name, order.user_id) == ("Order Completed", "u1")
    assert order.properties == {"revenue": 12.5, "order_id": "o-1", "currency": "EUR"}


@pytest.mark.parametrize("name", [row[0] for row in SERVER_SDKS if "identify" in row[2]] + ["jitsu-identify"])
def test_the_traits_of_a_person_are_the_same_whatever_sdk_sent_them(name: str) -> None:
    identify = read(name)[1][0]
    assert identify.traits == {"email": "a@example.com", "plan": "pro"}
    assert "traits" not in identify.context


@pytest.mark.parametrize("name", [row[0] for row in SERVER_SDKS if "alias" in row[2]])
def test_the_other_calls_are_the_same_whatever_server_sdk_sent_them(name: str) -> None:
    by_type = {event.type: event for event in read(name)[1]}
    assert (by_type["page"].name, by_type["page"].properties) == ("home", {"category": "cat"})
    assert (by_type["screen"].name, by_type["screen"].properties) == ("s", {"category": "cat"})
    assert (by_type["group"].group_id, by_type["group"].traits) == ("g1", {"n": 1})
    assert (by_type["alias"].user_id, by_type["alias"].previous_id) == ("u1", "anon1")
    assert all(event.triggers for event in by_type.values())


@pytest.mark.parametrize("name", [row[0] for row in SERVER_SDKS + BROWSER_SDKS])
def test_the_corrected_time_lies_shortly_before_the_arrival(name: str) -> None:
    for event in read(name)[1]:
        assert timedelta(0) <= event.received_at - event.at < timedelta(seconds=5)
        assert event.original_at is not None


def test_an_sdk_without_a_sent_time_is_taken_at_its_word() -> None:
    for event in read("customerio-node-batch")[1]:
        assert event.sent_at is None
        assert event.at == event.original_at


@pytest.mark.parametrize("name", ["rudder-browser-batch", "rudder-browser-beacon", "segment-browser-batch"])
def test_a_browser_page_before_login_is_anonymous_and_the_identify_after_it_links_both(name: str) -> None:
    page, identify, _ = read(name)[1]
    assert page.user_id is None
    assert page.anonymous_id is not None
    assert (identify.user_id, identify.anonymous_id) == ("u1", page.anonymous_id)


@pytest.mark.parametrize("name", [row[0] for row in BROWSER_SDKS])
def test_a_browser_event_carries_the_callers_network_and_no_credential(name: str) -> None:
    for event in read(name)[1]:
        assert event.context["ip"] == "203.0.113.0"
        assert not {"writeKey", "_metadata"} & event.extra.keys()


def test_unknown_fields_of_an_sdk_are_kept() -> None:
    (event,) = read("rudder-browser-track")[1]
    assert event.extra == {"channel": "web"}


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("segment-browser-settings", SettingsStub("wk_test")),
        ("rudder-browser-source-config", SourceConfigStub("wk_test")),
        ("rudder-browser-preflight", Preflight()),
    ],
)
def test_what_browser_sdks_ask_before_their_first_event_is_recognised(name: str, call: object) -> None:
    assert route(HttpRequest.from_api_gateway(sample(name))) == call


def test_every_recorded_request_is_used_by_a_test() -> None:
    used = {row[0] for row in SERVER_SDKS + BROWSER_SDKS} | NO_EVENTS
    assert {path.stem for path in SAMPLES.glob("*.json")} == used
