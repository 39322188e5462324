"""What an event must look like, field by field (`ingest-api.md` 3).

Unlike our own contracts these shapes let unknown fields pass: SDKs add some with every release, and they are
kept. An explicit null is the same as an absent field everywhere.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Required, get_type_hints

from pydantic import ConfigDict, Field, PlainValidator, StringConstraints, TypeAdapter, with_config
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from kizuna.core.intake.causes import Cause
from kizuna.core.intake.limits import (
    MAX_IDENTIFIER_LENGTH,
    MAX_MESSAGE_ID_LENGTH,
    MAX_NAME_LENGTH,
)

# Control characters, marks that turn the direction of writing, the trace of a damaged character, surrogates.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd\ud800-\udfff]")


def read_identifier(value: Any) -> str | None:
    """An identifier as text; blank is absent, a number is written out without exponent.

    Characters are kept as they are, `#`, `|` and `/` too: building safe keys is the store's duty. Only what a
    person cannot see or what no store keeps is refused.
    """
    if (
        type(value) is str
        and 0 < len(value) <= 128
        and value.isascii()
        and value.isprintable()
        and value[0] != " "
    ):
        return value  # the usual kind, decided quickly
    text = _text_of(value)
    if text is None:
        return None
    if len(text) * 4 > MAX_IDENTIFIER_LENGTH and _utf8_length(text) > MAX_IDENTIFIER_LENGTH:
        raise PydanticCustomError(
            Cause.IDENTIFIER_TOO_LONG.value, f"must be at most {MAX_IDENTIFIER_LENGTH} bytes in UTF-8"
        )
    if not (text.isascii() and text.isprintable()) and _UNFIT.search(text):
        raise PydanticCustomError(
            Cause.INVALID_IDENTIFIER.value, "must hold no control or invisible direction characters"
        )
    return text


def read_required_identifier(value: Any) -> str:
    """The same, where blank is an error."""
    text = read_identifier(value)
    if text is None:
        raise PydanticCustomError(Cause.MISSING_FIELD.value, "is required")
    return text


def read_message_id(value: Any) -> str | None:
    """The sender's id of the event; blank is absent."""
    text = read_identifier(value)
    if text is not None and len(text) > MAX_MESSAGE_ID_LENGTH:
        raise PydanticCustomError(
            Cause.MESSAGE_ID_TOO_LONG.value, f"must be at most {MAX_MESSAGE_ID_LENGTH} characters"
        )
    return text


def _text_of(value: Any) -> str | None:
    if type(value) is str:
        return value if value and not value.isspace() else None
    if value is None:
        return None
    if type(value) is int:
        return str(value)
    if type(value) is float:
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    raise PydanticCustomError(Cause.WRONG_TYPE.value, "must be text or a number")


def _utf8_length(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


_Id = str | float | None
Identifier = Annotated[str | None, PlainValidator(read_identifier, json_schema_input_type=_Id)]
RequiredIdentifier = Annotated[
    str, PlainValidator(read_required_identifier, json_schema_input_type=str | float)
]
MessageId = Annotated[str | None, PlainValidator(read_message_id, json_schema_input_type=_Id)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_LENGTH)]
Key = Annotated[str, StringConstraints(max_length=MAX_NAME_LENGTH)]
Values = dict[Key, Any]

_OPEN = ConfigDict(extra="allow")


@with_config(_OPEN)
class Device(TypedDict, total=False):
    """`context.device`: where a push message could go."""

    id: Identifier
    advertisingId: Identifier
    token: Identifier
    type: Key | None
    adTrackingEnabled: bool | None


@with_config(_OPEN)
class ExternalId(TypedDict, total=False):
    """One of `context.externalIds`."""

    id: Identifier
    type: Key | None


@with_config(_OPEN)
class ConsentPreferences(TypedDict, total=False):
    """`context.consent`."""

    categoryPreferences: dict[Key, bool] | None


@with_config(_OPEN)
class MessagingSubscription(TypedDict, total=False):
    """One of `context.messaging_subscriptions`."""

    key: Identifier
    type: Key | None
    status: Key | None


@with_config(_OPEN)
class Context(TypedDict, total=False):
    """What surrounds an event. Typed where Kizuna acts on it, open elsewhere.

    Nothing in it is required: an unsubscription without an address, say, is still one.
    """

    device: Device | None
    externalIds: list[ExternalId] | None
    groupId: Identifier
    consent: ConsentPreferences | None
    messaging_subscriptions: list[MessagingSubscription] | None
    timezone: Key | None
    locale: Key | None
    traits: Values | None
    campaign: Values | None
    page: Values | None


class _Common(TypedDict, total=False):
    anonymousId: Identifier
    messageId: MessageId
    context: Context | None
    integrations: Values | None
    timestamp: Any
    originalTimestamp: Any
    sentAt: Any


class _OfPerson(_Common, total=False):
    userId: Identifier


class Identify(_OfPerson, total=False):
    """Who a person is."""

    type: Required[Literal["identify"]]
    traits: Values | None


class Track(_OfPerson, total=False):
    """Something a person did."""

    type: Required[Literal["track"]]
    event: Required[Name]
    properties: Values | None


class Page(_OfPerson, total=False):
    """A page or a screen that a person saw."""

    type: Required[Literal["page", "screen"]]
    name: Key | None
    category: Key | None
    properties: Values | None


class Group(_OfPerson, total=False):
    """A group (a company, a household) that a person belongs to; `traits` are the group's."""

    type: Required[Literal["group"]]
    groupId: Required[RequiredIdentifier]
    traits: Values | None


class Alias(_Common, total=False):
    """Two ids of one person."""

    type: Required[Literal["alias"]]
    userId: Required[RequiredIdentifier]
    previousId: Required[RequiredIdentifier]


class MergeProperty(TypedDict):
    """One identifier of a merge."""

    type: Name
    value: RequiredIdentifier


class Merge(_OfPerson, total=False):
    """Identifiers of any kind that are one person's (RudderStack)."""

    type: Required[Literal["merge"]]
    mergeProperties: Required[Annotated[list[MergeProperty], Field(min_length=2, max_length=10)]]


EventShape = Annotated[Identify | Track | Page | Group | Alias | Merge, Field(discriminator="type")]

EVENT: TypeAdapter[Any] = TypeAdapter(EventShape)  # validates to a plain dict

SHAPES = {
    "identify": Identify,
    "track": Track,
    "page": Page,
    "screen": Page,
    "group": Group,
    "alias": Alias,
    "merge": Merge,
}
FIELDS = {kind: frozenset(get_type_hints(shape)) for kind, shape in SHAPES.items()}
