"""The staff's API called by somebody who means no good, or pastes what does not belong there: refused by name, with a
reason, and nothing that may be a person's is repeated or logged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from kizuna.local.gateway import LocalReply
from tests.support.clouds import Shop, running_shop
from tests.support.contract import MANAGER, contract, followed

CANARY = "canary.person@people.example"
STAFF = {"sub": "manager", "cognito:groups": "[viewer author approver privacy staff]"}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(authorizer={MANAGER: STAFF}.get) as running:
        running.greet("ada")
        running.settle()
        yield running


def call(shop: Shop, method: str, path: str, *, query: str = "", body: bytes = b"") -> LocalReply:
    headers = {"authorization": f"Bearer {MANAGER}", "content-type": "application/json"}
    return shop.call(method, path, query=query, body=body, headers=headers)


def managed() -> list[tuple[str, str]]:
    """Every operation of the document that is behind the authorizer."""
    return [
        (method.upper(), path)
        for path, item in contract()["paths"].items()
        for method in item
        if path.startswith("/admin") and method in ("get", "post")
    ]


BODIES = (
    b"",
    b"{}",
    json.dumps({CANARY: CANARY}).encode(),
    json.dumps(
        {"reason": CANARY, "person": CANARY, "people": [CANARY], "key": CANARY, "request": CANARY}
    ).encode(),
    json.dumps({"ground": CANARY, "outcome": CANARY, "segment": {"id": CANARY}, "to": CANARY}).encode(),
)
_OURS = frozenset({"invalid_request", "invalid_parameter", "invalid_definition"})


def parameters(method: str, path: str) -> list[str]:
    found = contract()["paths"][path][method.lower()].get("parameters", [])
    return [each["name"] for each in map(followed, found) if each["in"] == "query"]


@pytest.mark.parametrize(("method", "path"), managed())
def test_no_answer_and_no_line_of_the_log_repeats_an_address_that_stands_where_a_name_belongs(
    shop: Shop, method: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    real = re.sub(r"{\w+}", "welcome" if "journeys" in path else "win-back", path)
    pasted = re.sub(r"{\w+}", quote(CANARY, safe=""), path)
    calls = [
        (place, "", body) for place in {real, pasted} for body in (BODIES if method == "POST" else (b"",))
    ]
    calls += [(real, f"{name}={quote(CANARY)}", b"") for name in parameters(method, path)]
    for place, query, body in calls:
        reply = call(shop, method, place, query=query, body=body)
        told = reply.body.decode()
        assert reply.status < 500
        if reply.status >= 400:
            assert json.loads(told)["code"]
            assert json.loads(told)["message"]
        keys = (
            CANARY in body.decode() and json.loads(told).get("code") in _OURS
        )  # who sent it is told which field
        assert CANARY not in told or keys, f"{method} {place} {query} {body!r}: {told}"
    assert CANARY not in caplog.text


@pytest.mark.parametrize(("method", "path"), managed())
def test_a_method_that_a_path_does_not_take_is_answered_with_the_one_that_it_takes(
    shop: Shop, method: str, path: str
) -> None:
    place = re.sub(r"{\w+}", "x1", path)
    for wrong in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} - {method}:
        reply = call(shop, wrong, place, body=b"{}")
        assert (reply.status, reply.headers["Allow"]) == (405, method), wrong
        if wrong != "HEAD":
            assert json.loads(reply.body)["code"] == "method_not_allowed"


@pytest.mark.parametrize("depth", [101, 900, 100_000])
def test_what_is_nested_without_end_is_refused_before_anything_looks_into_it(shop: Shop, depth: int) -> None:
    for method, path in managed():
        if method != "POST":
            continue
        for opened, closed in ((b"[", b"]"), (b'{"segment":', b"}")):
            body = opened * depth + b"1" + closed * depth
            reply = call(shop, "POST", re.sub(r"{\w+}", "win-back", path), body=body)
            assert 400 <= reply.status < 500, f"{path}: {reply.body!r}"


@pytest.mark.parametrize("when", ["99999y", "999999d", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("name", ["since", "until"])
def test_the_ends_of_time_are_a_question_like_any_other(shop: Shop, name: str, when: str) -> None:
    for about in ("person=ada", "campaign=hello"):
        assert call(shop, "GET", "/admin/decisions", query=f"{about}&{name}={when}").status == 200


@pytest.mark.parametrize(
    "path", ["listsx", "journeysx", "lake-countsx", "campaignsx", "peoplex/ada", "tasksx"]
)
def test_a_path_that_only_begins_like_a_known_one_leads_nowhere(shop: Shop, path: str) -> None:
    assert call(shop, "GET", f"/admin/{path}").status == 404


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("sinc=7d", "'sinc'"),
        ("since=1d&since=2d", "since"),
        ("person=grace", "person"),
        (f"{CANARY}=1", "'…'"),
    ],
)
def test_a_question_with_a_word_mistyped_or_said_twice_is_not_answered_as_another_one(
    shop: Shop, query: str, told: str
) -> None:
    reply = call(shop, "GET", "/admin/decisions", query=f"person=ada&{query}")
    assert reply.status == 400
    assert json.loads(reply.body)["message"].startswith(f"{told}: ")
