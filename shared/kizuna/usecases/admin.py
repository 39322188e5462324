"""The management side over HTTP: people, decisions, definitions and reports, read only.

Changing definitions is the workspace's matter (`kizuna apply`), which leaves a version behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from kizuna.core.campaigns import TRIGGERED
from kizuna.core.catalog import Catalog
from kizuna.core.consent import consent_event_to_json
from kizuna.core.durations import instant_to_text
from kizuna.core.intake.http import HttpRequest
from kizuna.core.messages import Message
from kizuna.core.people import Profile
from kizuna.core.ports import Counters, Ledger, Messages, People, Runs
from kizuna.usecases.deciding import pressure_on
from kizuna.usecases.explain import explain_person, find_person

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Desk:
    people: People
    ledger: Ledger
    messages: Messages
    counters: Counters
    runs: Runs


def serve(request: HttpRequest, on: Desk, catalog: Catalog, *, now: datetime) -> Answer:
    """Answer one request; unknown paths are 404, wrong methods 405, always as `code` and `message`."""
    path = [unquote(part) for part in request.path.strip("/").split("/")]
    if request.method != "GET":
        return 405, {
            "code": "method_not_allowed",
            "message": "the management API reads; use kizuna apply to change",
        }
    match path:
        case ["admin", "people", reference]:
            return _with_person(reference, on, lambda profile: person_body(profile, on))
        case ["admin", "people", reference, "timeline"]:
            return _with_person(reference, on, lambda profile: _timeline(profile, on))
        case ["admin", "people", reference, "decisions"]:
            return _with_person(reference, on, lambda profile: _decisions(profile, on, catalog))
        case ["admin", "people", reference, "consents"]:
            return _with_person(reference, on, lambda profile: _consents(profile, on))
        case ["admin", "segments"]:
            return 200, {
                "segments": [segment.model_dump(mode="json", by_alias=True) for segment in catalog.segments]
            }
        case ["admin", "campaigns"]:
            campaigns = [
                campaign.model_dump(mode="json", by_alias=True) for campaign in catalog.campaigns.values()
            ]
            return 200, {"campaigns": campaigns}
        case ["admin", "campaigns", campaign, "report"] if campaign in catalog.campaigns:
            return 200, report_body(campaign, on)
        case ["admin", "catalog"]:
            return 200, {"version": catalog.version, "definitions": dict(catalog.versions)}
        case _:
            return 404, {"code": "not_found", "message": "no such thing"}


def _with_person(reference: str, on: Desk, body: Callable[[Profile], dict[str, Any]]) -> Answer:
    profile = find_person(reference, on.people)
    if profile is None:
        return 404, {"code": "not_found", "message": "no person with this identifier"}
    return 200, body(profile)


def person_body(profile: Profile, on: Desk) -> dict[str, Any]:
    """The golden record on one page: what is known, since when and from where."""
    return {
        "id": profile.id,
        "version": profile.version,
        "reachVersion": profile.reach_version,
        "createdAt": instant_to_text(profile.created_at),
        "updatedAt": instant_to_text(profile.updated_at),
        "status": profile.status,
        "identities": [
            {"type": held.type, "value": held.value, "source": held.source}
            for held in profile.identities.values()
        ],
        "traits": {
            name: {"value": trait.value, "at": instant_to_text(trait.at), "source": trait.source}
            for name, trait in sorted(profile.traits.items())
        },
        "addresses": [
            {"id": held.id, "channel": held.channel, "value": held.value, "status": str(held.status)}
            for held in profile.addresses.values()
        ],
        "segments": sorted(profile.segments),
        "dueAt": instant_to_text(profile.due_at) if profile.due_at else None,
        "parts": list(profile.parts),
        "pressure": [
            {"at": instant_to_text(touch.at), "channel": touch.channel}
            for touch in pressure_on(profile, on.messages).touches
        ],
    }


def _timeline(profile: Profile, on: Desk) -> dict[str, Any]:
    # An event may lie in two parts: stored in one, and then counted in the other because of a merge in between.
    by_key = {entry.key: entry for entry in on.people.timeline(profile.parts)}
    entries = [by_key[key] for key in sorted(by_key)]
    return {
        "id": profile.id,
        "events": [
            {
                "id": entry.event.id,
                "type": entry.event.type,
                "name": entry.event.name,
                "at": instant_to_text(entry.event.at),
                "receivedAt": instant_to_text(entry.event.received_at),
                "source": entry.event.source.id,
                "properties": dict(entry.event.properties),
                "traits": dict(entry.event.traits),
            }
            for entry in entries
        ],
    }


def _decisions(profile: Profile, on: Desk, catalog: Catalog) -> dict[str, Any]:
    english = explain_person(profile, messages=on.messages, catalog=catalog, language="en")
    japanese = explain_person(profile, messages=on.messages, catalog=catalog, language="ja")
    return {
        "id": profile.id,
        "decisions": [
            {**message_body(one.message), "sentence": {"en": one.sentence, "ja": other.sentence}}
            for one, other in zip(english, japanese, strict=True)
        ],
    }


def message_body(message: Message) -> dict[str, Any]:
    """A message without its address."""
    return {
        "message": message.id,
        "campaign": message.campaign,
        "run": message.run,
        "channel": message.channel,
        "topic": message.topic,
        "category": message.category,
        "state": str(message.state),
        "reason": message.reason,
        "at": instant_to_text(message.changed_at),
        "notBefore": instant_to_text(message.not_before) if message.not_before else None,
        "facts": {fact: instant_to_text(at) for fact, at in message.facts.items()},
        "record": dict(message.decision),
    }


def _consents(profile: Profile, on: Desk) -> dict[str, Any]:
    events = on.ledger.events(profile.parts)
    return {"id": profile.id, "consents": [consent_event_to_json(event) for event in events]}


def report_body(campaign: str, on: Desk) -> dict[str, Any]:
    """Each run's messages by channel, state and reason; what was intended is their sum."""
    names: list[tuple[str, str | None]] = [
        (run.id, instant_to_text(run.scheduled_at)) for run in on.runs.list(campaign)
    ]
    runs = []
    for name, scheduled_at in names or [(TRIGGERED, None)]:
        counts = on.counters.read(campaign, name)
        runs.append(
            {
                "run": name,
                "scheduledAt": scheduled_at,
                "intended": sum(counts.values()),
                "states": _rows(counts),
            }
        )
    return {"campaign": campaign, "runs": runs}


def _rows(counts: Mapping[tuple[str, str, str], int]) -> list[dict[str, Any]]:
    return [
        {"channel": channel, "state": state, "reason": reason, "count": count}
        for (channel, state, reason), count in sorted(counts.items())
        if count
    ]
