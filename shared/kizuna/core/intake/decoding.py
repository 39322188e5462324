"""From a request's bytes to its JSON, whatever the headers claim (`ingest-api.md` 3).

The bytes decide: gateways inflate a body and leave `Content-Encoding` in place, and SDKs send gzip JSON as a
form. So a body is inflated when it starts like a compressed one, and is JSON in every other case.
"""

from __future__ import annotations

import zlib

from kizuna.core.intake.http import HttpRequest, Rejected
from kizuna.core.intake.json_text import Document, NotJson, read_document
from kizuna.core.intake.limits import DEFAULT_LIMITS, Limits

_KNOWN_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS


class _TooLarge(Exception):
    """The body passes the limit; nothing more of it was inflated."""


class _Unreadable(Exception):
    """The compressed body is damaged."""


def decode(request: HttpRequest, *, limits: Limits = DEFAULT_LIMITS) -> Document | Rejected:
    """The JSON object in the body, or why there is none."""
    encodings = _encodings(request)
    if not _KNOWN_ENCODINGS.issuperset(encodings):
        return Rejected(400, "unsupported_encoding", "Content-Encoding: use gzip, deflate or none")
    try:
        raw = _inflate(request.body, limits.body_bytes, says_deflate="deflate" in encodings)
        return read_document(raw.decode("utf-8-sig"), limits)
    except _TooLarge:
        reason = f"body: more than {limits.body_bytes} bytes"
        return Rejected(400, "payload_too_large", reason)
    except _Unreadable:
        return Rejected(400, "invalid_json", "body: the compressed data is damaged")
    except UnicodeDecodeError as problem:
        return Rejected(400, "invalid_json", f"body: not UTF-8 at byte {problem.start}")
    except NotJson as problem:
        return Rejected(400, "invalid_json", f"body: {problem}")


def _encodings(request: HttpRequest) -> list[str]:
    header = request.headers.get("content-encoding", "")
    return [token.strip().lower() for token in header.split(",")]


def _inflate(body: bytes, limit: int, *, says_deflate: bool) -> bytes:
    if len(body) > limit:
        raise _TooLarge
    if body.startswith(b"\x1f\x8b"):
        return _inflate_members(body, limit)
    if _starts_like_zlib(body):
        return _inflate_stream(body, _ZLIB, limit)[0]
    if says_deflate and not body.lstrip().startswith(b"{"):
        return _inflate_stream(body, _RAW_DEFLATE, limit)[0]
    return body


def _starts_like_zlib(body: bytes) -> bool:
    """RFC 1950 2.2. No JSON text starts with the letter x."""
    return len(body) > 1 and body[0] == 0x78 and int.from_bytes(body[:2], "big") % 31 == 0


def _inflate_members(body: bytes, limit: int) -> bytes:
    """A gzip file may be several one after the other (RFC 1952 2.2); zeros may pad it."""
    whole = b""
    while body:
        part, body = _inflate_stream(body, _GZIP, limit - len(whole))
        whole += part
        body = body.lstrip(b"\0")
    return whole


def _inflate_stream(body: bytes, window: int, limit: int) -> tuple[bytes, bytes]:
    """One stream and what follows it. Stops one byte beyond the limit, whatever the stream would become."""
    inflater = zlib.decompressobj(window)
    try:
        inflated = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise _Unreadable from None
    if len(inflated) > limit:
        raise _TooLarge
    if not inflater.eof:
        raise _Unreadable
    return inflated, inflater.unused_data
