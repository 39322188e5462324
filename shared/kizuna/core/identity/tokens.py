"""Identity tokens: a short JWT by which the company's own server says who is calling (`abuse-cases.md` 1.1).

A key of ours verifies one algorithm: RS256 where the company told its public key, else HS256 with a secret that we
gave it. The token names the key and does not get to choose how (A04).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.identity.rsa_keys import RsaPublicKey

LONGEST_LIFE = 3600  # seconds
_SKEW = 60


def subject_of(
    token: str, *, key_of: Callable[[str], bytes | RsaPublicKey | None], now: datetime
) -> str | None:
    """The user id that a valid token speaks for, else None; which check failed is not told.

    `key_of` gives what verifies tokens of a key id, a secret or a public key, or None for an id that is unknown,
    revoked or of another source.
    """
    import jwt

    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = key_of(kid) if isinstance(kid, str) else None
        if key is None:
            return None
        claims = json.loads(_signed_part(token, key))
    except (jwt.PyJWTError, ValueError, RecursionError):  # the last: nested without end
        return None
    return _subject(claims, now=now) if isinstance(claims, dict) else None


def _signed_part(token: str, key: bytes | RsaPublicKey) -> bytes:
    """What the key has signed, by its own algorithm. Raises PyJWTError and ValueError if it has not."""
    import jwt
    from jwt import api_jws

    if isinstance(key, bytes):
        secretly: bytes = api_jws.decode(token, key, algorithms=["HS256"])
        return secretly
    # The form alone is checked by this; PyJWT verifies RS256 with a package only that is not in the bundle.
    parts = api_jws.decode_complete(token, options={"verify_signature": False})
    message, _, _ = token.rpartition(".")
    if parts["header"].get("alg") != "RS256" or not key.has_signed(message.encode(), parts["signature"]):
        raise jwt.InvalidSignatureError
    payload: bytes = parts["payload"]
    return payload


def _subject(claims: dict[str, Any], *, now: datetime) -> str | None:
    """Whom the claims speak for at this moment. One that is for somebody else (`aud`) speaks for nobody here."""
    subject, expires, starts = claims.get("sub"), claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(subject, str) or not subject or claims.get("aud"):
        return None
    if not _is_time(expires) or not _is_time(starts):
        return None
    seconds = now.timestamp()
    is_current = starts - _SKEW <= seconds < expires <= seconds + LONGEST_LIFE + _SKEW
    return subject if is_current else None


def _is_time(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
