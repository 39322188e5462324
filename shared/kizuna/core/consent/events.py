"""One recorded permission or refusal, and its plain JSON form (`consent.md` 3.1 and 3.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from kizuna.core.durations import instant_from_text
from kizuna.core.errors import KizunaError

ANY = "*"  # of a channel or topic: all of them
MARKETING = "marketing"


class InvalidConsentEvent(KizunaError, ValueError):
    """A consent event that cannot be read; names the event and the field, never a value."""


class Action(StrEnum):
    """What the fold understands. Any other action is kept, has no effect and is reported."""

    GRANT = "grant"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"
    ONE_CLICK_POST = "one_click_post"
    LINK_GET = "link_get"
    OBJECT = "object"
    SUPPRESSION_HASH = "suppression_hash"
    DO_NOT_CONTACT = "do_not_contact"
    SMS_IN = "sms_in"
    MERGE_UNDONE = "merge_undone"  # ours: takes back what a merge brought into this ledger, and nothing else
    LIFTED = (
        "lifted"  # ours: a member of staff lifts one objection or "do not contact", with a reason (3.3.5)
    )
    REVIEW_DISMISSED = (
        "review_dismissed"  # ours: a member of staff read a reply, and it was no revocation (9)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """An item of the ledger. Instants are aware and in UTC; `id` is unique within a workspace.

    An absent channel or topic of an opt-out covers all of them, of a grant none. `identity_verified` is
    `None` when nobody said. Raises InvalidConsentEvent for an empty id or action and for a naive instant.
    """

    id: str
    action: str
    at: datetime
    channel: str | None = None
    topic: str | None = None
    purpose: str = MARKETING
    endpoint: str | None = None
    endpoint_hash: str | None = None
    workspace: str | None = None
    brand: str | None = None
    subject_ref: str | None = None
    basis: str | None = None
    lawful_basis: str | None = None
    jurisdiction: str | None = None
    received_at: datetime | None = None  # never used to order
    source: str | None = None  # a kind such as web_form, with `:` and a detail where there is one
    actor: str | None = None
    identity_verified: bool | None = None
    wording_version: str | None = None
    benefit_offered: str | None = None
    proof: str | None = None
    expires_at: datetime | None = None
    supersedes: str | None = None
    merged_at: datetime | None = None
    lifted_by: tuple[
        str, ...
    ] = ()  # of a copy made by a merge: older grants, and their clicks, that keep lifting it
    text: str | None = None
    read_as: str | None = None  # of a text: what the workspace's own words made of it when it came
    token_valid: bool | None = None
    token_age_days: int | None = None
    prev_hash: str | None = None  # the chain's link; no rule reads it

    def __post_init__(self) -> None:
        for name in ("id", "action"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                raise InvalidConsentEvent(f"consent event: {name} must be a text that is not empty")
        for name in _INSTANTS:
            instant = getattr(self, name)
            if instant is not None:
                object.__setattr__(self, name, _in_utc(instant, name, event_id=self.id))
        if self.at is None:
            raise InvalidConsentEvent(f"consent event {self.id}: at is missing")

    @property
    def effective_at(self) -> datetime:
        """From when an opt-out counts: the merge that carried it over, else when it happened (3.3)."""
        return self.merged_at or self.at


_INSTANTS = ("at", "received_at", "expires_at", "merged_at")
_FLAGS = ("identity_verified", "token_valid")
_FIELDS = tuple(field.name for field in fields(ConsentEvent))


def consent_event_from_json(raw: Mapping[str, Any]) -> ConsentEvent:
    """Read an event from plain JSON. Null means absent; keys that section 3.1 does not name are left out.

    The one exception is `identity_verified`: null there says that nobody knows, which is not yes. A proof
    that is an object is kept as its canonical JSON text. Raises InvalidConsentEvent.
    """
    if not isinstance(raw, Mapping):
        raise InvalidConsentEvent("consent event: not an object")
    event_id = raw.get("id")
    label = event_id if isinstance(event_id, str) else "without id"
    values: dict[str, Any] = {}
    for name in _FIELDS:
        if name in raw and raw[name] is not None:
            values[name] = _read(name, raw[name], label)
    if "identity_verified" in raw and raw["identity_verified"] is None:
        values["identity_verified"] = False
    for name in ("id", "action", "at"):
        if name not in values:
            raise InvalidConsentEvent(f"consent event {label}: {name} is missing")
    return ConsentEvent(**values)


def consent_event_to_json(event: ConsentEvent) -> dict[str, Any]:
    """The plain JSON form: absent fields left out, instants as RFC 3339 in UTC in full precision."""
    plain: dict[str, Any] = {}
    for name in _FIELDS:
        value = getattr(event, name)
        if isinstance(value, datetime):
            plain[name] = value.isoformat().replace("+00:00", "Z")
        elif isinstance(value, tuple):
            if value:
                plain[name] = list(value)
        elif value is not None:
            plain[name] = value
    return plain


def _read(name: str, value: Any, label: str) -> Any:
    if name in _INSTANTS:
        return _instant(name, value, label)
    if name in _FLAGS:
        return _of_type(bool, name, value, label)
    if name == "proof":
        return _proof(value, label)
    if name == "lifted_by":
        ids = _of_type(list, name, value, label)
        return tuple(_of_type(str, name, one, label) for one in ids)
    if name == "token_age_days":
        return _of_type(int, name, value, label)
    return _of_type(str, name, value, label)


def _of_type(kind: type, name: str, value: Any, label: str) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InvalidConsentEvent(f"consent event {label}: {name} is not a {kind.__name__}")
    return value


def _instant(name: str, value: Any, label: str) -> datetime:
    text = _of_type(str, name, value, label)
    try:
        return instant_from_text(text)
    except (ValueError, OverflowError) as error:
        raise InvalidConsentEvent(f"consent event {label}: {name} is not an instant") from error


def _proof(value: Any, label: str) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value, sort_keys=True, separators=(",", ":")) if value else ""
    return str(_of_type(str, "proof", value, label))


def _in_utc(instant: Any, name: str, *, event_id: str) -> datetime:
    if not isinstance(instant, datetime) or instant.utcoffset() is None:
        raise InvalidConsentEvent(f"consent event {event_id}: {name} is not an instant with an offset")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise InvalidConsentEvent(f"consent event {event_id}: {name} is out of range") from error
