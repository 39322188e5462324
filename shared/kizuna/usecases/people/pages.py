"""Pages of what happened to a person: events and messages, the newest first, over all parts of the record.

A page says where the next one starts (`next`, None at the end). What comes in between moves nothing: a page starts
behind an event, not at a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.decisions.telling import record_body
from kizuna.core.durations import instant_to_text
from kizuna.core.merges.recounting import mine
from kizuna.core.messages import Message
from kizuna.core.people import Profile
from kizuna.core.ports import Messages, People, TimelineEntry
from kizuna.core.remedies import remedy
from kizuna.core.sentences import LANGUAGES
from kizuna.usecases.decisions.explain import sentence

PAGE = 20
LARGEST_PAGE = 100
_PLACE = re.compile(r"-?\d{12,16}\.[a-z0-9]{1,64}")

Body = dict[str, Any]


def place_of(text: str) -> str | None:
    """A `next` that was handed out, as the stores know it; None if it is none of ours."""
    return text.replace(".", "#") if _PLACE.fullmatch(text) else None


def newest_events(
    profile: Profile, people: People, *, before: str = "", page: int = PAGE
) -> Iterator[TimelineEntry]:
    """A person's events, the newest first, each once; read as far as somebody asks."""
    last = ""
    start = f"e#{before}" if before else ""
    for entry in people.recent(profile.parts, before=start, page=page):
        if entry.key != last and mine(entry.part, entry.version, profile):
            last = entry.key
            yield entry


def timeline_body(
    profile: Profile, people: People, catalog: Catalog, *, before: str, limit: int, sensitive: bool
) -> Body:
    """One page of events. Values of sensitive traits are there only if `sensitive`."""
    found: list[TimelineEntry] = []
    for entry in newest_events(profile, people, before=before, page=limit + 1):
        found.append(entry)
        if len(found) > limit:
            break
    return {"id": profile.id, **events_page(found, catalog, limit=limit, sensitive=sensitive)}


def events_page(entries: list[TimelineEntry], catalog: Catalog, *, limit: int, sensitive: bool) -> Body:
    """The first of these events, and where to go on if there are more."""
    shown = entries[:limit]
    following = shown[-1].key.removeprefix("e#").replace("#", ".") if len(entries) > limit else None
    return {"events": [_event_body(entry, catalog, sensitive) for entry in shown], "next": following}


def _event_body(entry: TimelineEntry, catalog: Catalog, sensitive: bool) -> Body:
    event = entry.event
    traits = {
        name: value for name, value in event.traits.items() if sensitive or not is_sensitive(name, catalog)
    }
    return {
        "id": event.id,
        "type": event.type,
        "name": event.name,
        "at": instant_to_text(event.at),
        "receivedAt": instant_to_text(event.received_at),
        "source": event.source.id,
        "sourceKind": str(event.source.kind),
        "properties": dict(event.properties),
        "traits": traits,
    }


def is_sensitive(trait: str, catalog: Catalog) -> bool:
    """Whether the workspace declares that a trait is not shown where it is not needed."""
    declared = catalog.traits.get(trait)
    return declared is not None and declared.sensitive


def decisions_body(
    profile: Profile, messages: Messages, catalog: Catalog, *, before: str, limit: int
) -> Body:
    """One page of what was intended for a person, each with its sentence."""
    found, following = messages.recent(profile.parts, before=before, limit=limit)
    return {"id": profile.id, **decisions_page(profile, found, following, catalog, key="decisions")}


def decisions_page(
    profile: Profile, found: tuple[Message, ...], following: str | None, catalog: Catalog, *, key: str
) -> Body:
    """Messages with their sentences, and where to go on."""
    told = [
        {
            **message_body(message),
            "sentence": {
                "en": sentence(message, profile, catalog, language="en"),
                "ja": sentence(message, profile, catalog, language="ja"),
            },
        }
        for message in found
    ]
    return {key: told, "next": following.replace("#", ".") if following else None}


def message_body(message: Message, *, personal: bool = False) -> Body:
    """A message without its address; `personal` with what its record tells of the person."""
    return {
        "message": message.id,
        "person": message.person,
        "campaign": message.campaign,
        "run": message.run,
        "channel": message.channel,
        "topic": message.topic,
        "category": message.category,
        "state": str(message.state),
        "reason": message.reason,
        "remedy": _remedy(message),
        "at": instant_to_text(message.changed_at),
        "notBefore": instant_to_text(message.not_before) if message.not_before else None,
        "facts": {fact: instant_to_text(at) for fact, at in message.facts.items()},
        "decidedAt": instant_to_text(message.created_at),
        "record": record_body(message, personal=personal),
    }


def _remedy(message: Message) -> Body | None:
    """What would have to change, in both languages; None where nothing is in the way."""
    told: Body = {language: remedy(message.state, message.reason, language) for language in LANGUAGES}
    return told if all(told.values()) else None
