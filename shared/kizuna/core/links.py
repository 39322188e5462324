"""The signed links of a message: an opaque reference, a narrow right, and nothing about the person.

    v1.<kid>.<b64url(nonce ‖ send_ref ‖ scope ‖ iat)>.<mac>

`mac` is HMAC-SHA256 over everything before it, so neither key id, reference, scope nor date can be changed. Each
part of the payload carries its length, so no two sets of values share an encoding. A token never expires and
is never used up: a way out must work for as long as somebody keeps the mail (`consent.md` section 14). What
limits it is its scope, and every scope only ever reduces contact or answers a question. Two scopes are good for a
time alone, because they may do more: `Visit`, which opens the person's own page, and `Confirm`, which completes a
consent. Both are only ever mailed to the address they are about. Links that are followed have a token of their own,
which is shorter (`core/clicks/tokens.py`).
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import assert_never
from urllib.parse import urlsplit

from kizuna.core.content.headers import header_text
from kizuna.core.errors import KizunaError

TOKEN_MAX = 900
URL_MAX = 900
SECRET_MIN = 32
NONCE_BYTES = 16
REF_MAX = 128
NAME_MAX = 64
HEADER_MAX = 996
"""Name and value of a custom header together, as SES v2 takes it."""

_VERSION = "v1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_TOKEN = re.compile(r"v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{1,800})\.([A-Za-z0-9_-]{43})")
_URL = re.compile(r"[^\x00-\x20\x7f-\U0010ffff<>\"\\]+")

# Separates these MACs from any other use of the same secret.
_DOMAIN = b"kizuna link\0"


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Leave this topic on this channel, or more than that; never less contact undone."""

    topic: str
    channel: str


@dataclass(frozen=True, slots=True)
class Preferences:
    """Show the page of choices; without a fresh visit token only reductions are taken from it."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Answer this survey once for this message."""

    survey: str


@dataclass(frozen=True, slots=True)
class Visit:
    """Show and change everything on the person's own page. Only ever mailed to an address on record, and good for
    `VISIT_FOR` after it was issued: whoever holds it reads that mailbox now."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Say yes to the consent that this mail asks about. Grants nothing by itself: it completes one grant."""


LinkScope = Unsubscribe | Preferences | Survey | Visit | Confirm

