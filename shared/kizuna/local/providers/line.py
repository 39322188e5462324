"""LINE on the wire: `POST /v2/bot/message/push` of its Messaging API, with the key that makes a repeat harmless."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kizuna.local.providers.operation import Minting, Operation, Verdict, nothing_against
from kizuna.local.providers.outbox import Channel, OutboxMessage, Provider
from kizuna.local.providers.wire import Refusal, Reply, Request, json_reply

PATH = "/v2/bot/message/push"
MAX_MESSAGES = 5
MAX_TEXT = 5_000
_USER = re.compile(r"U[0-9a-f]{32}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def parse(request: Request, minting: Minting) -> tuple[OutboxMessage, ...]:
    if not request.headers.get("authorization", "").startswith("Bearer "):
        raise Refusal("401", "Authentication failed", status=401)
    key = request.headers.get("x-line-retry-key", "")
    if key and not _UUID.fullmatch(key):
        raise Refusal("400", "The X-Line-Retry-Key header must be a UUID")
    try:
        asked = request.json_object()
    except ValueError as error:
        raise Refusal("400", "The request body could not be read as JSON") from error
    if not _USER.fullmatch(str(asked.get("to", ""))):
        raise Refusal("400", "The property, 'to', in the request body is invalid")
    texts = _texts(asked.get("messages"))
    return (
        OutboxMessage(
            id=minting.ids.uuid(minting.at),
            at=minting.at,
            channel=Channel.LINE,
            provider=Provider.LINE,
            to=(asked["to"],),
            sender="LINE",
            text="\n\n".join(texts),
            tags={"retry_key": key} if key else {},
            request=asked,
        ),
    )


def _texts(messages: Any) -> list[str]:
    if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_MESSAGES:
        raise Refusal("400", f"Size must be between 1 and {MAX_MESSAGES}")
    return [_text(message) for message in messages]


def _text(message: Mapping[str, Any]) -> str:
    match message.get("type"):
        case "text":
            text = str(message.get("text", ""))
            if not 1 <= len(text.encode("utf-16-be")) // 2 <= MAX_TEXT:
                raise Refusal("400", f"Length must be between 0 and {MAX_TEXT}")
            return text
        case "image":
            address = str(message.get("originalContentUrl", ""))
            if not address.startswith("https://") or not message.get("previewImageUrl"):
                raise Refusal("400", "An image needs two https addresses")
            return f"[{address}]"
        case _:
            raise Refusal("400", "A message of that type is not known here")


def reply(verdicts: Sequence[Verdict], request_id: str) -> Reply:
    body = {"sentMessages": [{"id": verdicts[0].message.id}]}
    return replace(json_reply(body), headers=(("X-Line-Request-Id", request_id),))


def repeated(first: OutboxMessage, request_id: str) -> Reply:
    """The answer to a retry key that was accepted before: nothing is sent, and what was is named."""
    body = {"message": "The retry key is already accepted", "sentMessages": [{"id": first.id}]}
    headers = (("X-Line-Request-Id", request_id), ("X-Line-Accepted-Request-Id", first.id))
    return json_reply(body, status=409, headers=headers)


def refuse(refusal: Refusal, request_id: str) -> Reply:
    return json_reply(
        {"message": refusal.message}, status=refusal.status, headers=(("X-Line-Request-Id", request_id),)
    )


PUSH_MESSAGE = Operation(
    provider=Provider.LINE,
    name="PushMessage",
    parse=parse,
    judge=nothing_against,
    reply=reply,
    refuse=refuse,
    throttled=Refusal("429", "The API rate limit has been exceeded. Try again later.", status=429),
    codes={},
)
