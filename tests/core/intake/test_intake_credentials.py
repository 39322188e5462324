"""Which key a request presents: the first form that is present decides."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.intake.credentials import PresentedKey, presented_identity_tokens, presented_key
from kizuna.core.intake.http import HttpRequest
from tests.support.intake import a_post, a_track, decoded


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def keyed(
    headers: dict[str, str] | None = None, query: str | None = None, body: Any = ...
) -> PresentedKey | None:
    fields = {} if body is ... else {"writeKey": body}
    request = HttpRequest(
        "POST",
        "/v1/batch",
        headers or {},
        {} if query is None else {"writeKey": (query,)},
        a_post("", fields).body,
    )
    return presented_key(request, decoded(request))


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (basic("wk:"), "wk"),
        (basic("wk"), "wk"),  # without a colon
        (basic("wk:any password"), "wk"),
        (basic("wk\n:"), "wk"),  # from a mounted secret file
        (basic("wk:").rstrip("="), "wk"),
        ("basic " + basic("wk:")[6:], "wk"),
        ("Bearer pk_us_1", "pk_us_1"),
        ("bearer  sk_eu_1 \n", "sk_eu_1"),
        (basic(":"), ""),
        ("Basic", ""),
        ("Basic !!!", ""),
        ("Basic " + base64.b64encode(b"\xff\xfe").decode(), ""),
        ("Digest username=wk", ""),
        ("wk", ""),
        ("", ""),
    ],
)
def test_the_authorization_header_is_read_or_counts_as_a_wrong_key(header: str, key: str) -> None:
    assert keyed({"authorization": header}, query="q", body="b") == PresentedKey(key, "authorization")


def test_the_forms_are_tried_in_order_and_the_first_that_is_present_decides() -> None:
    both = {"authorization": basic("a:"), "x-write-key": "x"}
    assert keyed(both, "q", "b") == PresentedKey("a", "authorization")
    assert keyed({"x-write-key": "x"}, "q", "b") == PresentedKey("x", "x_write_key")
    assert keyed({}, "q", "b") == PresentedKey("q", "query")
    assert keyed({}, None, "b") == PresentedKey("b", "body")
    assert keyed() is None


def test_a_jitsu_key_keeps_both_its_parts_and_its_masked_twin_in_the_body_is_ignored() -> None:
    assert keyed({"x-write-key": "id:secret"}, body="id:***") == PresentedKey("id:secret", "x_write_key")


@pytest.mark.parametrize(("body", "key"), [("wk\n", "wk"), (" ", ""), (17, ""), (["wk"], ""), ({"a": 1}, "")])
def test_a_body_key_is_stripped_and_any_other_type_is_a_wrong_key(body: Any, key: str) -> None:
    assert keyed(body=body) == PresentedKey(key, "body")


def test_a_null_key_in_the_body_is_no_key() -> None:
    assert keyed(body=None) is None


def test_without_a_document_only_headers_and_query_are_looked_at() -> None:
    assert presented_key(a_post("/v1/batch", {"writeKey": "wk"})) is None


def test_a_key_does_not_show_in_its_representation() -> None:
    assert "wk_secret" not in repr(keyed(body="wk_secret"))


@given(st.text())
def test_no_authorization_header_breaks_the_reader(header: str) -> None:
    assert presented_key(HttpRequest("POST", "/", {"authorization": header})) is not None


def test_identity_tokens_come_from_the_header_the_request_and_the_events_each_once() -> None:
    body = {
        "context": {"identityToken": "t2"},
        "batch": [a_track(context={"identityToken": token}) for token in ("t1", " t3 ", "t3")],
    }
    request = a_post("/v1/batch", body, headers={"x-identity-token": "t1"})
    assert presented_identity_tokens(request, decoded(request)) == ("t1", "t2", "t3")


def test_no_more_than_four_identity_tokens_are_worth_a_check() -> None:
    request = a_post("/v1/batch", {"batch": [a_track(context={"identityToken": f"t{i}"}) for i in range(50)]})
    assert presented_identity_tokens(request, decoded(request)) == ("t0", "t1", "t2", "t3")


@pytest.mark.parametrize("context", [None, "x", [], {}, {"identityToken": None}, {"identityToken": 5}])
def test_anything_else_holds_no_identity_token(context: Any) -> None:
    request = a_post("/v1/track", {"context": context})
    assert presented_identity_tokens(request, decoded(request)) == ()
