"""Replies exactly as SDKs need them (`ingest-api.md` 5, 7 and 8).

Success is 200 and nothing else; every error body has `code` and `message`; every reply has CORS headers, or
a browser would hide the error from its own page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kizuna.core.intake.http import HttpReply, HttpRequest, Rejected

_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Content-Encoding, X-Retry-Count, AnonymousId, SentAt, "
        "X-Write-Key, X-Identity-Token, X-Enable-Debug, If-None-Match"
    ),
    "Access-Control-Max-Age": "7200",
}


def ok(request: HttpRequest) -> HttpReply:
    """Accepted: durable in the table or in the queue."""
    return _reply(request, 200, {"success": True})


def preflight(request: HttpRequest) -> HttpReply:
    """The answer to OPTIONS; it grants nothing, for a key's origins are checked on the real request."""
    return _reply(request, 200, {"success": True}, _PREFLIGHT)


def refused(request: HttpRequest, rejected: Rejected) -> HttpReply:
    """An error as SDKs read it."""
    headers = {}
    if rejected.allow:
        headers["Allow"] = ", ".join(rejected.allow)
    if rejected.retry_after is not None:
        headers["Retry-After"] = str(max(1, rejected.retry_after))
    if rejected.status == 429:
        headers["X-RateLimit-Reset"] = str(max(1, rejected.retry_after or 1))
    return _reply(request, rejected.status, {"code": rejected.code, "message": rejected.message}, headers)


def unauthorized() -> Rejected:
    """No key, an unknown or a revoked one: told apart for nobody."""
    return Rejected(401, "unauthorized", "the write key is missing or not valid")


def forbidden(message: str) -> Rejected:
    """A known key that may not do this, or not from there."""
    return Rejected(403, "forbidden", message)


def rate_limited(retry_after: int) -> Rejected:
    """Too much on one key. `retry_after` in seconds."""
    return Rejected(429, "rate_limited", "too many requests with this key", retry_after=retry_after)


def unavailable(retry_after: int | None = None) -> Rejected:
    """Neither table nor queue took it; SDKs send it again."""
    return Rejected(503, "unavailable", "try again later", retry_after=retry_after)


def internal() -> Rejected:
    """A bug of ours; SDKs send it again."""
    return Rejected(500, "internal", "something went wrong on our side")


def settings_stub(request: HttpRequest, write_key: str) -> HttpReply:
    """What `@segment/analytics-next` fetches at start. Tells nothing about whether the key exists."""
    segment = {
        "apiKey": write_key,
        "apiHost": f"{request.host}{request.prefix}/v1",
        "protocol": request.scheme,
    }
    return _reply(request, 200, {"integrations": {"Segment.io": segment}})


def source_config_stub(request: HttpRequest, write_key: str) -> HttpReply:
    """What `@rudderstack/analytics-js` fetches at start. Tells nothing about whether the key exists."""
    silent = {"errors": {"enabled": False}, "metrics": {"enabled": False}}
    source = {
        "id": "kizuna",
        "name": "kizuna",
        "writeKey": write_key,
        "enabled": True,
        "workspaceId": "kizuna",
        "updatedAt": "2026-01-01T00:00:00Z",
        "destinations": [],
        "dataplanes": {},
        "config": {"statsCollection": silent},
    }
    return _reply(request, 200, {"source": source})


def _reply(
    request: HttpRequest, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> HttpReply:
    return HttpReply(
        status,
        json.dumps(body),
        {
            "Content-Type": "application/json",
            "Access-Control-Allow-Origin": request.origin or "*",
            "Access-Control-Expose-Headers": "Retry-After, X-RateLimit-Reset",
            "Vary": "Origin",
            **(headers or {}),
        },
    )
