"""Everything about a person as one JSON document (GDPR art. 15 and 20), told piece by piece: however long somebody
has been with us, one row is in memory at a time. `docs/schemas/PersonExport.schema.json` describes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from kizuna.core.catalog import Catalog
from kizuna.core.consent import ChainEntry, ConsentEvent, consent_event_to_json, verify_chain
from kizuna.core.durations import from_epoch_millis, instant_to_text
from kizuna.core.entry_pages import whole
from kizuna.core.intake.canonical import canonical_json
from kizuna.core.messages import Message
from kizuna.core.people import Address, Identity, Listing, Profile, Trait
from kizuna.core.ports import Erasures, Messages, People, Rows, TimelineEntry
from kizuna.core.ports.journeys import JourneyRuns
from kizuna.core.restraint.exclusions import Exclusion, product_of
from kizuna.usecases.decisions.deciding import pressure_on
from kizuna.usecases.decisions.explain import sentence
from kizuna.usecases.journeys.reports import path_body

FORMAT = 1
_OBJECTS = 100
_TOLD_ELSEWHERE = ("m#", "j#")  # which messages and walks are a person's; both are in the document themselves


def exports_of(person: str) -> str:
    """The folder of a person's exports in the bucket."""
    return f"exports/{person}/"


class ProvingLedger(Protocol):
    """A ledger that shows its chain."""

    def chain(self, parts: Sequence[str]) -> Sequence[ChainEntry]: ...

    def suppressions(self, channel: str, value: str) -> tuple[ConsentEvent, ...]: ...


@dataclass(frozen=True, slots=True)
class Exporter:
    """The ports of an export. Without `rows` the lake is left out, and the document says so."""

    people: People
    ledger: ProvingLedger
    messages: Messages
    erasures: Erasures
    journeys: JourneyRuns
    rows: Rows | None = None


def export(profile: Profile, on: Exporter, catalog: Catalog, *, now: datetime) -> Iterator[str]:
    """The document in pieces of text, in the order of its schema. Nothing is changed by it."""
    sections: Mapping[str, Callable[[], Any]] = {
        "format": lambda: FORMAT,
        "exportedAt": lambda: instant_to_text(now),
        "profile": lambda: _profile(profile),
        "identities": lambda: [_identity(each) for each in profile.identities.values()],
        "traits": lambda: {name: _trait(each) for name, each in sorted(profile.traits.items())},
        "addresses": lambda: [_address(each) for each in profile.addresses.values()],
        "segments": lambda: sorted(profile.segments),
        "lists": lambda: [_listing(name, each) for name, each in sorted(profile.lists.items())],
        "segmentMoves": lambda: [_moves(name, *each) for name, each in sorted(profile.moves.items())],
        "aggregates": lambda: dict(whole(profile.aggregates, profile.held_rows)),
        "exclusions": lambda: [_exclusion(key, each) for key, each in sorted(profile.exclusions.items())],
        "pressure": lambda: [
            {"at": instant_to_text(touch.at), "channel": touch.channel, "message": touch.message}
            for touch in pressure_on(profile, on.messages).touches
        ],
        "consents": lambda: [_consents(part, profile, on) for part in profile.parts],
        "suppressions": lambda: _suppressions(profile, on),
        "messages": lambda: (
            _message(each, profile, catalog) for each in on.messages.of_person(profile.parts)
        ),
        "journeys": lambda: _walks(profile, on),
        "mergedProfiles": lambda: _merged(profile, on),
        "timeline": lambda: _timeline(profile, on),
        "records": lambda: _records(profile, on),
        "lake": lambda: _lake(profile, on.rows),
    }
    yield "{"
    for number, (name, content) in enumerate(sections.items()):
        yield f"{',' if number else ''}\n{json.dumps(name)}: "
        yield from _written(content())
    yield "\n}\n"


def _written(content: Any) -> Iterator[str]:
    """A value as JSON; what comes one by one is written one by one."""
    if not isinstance(content, Iterator):
        yield _text(content)
        return
    yield "["
    for number, each in enumerate(content):
        yield f"{',' if number else ''}\n  {_text(each)}"
    yield "]"


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()


def _listing(name: str, listing: Listing) -> dict[str, Any]:
    return {
        "list": name,
        "onIt": listing.inside,
        "at": instant_to_text(listing.at),
        "by": listing.by,
        "until": _at(listing.until),
        "why": listing.why,
    }


def _moves(segment: str, entered: int | None, left: int | None) -> dict[str, Any]:
    instants = [None if each is None else from_epoch_millis(each) for each in (entered, left)]
    return {"segment": segment, "entered": _at(instants[0]), "left": _at(instants[1])}


def _at(instant: datetime | None) -> str | None:
    return instant_to_text(instant) if instant else None


def _profile(profile: Profile) -> dict[str, Any]:
    return {
        "id": profile.id,
        "status": profile.status,
        "version": profile.version,
        "createdAt": _at(profile.created_at),
        "updatedAt": _at(profile.updated_at),
        "lastEventAt": _at(profile.last_event_at),
        "lastPurchaseAt": _at(profile.purchased_at),
        "parts": list(profile.parts),
        "bucketId": profile.bucket_id,
        "globalPrivacyControl": profile.gpc,
        "timeZoneSeen": profile.zone,
        "timeZoneSeenAt": _at(profile.zone_at),
        "languageSeen": profile.language,
        "languageSeenAt": _at(profile.language_at),
        "consentSignals": dict(profile.consent_scopes),
    }


