"""Replies as SDKs and browsers need them: exactly 200, always JSON with code and message, CORS on everything."""

from __future__ import annotations

import json

import pytest

from kizuna.topology import Function
from tests.support.clouds import ORIGIN, Shop, a_lambda_event, basic

EVENT = {"type": "track", "userId": "somebody", "event": "X"}
PATHS = [
    *(f"/v1/{call}" for call in ("identify", "track", "page", "screen", "group", "alias", "merge", "batch")),
    *(f"/v1/{call}" for call in "itpsgab"),
    "/beacon/v1/batch",
    "/api/s/track",
    "/api/s/s2s/identify",
    "/v1/batch/",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_is_answered_200_without_a_key(shop: Shop, path: str) -> None:
    asked = {"origin": ORIGIN, "access-control-request-headers": "authorization,anonymousid,sentat"}
    reply = shop.call("OPTIONS", path, headers=asked)
    assert reply.status == 200
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    allowed = {name.strip().lower() for name in reply.headers["Access-Control-Allow-Headers"].split(",")}
    assert {"authorization", "content-type", "anonymousid", "sentat", "x-retry-count"} <= allowed
    assert reply.headers["Access-Control-Max-Age"] == "7200"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_a_wrong_method_is_405_and_head_has_no_body(shop: Shop, path: str, method: str) -> None:
    reply = shop.call(method, path, headers={"authorization": basic(shop.keys.server)})
    assert (reply.status, reply.headers["Allow"]) == (405, "POST, OPTIONS")
    if method == "HEAD":
        assert reply.body == b""
    else:
        assert json.loads(reply.body)["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", PATHS)
def test_a_call_is_answered_with_exactly_200_and_success(shop: Shop, user: str, path: str) -> None:
    single = {"userId": user, "event": "X", "groupId": "g", "previousId": f"{user}-before", "messageId": path}
    pair = [{"type": "user_id", "value": user}, {"type": "anonymous_id", "value": f"{user}-x"}]
    is_batch = path.rstrip("/").endswith(("batch", "/b"))
    body = {"batch": [single | {"type": "track"}]} if is_batch else single | {"mergeProperties": pair}
    reply = shop.post(path, body)
    assert (reply.status, reply.text()) == (200, '{"success": true}')
    assert reply.headers["Content-Type"] == "application/json"
    assert len(shop.timeline(user)) == 1


@pytest.mark.parametrize(
    ("path", "key", "body", "status"),
    [
        ("/v1/track", "kzs_wrong", EVENT, 401),
        ("/v1/batch", "", {"batch": 7}, 400),
        ("/v1/nothing", "", EVENT, 404),
        ("/v1/merge", "client", {"mergeProperties": []}, 403),
        ("/v1/batch", "", {"batch": [EVENT] * 2_501}, 400),
    ],
)
def test_every_error_has_code_message_and_cors_headers(
    shop: Shop, path: str, key: str, body: object, status: int
) -> None:
    reply = shop.post(path, body, key=shop.keys.client if key == "client" else key, origin=ORIGIN)
    answer = json.loads(reply.body)
    assert reply.status == status
    assert set(answer) == {"code", "message"}
    assert all(isinstance(value, str) and value for value in answer.values())
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert reply.headers["Access-Control-Expose-Headers"] == "Retry-After, X-RateLimit-Reset"
    assert reply.headers["Vary"] == "Origin"


def test_an_origin_unfit_for_a_header_is_not_echoed(shop: Shop) -> None:
    reply = shop.post("/v1/track", EVENT, key="kzs_wrong", origin="https://a.example\r\nSet-Cookie: x")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


def test_what_breaks_unexpectedly_is_500_with_cors_and_without_details(shop: Shop) -> None:
    event = a_lambda_event("http/segment-browser-text-plain")
    event["body"], event["isBase64Encoded"] = "*", True  # no gateway sends this
    reply = shop.invoke(Function.COLLECT, event)
    assert reply["statusCode"] == 500
    assert json.loads(reply["body"]) == {"code": "internal", "message": "something went wrong on our side"}
    assert "Access-Control-Allow-Origin" in reply["headers"]


@pytest.mark.parametrize("stage", ["prod", "$default"])
def test_the_stage_of_the_gateway_in_the_path_changes_nothing(shop: Shop, user: str, stage: str) -> None:
    event = a_lambda_event("http/segment-browser-text-plain")
    event["headers"]["authorization"] = basic(shop.keys.server)
    event["body"] = json.dumps({"userId": user, "event": "X"})
    event["rawPath"] = "/prod/v1/t" if stage == "prod" else "/v1/t"
    event["requestContext"]["stage"] = stage
    assert shop.invoke(Function.COLLECT, event)["statusCode"] == 200
    assert shop.names(user) == ["X"]
