"""The message id of an event that came without one (`ingest-api.md` 4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kizuna.core.ids import event_id_from_content

_NOT_CONTENT = frozenset({"sentAt", "_metadata", "writeKey"})  # what a retry of the same event may change


def derived_id(
    own: Mapping[str, Any],
    *,
    source: str,
    anonymous_id: str | None,
    context: Mapping[str, Any],
    came_at: datetime | None,
) -> str:
    """An id from the source and the event's content, so that a retried request still counts once.

    A refusal without a time of its own is the exception: whoever says No, Yes and No again in the same words says
    three things, and the last must not pass for a repeat of the first. Each such call is an event of its own. What a
    retry costs then is a No that is said twice.

    `context` is the event's with the request's under it. `came_at` is when it was received, None if it has a time.
    """
    content = {name: value for name, value in own.items() if name not in _NOT_CONTENT}
    if anonymous_id is not None:
        content["anonymousId"] = anonymous_id  # perhaps from the header: two people may say the same
    if came_at is not None and _is_a_bare_no(own.get("type"), context):
        content["receivedAt"] = came_at.isoformat()
    return event_id_from_content(source, content)


def _is_a_bare_no(kind: Any, context: Mapping[str, Any]) -> bool:
    """Whether it refuses and grants nothing. What a consent banner left in the context of every call counts for
    `identify` alone, which sets and does not add up: an order that is retried must not count twice."""
    refused = [
        str(item.get("status")).upper() == "UNSUBSCRIBED"
        for item in _items(context.get("messaging_subscriptions"))
        if isinstance(item, Mapping)
    ]
    if kind == "identify":
        consent = context.get("consent")
        preferences = consent.get("categoryPreferences") if isinstance(consent, Mapping) else None
        allowed = preferences.values() if isinstance(preferences, Mapping) else ()
        refused += [value is False for value in allowed]
    return bool(refused) and all(refused)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
