"""What the inbox and the lists of tasks answer is what the document says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from kizuna.local.gateway import LocalReply
from tests.support.clouds import Shop, basic, running_shop, sample_documents
from tests.support.contract import MANAGER, declared
from tests.support.own_channels import on_channels_of_our_own

ADA = "ada"
CLAIM, DONE = "/admin/tasks/{task}/claim", "/admin/tasks/{task}/done"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    claims = {
        MANAGER: {"sub": "anna", "cognito:groups": "[staff]"},
        "viewer": {"sub": "vera", "cognito:groups": "[viewer]"},
        "nobody": {"sub": "nora", "cognito:groups": "[guest]"},
    }
    documents = {**sample_documents(), **on_channels_of_our_own()}
    with running_shop(documents=documents, authorizer=claims.get) as made:
        made.send({"type": "identify", "userId": ADA, "traits": {"phone": "+12025550147"}})
        for name in ("Notice Wanted", "Call Wanted"):
            made.send({"type": "track", "userId": ADA, "event": name})
        made.settle()
        yield made


def ask(
    shop: Shop, method: str, path: str, body: Any = None, *, token: str = MANAGER, query: str = ""
) -> LocalReply:
    raw = b"" if body is None else json.dumps(body).encode()
    return shop.call(method, path, body=raw, query=query, headers={"authorization": f"Bearer {token}"})


def test_an_inbox_answers_as_declared(shop: Shop) -> None:
    by = {"authorization": basic(shop.keys.client), "x-identity-token": shop.identity_token(ADA)}
    page = declared(shop.call("GET", "/v1/inbox", query=f"userId={ADA}", headers=by), "get", "/v1/inbox")
    (item,) = page["items"]
    for deed in ("read", "click", "dismiss"):
        path = f"/v1/inbox/{deed}"
        told: dict[str, Any] = {"userId": ADA, "ids": [item["id"]]}
        token = shop.identity_token(ADA)
        done = shop.post(path, told, key=shop.keys.client, x_identity_token=token)
        assert declared(done, "post", path) == {"success": True, "items": 1}
        refused = shop.post(path, {**told, "ids": []}, key=shop.keys.client, x_identity_token=token)
        assert declared(refused, "post", path)["code"] == "invalid_request"
        foreign = shop.post(path, told, key=shop.keys.client, x_identity_token="nonsense")
        assert declared(foreign, "post", path)["code"] == "unauthorized"
    for query, code in (("userId=ada&limit=0", "invalid_request"), ("userId=bob", "forbidden")):
        reply = shop.call("GET", "/v1/inbox", query=query, headers=by)
        assert declared(reply, "get", "/v1/inbox")["code"] == code


def test_the_list_of_tasks_answers_as_declared(shop: Shop) -> None:
    for token in (MANAGER, "viewer"):
        assert declared(ask(shop, "GET", "/admin/tasks", token=token), "get", "/admin/tasks")["tasks"]
    assert declared(ask(shop, "GET", "/admin/tasks", query="limit=0"), "get", "/admin/tasks")["code"]
    assert (
        declared(ask(shop, "GET", "/admin/tasks", token="nobody"), "get", "/admin/tasks")["code"]
        == "forbidden"
    )


def test_claiming_and_finishing_answer_as_declared(shop: Shop) -> None:
    (row,) = declared(ask(shop, "GET", "/admin/tasks"), "get", "/admin/tasks")["tasks"]
    place = f"/admin/tasks/{row['id']}"
    assert declared(ask(shop, "POST", f"{place}/claim", token="viewer"), "post", CLAIM)["code"] == "forbidden"
    assert declared(ask(shop, "POST", f"{place}/claim"), "post", CLAIM)["script"] == "Hello"
    assert declared(ask(shop, "POST", f"{place}/done", {"outcome": "lost"}), "post", DONE)["code"]
    assert (
        declared(ask(shop, "POST", f"{place}/done", {"outcome": "reached"}), "post", DONE)["state"] == "done"
    )
    assert declared(ask(shop, "POST", f"{place}/claim"), "post", CLAIM)["code"] == "taken"
    assert declared(ask(shop, "POST", f"/admin/tasks/{'a' * 26}/claim"), "post", CLAIM)["code"] == "not_found"
    assert declared(ask(shop, "GET", "/admin/tasks", query="state=done"), "get", "/admin/tasks")["tasks"]
