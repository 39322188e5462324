"""WhatsApp by AWS End User Messaging Social (`socialmessaging`): a `Sender`.

The request is a message of WhatsApp's Cloud API, handed over as bytes. `biz_opaque_callback_data` is its place for an
id of the sender's: every report on the message brings it back, and nothing else of ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kizuna.adapters.senders.provider_calls import (
    STOPPED_FOR,
    THROTTLED_FOR,
    ErrorClasses,
    check_leave,
    one_call,
)
from kizuna.core.content.messengers import RenderedWhatsApp
from kizuna.core.gate import Approved
from kizuna.core.messages import Accepted, Outcome, Unclear
from kizuna.core.ports import Envelope

META_API_VERSION = "v22.0"
"""Of the Cloud API, unless the stage says otherwise. AWS takes version 20 and later in every region ("Regional
availability" of its user guide); Meta keeps each for two years after the next one came."""

ERRORS = ErrorClasses(
    later={"ThrottledRequestException": THROTTLED_FOR, "LimitExceededException": STOPPED_FOR},
    permanent=frozenset(
        {
            "ValidationException",
            "InvalidParametersException",
            "ResourceNotFoundException",
            "AccessDeniedException",
        }
    ),
    account=frozenset({"AccessDeniedException"}),
)


class WhatsAppSender:
    """Sends one message with one call. `client` comes from `sending_client("socialmessaging")`.

    `phone_number_id` is used where the brand names no number of its own. The form of a message is the same in every
    `api_version` that AWS takes.
    """

    def __init__(
        self, client: Any, *, phone_number_id: str = "", api_version: str = META_API_VERSION
    ) -> None:
        self._client = client
        self._phone_number_id = phone_number_id
        self._api_version = api_version

    def send(self, approved: Approved, envelope: Envelope, content: RenderedWhatsApp) -> Outcome:
        """Raises NotApproved for another message's approval; whatever else happens is an outcome."""
        check_leave(approved, envelope, channel="whatsapp")
        own = envelope.brand.whatsapp if envelope.brand is not None else None
        asked = _message(envelope, content)

        def call() -> Outcome:
            reply = self._client.send_whatsapp_message(
                originationPhoneNumberId=own.phone_number_id if own is not None else self._phone_number_id,
                message=json.dumps(asked, ensure_ascii=False).encode(),
                metaApiVersion=self._api_version,
            )
            provider_id = reply.get("messageId")
            return Accepted(provider_id) if provider_id else Unclear("unreadable_reply")

        return one_call(call, ERRORS)


def _message(envelope: Envelope, content: RenderedWhatsApp) -> Mapping[str, Any]:
    addressed = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": envelope.message.address,
        "biz_opaque_callback_data": envelope.message.id,
    }
    if content.answers:
        return {**addressed, "type": "text", "text": {"body": content.text, "preview_url": False}}
    template: dict[str, Any] = {"name": content.template, "language": {"code": content.template_language}}
    if components := _components(content):
        template["components"] = components
    return {**addressed, "type": "template", "template": template}


def _components(content: RenderedWhatsApp) -> list[dict[str, Any]]:
    """The values for what the template leaves open, each in the place it has there."""
    found: list[dict[str, Any]] = []
    if content.media is not None:
        media = {"type": content.media.kind, content.media.kind: {"link": content.media.url}}
        found.append({"type": "header", "parameters": [media]})
    if content.header:
        found.append({"type": "header", "parameters": [_text(content.header)]})
    if content.body:
        found.append({"type": "body", "parameters": [_text(value) for value in content.body]})
    for button in content.buttons:
        value = _text(button.value) if button.type == "url" else {"type": "payload", "payload": button.value}
        place = {"type": "button", "sub_type": button.type, "index": str(button.index)}
        found.append({**place, "parameters": [value]})
    return found


def _text(value: str) -> dict[str, str]:
    return {"type": "text", "text": value}
