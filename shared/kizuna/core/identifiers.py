"""Which identifiers an event carries, made comparable (`rules-spec.md` 2.1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kizuna.core.events import Event, SourceKind
from kizuna.core.people import Identity

_BLOCKED = re.compile(r"[0-]*|-1|null|undefined|none|nan|anonymous|unknown|\[object object\]", re.IGNORECASE)
MAX_LENGTH = 512


@dataclass(frozen=True, slots=True)
class IdentifierPolicy:
    """How identifiers of one type behave. `limit` values on one profile at most; priority 1 is strongest."""

    type: str
    priority: int
    limit: int = 5


_POLICIES = {
    policy.type: policy
    for policy in (
        IdentifierPolicy("user_id", priority=1, limit=1),
        IdentifierPolicy("email", priority=2),
        IdentifierPolicy("phone", priority=3),
        IdentifierPolicy("push_token", priority=4, limit=20),
        IdentifierPolicy("anonymous_id", priority=6, limit=200),
    )
}
_CUSTOM_PRIORITY = 5


def policy_of(identifier_type: str) -> IdentifierPolicy:
    """The policy of a type; custom kinds rank between push tokens and anonymous ids."""
    return _POLICIES.get(identifier_type) or IdentifierPolicy(identifier_type, priority=_CUSTOM_PRIORITY)


def email(value: Any) -> str | None:
    """A comparable e-mail address, or None if it is none. Only case and width are folded, nothing else."""
    from email_validator import EmailNotValidError, validate_email

    if not isinstance(value, str):
        return None
    try:
        parsed = validate_email(
            unicodedata.normalize("NFKC", value).strip(), check_deliverability=False, test_environment=True
        )
    except EmailNotValidError:
        return None
    return parsed.normalized.lower()


def phone(value: Any, region: str | None = None) -> str | None:
    """A phone number in E.164, or None if it is none. Without a country code `region` (`JP`) decides."""
    import phonenumbers

    if not isinstance(value, str):
        return None
    try:
        home = region.strip().upper() if region else None
        parsed = phonenumbers.parse(unicodedata.normalize("NFKC", value), home)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def plain(value: Any) -> str | None:
    """Any other identifier in comparable form, or None if it names nobody (`null`, `0`, an empty text, …)."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    text = unicodedata.normalize("NFKC", str(value)).strip()
    return None if len(text) > MAX_LENGTH or _BLOCKED.fullmatch(text) else text


_NORMALISERS: Mapping[str, Callable[[Any], str | None]] = {"email": email, "phone": phone}


def normalised(identifier_type: str, value: Any) -> str | None:
    """An identifier in the form in which it is looked up, or None if it cannot be used."""
    return _NORMALISERS.get(identifier_type, plain)(value)


def is_unverified(event: Event) -> bool:
    """Whether we only have a publishable key's word for who this is."""
    return event.source.kind is SourceKind.CLIENT and not event.source.identity_verified


def identifiers_of(event: Event) -> tuple[Identity, ...]:
    """The usable identifiers of an event, strongest first, each once."""
    found: dict[tuple[str, str], Identity] = {}
    for kind, raw in _candidates(event):
        value = normalised(kind, raw)
        if value:
            found.setdefault(
                (kind, value), Identity(kind, value, raw=str(raw), at=event.at, source=event.source.id)
            )
    return tuple(
        sorted(found.values(), key=lambda identity: (policy_of(identity.type).priority, identity.key))
    )


def _candidates(event: Event) -> Iterator[tuple[str, Any]]:
    yield "user_id", event.user_id
    yield "anonymous_id", event.anonymous_id
    if event.type == "alias":
        yield "anonymous_id", event.previous_id
    if event.source.kind is not SourceKind.CLIENT:  # who is whom is not for a publishable key to declare
        for kind, value in event.identities:
            yield (kind if kind in _RESERVED else _custom_type(kind)), value
    if event.type == "identify":
        yield "email", event.traits.get("email")
        region = event.traits.get("country")
        raw_phone = event.traits.get("phone")
        yield "phone", phone(raw_phone, region if isinstance(region, str) else None)
    device = event.context.get("device")
    if isinstance(device, Mapping):
        yield "push_token", device.get("token")
    external = event.context.get("externalIds")
    for item in external if isinstance(external, list) else ():
        if isinstance(item, Mapping) and isinstance(item.get("type"), str):
            yield _custom_type(item["type"]), item.get("id")


_CUSTOM_TYPE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_RESERVED = {"user_id", "email", "phone", "anonymous_id", "push_token"}


def _custom_type(name: str) -> str:
    """External ids may not pose as one of our own types."""
    folded = name.strip().lower()
    usable = _CUSTOM_TYPE.fullmatch(folded) and folded not in _RESERVED
    return folded if usable else "external_id"
