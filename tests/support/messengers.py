"""Templates and campaigns for WhatsApp and LINE, and what LINE tells our webhook."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from itertools import count
from typing import Any

from kizuna.local.gateway import LocalReply
from kizuna.local.resources import LINE_ACCOUNT
from tests.support.clouds import Shop, sample_documents

NUMBERS = count(1)


def _template(name: str, channel: str, content: dict[str, Any], purpose: str) -> dict[str, Any]:
    return {
        "id": name,
        "channel": channel,
        "purpose": purpose,
        "default_language": "en",
        "languages": {"en": content},
    }


def _campaign(name: str, channel: str, event: str, **more: Any) -> dict[str, Any]:
    sample = sample_documents()["campaign", "win-back"]
    kept = {key: value for key, value in sample.items() if key not in ("audience", "when")}
    trigger = {"type": "event", "event": event}
    return {
        **kept,
        "id": name,
        "name": name,
        "trigger": trigger,
        "channel": channel,
        "template": name,
        **more,
    }


_OWN = {"category": "transactional", "transactional_basis": "what they asked for"}
_SHIPPED = {
    "template": "order_shipped",
    "template_language": "en_US",
    "body": ["{{ person.traits.first_name }}", "{{ event.properties.order }}"],
    "buttons": [{"index": 0, "type": "url", "value": "{{ event.properties.order }}"}],
}
DOCUMENTS = {
    ("template", "wa-shipped"): _template("wa-shipped", "whatsapp", _SHIPPED, "transactional"),
    ("template", "wa-answer"): _template(
        "wa-answer", "whatsapp", {"text": "Hello, how can we help?"}, "transactional"
    ),
    ("template", "line-news"): _template(
        "line-news",
        "line",
        {"messages": [{"text": "News, {{ brand.name }}"}, {"image": "https://shop.example/a.png"}]},
        "promotional",
    ),
    ("campaign", "wa-shipped"): _campaign("wa-shipped", "whatsapp", "Parcel Sent", **_OWN),
    ("campaign", "wa-answer"): _campaign("wa-answer", "whatsapp", "WhatsApp Received", **_OWN),
    ("campaign", "wa-late"): {
        **_campaign("wa-late", "whatsapp", "Answer Later", **_OWN),
        "template": "wa-answer",
    },
    ("campaign", "line-news"): _campaign("line-news", "line", "News Wanted"),
}


def a_number() -> str:
    return f"+81901234{next(NUMBERS):04d}"


def a_line_user() -> str:
    return f"U{next(NUMBERS):032x}"


def from_line(shop: Shop, *events: dict[str, Any], signed_with: str = LINE_ACCOUNT["secret"]) -> LocalReply:
    body = json.dumps({"destination": "U0", "events": list(events)}, ensure_ascii=False).encode()
    mac = hmac.new(signed_with.encode(), body, hashlib.sha256).digest()
    headers = {"content-type": "application/json", "x-line-signature": base64.b64encode(mac).decode()}
    reply = shop.call("POST", "/hooks/line/default", body=body, headers=headers)
    shop.settle()
    return reply


def an_event(shop: Shop, kind: str, user: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "timestamp": int(shop.now.timestamp() * 1000),
        "source": {"type": "user", "userId": user},
        "webhookEventId": f"01H{next(NUMBERS):023d}",
        **more,
    }
