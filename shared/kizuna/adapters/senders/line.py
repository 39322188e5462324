"""LINE by its Messaging API (`POST /v2/bot/message/push`): a `Sender`.

The one provider with a key against repeats: LINE takes a request with a retry key once, and answers a repeat of it
within 24 hours with 409. So a send whose fate is unknown may be made again with the same key; the key follows from
the id of the message ("Retrying a failed API request" of the LINE developers' documentation).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID, uuid5

import urllib3

from kizuna.adapters.clients import SEND_CONNECT_SECONDS, SEND_READ_SECONDS
from kizuna.adapters.kept_secret import UnusableSecret
from kizuna.adapters.senders.http_outcomes import of_http_call
from kizuna.adapters.senders.provider_calls import STOPPED_FOR, THROTTLED_FOR, check_leave
from kizuna.core.content.messengers import LineImage, RenderedLine
from kizuna.core.errors import Unavailable
from kizuna.core.gate import Approved
from kizuna.core.messages import Accepted, NotAccepted, Outcome, Rejected, Unclear
from kizuna.core.ports import Envelope
from kizuna.core.unconfirmed import is_keyed

PUSH_PATH = "/v2/bot/message/push"
ENDPOINT = "https://api.line.me"

_RETRY_KEYS = UUID("0f6c1b9e-5a54-5d0e-9a0f-3d1f0a6f7b21")
_REPLY_MAX = 65_536


class Pool(Protocol):
    """What a push needs of `urllib3.PoolManager`."""

    def request(
        self, method: str, url: str, *, body: bytes, headers: Mapping[str, str], preload_content: bool
    ) -> urllib3.BaseHTTPResponse: ...


class LineSender:
    """Sends one push with one call. `token(account)` gives the access token of a LINE channel by the name that the
    stage holds it under; it raises Unavailable where it cannot be read, KeyError where there is none.

    The user ids of LINE hold for all channels of one LINE provider, and for no other.
    """

    def __init__(
        self,
        token: Callable[[str], str],
        *,
        endpoint: str = ENDPOINT,
        pool: Pool | None = None,
    ) -> None:
        self._token = token
        self._url = endpoint + PUSH_PATH
        self._pool = pool or sending_pool()

    def send(self, approved: Approved, envelope: Envelope, content: RenderedLine) -> Outcome:
        """Raises NotApproved for another message's approval; whatever else happens is an outcome."""
        check_leave(approved, envelope, channel="line")
        account = envelope.brand.line.account if envelope.brand is not None else "default"
        try:
            token = self._token(account)
        except (Unavailable, UnusableSecret):  # out of reach, or mistyped, which can be mended
            return NotAccepted("token_unavailable", THROTTLED_FOR)
        except KeyError:
            return Rejected("unknown_account", account=True)
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "X-Line-Retry-Key": retry_key(envelope),
        }
        body = json.dumps(_request(envelope, content), ensure_ascii=False).encode()
        outcome = of_http_call(
            lambda: self._pool.request("POST", self._url, body=body, headers=headers, preload_content=False),
            read=_outcome,
            at_most=_REPLY_MAX,
        )
        if isinstance(outcome, Unclear) and is_keyed(envelope.message, now=envelope.message.changed_at):
            return NotAccepted(outcome.reason, THROTTLED_FOR, in_doubt=True)  # the key finds out
        return outcome


def sending_pool() -> urllib3.PoolManager:
    """One attempt, no redirects."""
    return urllib3.PoolManager(
        retries=False,
        timeout=urllib3.Timeout(connect=SEND_CONNECT_SECONDS, read=SEND_READ_SECONDS),
        maxsize=16,
    )


def retry_key(envelope: Envelope) -> str:
    """The same for every attempt at one message, and for one that repeats it because its fate is unknown."""
    return str(uuid5(_RETRY_KEYS, envelope.message.again_of or envelope.message.id))


def _request(envelope: Envelope, content: RenderedLine) -> Mapping[str, Any]:
    return {
        "to": envelope.message.address,
        "messages": [_message(each) for each in content.messages],
        "notificationDisabled": content.silent,
    }


def _message(message: str | LineImage) -> Mapping[str, str]:
    if isinstance(message, str):
        return {"type": "text", "text": message}
    preview = message.preview or message.image
    return {"type": "image", "originalContentUrl": message.image, "previewImageUrl": preview}


def _outcome(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """ "Error responses" of the Messaging API. What is not listed there is unclear."""
    match status:
        case 200:
            return _accepted(headers.get("x-line-request-id", ""), body)
        case 409:  # an attempt before this one was taken
            return _accepted(headers.get("x-line-accepted-request-id", ""), body)
        case 429 if b"monthly limit" in body:
            return NotAccepted("monthly_limit", STOPPED_FOR)
        case 429:
            return NotAccepted("too_many_requests", THROTTLED_FOR)
        case 401 | 403:
            return Rejected(f"http_{status}", account=True)
        case 400 | 404 | 413 | 415:
            return Rejected(f"http_{status}")
        case _:
            return Unclear(f"http_{status}")


def _accepted(request_id: str, body: bytes) -> Outcome:
    """The id of the first message, else that of the request: either proves that it was taken."""
    try:
        sent = json.loads(body).get("sentMessages")
    except (ValueError, AttributeError):
        sent = None
    first = sent[0] if isinstance(sent, list) and sent else None
    found = str(first.get("id", "")) if isinstance(first, Mapping) else ""
    return Accepted(found or request_id) if found or request_id else Unclear("unreadable_reply")
