"""The token of a link that is followed: short, for a text message pays by the letter.

    b64url(message id ‖ number of the link ‖ mac)          40 characters

A message id is 26 characters of base32 and so 130 bits; with the number of the link in six more it fills 17 bytes.
The MAC is HMAC-SHA256 over them, cut to 13 bytes (104 bits: RFC 2104 section 5 asks for 80 at least). Which key made
it is not said: there are few, and all are tried. The right it carries is as narrow as it gets: to be led to where
the message leads.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from kizuna.core.links import LinkKeys, UnusableLink

LINKS_MAX = 64
"""Links of one message that can be told apart."""

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_MESSAGE = re.compile(r"[a-z2-7]{26}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{40}")
_BODY = 17
_MAC = 13
_DOMAIN = b"kizuna click\0"  # keeps these MACs apart from any other use of the same secret


@dataclass(frozen=True, slots=True)
class FollowedLink:
    """What a valid token says: the message, and which of its links."""

    message: str
    link: int


def issue_click(message: str, link: int, *, keys: LinkKeys) -> str:
    """The token of one link of a message; the same again for the same. Raises UnusableLink for what does not fit."""
    if not _MESSAGE.fullmatch(message) or not 0 <= link < LINKS_MAX:
        raise UnusableLink(f"a followed link has a message id, and a number below {LINKS_MAX}")
    number = 0
    for letter in message:
        number = number << 5 | _ALPHABET.index(letter)
    body = (number << 6 | link).to_bytes(_BODY, "big")
    return base64.urlsafe_b64encode(body + _mac(body, keys.secrets[keys.current])).decode()


def read_click(token: str, *, keys: LinkKeys) -> FollowedLink | None:
    """What the token says, or None. Never raises; every key is tried, so that the time it takes names none."""
    if not _TOKEN.fullmatch(token):
        return None
    raw = base64.urlsafe_b64decode(token)
    body, mac = raw[:_BODY], raw[_BODY:]
    found = [hmac.compare_digest(_mac(body, secret), mac) for secret in keys.secrets.values()]
    if not any(found):
        return None
    number = int.from_bytes(body, "big")
    letters = [_ALPHABET[number >> 6 + 5 * place & 31] for place in reversed(range(26))]
    return FollowedLink("".join(letters), number & LINKS_MAX - 1)


def _mac(body: bytes, secret: bytes) -> bytes:
    return hmac.new(secret, _DOMAIN + body, hashlib.sha256).digest()[:_MAC]
