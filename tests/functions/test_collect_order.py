"""The same events, sent twice, late, shuffled or in pieces, make the same record (abuse case A21)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.people import Profile
from kizuna.topology import Queue
from tests.support.clouds import GREETING_WANTED, Shop

Call = dict[str, Any]


def a_life(shop: Shop, user: str) -> list[Call]:
    """Two months of somebody, in the order in which they happened."""

    def at(days: float) -> str:
        return (shop.now - timedelta(days=days)).isoformat()

    def order(number: int, days: float) -> Call:
        properties = {"order_id": f"{user}-{number}", "revenue": 10.5 * number, "currency": "EUR"}
        return {"type": "track", "event": "Order Completed", "timestamp": at(days), "properties": properties}

    mail = {"key": f"{user}@people.example", "type": "EMAIL"}
    calls: list[Call] = [
        {"type": "page", "name": "home", "timestamp": at(60), "anonymousId": f"{user}-anon"},
        {"type": "identify", "timestamp": at(59), "anonymousId": f"{user}-anon",
         "traits": {"email": mail["key"], "plan": "free", "country": "DE"}},
        order(1, 50), order(2, 40), order(3, 30),
        {"type": "identify", "timestamp": at(20), "traits": {"plan": "pro", "email": mail["key"]},
         "context": {"messaging_subscriptions": [mail | {"status": "SUBSCRIBED"}], "locale": "de"}},
        {"type": "track", "event": "Product Viewed", "timestamp": at(10), "context": {"timezone": "Europe/Berlin"}},
        order(4, 5),
        {"type": "identify", "timestamp": at(2), "traits": {"plan": "basic"}, "context": {"locale": "de-AT"}},
    ]  # fmt: skip
    return [
        {**call, "messageId": f"{user}-{n}", **({} if n == 0 else {"userId": user})}
        for n, call in enumerate(calls)
    ]


def all_at_once(shop: Shop, calls: list[Call]) -> None:
    assert shop.send(*calls).status == 200


def one_by_one(shop: Shop, calls: list[Call]) -> None:
    for call in calls:
        assert shop.post(f"/v1/{call['type']}", call).status == 200


def twice(shop: Shop, calls: list[Call]) -> None:
    all_at_once(shop, calls)
    one_by_one(shop, calls)


def backwards(shop: Shop, calls: list[Call]) -> None:
    one_by_one(shop, calls[::-1])


def each_twice_in_one_batch(shop: Shop, calls: list[Call]) -> None:
    all_at_once(shop, [call for call in calls for _ in (1, 2)])


def shuffled(seed: int) -> Callable[[Shop, list[Call]], None]:
    def send(shop: Shop, calls: list[Call]) -> None:
        generator = random.Random(seed)
        mixed = generator.sample(calls, len(calls))
        for start in range(0, len(mixed), 2):
            all_at_once(shop, mixed[start : start + 2])
            all_at_once(shop, generator.sample(mixed, 3))

    return send


def half_by_the_queue(shop: Shop, calls: list[Call]) -> None:
    with shop.refusing_dynamodb():
        all_at_once(shop, calls[::2])
    all_at_once(shop, calls[1::2])
    assert len(shop.waiting(Queue.INGEST)) == 1
    shop.settle()


WAYS: Sequence[Callable[[Shop, list[Call]], None]] = (
    one_by_one, twice, backwards, each_twice_in_one_batch, shuffled(1), shuffled(2), half_by_the_queue,
)  # fmt: skip


def shape(shop: Shop, profile: Profile, user: str) -> dict[str, Any]:
    """What a record says, without what is different for each person: ids, names and versions."""

    def told(value: Any) -> Any:
        text = repr(value)
        return text.replace(profile.id, "ID").replace(user, "USER")

    return {
        "traits": told(sorted(profile.traits.items())),
        "identities": told(sorted(profile.identities)),
        "addresses": told([replace(held) for _, held in sorted(profile.addresses.items())]),
        "aggregates": told(
            sorted((name, sorted(state.items())) for name, state in profile.aggregates.items())
        ),
        "segments": sorted(profile.segments),
        "zone": (profile.zone, profile.language, profile.gpc),
        "consents": [(event.action, event.channel, event.at) for event in shop.consents(user)],
        "timeline": told(
            sorted((event.at, event.id, event.type, event.name) for event in shop.timeline(user))
        ),
    }


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_record_is_the_same_however_the_events_arrive(
    shop: Shop, user: str, way: Callable[[Shop, list[Call]], None]
) -> None:
    all_at_once(shop, a_life(shop, user))
    expected = shape(shop, shop.person(user), user)
    other = f"{user}-other"
    way(shop, a_life(shop, other))
    assert shape(shop, shop.person(other), other) == expected


def test_an_event_that_is_sent_again_triggers_nothing_again(shop: Shop, user: str) -> None:
    shop.greet(user)
    for _ in range(3):
        shop.greet(user)
    assert len(shop.mails(user)) == 1
    assert len(shop.messages(user)) == 1


def test_history_that_arrives_late_is_counted_and_starts_nothing(shop: Shop, user: str) -> None:
    shop.greet(user, settle=False)
    shop.settle()
    late = (shop.now - timedelta(days=3)).isoformat()
    asked = {
        "type": "track",
        "event": GREETING_WANTED,
        "userId": user,
        "timestamp": late,
        "messageId": f"{user}-late",
    }
    shop.send(asked)
    shop.settle()
    assert shop.names(user).count(GREETING_WANTED) == 2
    assert len(shop.mails(user)) == 1


def test_a_client_cannot_date_an_event_back_by_more_than_a_month_nor_into_the_future(
    shop: Shop, user: str
) -> None:
    def viewed(number: int, days: float) -> Call:
        at = (shop.now + timedelta(days=days)).isoformat()
        return {
            "type": "track",
            "anonymousId": user,
            "event": f"V{number}",
            "timestamp": at,
            "messageId": f"{user}-{number}",
        }

    shop.send(viewed(1, -400), viewed(2, -2), viewed(3, 9), key=shop.keys.client)
    holder = shop.holder("anonymous_id", user)
    assert holder is not None
    found = {entry.event.name: entry.event.at for entry in shop.wired.people.timeline(holder.parts)}
    assert found == {"V1": shop.now - timedelta(days=30), "V2": shop.now - timedelta(days=2), "V3": shop.now}


def test_a_thousand_events_of_one_person_in_a_request_are_one_write_of_the_record(
    shop: Shop, user: str
) -> None:
    shop.send({"type": "identify", "userId": user})
    before = shop.person(user).version
    events = [
        {"type": "track", "userId": user, "event": "X", "messageId": f"{user}-{n}"} for n in range(1_000)
    ]
    with shop.watching_writes() as writes:
        assert shop.send(*events).status == 200
    assert shop.person(user).version == before + 1
    assert [name for name in writes if name != "BatchWriteItem"] == ["PutItem"]
