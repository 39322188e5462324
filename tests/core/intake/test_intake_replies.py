"""Replies exactly as SDKs need them (`ingest-api.md` 5, 7 and 8)."""

from __future__ import annotations

import json

import pytest

from kizuna.core.intake import replies
from kizuna.core.intake.http import HttpReply, HttpRequest, Rejected

REQUEST = HttpRequest(
    "POST", "/v1/batch", {"origin": "https://shop.example.com", "host": "collect.example.com"}
)
ERRORS = [
    Rejected(400, "invalid_json", "body: the body must be a JSON object"),
    Rejected(405, "method_not_allowed", "this path takes POST", allow=("POST", "OPTIONS")),
    replies.unauthorized(),
    replies.forbidden("this key may not do that"),
    replies.rate_limited(3),
    replies.internal(),
    replies.unavailable(),
    replies.unavailable(5),
]


def test_success_is_200_and_says_so() -> None:
    reply = replies.ok(REQUEST)
    assert (reply.status, json.loads(reply.body)) == (200, {"success": True})


@pytest.mark.parametrize("rejected", ERRORS, ids=lambda rejected: f"{rejected.status} {rejected.code}")
def test_every_error_body_has_the_texts_code_and_message(rejected: Rejected) -> None:
    reply = replies.refused(REQUEST, rejected)
    assert reply.status == rejected.status
    assert json.loads(reply.body) == {"code": rejected.code, "message": rejected.message}
    assert reply.status not in {202, 204, 302, 408, 410, 413, 460}


EVERY = [
    replies.ok(REQUEST),
    replies.preflight(REQUEST),
    replies.settings_stub(REQUEST, "wk"),
    replies.source_config_stub(REQUEST, "wk"),
    *(replies.refused(REQUEST, rejected) for rejected in ERRORS),
]


@pytest.mark.parametrize("reply", EVERY, ids=lambda reply: f"{reply.status} {reply.body[:30]}")
def test_every_reply_is_json_and_readable_by_the_calling_page(reply: HttpReply) -> None:
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Access-Control-Allow-Origin"] == "https://shop.example.com"
    assert reply.headers["Access-Control-Expose-Headers"] == "Retry-After, X-RateLimit-Reset"
    assert reply.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", ["", "javascript:alert(1)", "https://a.example/path", "x\r\ny"])
def test_without_a_usable_origin_any_may_read_the_reply(origin: str) -> None:
    assert (
        replies.ok(HttpRequest("POST", "/", {"origin": origin})).headers["Access-Control-Allow-Origin"] == "*"
    )


def test_a_preflight_allows_all_headers_that_sdks_send() -> None:
    reply = replies.preflight(REQUEST)
    assert reply.status == 200
    assert reply.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert reply.headers["Access-Control-Max-Age"] == "7200"
    allowed = reply.headers["Access-Control-Allow-Headers"].split(", ")
    assert allowed == [
        "Authorization",
        "Content-Type",
        "Content-Encoding",
        "X-Retry-Count",
        "AnonymousId",
        "SentAt",
        "X-Write-Key",
        "X-Identity-Token",
        "X-Enable-Debug",
        "If-None-Match",
    ]


@pytest.mark.parametrize(("seconds", "header"), [(0, "1"), (1, "1"), (30, "30")])
def test_a_rate_limited_client_is_told_how_long_to_wait(seconds: int, header: str) -> None:
    reply = replies.refused(REQUEST, replies.rate_limited(seconds))
    assert (reply.headers["Retry-After"], reply.headers["X-RateLimit-Reset"]) == (header, header)


def test_retry_after_is_given_only_when_it_is_known() -> None:
    assert "Retry-After" not in replies.refused(REQUEST, replies.unavailable()).headers
    assert replies.refused(REQUEST, replies.unavailable(5)).headers["Retry-After"] == "5"


def test_a_wrong_method_is_told_the_right_ones() -> None:
    assert replies.refused(REQUEST, ERRORS[1]).headers["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize(
    ("headers", "prefix", "host", "protocol"),
    [
        (
            {"host": "collect.example.com", "x-forwarded-proto": "https"},
            "",
            "collect.example.com/v1",
            "https",
        ),
        ({"host": "collect.example.com"}, "/prod", "collect.example.com/prod/v1", "https"),
        ({"host": "127.0.0.1:8000", "x-forwarded-proto": "http"}, "", "127.0.0.1:8000/v1", "http"),
    ],
)
def test_the_settings_of_the_segment_browser_sdk_point_back_here(
    headers: dict[str, str], prefix: str, host: str, protocol: str
) -> None:
    request = HttpRequest("GET", "/v1/projects/wk/settings", headers, prefix=prefix)
    assert json.loads(replies.settings_stub(request, "wk").body) == {
        "integrations": {"Segment.io": {"apiKey": "wk", "apiHost": host, "protocol": protocol}}
    }


def test_the_source_of_the_rudderstack_browser_sdk_is_the_smallest_it_accepts() -> None:
    assert json.loads(replies.source_config_stub(REQUEST, 'w"k').body) == {
        "source": {
            "id": "kizuna",
            "name": "kizuna",
            "writeKey": 'w"k',
            "enabled": True,
            "workspaceId": "kizuna",
            "updatedAt": "2026-01-01T00:00:00Z",
            "destinations": [],
            "dataplanes": {},
            "config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}},
        }
    }
