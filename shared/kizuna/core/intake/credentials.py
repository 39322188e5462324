"""Which write key a request presents (`ingest-api.md` 2), and which identity tokens.

Whether they are any good is for the caller to find out.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any, Literal

from kizuna.core.intake.http import HttpRequest
from kizuna.core.intake.json_text import Document

_MAX_IDENTITY_TOKENS = 4  # one device knows few people; each token costs a signature check


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """A write key as presented, and how. An unreadable credential is the empty key, which nobody owns."""

    key: str = field(repr=False)
    form: Literal["authorization", "x_write_key", "query", "body"]


def presented_key(request: HttpRequest, document: Document | None = None) -> PresentedKey | None:
    """The key in the first form that is present, None if there is none.

    A form that is present but wrong decides too: there is no falling through to the next one. Without a
    document only headers and query are looked at.
    """
    authorization = request.headers.get("authorization")
    if authorization is not None:
        return PresentedKey(_from_authorization(authorization), "authorization")
    header = request.headers.get("x-write-key")
    if header is not None:
        return PresentedKey(header.strip(), "x_write_key")
    query = request.query_value("writeKey")
    if query is not None:
        return PresentedKey(query.strip(), "query")
    body = document.fields.get("writeKey") if document else None
    if body is not None:
        return PresentedKey(body.strip() if isinstance(body, str) else "", "body")
    return None


def _from_authorization(value: str) -> str:
    scheme, _, rest = value.strip().partition(" ")
    match scheme.lower():
        case "basic":
            return _user_of_basic(rest.strip())
        case "bearer":
            return rest.strip()
        case _:
            return ""


def _user_of_basic(token: str) -> str:
    """The part before the first colon (RFC 7617); a missing colon and any password are accepted."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), validate=True)
        return raw.decode("utf-8").partition(":")[0].strip()
    except (binascii.Error, ValueError):
        return ""


def presented_identity_tokens(request: HttpRequest, document: Document) -> tuple[str, ...]:
    """The distinct identity tokens of a request: header, request context, then the events' own contexts.

    Several occur when a queue is flushed after a change of user. Events never carry them on.
    """
    found: dict[str, None] = {}
    header = request.headers.get("x-identity-token", "").strip()
    if header:
        found[header] = None
    for holder in (document.whole.value, *(item.value for item in document.batch or ())):
        token = _token_in(holder)
        if token:
            found[token] = None
        if len(found) == _MAX_IDENTITY_TOKENS:
            break
    return tuple(found)


def _token_in(holder: Any) -> str:
    context = holder.get("context") if isinstance(holder, dict) else None
    token = context.get("identityToken") if isinstance(context, dict) else None
    return token.strip() if isinstance(token, str) else ""
