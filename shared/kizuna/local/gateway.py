"""The HTTP API on one machine: a request becomes the event that API Gateway would hand to the function.

Payload format 2.0 of HTTP APIs ("Working with AWS Lambda proxy integrations for HTTP APIs", API Gateway guide).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from kizuna.topology import ROUTES, Function, Route

Claims = Mapping[str, Any]
Authorizer = Callable[[str], Claims | None]  # of the bearer token; None: not admitted
Run = Callable[[Function, dict[str, Any], str], Any]  # a function with an event, by the id of the request

_TEXT = ("text/", "application/json", "application/x-www-form-urlencoded", "application/xml")


@dataclass(frozen=True, slots=True)
class LocalReply:
    """`pieces` follow behind the body as they come, where it is made while it is read."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces: Iterator[bytes] | None = None

    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True, slots=True)
class LocalRequest:
    """One request as it came over the wire. `query` is the raw query string."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    source_ip: str = "127.0.0.1"


class Gateway:
    """Routes requests by the topology to the functions, which `run` runs."""

    def __init__(
        self, *, authorizer: Authorizer, now: Callable[[], datetime], run: Run, host: str = "localhost"
    ) -> None:
        self._authorizer = authorizer
        self._now = now
        self._run = run
        self._host = host
        self._count = 0

    def handle(self, request: LocalRequest) -> LocalReply:
        """Answer one request; like the gateway, 404 for no route and 401 for a refused token."""
        route = find_route(request.method, request.path)
        if route is None:
            return _json(404, b'{"message":"Not Found"}')
        claims: Claims | None = None
        if route.auth == "jwt":
            claims = self._authorizer(_bearer(request.headers))
            if claims is None:
                return _json(401, b'{"message":"Unauthorized"}')
        self._count += 1
        event = self._event(request, route, claims)
        return _reply(self._run(route.function, event, f"request-{self._count}"))

    def _event(self, request: LocalRequest, route: Route, claims: Claims | None) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in request.headers.items()}
        headers.setdefault("host", self._host)
        is_text = headers.get("content-type", "").startswith(_TEXT) and "content-encoding" not in headers
        now = self._now()
        authorizer = (
            {"authorizer": {"jwt": {"claims": dict(claims), "scopes": None}}} if claims is not None else {}
        )
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": f"{route.method} {route.path}",
            "rawPath": request.path,
            "rawQueryString": request.query,
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "local",
                "domainName": headers["host"],
                "http": {
                    "method": request.method,
                    "path": request.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": request.source_ip,
                    "userAgent": headers.get("user-agent", ""),
                },
                "requestId": f"request-{self._count}",
                "routeKey": f"{route.method} {route.path}",
                "stage": "$default",
                "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
                "timeEpoch": int(now.timestamp() * 1000),
                **authorizer,
            },
            "isBase64Encoded": not is_text,
        }
        if request.body:
            decoded = request.body.decode("utf-8", "strict") if is_text and _is_utf8(request.body) else None
            event["isBase64Encoded"] = decoded is None
            event["body"] = base64.b64encode(request.body).decode() if decoded is None else decoded
        return event


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def find_route(method: str, path: str) -> Route | None:
    """The route of a request: an exact path before one with variables, a greedy one last (as HTTP APIs match)."""
    candidates = [route for route in ROUTES if route.method in ("ANY", method) and matches(route.path, path)]
    default = next((route for route in ROUTES if route.path == "$default"), None)
    return min(candidates, key=_generality, default=default)


def _generality(route: Route) -> tuple[bool, int, bool]:
    return ("+}" in route.path, route.path.count("{"), route.method == "ANY")


def matches(pattern: str, path: str) -> bool:
    """Whether a path fits a route's path with its `{variables}`."""
    wanted, given = pattern.split("/"), path.split("/")
    for index, part in enumerate(wanted):
        if part.endswith("+}"):
            return len(given) > index and any(given[index:])
        if index >= len(given):
            return False
        if part.startswith("{"):
            if not unquote(given[index]):
                return False
        elif part != given[index]:
            return False
    return len(wanted) == len(given)


def _bearer(headers: Mapping[str, str]) -> str:
    value = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    return value.removeprefix("Bearer ").strip()


def _json(status: int, body: bytes) -> LocalReply:
    return LocalReply(status, {"content-type": "application/json"}, body)


def _reply(answer: Mapping[str, Any]) -> LocalReply:
    body = answer.get("body") or ""
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return LocalReply(int(answer["statusCode"]), dict(answer.get("headers") or {}), raw)
