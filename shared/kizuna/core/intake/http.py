"""A request and a reply, free of the gateway that carried them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import parse_qsl

from kizuna.core.intake.nesting import levels_of

_DEEPEST = 100  # levels of a staff's JSON: ten times what a definition may have
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_ORIGIN = re.compile(r"null|[a-z][a-z0-9+.-]{0,31}://[A-Za-z0-9.:\[\]_-]{1,255}")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request. Header names are lower case, the body is as sent (perhaps still compressed).

    `path` is without the API stage; `prefix` is that stage (`/prod`), or empty. `claims` are there on routes behind
    the authorizer alone.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: bytes = b""
    source_ip: str = ""
    prefix: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)  # of a token that the gateway verified

    @classmethod
    def from_api_gateway(cls, event: Mapping[str, Any]) -> HttpRequest:
        """Read a Lambda event of an HTTP API, payload format 2.0. Raises ValueError if it is not one."""
        version = event.get("version")
        if version != "2.0":
            raise ValueError("version: not an HTTP API event of payload format 2.0")
        context = event.get("requestContext") or _NOTHING
        http = context.get("http") or _NOTHING
        prefix, path = _split_stage(event.get("rawPath") or "/", context.get("stage") or "$default")
        return cls(
            method=str(http.get("method") or "GET").upper(),
            path=path,
            headers={str(k).lower(): str(v) for k, v in (event.get("headers") or _NOTHING).items()},
            query=_parse_query(event.get("rawQueryString") or ""),
            body=_body(event),
            source_ip=str(http.get("sourceIp") or ""),
            prefix=prefix,
            claims=dict(((context.get("authorizer") or _NOTHING).get("jwt") or _NOTHING).get("claims") or {}),
        )

    def json_value(self) -> Any:
        """The body as JSON. Raises ValueError where it is none, or goes deeper than anything that is asked for."""
        try:
            told = json.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        for _ in levels_of(told, most=_DEEPEST):
            pass  # to the last one
        return told

    def query_value(self, name: str) -> str | None:
        """The first value of a query parameter, None if it is absent."""
        values = self.query.get(name)
        return values[0] if values else None

    @property
    def origin(self) -> str:
        """The page that calls (`https://shop.example`), or empty; never text unfit for a reply header."""
        value = self.headers.get("origin", "")
        return value if _ORIGIN.fullmatch(value) else ""

    @property
    def host(self) -> str:
        """The host the client called, perhaps with a port, or empty."""
        value = self.headers.get("host", "")
        return value if _HOST.fullmatch(value) else ""

    @property
    def scheme(self) -> Literal["http", "https"]:
        """How the client reached us; a gateway in AWS is always https."""
        return "http" if self.headers.get("x-forwarded-proto", "").lower() == "http" else "https"


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What goes back to the client."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_api_gateway(self) -> dict[str, Any]:
        """The reply in the form a Lambda function returns to an HTTP API."""
        return {
            "statusCode": self.status,
            "headers": dict(self.headers),
            "body": self.body,
            "isBase64Encoded": False,
        }


def json_reply(status: int, body: Any) -> HttpReply:
    """An answer to staff or another program, for nobody to keep: it may be about a person."""
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if status == 405:
        headers["Allow"] = body["allow"]
    return HttpReply(status, json.dumps(body, ensure_ascii=False), headers)


def wrong_method(wanted: Literal["GET", "POST"], message: str) -> tuple[int, dict[str, Any]]:
    """The refusal of a path that takes one method alone; it has to name it (RFC 9110, 15.5.6)."""
    return 405, {"code": "method_not_allowed", "message": message, "allow": wanted}


@dataclass(frozen=True, slots=True)
class Rejected:
    """A whole request that will not be taken: HTTP status, a code for programs, a sentence for people.

    The message names fields and positions, never values.
    """

    status: int
    code: str
    message: str
    allow: tuple[str, ...] = ()  # the methods that a 405 recommends
    retry_after: int | None = None  # seconds


def _split_stage(raw_path: str, stage: str) -> tuple[str, str]:
    prefix = f"/{stage}"
    if stage != "$default" and (raw_path == prefix or raw_path.startswith(f"{prefix}/")):
        return prefix, raw_path[len(prefix) :] or "/"
    return "", raw_path


def _parse_query(raw: str) -> dict[str, tuple[str, ...]]:
    query: dict[str, tuple[str, ...]] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True, errors="replace"):
        query[name] = (*query.get(name, ()), value)
    return query


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise ValueError("body: isBase64Encoded is set, but the body is not base64") from problem
