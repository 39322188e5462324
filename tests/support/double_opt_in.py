"""Joining, leaving and being asked to confirm, as they come in from a shop."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from kizuna.local.providers.outbox import OutboxMessage
from tests.support.clouds import Shop


def joins(shop: Shop, user: str, *, country: str = "DE", number: int = 1, **more: Any) -> None:
    """Somebody ticks the box at the checkout, and the shop's back end says so."""
    mailbox = f"{user}@people.example"
    subscription = {"key": mailbox, "type": "EMAIL", "status": "SUBSCRIBED"}
    told = {
        "type": "identify",
        "userId": user,
        "messageId": f"{user}-joins-{number}",
        "traits": {"email": mailbox, "country": country, **more},
        "context": {"messaging_subscriptions": [subscription]},
    }
    reply = shop.send(told)
    assert reply.status == 200, reply.text()
    shop.settle()


def leaves(shop: Shop, user: str, number: int = 1) -> None:
    subscription = {"key": f"{user}@people.example", "type": "EMAIL", "status": "UNSUBSCRIBED"}
    context = {"messaging_subscriptions": [subscription]}
    told = {"type": "identify", "userId": user, "messageId": f"{user}-leaves-{number}", "context": context}
    assert shop.send(told).status == 200
    shop.settle()


def asks(shop: Shop, user: str) -> list[OutboxMessage]:
    """The mails that asked somebody to confirm."""
    return [mail for mail in shop.mails(user) if "confirm" in (mail.subject or "").lower()]


def path_in(mail: OutboxMessage, kind: str = "confirm") -> str:
    (url,) = {word for word in (mail.text or "").split() if f"/{kind}/" in word}
    return urlsplit(url).path


def actions(shop: Shop, user: str) -> list[str]:
    return [event.action for event in shop.consents(user)]
