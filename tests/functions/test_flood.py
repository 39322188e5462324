"""A flood on one key is answered 429 on that key alone; a hot profile folds what comes, and nothing is lost (A20)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from kizuna.core.sources import KeyKind
from kizuna.local.gateway import LocalReply
from kizuna.topology import Queue
from tests.support.clouds import Shop, a_user, basic, running_shop, sample_documents

RATE = 5


@pytest.fixture(scope="module")
def slow_shop() -> Iterator[Shop]:
    """A company whose web page may ask five times a second."""
    sample = sample_documents()
    web = {**sample["source", "web"], "requests_per_second": RATE}
    with running_shop(documents={**sample, ("source", "web"): web}) as shop:
        shop.wired.limits_keys = True  # on a virtual clock it is off
        yield shop


def test_a_flood_on_one_key_is_refused_on_that_key_alone(slow_shop: Shop) -> None:
    shop, user = slow_shop, a_user()
    told = {"type": "track", "userId": user, "event": "Flooding"}
    replies = [shop.send(told, key=shop.keys.client) for _ in range(4 * RATE)]
    refused = [reply for reply in replies if reply.status == 429]
    assert RATE <= len(replies) - len(refused) <= RATE + 2
    assert refused == replies[-len(refused) :]
    assert all(reply.headers["Retry-After"] == "1" for reply in refused)
    assert all('"rate_limited"' in reply.text() for reply in refused)
    for other in (shop.keys.server, shop.new_key("web", KeyKind.CLIENT)):
        assert shop.send(told, key=other).status == 200
    with shop.watching_writes() as writes:
        assert shop.send(told, key=shop.keys.client).status == 429
    assert writes == []
    shop.cloud.clock.advance(timedelta(seconds=3))
    assert shop.send(told, key=shop.keys.client).status == 200


@pytest.mark.parametrize("way", ["decide", "inbox"])
def test_whoever_asks_too_often_waits_whatever_they_ask_and_however_wrongly(
    slow_shop: Shop, way: str
) -> None:
    shop, user = slow_shop, a_user()
    shop.send({"type": "identify", "userId": user})
    key = shop.new_key("web", KeyKind.CLIENT)

    def asked(by: str, token: str) -> LocalReply:
        if way == "decide":
            body = {"placement": "home-hero", "userId": user}
            return shop.post("/v1/decide", body, key=by, x_identity_token=token)
        headers = {"authorization": basic(by), "x-identity-token": token}
        return shop.call("GET", "/v1/inbox", query=f"userId={user}", headers=headers)

    forged = [asked(key, "not a token") for _ in range(4 * RATE)]
    assert {reply.status for reply in forged[:RATE]} == {401}
    refused = [reply for reply in forged if reply.status == 429]
    assert RATE <= len(forged) - len(refused) <= RATE + 2
    assert refused == forged[-len(refused) :]
    assert all(reply.headers["Retry-After"] == "1" for reply in refused)
    assert all('"rate_limited"' in reply.text() for reply in refused)
    honest = shop.identity_token(user)
    assert asked(key, honest).status == 429, "one rate for all that a key asks"
    assert shop.send({"type": "track", "userId": user, "event": "Flooding"}, key=key).status == 429
    assert asked(shop.new_key("web", KeyKind.CLIENT), honest).status == 200
    shop.cloud.clock.advance(timedelta(seconds=3))
    assert asked(key, honest).status == 200


def test_a_hot_profile_folds_a_thousand_events_into_a_few_writes_and_loses_none(slow_shop: Shop) -> None:
    shop, user = slow_shop, a_user()
    with shop.watching_writes() as writes:
        for part in range(4):
            events = [
                {"type": "track", "userId": user, "event": "Hot", "messageId": f"{user}-{part}-{number}"}
                for number in range(250)
            ]
            assert shop.send(*events).status == 200
        shop.settle()
    assert shop.names(user).count("Hot") == 1000
    assert shop.waiting(Queue.INGEST) == []
    assert len(writes) < 200, (
        "timeline rows go in batches of 25, and the record is written once for each request"
    )
