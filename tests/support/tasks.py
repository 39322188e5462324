"""A shop whose staff call people and write letters to them."""

from __future__ import annotations

import io
import json
from typing import Any

from kizuna.cli.console import SafeConsole
from kizuna.cli.context import Place
from kizuna.cli.main import app
from kizuna.core.messages import Message
from tests.support.clouds import Shop, sample_documents

STAFF = {"sub": "anna", "cognito:groups": "[staff]"}
CALL: dict[str, Any] = {
    "queue": "calls",
    "title": "Ask {{ person.traits.first_name }}",
    "script": "Hello {{ person.traits.first_name }}, how was it?",
    "due": "4h",
    "data": {"number": "{{ person.traits.phone }}"},
}


def with_tasks() -> dict[tuple[str, str], Any]:
    """Whoever asks for it is called, or written to: promotion, by the consent for the channel."""
    sample = dict(sample_documents())
    base = {
        name: value
        for name, value in sample["campaign", "hello"].items()
        if name not in ("channel", "template", "trigger", "category")
    }
    letter = {**CALL, "queue": "letters", "data": {**CALL["data"], "name": "{{ person.traits.first_name }}"}}
    documents = dict(sample)
    documents["policy", "policy"] = {**sample["policy", "policy"], "frequency_caps": []}
    for name, event, content in (("call", "Call Wanted", CALL), ("letter", "Letter Wanted", letter)):
        documents["template", f"{name}-task"] = {
            "id": f"{name}-task",
            "channel": "task",
            "default_language": "en",
            "languages": {"en": content},
        }
        documents["campaign", name] = {
            **base,
            "id": name,
            "category": "marketing",
            "trigger": {"type": "event", "event": event},
            "channel": "task",
            "template": f"{name}-task",
        }
    return documents


def wanted(shop: Shop, user: str, event: str = "Call Wanted", **traits: Any) -> None:
    """Somebody agrees to be called, and asks for it."""
    told = {
        "first_name": "Ada",
        "phone": "+12025550123",
        "country": "US",
        "timezone": "America/New_York",
        **traits,
    }
    said = [{"type": "task", "key": user, "status": "SUBSCRIBED"}]
    reply = shop.send(
        {
            "type": "identify",
            "userId": user,
            "messageId": f"{user}-told",
            "traits": told,
            "context": {"messaging_subscriptions": said},
        },
        {"type": "track", "userId": user, "messageId": f"{user}-{event}", "event": event},
    )
    assert reply.status == 200, reply.text()
    shop.settle()


def only(shop: Shop, user: str, channel: str = "task") -> Message:
    (message,) = (each for each in shop.messages(user) if each.channel == channel)
    return message


def get(shop: Shop, query: str = "queue=calls") -> tuple[int, Any]:
    reply = shop.call("GET", "/admin/tasks", query=query, headers={"authorization": "Bearer x"})
    return reply.status, json.loads(reply.body)


def listed(shop: Shop, user: str, state: str = "open") -> list[dict[str, Any]]:
    status, body = get(shop, f"queue=calls&limit=100&state={state}")
    assert status == 200, body
    person = shop.person(user)
    return [each for each in body["tasks"] if each["person"] in person.parts]


def act(shop: Shop, task: str, deed: str, **body: Any) -> tuple[int, Any]:
    raw = json.dumps(body).encode()
    reply = shop.call("POST", f"/admin/tasks/{task}/{deed}", body=raw, headers={"authorization": "Bearer x"})
    shop.settle()
    return reply.status, json.loads(reply.body)


def a_task(shop: Shop, user: str, event: str = "Call Wanted", **traits: Any) -> str:
    wanted(shop, user, event, **traits)
    return only(shop, user).id


def leaves(shop: Shop, user: str) -> None:
    said = [{"type": "task", "key": user, "status": "UNSUBSCRIBED"}]
    shop.send(
        {"type": "track", "userId": user, "event": "Left", "context": {"messaging_subscriptions": said}}
    )
    shop.settle()


def kizuna(*arguments: str) -> tuple[int, Any]:
    printed = io.StringIO()
    place = Place(installed=True, console=SafeConsole(file=printed, width=100))
    ended = app(["--json", "tasks", *arguments], obj=place, standalone_mode=False)
    return (ended if isinstance(ended, int) else 0), json.loads(printed.getvalue())
