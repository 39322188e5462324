"""What one row says, before it is an event: the same whether it came as CSV cells or as a Pinpoint endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from kizuna.core.events import ConsentProof

RowKind = Literal["identify", "track"]
Status = Literal["SUBSCRIBED", "UNSUBSCRIBED"]


@dataclass(slots=True)
class Word:
    """One word on consent: about a channel, of an address of the row where it has one.

    `proof` is what the row itself shows; without it a SUBSCRIBED is stored and permits nothing (`consent.md` 3.4).
    """

    channel: str  # EMAIL, SMS, PUSH or WHATSAPP, as in `messaging_subscriptions`
    status: Status
    at: str | None = None  # when it was said, where the row knows; else the time of the row
    proof: ConsentProof | None = None


@dataclass(slots=True)
class Draft:
    """A row as it is read. `at` is an instant in ISO 8601 with an offset."""

    kind: RowKind
    id: str | None = None
    at: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    group_id: str | None = None
    name: str | None = None
    language: str | None = None
    zone: str | None = None
    traits: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    external_ids: list[dict[str, str]] = field(default_factory=list)
    device: dict[str, Any] = field(default_factory=dict)
    words: list[Word] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)  # what has no meaning here; kept on the event

    @property
    def names_somebody(self) -> bool:
        return bool(
            self.user_id
            or self.anonymous_id
            or self.external_ids
            or self.traits.get("email")
            or self.traits.get("phone")
            or self.device.get("token")
        )


def put(into: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Set a value at a path; what stands in the way of a deeper path gives way to it."""
    *folders, last = path
    for name in folders:
        inner = into.get(name)
        if not isinstance(inner, dict):
            inner = into[name] = {}
        into = inner
    into[last] = value
