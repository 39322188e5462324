"""The published contract, and what holds replies of the functions against it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from kizuna.apidocs.document import document
from kizuna.core.intake.causes import Cause
from kizuna.local.gateway import LocalReply
from tests.support.clouds import Shop
from tests.support.json_schemas import problems, resolved

MANAGER = "a token of the issuer"
_UNUSABLE = frozenset(cause.value for cause in Cause)


@cache
def contract() -> dict[str, Any]:
    return document()


def operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = contract()["paths"][path][method.lower()]
    return found


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """All (method, path, operation) of the document."""
    return [
        (method, path, found) for path, item in contract()["paths"].items() for method, found in item.items()
    ]


def followed(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter or a reply, wherever it is written down."""
    return resolved(part["$ref"], contract()) if "$ref" in part else part


def body_schema(method: str, path: str) -> dict[str, Any]:
    (media,) = operation(method, path)["requestBody"]["content"].values()
    found: dict[str, Any] = media["schema"]
    return found


def examples(part: Mapping[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    """The (schema, value) pairs of all examples of a body or a reply."""
    return [
        (media["schema"], example["value"])
        for media in part.get("content", {}).values()
        for example in media.get("examples", {}).values()
    ]


def declared(reply: LocalReply, method: str, path: str) -> Any:
    """The body of a reply that the contract foresees; fails for any other."""
    responses = operation(method, path)["responses"]
    assert str(reply.status) in responses, f"{method} {path}: {reply.status} is not declared: {reply.body!r}"
    response = followed(responses[str(reply.status)])
    headers = {name.lower(): value for name, value in reply.headers.items()}
    for name, header in response.get("headers", {}).items():
        assert name.lower() in headers, f"{method} {path}: {reply.status} without {name}"
        schema = followed(header)["schema"]
        assert problems(headers[name.lower()], schema, contract()) == [], name
    media = headers["content-type"]
    assert media in response["content"], f"{method} {path}: {reply.status} as {media}"
    body = json.loads(reply.body) if media == "application/json" else reply.text()
    found = problems(body, response["content"][media]["schema"], contract())
    assert found == [], f"{method} {path}: {reply.status} {found[:3]}"
    if reply.status >= 400 and media == "application/json" and path[:6] != "/admin":
        assert set(body) == {"code", "message"}
    return body


@contextmanager
def unusable_events(shop: Shop) -> Iterator[list[dict[str, Any]]]:
    """What is set apart inside the block because it is no event that could be read."""
    kept: list[dict[str, Any]] = []

    def note(params: Mapping[str, Any], **_: Any) -> None:
        lines = gzip.decompress(params["Body"]).decode().split("\n")[:-1]
        kept.extend(one for one in map(json.loads, lines) if one["cause"] in _UNUSABLE)

    events = shop.wired.quarantine._client.meta.events
    events.register("before-parameter-build.s3.PutObject", note)
    try:
        yield kept
    finally:
        events.unregister("before-parameter-build.s3.PutObject", note)
