"""What is told and asked of journeys is what the document says, where the sample workspace shows too little of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from kizuna.local.gateway import LocalReply
from tests.support.clouds import Shop, a_user, running_shop
from tests.support.contract import MANAGER, declared
from tests.support.journeys_running import a_journey, starts, with_journeys

REPORT = "/admin/journeys/{journey}"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    claims = {MANAGER: {"sub": "author-1", "cognito:groups": "[author]"}}
    documents = with_journeys(a_journey(holdout={"percent": 50}), a_journey(id="called", enter={"api": True}))
    with running_shop(documents=documents, authorizer=claims.get) as made:
        yield made


def ask(shop: Shop, method: str, path: str, body: Any = None) -> LocalReply:
    raw = b"" if body is None else json.dumps(body).encode()
    return shop.call(method, path, body=raw, headers={"authorization": f"Bearer {MANAGER}"})


def test_those_who_are_held_out_are_told_beside_the_others_as_declared(shop: Shop) -> None:
    for _ in range(12):
        starts(shop, a_user(), settle=False)
    shop.settle()
    body = declared(ask(shop, "GET", "/admin/journeys/trial"), "get", REPORT)
    assert body["begun"] > 0
    assert body["heldOut"]["begun"] > 0
    assert body["begun"] + body["heldOut"]["begun"] == 12


def test_a_pause_is_shown_as_declared(shop: Shop) -> None:
    paused = ask(shop, "POST", "/admin/journeys/called/pause", {"reason": "wrong price"})
    assert declared(paused, "post", REPORT + "/pause")["act"] == "pause"
    shop.settle()
    body = declared(ask(shop, "GET", "/admin/journeys/called"), "get", REPORT)
    assert (body["paused"]["by"], body["paused"]["reason"]) == ("author-1", "wrong price")


def test_somebody_is_let_in_as_declared(shop: Shop) -> None:
    user = a_user()
    starts(shop, user, event="Visited")
    told = {"person": f"user_id:{user}", "request": "r-1"}
    reply = ask(shop, "POST", "/admin/journeys/called/enter", told)
    assert declared(reply, "post", REPORT + "/enter")["request"] == "r-1"
    assert reply.status == 202


def test_the_path_of_nobody_is_refused_as_declared(shop: Shop) -> None:
    path = "/people/{person}"
    for journey, person in (("trial", "user_id:nobody"), ("trial", "nonsense")):
        reply = ask(shop, "GET", f"/admin/journeys/{journey}/people/{person}")
        assert declared(reply, "get", REPORT + path)["code"] == "not_found"
