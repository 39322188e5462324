"""A call from LINE: who it is from, and what of it is handed on ("Receive messages (webhook)" of the Messaging API).

LINE signs the body as it was sent: base64 of HMAC-SHA256 with the secret of the channel, in `x-line-signature`. It
tells neither how old a call is nor that it is the first; what it tells is recorded by the id of each event.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from kizuna.core.errors import KizunaError
from kizuna.core.intake.http import HttpRequest, Rejected
from kizuna.core.messenger_reports import LINE_ENVELOPE

PATH = "/hooks/line/"
_BODY_MAX = 1_000_000


class NotFromLine(KizunaError):
    """The call is refused, and nothing of it is looked at. `refusal` says how."""

    def __init__(self, refusal: Rejected) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def events_of(request: HttpRequest, secret_of: Callable[[str], bytes]) -> list[dict[str, Any]]:
    """The events of a call, each in the form in which it waits in the queue of feedback. Raises NotFromLine.

    `secret_of(account)` gives the secret of a channel by the name in the path, or raises KeyError.
    """
    account = request.path.removeprefix(PATH)
    try:
        secret = secret_of(account)
    except KeyError:
        raise NotFromLine(Rejected(404, "not_found", "there is no such account")) from None
    if len(request.body) > _BODY_MAX:
        raise NotFromLine(Rejected(413, "too_large", "the body is too large"))
    if not is_signed(request.body, request.headers.get("x-line-signature", ""), secret):
        raise NotFromLine(Rejected(401, "not_signed", "the signature is not LINE's"))
    try:
        told = json.loads(request.body)
    except ValueError:
        raise NotFromLine(Rejected(400, "not_json", "the body is not JSON")) from None
    events = told.get("events") if isinstance(told, Mapping) else None
    if not isinstance(events, list):
        raise NotFromLine(Rejected(400, "no_events", "the body has no list of events"))
    return [{LINE_ENVELOPE: json.dumps({"events": [event]}, ensure_ascii=False)} for event in events]


def is_signed(body: bytes, signature: str, secret: bytes) -> bool:
    """Whether the holder of the secret signed just this body. Takes the same time wherever a signature is wrong."""
    try:
        told = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(told, hmac.new(secret, body, hashlib.sha256).digest())