def _identity(held: Identity) -> dict[str, Any]:
    return {
        "type": held.type,
        "value": held.value,
        "asTold": held.raw,
        "firstSeenAt": _at(held.at),
        "source": held.source,
        "vouched": held.vouched,
    }


def _trait(trait: Trait) -> dict[str, Any]:
    told = {"asTold": trait.raw} if trait.raw is not None else {}
    since = {"heldSince": _at(trait.since)} if trait.since is not None else {}
    return {
        "value": trait.value,
        "at": _at(trait.at),
        "source": trait.source,
        "vouched": trait.vouched,
        **told,
        **since,
    }


def _exclusion(key: str, held: Exclusion) -> dict[str, Any]:
    return {
        "product": product_of(key),
        "rule": held.rule,
        "at": instant_to_text(held.at) if held.at else None,
        "reason": held.reason,
        "liftedAt": instant_to_text(held.lifted_at) if held.lifted_at else None,
    }


def _address(address: Address) -> dict[str, Any]:
    return {
        "id": address.id,
        "channel": address.channel,
        "value": address.value,
        "at": _at(address.at),
        "status": str(address.status),
        "statusAt": _at(address.status_at),
        "platform": address.platform,
        "timeZone": address.zone,
    }


def _consents(part: str, profile: Profile, on: Exporter) -> dict[str, Any]:
    """One chain with its hashes, so that whoever gets the document can verify it."""
    chain = on.ledger.chain([part])
    head = profile.ledger_head if part == profile.id else ""
    return {
        "part": part,
        "head": head or (chain[-1].hash if chain else None),
        "holds": not verify_chain(chain, head=head or None),
        "events": [
            {
                "hash": entry.hash,
                "previous": entry.prev_hash,
                "event": consent_event_to_json(entry.event) if entry.event else None,
            }
            for entry in chain
        ],
    }


def _suppressions(profile: Profile, on: Exporter) -> list[dict[str, Any]]:
    """What was kept of somebody's No for an address that is this person's by now."""
    return [
        {"address": address.id, "event": consent_event_to_json(event)}
        for address in profile.addresses.values()
        for event in on.ledger.suppressions(address.channel, address.value)
    ]


def _message(message: Message, profile: Profile, catalog: Catalog) -> dict[str, Any]:
    return {
        "id": message.id,
        "campaign": message.campaign,
        "campaignVersion": message.campaign_version,
        "run": message.run,
        "topic": message.topic,
        "category": message.category,
        "channel": message.channel,
        "address": message.address,
        "template": message.template,
        "language": message.language,
        "state": str(message.state),
        "reason": message.reason,
        "createdAt": _at(message.created_at),
        "changedAt": _at(message.changed_at),
        "facts": {fact: _at(at) for fact, at in message.facts.items()},
        "decision": dict(message.decision),
        "sentence": {
            "en": sentence(message, profile, catalog, language="en"),
            "ja": sentence(message, profile, catalog, language="ja"),
        },
    }


def _walks(profile: Profile, on: Exporter) -> list[dict[str, Any]]:
    """The person's walks through journeys: where each stands, the reason for each way, and what it remembers."""
    runs = on.journeys.of_person(profile.parts)
    return [{**body, "values": dict(run.context)} for run, body in zip(runs, path_body(runs), strict=True)]


def _merged(profile: Profile, on: Exporter) -> list[dict[str, Any]]:
    """The profiles that turned out to be this person, as they were then."""
    others = on.erasures.stored(part for part in profile.parts if part != profile.id)
    return [
        {
            "id": other.id,
            "mergedInto": other.merged_into,
            "mergedAt": _at(other.updated_at),
            "identities": [_identity(each) for each in other.identities.values()],
            "traits": {name: _trait(each) for name, each in sorted(other.traits.items())},
        }
        for other in others.values()
    ]


def _timeline(profile: Profile, on: Exporter) -> Iterator[dict[str, Any]]:
    """Each stored event; one that lies in two parts because of a merge is told twice, with the part it lies in."""
    return (_event(entry) for entry in on.people.timeline(profile.parts))


def _event(entry: TimelineEntry) -> dict[str, Any]:
    source = entry.event.source
    about = {"part": entry.part, "source": source.id, "sourceKind": str(source.kind)}
    return {**canonical_json(entry.event), **about}


def _records(profile: Profile, on: Exporter) -> Iterator[dict[str, Any]]:
    """Whatever else lies in the person's partitions: records of merges, guards, marks of counted events."""
    return (
        {"part": part, "key": sort, "content": _plain(attributes)}
        for part in profile.parts
        for sort, attributes in on.erasures.remains(part)
        if not sort.startswith(_TOLD_ELSEWHERE) and sort != "pressure"
    )


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _readable(value) for name, value in attributes.items()}


def _readable(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _lake(profile: Profile, rows: Rows | None) -> Any:
    """The lake's rows of the person; null where the lake was not looked into."""
    return None if rows is None else _lake_rows(profile, rows)


def _lake_rows(profile: Profile, rows: Rows) -> Iterator[Any]:
    parts = frozenset(profile.parts)
    after = f"events/dt={profile.created_at:%Y-%m-%d}"
    while page := rows.keys("events/", after=after, limit=_OBJECTS):
        after = page[-1]
        for key in page:
            yield from _rows_of(parts, rows.lines(key))


def _rows_of(parts: frozenset[str], lines: Iterable[str]) -> Iterator[Any]:
    for line in lines:
        if not any(part in line for part in parts):
            continue
        try:
            row = json.loads(line)
        except ValueError:
            continue  # not a row of ours
        if isinstance(row, dict) and row.get("person") in parts:
            yield row
