"""From one JSON value to one canonical event, or to the violation that keeps it for a replay.

item ─ limits ─ + request's context ─ shape ─ identity ─▶ Event
         └────────────┴─────────────────┴────────┴──────▶ Violation (with its path)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from kizuna.core.events import Event, EventType, Source, SourceKind, Violation
from kizuna.core.intake.causes import Cause
from kizuna.core.intake.derived_ids import derived_id
from kizuna.core.intake.faults import Fault, first_fault
from kizuna.core.intake.json_text import Item
from kizuna.core.intake.limits import MAX_NAME_LENGTH, Limits
from kizuna.core.intake.network import truncated_ip
from kizuna.core.intake.shapes import EVENT, FIELDS
from kizuna.core.intake.times import corrected, read_instant

_NEVER_KEPT = frozenset({"_metadata", "writeKey"})
_CONSUMED = {kind: names | _NEVER_KEPT for kind, names in FIELDS.items()}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all events of one request have in common."""

    source: Source
    received_at: datetime
    limits: Limits
    sent_at: datetime | None = None
    sent_text: Any = None
    context: Mapping[str, Any] = field(default_factory=dict)
    integrations: Mapping[str, Any] = field(default_factory=dict)
    anonymous_id: str | None = None
    gpc: bool = False
    ip: str | None = None

    @property
    def max_age(self) -> timedelta | None:
        return self.limits.client_backdating if self.source.kind is SourceKind.CLIENT else None


FLAWS = {
    Cause.EVENT_TOO_LARGE: "is larger than an event may be",
    Cause.EVENT_TOO_DEEP: "is nested more deeply than an event may be",
    Cause.NUMBER_OUT_OF_RANGE: "holds a number beyond 38 digits or the range of 1e-130 to 9.99e125",
}


def event_of(item: Item, path: str, kind: str | None, around: Surroundings) -> Event | Violation:
    """The event in one item of a request. `path` is where it stands, `kind` its type where the URL says so."""
    own = item.value
    if not isinstance(own, dict):
        return _violation(Fault(Cause.NOT_AN_OBJECT, "", "must be an object"), own, path, around)
    if kind is not None:
        own = {**own, "type": kind}
    if item.flaw is not None:
        return _violation(Fault(item.flaw, "", FLAWS[item.flaw]), own, path, around)
    whole = _with_request(own, around) if around.context or around.integrations else own
    try:
        shape = EVENT.validate_python(whole)
    except ValidationError as error:
        return _violation(first_fault(error), own, path, around)
    return _event(shape, own, path, around)


def _with_request(own: dict[str, Any], around: Surroundings) -> dict[str, Any]:
    """The event with the request's context and integrations under its own."""
    merged = dict(own)
    for name, shared in (("context", around.context), ("integrations", around.integrations)):
        inner = own.get(name)
        if shared and (inner is None or isinstance(inner, dict)):
            merged[name] = {**shared, **(inner or {})}
    return merged


def _event(shape: Any, own: dict[str, Any], path: str, around: Surroundings) -> Event | Violation:
    kind = shape["type"]
    user_id, anonymous_id = shape.get("userId"), shape.get("anonymousId")
    if user_id is None and anonymous_id is None and kind != "merge":
        anonymous_id = around.anonymous_id
        if anonymous_id is None:
            fault = Fault(Cause.MISSING_IDENTITY, "userId", "userId or anonymousId is required")
            return _violation(fault, own, path, around)
    original_at = read_instant(shape.get("originalTimestamp")) or read_instant(shape.get("timestamp"))
    sent_at = read_instant(shape.get("sentAt")) or around.sent_at
    context = _context(shape, around)
    unknown = own.keys() - _CONSUMED[kind]
    return Event(
        type=_TYPES[kind],
        id=shape.get("messageId")
        or derived_id(
            own,
            source=around.source.id,
            anonymous_id=anonymous_id,
            context=context,
            came_at=around.received_at if original_at is None else None,
        ),
        source=around.source,
        at=corrected(original_at, sent_at, received_at=around.received_at, max_age=around.max_age),
        received_at=around.received_at,
        name=shape.get("event" if kind == "track" else "name") or "",
        user_id=user_id,
        anonymous_id=anonymous_id,
        previous_id=shape.get("previousId"),
        group_id=shape.get("groupId") or context.get("groupId"),
        traits=_traits(shape, context),
        properties=_properties(shape),
        context=context,
        triggers=_triggers(shape.get("integrations")),
        original_at=original_at,
        sent_at=sent_at,
        identities=_identities(shape) if kind == "merge" else (),
        extra={name: own[name] for name in unknown} if unknown else {},
    )


# A merge says of any identifiers what an alias says of two: they are one person's.
_TYPES: Mapping[str, EventType] = {
    "identify": "identify",
    "track": "track",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
    "merge": "alias",
}


def _context(shape: Any, around: Surroundings) -> dict[str, Any]:
    context: dict[str, Any] = shape.get("context") or {}
    if None in context.values():
        context = {name: value for name, value in context.items() if value is not None}
    context.pop("identityToken", None)  # a credential is checked, never stored
    claimed = context.pop("ip", None)
    ip = truncated_ip(claimed) if isinstance(claimed, str) else None
    ip = ip or around.ip
    if ip and around.limits.keep_ip:
        context["ip"] = ip
    if around.gpc:
        context["gpc"] = True
    return context


def _traits(shape: Any, context: dict[str, Any]) -> dict[str, Any]:
    """The traits that an event sets: for identify, its own over those in the context."""
    traits: dict[str, Any] = shape.get("traits") or {}
    if shape["type"] != "identify":
        return traits
    return {**context.pop("traits", {}), **traits}


def _identities(shape: Any) -> tuple[tuple[str, str], ...]:
    return tuple((pair["type"], pair["value"]) for pair in shape["mergeProperties"])


def _properties(shape: Any) -> dict[str, Any]:
    properties: dict[str, Any] = shape.get("properties") or {}
    category = shape.get("category")
    return {"category": category, **properties} if category else properties


def _triggers(integrations: Mapping[str, Any] | None) -> bool:
    """Whether the event may start anything; what is said of Kizuna by name goes before what is said of all."""
    if not integrations:
        return True
    ours = integrations.get("Kizuna")
    return integrations.get("All") is not False if ours is None else ours is not False


def _violation(fault: Fault, own: Any, path: str, around: Surroundings) -> Violation:
    name = own.get("event") if isinstance(own, dict) else None
    return Violation(
        cause=fault.cause.value,
        path=".".join(part for part in (path, fault.path) if part),
        reason=fault.reason,
        source=around.source.id,
        received_at=around.received_at,
        raw=_raw(own, around),
        event_name=name if isinstance(name, str) and len(name) <= MAX_NAME_LENGTH else "",
        source_kind=around.source.kind.value,
    )


def _raw(own: Any, around: Surroundings) -> str:
    """The event as JSON in ASCII, with what its request said of it, so that `from_bus` can read it again.

    Without credentials; a number out of range stands there as text.
    """
    if not isinstance(own, dict):
        return json.dumps(own)
    whole = {name: value for name, value in _with_request(own, around).items() if name not in _NEVER_KEPT}
    if around.sent_text is not None:
        whole.setdefault("sentAt", around.sent_text)
    context = whole.get("context")
    if isinstance(context, dict) and "identityToken" in context:
        whole["context"] = {name: value for name, value in context.items() if name != "identityToken"}
    return json.dumps(whole)
