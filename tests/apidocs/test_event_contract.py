"""The functions and the published shapes of events agree: what fits is taken, what does not fit is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.intake.shapes import SHAPES
from tests.support.clouds import JSON, Shop, basic
from tests.support.contract import body_schema, contract, declared, operations, unusable_events
from tests.support.json_schemas import is_valid
from tests.support.json_values import ANYTHING, changed, fitting

SCHEMAS = "#/components/schemas/"
SINGLE = [f"/v1/{kind}" for kind in SHAPES]
POSTS = [
    path for method, path, found in operations() if method == "post" and found["tags"][0].startswith("Events")
]
# Made once: a strategy costs more to build than to draw from.
BODIES = {kind: fitting(body_schema("post", f"/v1/{kind}"), contract()) for kind in SHAPES}
SPOILT = {kind: changed(bodies) for kind, bodies in BODIES.items()}
thorough = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def names_nobody(event: Mapping[str, Any]) -> bool:
    """The one thing about an event that its schema leaves to words: a header may name the person instead."""
    return not any(
        str(event.get(name) or "").strip() or event.get(name) == 0 for name in ("userId", "anonymousId")
    )


def concrete(path: str, call: str = "track") -> str:
    return path.replace("{call}", call)


@st.composite
def calls(draw: st.DrawFn, *, spoilt: bool) -> tuple[str, dict[str, Any], Any]:
    """A path for one event, the schema of its body, and a body."""
    kind = draw(st.sampled_from(sorted(SHAPES)))
    path = draw(st.sampled_from([f"/v1/{kind}", f"/v1/{kind}/", f"/api/s/{kind}", f"/api/s/s2s/{kind}"]))
    return path, body_schema("post", f"/v1/{kind}"), draw((SPOILT if spoilt else BODIES)[kind])


def documented(path: str) -> str:
    """The documented path that a call goes to."""
    return (
        f"/api/s/{'s2s/' if 's2s' in path else ''}{{call}}" if path.startswith("/api") else path.rstrip("/")
    )


@thorough
@given(call=calls(spoilt=False))
def test_an_event_that_fits_its_schema_is_taken(shop: Shop, call: tuple[str, dict[str, Any], Any]) -> None:
    path, _, body = call
    with unusable_events(shop) as kept:
        reply = shop.post(path, body)
    declared(reply, "post", documented(path))
    if names_nobody(body) and not path.rstrip("/").endswith("merge"):
        assert [one["cause"] for one in kept] in (["missing_identity"], [])
    else:
        assert (reply.status, kept) == (200, []), reply.body


@thorough
@given(call=calls(spoilt=True))
def test_an_event_that_does_not_fit_its_schema_is_refused(
    shop: Shop, call: tuple[str, dict[str, Any], Any]
) -> None:
    path, schema, body = call
    with unusable_events(shop) as kept:
        reply = shop.post(path, body)
    answer = declared(reply, "post", documented(path))
    if not is_valid(body, schema, contract()):
        assert reply.status == 400, body
        assert answer["code"] == ("invalid_request" if isinstance(body, dict) else "invalid_json")
        assert len(kept) == 1 or not isinstance(body, dict) or isinstance(body.get("batch"), list)


ITEM = {"$ref": SCHEMAS + "BatchItem"}
ITEMS = fitting(ITEM, contract())


@settings(thorough, max_examples=80)
@given(
    items=st.lists(ITEMS | changed(ITEMS), min_size=1, max_size=4),
    path=st.sampled_from(["/v1/batch", "/v1/b"]),
)
def test_of_a_batch_exactly_the_items_that_do_not_fit_are_set_apart(
    shop: Shop, items: list[Any], path: str
) -> None:
    with unusable_events(shop) as kept:
        reply = shop.post(path, {"batch": items})
    declared(reply, "post", path)
    assert reply.status == 200
    apart = {one["path"].partition(".")[0]: one["cause"] for one in kept}
    for index, item in enumerate(items):
        cause = apart.get(f"batch[{index}]", "")
        if not is_valid(item, ITEM, contract()):
            assert cause, item
        elif cause:
            assert cause == "missing_identity"
            assert names_nobody(item)


@settings(thorough, max_examples=60)
@given(body=changed(fitting({"$ref": SCHEMAS + "EventBatch"}, contract())), path=st.sampled_from(POSTS))
def test_whatever_a_batch_becomes_the_answer_is_a_declared_one(shop: Shop, body: Any, path: str) -> None:
    reply = shop.post(concrete(path), body)
    declared(reply, "post", path)
    assert reply.status in (200, 400)
    if not isinstance(body, dict) or not isinstance(body.get("batch"), list):
        assert reply.status == 400 or "batch" not in path


@settings(thorough, max_examples=100)
@given(
    raw=st.binary(max_size=60) | ANYTHING.map(lambda value: json.dumps(value).encode()),
    path=st.sampled_from(POSTS),
    headers=st.dictionaries(
        st.sampled_from(
            ["content-encoding", "content-type", "anonymousid", "sentat", "x-identity-token", "sec-gpc"]
        ),
        st.sampled_from(["gzip", "br", "deflate", "1", "text/plain", "YQ==", "%", "2026-11-22T00:00:00Z"]),
    ),
    keyed=st.booleans(),
)
def test_whatever_bytes_come_the_answer_is_a_declared_one(
    shop: Shop, raw: bytes, path: str, headers: dict[str, str], keyed: bool
) -> None:
    key = {"authorization": basic(shop.keys.server)} if keyed else {}
    reply = shop.call("POST", concrete(path), body=raw, headers={**JSON, **headers, **key})
    declared(reply, "post", path)
    assert reply.status < 500
    assert keyed or reply.status == 401


@pytest.mark.parametrize("path", POSTS)
def test_every_way_to_show_a_key_is_taken_and_a_wrong_one_is_not(shop: Shop, path: str) -> None:
    key, url = shop.keys.server, concrete(path)
    event: dict[str, Any] = {"userId": "keyed", "event": "Seen", "groupId": "g", "previousId": "keyed-before"}
    if "merge" in path:
        event["mergeProperties"] = [
            {"type": "user_id", "value": "keyed"},
            {"type": "email", "value": "k@example.com"},
        ]
    body = {"batch": [{"type": "track", **event}]} if path.endswith(("batch", "/b")) else event
    raw = json.dumps(body).encode()
    for headers, query in (
        ({"authorization": basic(key)}, ""),
        ({"authorization": f"Bearer {key}"}, ""),
        ({"x-write-key": f"id:{key}"}, ""),
        ({}, f"writeKey={quote(key)}"),
    ):
        taken = shop.call("POST", url, body=raw, headers={**JSON, **headers}, query=query)
        assert declared(taken, "post", path) == {"success": True}
        wrong = {name: value.replace(key, "wrong") for name, value in headers.items()}
        wrong = {
            name: basic("wrong") if value.startswith("Basic") else value for name, value in wrong.items()
        }
        refused = shop.call(
            "POST", url, body=raw, headers={**JSON, **wrong}, query=query and "writeKey=wrong"
        )
        assert declared(refused, "post", path)["code"] == "unauthorized"
    in_the_body = shop.call("POST", url, body=json.dumps({**body, "writeKey": key}).encode(), headers=JSON)
    assert declared(in_the_body, "post", path) == {"success": True}
