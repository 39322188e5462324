"""Unmodified Python SDKs against a running local server: what they report and what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from kizuna.core.events import Event
from kizuna.local.gateway import LocalReply
from kizuna.topology import Queue
from tests.support.served import Served, eventually

SDKS = ("segment.analytics", "rudderstack.analytics")
SKEW = timedelta(seconds=5)


@pytest.fixture(params=SDKS, ids=lambda name: name.partition(".")[0])
def sdk(request: pytest.FixtureRequest) -> ModuleType:
    return import_module(request.param)


class Calls:
    """A client of an SDK that ends when the block ends, and what its error callback was told."""

    def __init__(self, sdk: ModuleType, server: Served, *, key: str = "", **settings: Any) -> None:
        self.errors: list[Any] = []
        self.client = sdk.Client(
            key or server.shop.keys.server,
            host=server.url,
            max_retries=3,
            on_error=lambda error, items: self.errors.append(error),
            **{"upload_interval": 0.05, **settings},
        )

    def __enter__(self) -> Any:
        return self.client

    def __exit__(self, *_: Any) -> None:
        self.client.flush()
        self.client.join()


def all_six(client: Any, user: str) -> None:
    client.identify(user, {"email": f"{user}@people.example", "plan": "pro"})
    client.track(user, "Order Completed", {"revenue": 12.5, "order_id": "o-1", "currency": "EUR"})
    client.page(user, "shop", "home", {"url": "https://shop.example/"})
    client.screen(user, "app", "start")
    client.group(user, f"{user}-company", {"seats": 3})
    client.alias(f"{user}-before", user)


def by_type(server: Served, user: str) -> dict[str, Event]:
    return {event.type: event for event in server.shop.timeline(user)}


def assert_all_six(server: Served, user: str, since: datetime) -> None:
    found = by_type(server, user)
    assert set(found) == {"identify", "track", "page", "screen", "group", "alias"}
    assert len(server.shop.timeline(user)) == 6
    assert found["identify"].traits == {"email": f"{user}@people.example", "plan": "pro"}
    assert found["track"].name == "Order Completed"
    assert found["track"].properties == {"revenue": 12.5, "order_id": "o-1", "currency": "EUR"}
    assert found["page"].name == "home"
    assert found["page"].properties["category"] == "shop"
    assert (found["screen"].name, found["screen"].properties["category"]) == ("start", "app")
    assert (found["group"].group_id, found["group"].traits) == (f"{user}-company", {"seats": 3})
    assert (found["alias"].previous_id, found["alias"].user_id) == (f"{user}-before", user)
    now = datetime.now(UTC)
    assert all(since - SKEW <= event.at <= event.received_at <= now for event in found.values())
    person = server.shop.person(user)
    assert person.trait("plan") == "pro"
    assert {
        ("user_id", user),
        ("email", f"{user}@people.example"),
        ("anonymous_id", f"{user}-before"),
    } <= set(person.identities)


@pytest.mark.parametrize("compressed", [True, False], ids=["gzip", "plain"])
def test_every_call_of_the_sdk_is_in_the_timeline_and_its_error_callback_is_silent(
    server: Served, user: str, sdk: ModuleType, compressed: bool
) -> None:
    since = datetime.now(UTC)
    calls = Calls(sdk, server, gzip=compressed)
    with calls as client:
        all_six(client, user)
    assert calls.errors == []
    assert_all_six(server, user, since)
    encodings = {request.headers.get("content-encoding") for request in server.switchboard.posts()}
    assert encodings == {"gzip" if compressed else None}


def test_the_module_itself_works_by_setting_key_and_host(
    server: Served, user: str, sdk: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[Any] = []
    host = "dataPlaneUrl" if sdk.__name__ == "rudderstack.analytics" else "host"
    for name, value in {
        "write_key": server.shop.keys.server,
        host: server.url,
        "on_error": lambda error, items: errors.append(error),
        "default_client": None,
    }.items():
        monkeypatch.setattr(sdk, name, value)
    since = datetime.now(UTC)
    all_six(sdk, user)
    sdk.shutdown()
    assert errors == []
    assert_all_six(server, user, since)


def test_many_people_in_many_batches_all_arrive(server: Served, user: str, sdk: ModuleType) -> None:
    calls = Calls(sdk, server, upload_size=20)
    with calls as client:
        for number in range(60):
            client.track(f"{user}-{number % 15}", "Seen", {"number": number})
    assert calls.errors == []
    seen = [event for n in range(15) for event in server.shop.timeline(f"{user}-{n}")]
    assert sorted(event.properties["number"] for event in seen) == list(range(60))


def test_an_unknown_key_is_asked_for_once(server: Served, user: str, sdk: ModuleType) -> None:
    calls = Calls(sdk, server, key="kzs_unknown")
    with calls as client:
        client.track(user, "Lost")
    assert len(server.switchboard.posts()) == 1
    assert [error.status for error in calls.errors] == [401]
    assert server.shop.holder("user_id", user) is None


def the_reply_to_too_many_events(server: Served) -> LocalReply:
    junk = [{"type": "track", "userId": "nobody", "event": "X"}] * 2_501
    reply = server.shop.send(*junk)
    assert reply.status == 400
    return reply


def test_a_batch_that_is_too_large_is_not_sent_again(server: Served, user: str, sdk: ModuleType) -> None:
    server.switchboard.answers.append(the_reply_to_too_many_events(server))
    calls = Calls(sdk, server)
    with calls as client:
        client.track(user, "Too much")
    assert len(server.switchboard.posts()) == 1
    assert [error.status for error in calls.errors] == [400]


def test_what_neither_table_nor_queue_takes_is_sent_again_and_nothing_is_lost(
    server: Served, user: str, sdk: ModuleType
) -> None:
    shop = server.shop
    calls = Calls(sdk, server)
    with (
        shop.refusing_queues(times=1) as unqueued,
        shop.refusing_dynamodb(when=lambda _: not unqueued),
        calls as client,
    ):
        all_six(client, user)
    assert unqueued
    assert calls.errors == []
    assert len(server.switchboard.posts()) >= 2
    assert set(by_type(server, user)) == {"identify", "track", "page", "screen", "group", "alias"}
    assert len(shop.timeline(user)) == 6


def test_what_dynamodb_refuses_is_answered_200_queued_and_right_after_recovery(
    server: Served, user: str, sdk: ModuleType
) -> None:
    shop = server.shop
    since = datetime.now(UTC)
    with shop.refusing_dynamodb() as refused:
        calls = Calls(sdk, server)
        with calls as client:
            all_six(client, user)
        assert calls.errors == []
        assert refused
        assert shop.holder("user_id", user) is None
    eventually(lambda: shop.holder("user_id", user) is not None)
    eventually(lambda: len(shop.timeline(user)) == 6)
    assert_all_six(server, user, since)
    assert shop.waiting(Queue.INGEST, dead=True) == []
