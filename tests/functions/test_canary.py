"""The canary: a way out that leads nowhere is noticed within a day, and the bird itself counts nowhere."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from kizuna.adapters.http_post import post_form
from kizuna.core.canary import canary_id, is_canary
from kizuna.core.segments import EVERYONE
from kizuna.runtime.observability import metrics
from kizuna.topology import SEGMENT_SHARDS, Function
from kizuna.usecases.own_side import preferences
from tests.support.clouds import Shop, a_lambda_event, running_shop

DAY = timedelta(days=1)


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A cloud of each test's own: they move its clock."""
    with running_shop() as made:
        yield made


def flown(shop: Shop) -> Any:
    told = shop.invoke(Function.CANARY, a_lambda_event("schedule/canary"))["canary"]
    shop.settle()
    return told


def the_canary(shop: Shop) -> Any:
    person = canary_id(shop.now)
    return shop.wired.people.profiles([person])[person]


def test_day_after_day_it_joins_is_allowed_leaves_and_is_withheld(shop: Shop) -> None:
    for _ in range(3):
        assert flown(shop) == "well"
        shop.cloud.advance(DAY)
    messages = shop.wired.messages.of_person(the_canary(shop).parts)
    assert len(messages) == 6
    assert {each.reason for each in messages if each.step == "after"} == {"topic_opt_out"}
    flight = shop.wired.flight_log.last_flight()
    assert flight is not None
    assert flight.is_well


def test_the_next_month_has_a_bird_of_its_own(shop: Shop) -> None:
    assert flown(shop) == "well"
    first = the_canary(shop)
    shop.cloud.advance(10 * DAY)
    assert flown(shop) == "well"
    assert the_canary(shop).id != first.id
    assert shop.wired.people.profiles([first.id])[first.id].id == first.id  # nobody merged them


def test_it_counts_nowhere(shop: Shop) -> None:
    with shop.hearing_the_bus() as heard:
        assert flown(shop) == "well"
    assert heard == []
    members = [
        person for shard in range(SEGMENT_SHARDS) for person in shop.wired.people.members(EVERYONE, shard)[0]
    ]
    assert not any(map(is_canary, members))
    run = next(iter(shop.wired.messages.of_person(the_canary(shop).parts))).run
    assert shop.wired.counters.read("win-back", run) == {}


def test_a_way_out_that_says_yes_and_does_nothing_is_noticed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preferences, "_stopped", lambda *_: True)
    assert flown(shop) == "withheld"
    flight = shop.wired.flight_log.last_flight()
    assert flight is not None
    assert (flight.failed_at, flight.seen) == ("withheld", "consent")


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the alarm `WayOut` goes by. The local cloud keeps no metrics, so they are read as they are made."""
    told: list[float] = []

    def note(name: str, unit: str, value: float, resolution: int = 60) -> None:
        told.extend([value] if name == "WayOutBroken" else [])

    monkeypatch.setattr(metrics, "add_metric", note)
    return told


def answering(status: int, location: str = "") -> type[BaseHTTPRequestHandler]:
    """A host that answers every POST so and does nothing."""

    class Host(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name is that of the standard library
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the test tells what came."""

    return Host


def at_port(port: int, url: str) -> str:
    return f"http://127.0.0.1:{port}{urlsplit(url).path}"


@pytest.mark.parametrize(
    ("status", "location", "at", "seen"),
    [
        (200, "", "withheld", "consent"),  # it says yes and writes nothing, so the next message would go
        (302, "/thanks", "left", "302"),  # whoever is sent elsewhere has not unsubscribed (RFC 8058)
        (404, "", "left", "404"),
        (503, "", "left", "503"),
    ],
)
def test_a_public_host_that_does_not_unsubscribe_rings_the_alarm(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    rung: list[float],
    status: int,
    location: str,
    at: str,
    seen: str,
) -> None:
    with HTTPServer(("127.0.0.1", 0), answering(status, location)) as host:
        Thread(target=host.serve_forever, daemon=True).start()
        port = host.server_port
        monkeypatch.setattr(shop.wired, "_post", lambda url, form: post_form(at_port(port, url), form))
        assert flown(shop) == at
        host.shutdown()
    flight = shop.wired.flight_log.last_flight()
    assert flight is not None
    assert flight.seen == seen
    assert rung == [1.0]


def test_a_host_that_is_dead_or_speaks_no_http_rings_the_alarm(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, rung: list[float]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]

        def nonsense() -> None:
            caller, _ = mute.accept()
            with caller:
                caller.recv(65_536)
                caller.sendall(b"hello\r\n\r\n")

        Thread(target=nonsense, daemon=True).start()
        monkeypatch.setattr(shop.wired, "_post", lambda url, form: post_form(at_port(port, url), form))
        assert flown(shop) == "left"
    assert flown(shop) == "left"  # now nobody listens there
    assert rung == [1.0, 1.0]


def test_a_check_that_dies_rings_the_alarm_and_says_of_what(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, rung: list[float]
) -> None:
    def dies(url: str, form: bytes) -> int:
        raise RuntimeError

    monkeypatch.setattr(shop.wired, "_post", dies)
    assert flown(shop) == "check"
    flight = shop.wired.flight_log.last_flight()
    assert flight is not None
    assert flight.seen == "RuntimeError"
    with shop.refusing_dynamodb(), pytest.raises(Exception, match=r"."):
        flown(shop)
    assert rung == [1.0, 1.0]


def test_when_all_is_well_the_alarm_is_told_so(shop: Shop, rung: list[float]) -> None:
    assert flown(shop) == "well"
    assert rung == [0.0]


@pytest.mark.parametrize("writes", range(8))
def test_killed_after_any_write_it_flies_again(shop: Shop, writes: int) -> None:
    done: list[str] = []

    def too_many(text: str) -> bool:
        done.append(text)
        return len(done) > writes

    with shop.refusing_dynamodb(when=too_many), suppress(Exception):  # whatever it dies of
        flown(shop)
    shop.settle()
    shop.cloud.advance(timedelta(minutes=30))
    assert flown(shop) == "well"


def test_without_a_canary_nothing_is_done(shop: Shop) -> None:
    from tests.support.clouds import sample_documents

    documents = dict(sample_documents())
    policy = {name: value for name, value in documents["policy", "policy"].items() if name != "canary"}
    shop.apply({**documents, ("policy", "policy"): policy})
    shop.settle()
    assert flown(shop) is None
    assert shop.wired.flight_log.last_flight() is None
