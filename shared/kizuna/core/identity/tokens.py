"""Identity tokens: a short JWT by which the company's own server says who is calling (`abuse-cases.md` 1.1).

The algorithm is HS256 and fixed here; the token does not get to choose it (A04).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

LONGEST_LIFE = 3600  # seconds
_SKEW = 60


def subject_of(token: str, *, secret_of: Callable[[str], bytes | None], now: datetime) -> str | None:
    """The user id that a valid token speaks for, else None; which check failed is not told.

    `secret_of` gives the secret of a key id, or None for one that is unknown, revoked or of another source.
    """
    import jwt

    try:
        kid = jwt.get_unverified_header(token).get("kid")
        secret = secret_of(kid) if isinstance(kid, str) else None
        if secret is None:
            return None
        # Times are checked below against the `now` that was passed in.
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            options={
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "require": ["sub", "exp"],
            },
        )
    except (jwt.PyJWTError, ValueError, RecursionError):  # the last: nested without end
        return None
    subject, expires, starts = claims["sub"], claims["exp"], claims.get("nbf", 0)
    if not isinstance(subject, str) or not subject:
        return None
    if not isinstance(expires, int) or not isinstance(starts, int):
        return None
    seconds = now.timestamp()
    is_current = starts - _SKEW <= seconds < expires <= seconds + LONGEST_LIFE + _SKEW
    return subject if is_current else None
