"""`POST /v1/decide`: an answer for the person whom the token names, and for nobody else."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from kizuna.topology import Function
from tests.support.clouds import Shop, a_lambda_event, a_user, with_words


def ask(shop: Shop, user: str, *, token: str | None = None, **body: Any) -> tuple[int, dict[str, Any]]:
    wanted = {"placement": "home-hero", "userId": user, **body}
    given = shop.identity_token(user) if token is None else token
    reply = shop.post("/v1/decide", wanted, key=shop.keys.client, x_identity_token=given)
    return reply.status, json.loads(reply.body)


def a_loyal(shop: Shop, user: str) -> None:
    orders = [
        {
            "type": "track",
            "userId": user,
            "messageId": f"{user}-{days}",
            "event": "Order Completed",
            "timestamp": (shop.now - timedelta(days=days)).isoformat(),
            "properties": {"revenue": 50},
        }
        for days in (60, 50, 40, 30)
    ]
    shop.send(*orders)


def test_a_recorded_request_is_answered_with_the_best_action_and_why(shop: Shop, user: str) -> None:
    a_loyal(shop, user)
    key = base64.b64encode(f"{shop.keys.client}:".encode()).decode()
    event = with_words(
        a_lambda_event("decide/home-hero"),
        USER_ID=user,
        WRITE_KEY=key,
        IDENTITY_TOKEN=shop.identity_token(user),
    )
    reply = shop.invoke(Function.DECIDE, event)
    body = json.loads(reply["body"])
    assert reply["statusCode"] == 200
    assert reply["headers"]["Access-Control-Allow-Origin"] == "https://shop.example"
    assert (body["action"], body["reason"]) == ("members-evening", "best_ranked")
    assert body["content"]["link"] == "/evening"
    assert {each["action"] for each in body["considered"]} == {"welcome-back-shelf", "members-evening"}


def test_the_answer_is_current_right_after_the_event_that_changes_it(shop: Shop, user: str) -> None:
    shop.send({"type": "track", "userId": user, "event": "X"})
    assert ask(shop, user)[1]["reason"] == "none_eligible"
    a_loyal(shop, user)
    assert ask(shop, user)[1]["action"] == "members-evening"


def test_somebody_unknown_is_shown_nothing(shop: Shop, user: str) -> None:
    status, body = ask(shop, user)
    assert (status, body["action"], body["reason"]) == (200, None, "unknown_person")


def test_asking_writes_nothing(shop: Shop, user: str) -> None:
    a_loyal(shop, user)
    with shop.watching_writes() as writes:
        ask(shop, user)
    assert writes == []


def test_a_token_of_one_person_says_nothing_of_another(shop: Shop, user: str) -> None:
    a_loyal(shop, user)
    status, body = ask(shop, user, token=shop.identity_token(a_user()))
    assert (status, body["code"]) == (403, "forbidden")
    assert "members" not in json.dumps(body)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"placement": ""}, "placement"),
        ({"placement": 7}, "placement"),
        ({"placement": "x" * 65}, "placement"),
        ({"userId": None}, "userId"),
        ({"userId": ["a", "b"]}, "userId"),
        ({"more": 1}, "more"),
    ],
)
def test_a_bad_request_is_400_with_the_path_of_the_field(
    shop: Shop, user: str, changes: dict[str, Any], path: str
) -> None:
    status, body = ask(shop, user, **changes)
    assert (status, body["code"]) == (400, "invalid_request")
    assert body["message"].startswith(f"{path}: ")


def test_an_unknown_placement_is_404_and_an_unknown_key_401(shop: Shop, user: str) -> None:
    assert ask(shop, user, placement="no-such-place")[0] == 404
    reply = shop.post("/v1/decide", {"placement": "home-hero", "userId": user}, key="kzc_wrong")
    assert (reply.status, json.loads(reply.body)["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "HEAD"])
def test_a_browser_may_ask_whether_it_may_ask(shop: Shop, method: str) -> None:
    asked = {
        "origin": "https://shop.example",
        "access-control-request-headers": "authorization,x-identity-token",
    }
    reply = shop.call(method, "/v1/decide", headers=asked)
    assert reply.status == (200 if method == "OPTIONS" else 405)
    assert reply.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    if method == "OPTIONS":
        assert "X-Identity-Token" in reply.headers["Access-Control-Allow-Headers"]


def test_a_table_that_cannot_be_read_is_503(shop: Shop, user: str) -> None:
    with shop.refusing_dynamodb(operations=frozenset({"BatchGetItem", "GetItem"})):
        status, body = ask(shop, user)
    assert (status, body["code"]) == (503, "unavailable")
