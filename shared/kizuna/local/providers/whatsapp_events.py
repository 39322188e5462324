"""Events of End User Messaging Social, each with an entry of Meta's webhook inside ("Message and event format")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kizuna.local.providers.outbox import OutboxMessage
from kizuna.local.providers.world import Behaviour

Record = dict[str, Any]
OUR_NUMBER = "12065550100"
_UNDELIVERABLE = {"code": 131026, "title": "Message undeliverable"}


def status(message: OutboxMessage, kind: str, *, at: datetime, account: str, event_id: str) -> Record:
    """That a message was sent, delivered, read, or failed."""
    told: Record = {
        "id": f"wamid.{message.id}",
        "status": kind,
        "timestamp": str(int(at.timestamp())),
        "recipient_id": message.recipient.lstrip("+"),
    }
    if "send_id" in message.tags:
        told["biz_opaque_callback_data"] = message.tags["send_id"]
    if kind == "failed":
        told["errors"] = [_UNDELIVERABLE]
    return _event({"statuses": [told]}, at=at, account=account, event_id=event_id)


def ending(how: Behaviour) -> str:
    """The last word on a message to somebody who behaves so."""
    gone = (Behaviour.BOUNCES, Behaviour.SOFT_BOUNCES, Behaviour.SUPPRESSED)
    return "failed" if how in gone else "delivered"


def received(sender: str, body: str, *, at: datetime, account: str, event_id: str) -> Record:
    """What a person wrote."""
    number = sender.lstrip("+")
    message = {
        "from": number,
        "id": f"wamid.{event_id}",
        "timestamp": str(int(at.timestamp())),
        "type": "text",
        "text": {"body": body},
    }
    contacts = [{"profile": {"name": "Somebody"}, "wa_id": number}]
    return _event({"contacts": contacts, "messages": [message]}, at=at, account=account, event_id=event_id)


def _event(value: Mapping[str, Any], *, at: datetime, account: str, event_id: str) -> Record:
    whole = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": OUR_NUMBER, "phone_number_id": "321010217760100"},
        **value,
    }
    entry = {"id": "365731266123456", "changes": [{"value": whole, "field": "messages"}]}
    return {
        "context": {"MetaWabaIds": [], "MetaPhoneNumberIds": []},
        "whatsAppWebhookEntry": json.dumps(entry, ensure_ascii=False),
        "aws_account_id": account,
        "message_timestamp": at.isoformat(),
        "messageId": event_id,
    }
