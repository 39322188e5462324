"""The form in which events travel through the ingest queue: JSON, short, and back without loss.

The source travels once beside the events and is looked up again, so that a proof of consent withdrawn in
between no longer counts; only whether the caller proved to be this very person stays with the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Required

from pydantic import ConfigDict, PlainValidator, TypeAdapter, ValidationError, with_config
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from kizuna.core.events import Event, EventType, Source


def _instant(value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise PydanticCustomError("instant", "must be an instant in ISO 8601") from None
    if instant.tzinfo is None:
        raise PydanticCustomError("instant", "must have an offset")
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


_Instant = Annotated[datetime, PlainValidator(_instant, json_schema_input_type=str)]


@with_config(ConfigDict(extra="forbid"))
class CanonicalEvent(TypedDict, total=False):
    """The fields of an event under short names; an absent one has its default."""

    type: Required[EventType]
    id: Required[str]
    at: Required[_Instant]
    receivedAt: Required[_Instant]
    name: str
    userId: str
    anonymousId: str
    previousId: str
    groupId: str
    traits: dict[str, Any]
    properties: dict[str, Any]
    context: dict[str, Any]
    triggers: bool
    profileId: str
    originalAt: _Instant
    sentAt: _Instant
    identities: list[tuple[str, str]]
    extra: dict[str, Any]
    verified: bool


_CANONICAL = TypeAdapter(CanonicalEvent)


def canonical_json(event: Event) -> dict[str, Any]:
    """The event as plain JSON values, without its source. Fields that hold their default are left out."""
    body: dict[str, Any] = {
        "type": event.type,
        "id": event.id,
        "at": event.at.isoformat(),
        "receivedAt": _told_at(event.received_at),
    }
    _add_who(body, event)
    if event.original_at is not None:
        body["originalAt"] = event.original_at.isoformat()
    if event.sent_at is not None:
        body["sentAt"] = _told_at(event.sent_at)
    _add_what(body, event)
    if event.source.identity_verified:
        body["verified"] = True
    if not event.triggers:
        body["triggers"] = False
    return body


def _add_who(body: dict[str, Any], event: Event) -> None:
    if event.user_id is not None:
        body["userId"] = event.user_id
    if event.anonymous_id is not None:
        body["anonymousId"] = event.anonymous_id
    if event.previous_id is not None:
        body["previousId"] = event.previous_id
    if event.group_id is not None:
        body["groupId"] = event.group_id
    if event.profile_id is not None:
        body["profileId"] = event.profile_id


def _add_what(body: dict[str, Any], event: Event) -> None:
    if event.name:
        body["name"] = event.name
    if event.traits:
        body["traits"] = event.traits
    if event.properties:
        body["properties"] = event.properties
    if event.context:
        body["context"] = event.context
    if event.identities:
        body["identities"] = [list(pair) for pair in event.identities]
    if event.extra:
        body["extra"] = event.extra


@lru_cache(maxsize=16)
def _told_at(instant: datetime) -> str:
    """An instant that all events of a request share: its text is made once."""
    return instant.isoformat()


def event_from_canonical(body: Mapping[str, Any], source: Source) -> Event:
    """The inverse of `canonical_json`. Raises ValueError that names the fields, not their values."""
    try:
        read = _CANONICAL.validate_python(body)
    except ValidationError as error:
        raise ValueError(f"not a canonical event: {_fields_of(error)}") from None
    verified = read.get("verified", False)
    return Event(
        type=read["type"],
        id=read["id"],
        source=source
        if source.identity_verified == verified
        else replace(source, identity_verified=verified),
        at=read["at"],
        received_at=read["receivedAt"],
        name=read.get("name", ""),
        user_id=read.get("userId"),
        anonymous_id=read.get("anonymousId"),
        previous_id=read.get("previousId"),
        group_id=read.get("groupId"),
        traits=read.get("traits", {}),
        properties=read.get("properties", {}),
        context=read.get("context", {}),
        triggers=read.get("triggers", True),
        profile_id=read.get("profileId"),
        original_at=read.get("originalAt"),
        sent_at=read.get("sentAt"),
        identities=tuple(read.get("identities", ())),
        extra=read.get("extra", {}),
    )


def _fields_of(error: ValidationError) -> str:
    named = {str(problem["loc"][0]) for problem in error.errors(include_input=False) if problem["loc"]}
    return ", ".join(sorted(named & _NAMES)) or "an unknown field, or not an object"


_NAMES = frozenset(CanonicalEvent.__annotations__)
