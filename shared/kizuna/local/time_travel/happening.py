"""What a story tells, as the events and calls that it would be in production."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from kizuna.core import feedback
from kizuna.core.catalog import Catalog
from kizuna.core.events import ConsentProof, Event, Source, SourceKind
from kizuna.core.identity.identifiers import normalised
from kizuna.core.ids import address_id
from kizuna.core.own_channels import OWN_CHANNELS
from kizuna.local.time_travel.stories import Happening, Person

OWN_PAGE = Source("preferences", SourceKind.SYSTEM)
STAFF = Source("tasks", SourceKind.SYSTEM)
_STATUS = {"granted": "SUBSCRIBED", "withdrawn": "UNSUBSCRIBED"}
_KEY_OF = {"email": "email", "sms": "phone", "whatsapp": "phone", "line": "line"}


def source_of(by: str, catalog: Catalog) -> Source:
    """Who tells of it: the workspace's first source that can prove consents, or one made up that can."""
    for name, declared in catalog.sources.items():
        proof = declared.consent_proof
        if proof is not None and by == "server":
            return Source(name, SourceKind.SERVER, consent_proof=proof.proof)
    kind = SourceKind.SERVER if by == "server" else SourceKind.CLIENT
    return Source("story", kind, consent_proof=ConsentProof("story", "told by the story", "express_written"))


def introduction(name: str, person: Person, catalog: Catalog, *, at: datetime) -> Event:
    """The event by which somebody comes to be known before the story begins."""
    return Event(
        type="identify",
        id=f"story-{name}",
        source=source_of("server", catalog),
        at=at,
        received_at=at,
        user_id=None if person.anonymous else person.user_id or name,
        anonymous_id=device_of(name) if person.anonymous else None,
        traits=person.traits,
        context=_context(name, person, person.consents, person.purposes, catalog),
        triggers=False,
    )


def device_of(name: str) -> str:
    """The device of somebody whom nobody knows."""
    return f"device-{name}"


def event_of(
    told: Happening,
    number: int,
    name: str,
    person: Person,
    catalog: Catalog,
    *,
    at: datetime,
    heard: datetime,
) -> Event | None:
    """The event of a happening; None if it is a call rather than an event."""
    event = Event(
        type="track",
        id=told.id or f"story-{number}",
        source=source_of(told.by, catalog),
        at=at,
        received_at=heard,
        user_id=None if person.anonymous or told.anonymous == name else person.user_id or name,
        anonymous_id=told.anonymous or (device_of(name) if person.anonymous else None),
        properties=told.properties,
        context=_context(name, person, told.consents or {}, told.purposes or {}, catalog, told),
    )
    if told.event is not None:
        return replace(event, name=told.event)
    if told.page is not None:
        return replace(event, type="page", name=told.page)
    if told.traits is not None or told.consents is not None or told.purposes is not None:
        return replace(event, type="identify", traits=told.traits or {})
    by_link = replace(event, source=OWN_PAGE, context={})
    if told.confirm is not None:
        about = {"channel": told.confirm, "address_id": _address(told.confirm, person)}
        return replace(by_link, name=feedback.SUBSCRIPTION_CONFIRMED, properties=about)
    if told.unsubscribe is not None:
        about = {} if told.unsubscribe == "*" else {"channel": told.unsubscribe}
        return replace(by_link, name=feedback.UNSUBSCRIBED, properties={**about, **told.properties})
    return None


def _context(
    name: str,
    person: Person,
    consents: Mapping[str, str],
    purposes: Mapping[str, str],
    catalog: Catalog,
    told: Happening | None = None,
) -> dict[str, Any]:
    """The context that an SDK would send: clock, language, device, and what was said of consent."""
    found: dict[str, Any] = {}
    if person.zone is not None:
        found["timezone"] = person.zone
    if person.language is not None:
        found["locale"] = person.language
    if person.push_token is not None and told is None:
        found["device"] = {"token": person.push_token, "type": "ios"}
    said = [
        {"type": channel, "key": key, "status": _STATUS[word]}
        for channel, word in consents.items()
        if (key := _key(channel, name, person, told)) is not None
    ]
    if said:
        found["messaging_subscriptions"] = said
    if purposes:
        found["consent"] = {"categoryPreferences": {key: word == "granted" for key, word in purposes.items()}}
    return {**found, **(told.context if told is not None else {})}


def _key(channel: str, name: str, person: Person, told: Happening | None) -> str | None:
    """The address that a word of consent is about: where the person is reached on that channel."""
    if channel in OWN_CHANNELS:
        return person.user_id or name
    if channel == "push":
        return person.push_token
    traits = {**person.traits, **((told.traits or {}) if told is not None else {})}
    value = traits.get(channel) or traits.get(_KEY_OF.get(channel, channel))
    return value if isinstance(value, str) else None


def _address(channel: str, person: Person) -> str:
    value = normalised(_KEY_OF.get(channel, channel), person.traits.get(_KEY_OF.get(channel, channel)))
    return address_id(channel, value) if value else ""
