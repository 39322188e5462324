"""A campaign that speaks on several channels, and a customer whom all of them reach."""

from __future__ import annotations

from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.events import Event
from tests.support.builders import CAMPAIGN, a_catalog, some_documents
from tests.support.content import EMAIL, PUSH, SMS
from tests.support.customers import DAILY, subscribe

PHONE, TOKEN = "+819012345678", "token-1"
INBOX = {"title": "Hello", "body": "Come in", "link": "https://shop.example/spring"}
PARTS: dict[str, Any] = {"email": EMAIL, "push": PUSH, "sms": SMS, "inbox": INBOX}


def in_many_ways(order: tuple[str, ...] = ("push", "email", "sms"), **channels: Any) -> dict[str, Any]:
    """The campaign `spring` by these channels, in this order."""
    campaign = {name: value for name, value in CAMPAIGN.items() if name not in ("channel", "template")}
    return {
        **campaign,
        **DAILY,
        "channels": {"order": list(order), **channels},
        "templates": {channel: f"spring-{channel}" for channel in order},
    }


def a_shop(*campaigns: dict[str, Any], **policy: Any) -> Catalog:
    """Its templates are there for every channel. Nobody is asked at night, unless the policy says so."""
    templates = {
        ("template", f"spring-{channel}"): {
            "id": f"spring-{channel}",
            "channel": channel,
            "default_language": "en",
            "languages": {"en": parts},
        }
        for channel, parts in PARTS.items()
    }
    return a_catalog({**some_documents(*campaigns), **templates, ("policy", "policy"): policy})


def a_customer(user: str = "u1", *channels: str, **changes: Any) -> Event:
    """Somebody who said Yes to each of these channels (to all, unless told), and gave the addresses with it."""
    wanted = channels or tuple(PARTS)
    keys = {
        "email": f"{user}@example.com",
        "sms": changes.pop("phone", PHONE),
        "push": changes.pop("token", f"{TOKEN}-{user}"),
        "inbox": user,
    }
    told: dict[str, Any] = {"country": "JP", "timezone": "Asia/Tokyo", **changes.pop("traits", {})}
    if "email" in wanted:
        told["email"] = keys["email"]
    if "sms" in wanted:
        told["phone"] = keys["sms"]
    says = [{"type": channel, "key": keys[channel], "status": "SUBSCRIBED"} for channel in wanted]
    context: dict[str, Any] = {"messaging_subscriptions": says}
    if "push" in wanted:
        context["device"] = {"token": keys["push"], "type": "ios"}
    return subscribe(user, traits=told, context=context, **changes)
