"""Requests from the gateway, and which call each path is."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.core.intake.routes import (
    EventBatch,
    OneEvent,
    Preflight,
    SettingsStub,
    SourceConfigStub,
    route,
)
from tests.support.intake import rejection


def gateway_event(**fields: Any) -> dict[str, Any]:
    http = {"method": fields.pop("method", "POST"), "path": "/", "sourceIp": "203.0.113.57"}
    context = {"http": http, "stage": fields.pop("stage", "$default")}
    return {
        "version": "2.0",
        "rawPath": "/v1/track",
        "rawQueryString": "",
        "requestContext": context,
        **fields,
    }


def test_a_gateway_event_becomes_a_request_with_lower_case_headers() -> None:
    request = HttpRequest.from_api_gateway(
        gateway_event(
            headers={"Content-Type": "text/plain", "X-Write-Key": "k"},
            cookies=["a=b"],
            rawQueryString="writeKey=a%20b&x=1&x=2&empty=",
            body="{}",
        )
    )
    assert request == HttpRequest(
        "POST",
        "/v1/track",
        {"content-type": "text/plain", "x-write-key": "k"},
        {"writeKey": ("a b",), "x": ("1", "2"), "empty": ("",)},
        b"{}",
        "203.0.113.57",
    )
    assert request.query_value("x") == "1"
    assert request.query_value("nothing") is None


def test_a_binary_body_arrives_in_base64() -> None:
    body = base64.b64encode(b"\x1f\x8b\x00").decode()
    assert (
        HttpRequest.from_api_gateway(gateway_event(body=body, isBase64Encoded=True)).body == b"\x1f\x8b\x00"
    )


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (gateway_event(version="1.0"), "version"),
        ({"Records": []}, "version"),
        (gateway_event(body="%%%", isBase64Encoded=True), "body"),
    ],
)
def test_an_event_of_another_kind_is_refused_by_name(event: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        HttpRequest.from_api_gateway(event)


@pytest.mark.parametrize(
    ("stage", "raw_path", "path", "prefix"),
    [
        ("$default", "/v1/track", "/v1/track", ""),
        ("prod", "/prod/v1/track", "/v1/track", "/prod"),
        ("prod", "/prod", "/", "/prod"),
        ("prod", "/v1/track", "/v1/track", ""),  # behind a custom domain the stage is not in the path
        ("prod", "/production/v1/track", "/production/v1/track", ""),
    ],
)
def test_the_stage_is_taken_off_the_path(stage: str, raw_path: str, path: str, prefix: str) -> None:
    request = HttpRequest.from_api_gateway(gateway_event(stage=stage, rawPath=raw_path))
    assert (request.path, request.prefix) == (path, prefix)


@pytest.mark.parametrize(
    ("header", "origin"),
    [
        ("https://shop.example.com", "https://shop.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("null", "null"),
        ("https://a.example\r\nSet-Cookie: x", ""),
        ("https://a.example, https://b.example", ""),
        ("", ""),
    ],
)
def test_only_a_well_formed_origin_is_ever_repeated(header: str, origin: str) -> None:
    assert HttpRequest("POST", "/", {"origin": header}).origin == origin


@pytest.mark.parametrize(
    ("header", "host"),
    [("a.example", "a.example"), ("127.0.0.1:8000", "127.0.0.1:8000"), ("[::1]:80", "[::1]:80"), ('a"b', "")],
)
def test_only_a_well_formed_host_is_ever_repeated(header: str, host: str) -> None:
    assert HttpRequest("GET", "/", {"host": header}).host == host


def test_a_reply_has_the_form_the_gateway_wants() -> None:
    assert HttpReply(200, "{}", {"A": "b"}).to_api_gateway() == {
        "statusCode": 200,
        "headers": {"A": "b"},
        "body": "{}",
        "isBase64Encoded": False,
    }


PATHS = [
    *((f"/v1/{name}", OneEvent(name)) for name in ("identify", "track", "page", "screen", "group", "alias")),
    ("/v1/i", OneEvent("identify")),
    ("/v1/t", OneEvent("track")),
    ("/v1/p", OneEvent("page")),
    ("/v1/s", OneEvent("screen")),
    ("/v1/g", OneEvent("group")),
    ("/v1/a", OneEvent("alias")),
    ("/v1/merge", OneEvent("merge")),
    ("/v1/batch", EventBatch()),
    ("/v1/b", EventBatch()),
    ("/beacon/v1/batch", EventBatch()),
    ("/api/s/track", OneEvent("track")),
    ("/api/s/s2s/page", OneEvent("page")),
    ("/api/s/something", OneEvent("something")),  # its event ends in quarantine
]
READS = [
    ("/v1/projects/wk_1/settings", SettingsStub("wk_1")),
    ("/v1/projects/id%3Asecret/settings", SettingsStub("id:secret")),
    ("/sourceConfig", SourceConfigStub("wk_2")),
]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("method", "path", "call"), [("POST", *row) for row in PATHS] + [("GET", *row) for row in READS]
)
def test_every_endpoint_is_known_with_and_without_a_slash_at_the_end(
    method: str, path: str, call: object, slash: str
) -> None:
    query = {"writeKey": ("wk_2",)}
    assert route(HttpRequest(method, path + slash, query=query)) == call
    assert route(HttpRequest("OPTIONS", path + slash)) == Preflight()
    other = "GET" if method == "POST" else "POST"
    refused = route(HttpRequest(other, path + slash))
    assert rejection(refused) == (405, "method_not_allowed")
    assert getattr(refused, "allow", None) == (method, "OPTIONS")


@pytest.mark.parametrize(
    "path",
    ["/", "", "/v1", "/v1/foo", "/v1/track/x", "//v1/track", "/v1/track//", "/V1/track", "/api/s/", "/api/s/s2s/",
     "/v1/projects//settings", "/beacon/v1/b", "/v1/../v1/track", "/v1/TRACK"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_other_paths_are_not_found(method: str, path: str) -> None:
    assert rejection(route(HttpRequest(method, path))) == (404, "not_found")


@given(method=st.sampled_from(["GET", "POST", "OPTIONS", "PUT"]), path=st.text())
def test_no_path_breaks_the_router(method: str, path: str) -> None:
    route(HttpRequest(method, path))


@given(st.text(), st.text(), st.text())
def test_no_text_in_a_gateway_event_breaks_the_reader(path: str, query: str, body: str) -> None:
    HttpRequest.from_api_gateway(gateway_event(rawPath=path, rawQueryString=query, body=body))