VISIT_FOR = timedelta(minutes=15)
_CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What a valid token says. Only `read` makes one out of a text."""

    send_ref: str
    scope: LinkScope
    issued_at: datetime
    kid: str

    def is_fresh(self, *, now: datetime, lasting: timedelta = VISIT_FOR) -> bool:
        """Whether it was issued within `lasting` before `now`, and not in a future that no clock of ours explains."""
        return -_CLOCKS_DIFFER <= now - self.issued_at <= lasting


class UnusableLink(KizunaError):
    """A link cannot be made of these values. The message names the reason, not the value."""


@dataclass(frozen=True, slots=True)
class LinkKeys:
    """The key that signs, and all keys that still verify: retired ones for at least a year.

    Secrets are at least 32 bytes and never shown by `repr`.
    """

    current: str
    secrets: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if self.current not in self.secrets:
            raise UnusableLink("the current link key is not among the keys")
        for kid, secret in self.secrets.items():
            if not _KEY_ID.fullmatch(kid):
                raise UnusableLink("a link key id has 1 to 32 characters of A-Z a-z 0-9 _ -")
            if len(secret) < SECRET_MIN:
                raise UnusableLink(f"link key {kid} is shorter than {SECRET_MIN} bytes")
        object.__setattr__(self, "secrets", MappingProxyType(dict(self.secrets)))


def issue(*, send_ref: str, scope: LinkScope, issued_at: datetime, nonce: bytes, keys: LinkKeys) -> str:
    """The token, always under 900 characters. `nonce` is 16 random bytes; same input, same token.

    `issued_at` is kept to the second. Raises `UnusableLink` for values that do not fit.
    """
    if len(nonce) != NONCE_BYTES:
        raise UnusableLink(f"the nonce must be {NONCE_BYTES} bytes")
    if issued_at.tzinfo is None or issued_at < _EPOCH:
        raise UnusableLink("issued_at must have an offset and lie after 1970")
    seconds = int((issued_at - _EPOCH).total_seconds())
    payload = (
        nonce
        + _text(send_ref, REF_MAX, "send_ref")
        + _sized(_scope_bytes(scope))
        + seconds.to_bytes(8, "big")
    )
    signed = f"{_VERSION}.{keys.current}.{_encode(payload)}"
    return f"{signed}.{_mac(signed, keys.secrets[keys.current])}"


def read(token: str, *, keys: LinkKeys) -> LinkToken | None:
    """What the token says, or None. Never raises, and never tells which check failed, not even by its time."""
    shape = _TOKEN.fullmatch(token) if len(token) <= TOKEN_MAX else None
    kid, payload, mac = shape.groups() if shape else ("", "", "")
    # An unknown key costs what a known one costs, so the answer's time does not name our keys.
    secret = keys.secrets.get(kid, keys.secrets[keys.current])
    authentic = hmac.compare_digest(_mac(f"{_VERSION}.{kid}.{payload}", secret).encode(), mac.encode())
    if not authentic or kid not in keys.secrets:
        return None
    return _parse(payload, kid)


def link_url(base_url: str, token: str, scope: LinkScope) -> str:
    """Where the token leads: `/u/`, `/preferences/`, `/s/` or `/confirm/`. Raises `UnusableLink` as below."""
    match scope:
        case Unsubscribe():
            path = "u"
        case Preferences():
            path = "preferences"
        case Survey():
            path = "s"
        case Visit():
            path = "preferences"
        case Confirm():
            path = "confirm"
        case _:
            assert_never(scope)
    return link_path(base_url, path, token)


def link_path(base_url: str, path: str, token: str) -> str:
    """Our link with a token. The URL must be https (plain http for this machine only), ASCII, and not too long."""
    return _checked(f"{base_url.rstrip('/')}/{path}/{token}", most=URL_MAX)


def list_unsubscribe_headers(url: str) -> dict[str, str]:
    """The pair of RFC 8058 that every promotional mail carries.

    The URL must be https (plain http for this machine only), ASCII, without blanks or angle brackets, and short
    enough for SES. Raises `UnusableLink`, or `HeaderInjection` for a line break.
    """
    name = "List-Unsubscribe"
    value = f"<{_checked(header_text(url, field=name), most=HEADER_MAX - len(name) - 2)}>"
    return {name: value, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


# ── the payload ─────────────────────────────────────────────────────────────────────────────────


def _scope_bytes(scope: LinkScope) -> bytes:
    match scope:
        case Unsubscribe(topic=topic, channel=channel):
            return b"u" + _text(topic, NAME_MAX, "topic") + _text(channel, NAME_MAX, "channel")
        case Preferences():
            return b"p"
        case Survey(survey=survey):
            return b"s" + _text(survey, NAME_MAX, "survey")
        case Visit():
            return b"v"
        case Confirm():
            return b"o"
        case _:
            assert_never(scope)


def _sized(raw: bytes) -> bytes:
    return len(raw).to_bytes(2, "big") + raw


def _text(value: str, most: int, name: str) -> bytes:
    try:
        raw = value.encode()
    except UnicodeEncodeError:
        raise UnusableLink(f"{name} is not valid text") from None
    if not 0 < len(raw) <= most:
        raise UnusableLink(f"{name} must have 1 to {most} bytes")
    return _sized(raw)


class _Malformed(Exception):
    """Signed by us and yet not ours to read: another version of this code wrote it."""


class _Bytes:
    """Takes a payload apart, from the left, to the end."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def take(self, count: int) -> bytes:
        taken, self._raw = self._raw[:count], self._raw[count:]
        if len(taken) != count:
            raise _Malformed
        return taken

    def sized(self) -> bytes:
        return self.take(int.from_bytes(self.take(2), "big"))

    def text(self) -> str:
        try:
            return self.sized().decode()
        except UnicodeDecodeError:
            raise _Malformed from None

    def end(self) -> None:
        if self._raw:
            raise _Malformed


def _parse(payload: str, kid: str) -> LinkToken | None:
    try:
        rest = _Bytes(_decode(payload))
        rest.take(NONCE_BYTES)
        send_ref = rest.text()
        scope = _read_scope(_Bytes(rest.sized()))
        issued_at = _EPOCH + timedelta(seconds=int.from_bytes(rest.take(8), "big"))
        rest.end()
    except (_Malformed, OverflowError):
        return None
    return LinkToken(send_ref, scope, issued_at, kid)


def _read_scope(raw: _Bytes) -> LinkScope:
    scope: LinkScope
    match raw.take(1):
        case b"u":
            scope = Unsubscribe(raw.text(), raw.text())
        case b"p":
            scope = Preferences()
        case b"s":
            scope = Survey(raw.text())
        case b"v":
            scope = Visit()
        case b"o":
            scope = Confirm()
        case _:
            raise _Malformed
    raw.end()
    return scope


def _mac(signed: str, secret: bytes) -> str:
    return _encode(hmac.digest(secret, _DOMAIN + signed.encode(), "sha256"))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise _Malformed from None


# ── URLs ────────────────────────────────────────────────────────────────────────────────────────


def _checked(url: str, *, most: int) -> str:
    if not _URL.fullmatch(url):
        raise UnusableLink("a link has visible ASCII characters only, and none of < > quote backslash")
    if len(url) > most:
        raise UnusableLink(f"the link is longer than {most} characters")
    origin = _ORIGIN.match(url)
    _check_origin(origin.group() if origin else url)
    return url


# Everything before the path: the same in all our links, and what of a URL says where it leads.
_ORIGIN = re.compile(r"[^/?#]*//[^/?#]*(?=/)")


@lru_cache(maxsize=64)
def _check_origin(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise UnusableLink("a link needs a host") from None
    if not host or "@" in parts.netloc:
        raise UnusableLink("a link needs a host, and no user name")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise UnusableLink("a link must be https")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
