"""Channels of our own in a shop: what goes into an inbox and to a system of the company, and what is done with it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from kizuna.core.catalog import Documents
from kizuna.core.messages import State
from kizuna.core.ports.callouts import Replied
from kizuna.topology import Function
from tests.support.clouds import Shop, a_user, basic, sample_documents


def on_channels_of_our_own() -> Documents:
    """What is put into an inbox, and told by text if nobody looks; and what the CRM is told."""
    sample = sample_documents()
    own = ("channel", "template", "trigger", "category")
    base = {name: value for name, value in sample["campaign", "hello"].items() if name not in own}
    asked = {"category": "transactional", "transactional_basis": "asked for in the shop"}
    notice = {
        **base,
        **asked,
        "id": "notice",
        "trigger": {"type": "event", "event": "Notice Wanted"},
        "channels": {"order": ["inbox", "sms"], "fallback_after": "1h"},
        "templates": {"inbox": "notice-inbox", "sms": "order-thanks-sms"},
    }
    feed = {
        **base,
        **asked,
        "id": "feed",
        "trigger": {"type": "event", "event": "Notice Wanted"},
        "channel": "webhook",
        "template": "crm-feed",
    }
    call = {
        **base,
        "id": "call",
        "category": "transactional",
        "transactional_basis": "asked for in the shop",
        "trigger": {"type": "event", "event": "Call Wanted"},
        "channel": "task",
        "template": "call-task",
    }
    shown = {
        "task": {"queue": "calls", "title": "Call back", "script": "Hello"},
        "inbox": {"title": "Hello", "body": "Come in"},
        "webhook": {"webhook": "crm", "type": "a.b", "data": {"a": "b"}},
    }
    templates = {
        ("template", name): {
            "id": name,
            "channel": channel,
            "purpose": "transactional",
            "default_language": "en",
            "languages": {"en": shown[channel]},
        }
        for name, channel in (("notice-inbox", "inbox"), ("crm-feed", "webhook"), ("call-task", "task"))
    }
    return {
        **templates,
        ("campaign", "notice"): notice,
        ("campaign", "feed"): feed,
        ("campaign", "call"): call,
        ("webhook", "crm"): {"id": "crm", "url": "https://crm.example.com/kizuna"},
    }


def people_are_reached_on_channels_of_our_own(shop: Shop) -> None:
    """The item is read before the text goes; the CRM takes what it is told at the second try."""
    user = a_user()
    shop.cloud.systems.answers.append(Replied(503))
    shop.send({"type": "identify", "userId": user, "traits": {"phone": "+12025550144"}})
    shop.send({"type": "track", "userId": user, "event": "Notice Wanted"})
    shop.settle()
    by: dict[str, str] = {
        "authorization": basic(shop.keys.client),
        "x-identity-token": shop.identity_token(user),
    }
    (item,) = json.loads(shop.call("GET", "/v1/inbox", query=f"userId={user}", headers=by).body)["items"]
    told: dict[str, Any] = {"userId": user, "ids": [item["id"]]}
    for _ in range(2):
        reply = shop.post(
            "/v1/inbox/read", told, key=shop.keys.client, x_identity_token=by["x-identity-token"]
        )
        assert reply.status == 200, reply.text()
    shop.settle()
    shop.cloud.advance(timedelta(minutes=10))
    states = {message.channel: message.state for message in shop.messages(user)}
    assert (states["inbox"], states["sms"]) == (State.SENT, State.EXPIRED)
    shop.invoke(Function.CALLOUT, {"url": "https://127.0.0.1/", "headers": {}, "body": "e30="})


def staff_call_somebody(shop: Shop) -> None:
    """Whoever asked is called, and says that it is enough; somebody else is called twice."""
    by = {"authorization": "Bearer x"}
    for outcome in ("do_not_call", "wrong_address"):
        user = a_user()
        shop.send({"type": "identify", "userId": user, "traits": {"phone": "+12025550145"}})
        shop.send({"type": "track", "userId": user, "event": "Call Wanted"})
        shop.settle()
        listed = json.loads(shop.call("GET", "/admin/tasks", headers=by).body)["tasks"]
        (task,) = (each["id"] for each in listed)
        for path, body in (("claim", {}), ("claim", {}), ("done", {"outcome": outcome})):
            raw = json.dumps(body).encode()
            reply = shop.call("POST", f"/admin/tasks/{task}/{path}", headers=by, body=raw)
            assert reply.status == 200, reply.text()
        shop.settle()
