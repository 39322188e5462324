"""The rights of the person over HTTP answer as the document says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from kizuna.local.gateway import LocalReply
from tests.support.clouds import Shop, running_shop
from tests.support.contract import declared

ERASURE, EXPORT, LOG = "/admin/people/{person}/erasure", "/admin/people/{person}/export", "/admin/erasures"
CLAIMS = {
    "officer": {"sub": "dpo-1", "cognito:groups": "[privacy]"},
    "viewer": {"sub": "v-1", "cognito:groups": "[viewer]"},
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(authorizer=CLAIMS.get) as made:
        yield made


def ask(shop: Shop, path: str, person: str, body: Any = None, *, who: str = "officer") -> LocalReply:
    method = "GET" if path == LOG else "POST"
    raw = b"" if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {who}", "content-type": "application/json"}
    return shop.call(method, path.replace("{person}", person), body=raw, headers=headers)


def test_erasing_and_exporting_answer_as_declared(shop: Shop) -> None:
    shop.greet("ada")
    assert declared(ask(shop, EXPORT, "ada"), "post", EXPORT)["object"].startswith("exports/")
    shop.settle()
    begun = declared(ask(shop, ERASURE, "ada", {"ground": "request"}), "post", ERASURE)
    shop.settle()
    again = declared(ask(shop, ERASURE, begun["person"], {"ground": "request"}), "post", ERASURE)
    assert (begun["status"], again["status"]) == ("begun", "erased")
    log = declared(ask(shop, LOG, ""), "get", LOG)
    assert {line["kind"] for line in log["entries"]} == {"exported", "erased"}


@pytest.mark.parametrize("path", [ERASURE, EXPORT, LOG])
def test_refusals_are_declared(shop: Shop, path: str) -> None:
    method = "get" if path == LOG else "post"
    assert declared(ask(shop, path, "x", who="viewer"), method, path)["code"] == "forbidden"
    assert declared(ask(shop, path, "x", who="none"), method, path) == {"message": "Unauthorized"}
    everything = frozenset({"Query", "GetItem", "BatchGetItem", "PutItem", "TransactWriteItems"})
    with shop.refusing_dynamodb(operations=everything):
        reply = ask(shop, path, "x", {"ground": "request"})
        assert declared(reply, method, path)["code"] == "unavailable"


def test_somebody_unknown_and_no_ground_are_declared(shop: Shop) -> None:
    assert declared(ask(shop, ERASURE, "x", {"ground": "request"}), "post", ERASURE)["code"] == "not_found"
    assert declared(ask(shop, EXPORT, "x"), "post", EXPORT)["code"] == "not_found"
    assert declared(ask(shop, ERASURE, "x", {}), "post", ERASURE)["code"] == "invalid_ground"
