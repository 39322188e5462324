"""Signatures of Standard Webhooks 1.0: `v1`, HMAC-SHA256 over `id.timestamp.body`, one for each secret that counts.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

SECRET_PREFIX = "whsec_"  # noqa: S105  (what the format begins a secret with)


def signed_headers(message_id: str, body: bytes, *, at: datetime, secrets: Iterable[bytes]) -> dict[str, str]:
    """The three headers by which a receiver checks who speaks, and drops what it has got before.

    `at` is the instant of this attempt: receivers refuse what is older than five minutes.
    """
    timestamp = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    signatures = (hmac.new(secret, content, hashlib.sha256).digest() for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join("v1," + base64.b64encode(each).decode() for each in signatures),
    }


def secret_text(secret: bytes) -> str:
    """A secret in the form in which libraries of Standard Webhooks take it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()
