"""The inbox of a person, and what is shown to them on pages and screens: items as their client gets them.

An item never changes once it is there. What became of it (read, clicked, dismissed, met elsewhere) are facts of the
message that brought it, so every channel sees the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from kizuna.core.durations import instant_to_text
from kizuna.core.messages import State

Act = Literal["read", "click", "dismiss"]
FACT_OF: Mapping[str, str] = {"read": "opened", "click": "clicked", "dismiss": "dismissed"}

_ACTED = ("opened", "clicked", "dismissed")
_THERE = frozenset({State.SENT, State.SENDING, State.UNKNOWN})


@dataclass(frozen=True, slots=True)
class InboxItem:
    """What a message put there. `part` is the profile id in whose partition it lies, `id` that of the message."""

    id: str
    part: str
    at: datetime
    expires_at: datetime
    placement: str
    language: str
    title: str
    body: str
    link: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """An item with what is known of its message."""

    item: InboxItem
    state: State
    facts: Mapping[str, datetime]

    @property
    def is_read(self) -> bool:
        return any(fact in self.facts for fact in _ACTED)

    def is_shown(self, *, now: datetime) -> bool:
        """Whether the person's client still gets it: not over, not put away, not met on another channel before."""
        if self.state not in _THERE or now >= self.item.expires_at or "dismissed" in self.facts:
            return False
        return self.is_read or "withdrawn" not in self.facts

    def body(self) -> dict[str, Any]:
        """As the API gives it."""
        item = self.item
        return {
            "id": item.id,
            "placement": item.placement,
            "language": item.language,
            "title": item.title,
            "body": item.body,
            "link": item.link or None,
            "data": dict(item.data),
            "at": instant_to_text(item.at),
            "expiresAt": instant_to_text(item.expires_at),
            "read": self.is_read,
            "clicked": "clicked" in self.facts,
        }
