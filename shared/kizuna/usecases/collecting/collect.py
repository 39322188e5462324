"""A client's request: when it is answered 200, everything in it is durable and most of it is already current.

request ─▶ call ─▶ key ─▶ source ─▶ events ─▶ golden records (inline: 100 people or 2 seconds)
                              │        └─▶ what was not begun, contended or refused ─▶ ingest queue
                              └─▶ violations ─▶ quarantine
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, assert_never

from kizuna.core.errors import Unavailable
from kizuna.core.events import Event, Source, Violation
from kizuna.core.identity.tokens import subject_of
from kizuna.core.intake import replies
from kizuna.core.intake.batch import Intake, read_events
from kizuna.core.intake.canonical import canonical_json
from kizuna.core.intake.credentials import presented_identity_tokens, presented_key
from kizuna.core.intake.decoding import decode
from kizuna.core.intake.http import HttpReply, HttpRequest, Rejected
from kizuna.core.intake.json_text import Document
from kizuna.core.intake.routes import EventBatch, OneEvent, Preflight, SettingsStub, SourceConfigStub, route
from kizuna.core.ports import KeyFinder, Ledger, People, Quarantine, Queues
from kizuna.core.sources import Key, KeyKind, source_of
from kizuna.topology import Queue
from kizuna.usecases.collecting.callers import from_elsewhere, identity_keys, known_key, too_often
from kizuna.usecases.collecting.throttling import Throttle
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.ingesting.ingested import Ingested

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog

PEOPLE_INLINE = 100
PART_BYTES = 900_000  # of the 1 MiB that a queue message may have


@dataclass(frozen=True, slots=True)
class Collector:
    """The ports and limits of collecting. While `goes_inline` says no, nothing is tried and all goes to the queue.
    Without `limits` a key may ask as often as it likes."""

    people: People
    ledger: Ledger
    keys: KeyFinder
    queues: Queues
    quarantine: Quarantine
    identity_secret: Callable[[str], bytes]
    new_id: Callable[[], str]
    seconds_over: Callable[[], bool] = lambda: False
    workers: int = 1
    goes_inline: Callable[[], bool] = lambda: True
    limits: Throttle | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """The reply, and what became of the events, for the metrics."""

    reply: HttpReply
    ingested: Ingested = field(default_factory=Ingested)
    source: str = ""  # that spoke, if its key is known …
    arrived: int = 0  # … and how many events it brought, those that cannot be used included
    tokens_refused: int = 0  # identity tokens that vouched for nobody


def collect(request: HttpRequest, on: Collector, catalog: Catalog, *, now: datetime) -> Collected:
    """Answer one HTTP request of a client SDK."""
    call = route(request)
    match call:
        case Rejected():
            return Collected(replies.refused(request, call))
        case Preflight():
            return Collected(replies.preflight(request))
        case SettingsStub(write_key=key):
            return Collected(replies.settings_stub(request, key))
        case SourceConfigStub(write_key=key):
            return Collected(replies.source_config_stub(request, key))
        case OneEvent() | EventBatch():
            return _take(request, call, on, catalog, now=now)
        case _:
            assert_never(call)


def _take(
    request: HttpRequest, call: OneEvent | EventBatch, on: Collector, catalog: Catalog, *, now: datetime
) -> Collected:
    document = decode(request)
    presented = presented_key(request, document if isinstance(document, Document) else None)
    key = known_key(presented, on.keys)
    if key is None:
        return Collected(replies.refused(request, replies.unauthorized()))
    if isinstance(document, Rejected):
        return Collected(replies.refused(request, document))
    refusal = from_elsewhere(request, key, catalog.sources) or _forbidden(key, call)
    if refusal is None:  # what is refused anyway takes nothing of the key's rate
        batch = document.batch or ()
        refusal = too_often(key, catalog.sources, on.limits, events=len(batch), now=now)
    if refusal is not None:
        return Collected(replies.refused(request, refusal))
    source = source_of(key, catalog.sources.get(key.source))
    read = _without_claims(read_events(call, document, request=request, source=source, received_at=now), key)
    vouched, refused = _vouched(read, request, document, key, on, now)
    done = _store(request, vouched, on, catalog, now=now)
    arrived = len(read.events) + len(read.violations)
    return replace(done, source=source.id, arrived=arrived, tokens_refused=refused)


def _without_claims(read: Intake, key: Key) -> Intake:
    """A client key may not declare two identities one person, in a batch either."""
    if key.kind is KeyKind.SERVER or not any(event.identities for event in read.events):
        return read
    refused = tuple(
        Violation(
            "forbidden",
            "mergeProperties",
            "merge takes a server key",
            event.source.id,
            event.received_at,
            json.dumps(canonical_json(event), ensure_ascii=False),
        )
        for event in read.events
        if event.identities
    )
    allowed = tuple(event for event in read.events if not event.identities)
    return replace(read, events=allowed, violations=(*read.violations, *refused))


def _forbidden(key: Key, call: OneEvent | EventBatch) -> Rejected | None:
    if key.kind is KeyKind.CLIENT and isinstance(call, OneEvent) and call.type == "merge":
        return replies.forbidden("merge takes a server key")
    return None


def _vouched(
    read: Intake, request: HttpRequest, document: Document, key: Key, on: Collector, now: datetime
) -> tuple[Intake, int]:
    """Mark the events of people for whom an identity token of this source vouches; and how many tokens do not.

    An event whose token is not valid is kept, and is worth what it would be without one: queues of SDKs outlive
    tokens, and whatever is answered 401 they throw away.
    """
    tokens = presented_identity_tokens(request, document) if key.kind is KeyKind.CLIENT else ()
    key_of = identity_keys(on.keys, key.source, on.identity_secret)
    found = [subject_of(token, key_of=key_of, now=now) for token in tokens]
    subjects, refused = {*found} - {None}, found.count(None)
    if not subjects:
        return read, refused
    events = tuple(
        replace(event, source=replace(event.source, identity_verified=True))
        if event.user_id in subjects
        else event
        for event in read.events
    )
    return replace(read, events=events), refused


def _store(
    request: HttpRequest, read: Intake, on: Collector, catalog: Catalog, *, now: datetime
) -> Collected:
    """People first, the queue for the rest, the quarantine for what cannot be used.

    Whatever one of them takes is kept, though another refuses: some clients do not come again. But only when
    everything is kept is the answer 200; else it is 503, and what comes again counts once.
    """
    done = _ingested(read, on, catalog, now=now)
    left_over, unusable = list(left_over_bodies(done.left_over)), (*read.violations, *done.violations)
    kept = [
        not left_over or _is_taken(lambda: on.queues.send(Queue.INGEST, left_over)),
        not unusable or _is_taken(lambda: on.quarantine.keep(unusable)),
    ]
    if not all(kept):
        return Collected(replies.refused(request, replies.unavailable(retry_after=1)), done)
    if read.problem is not None:
        return Collected(replies.refused(request, read.problem), done)
    return Collected(replies.ok(request), done)


def _ingested(read: Intake, on: Collector, catalog: Catalog, *, now: datetime) -> Ingested:
    if not on.goes_inline():
        return Ingested(left_over=tuple(read.events), cause="tables_out_of_reach")
    return ingest(
        read.events,
        people=on.people,
        ledger=on.ledger,
        catalog=catalog,
        now=now,
        new_id=on.new_id,
        is_over=lambda people: people >= PEOPLE_INLINE or on.seconds_over(),
        workers=on.workers,
    )


def _is_taken(keep: Callable[[], None]) -> bool:
    try:
        keep()
    except Unavailable:
        return False
    return True


def left_over_bodies(events: Sequence[Event]) -> Iterator[Mapping[str, Any]]:
    """Queue messages that carry events on, each from one source and small enough for the queue."""
    ordered = sorted(events, key=lambda event: (event.source.id, event.source.kind))
    for _, group in groupby(ordered, key=lambda event: (event.source.id, event.source.kind)):
        part: list[dict[str, Any]] = []
        size = 0
        source: Source | None = None
        for event in group:
            source = event.source
            body = canonical_json(event)
            length = len(json.dumps(body)) + 2  # escaped, it is as long as it can get
            if part and size + length > PART_BYTES:
                yield _left_over(source, part)
                part, size = [], 0
            part.append(body)
            size += length
        if part and source is not None:
            yield _left_over(source, part)


def _left_over(source: Source, events: list[dict[str, Any]]) -> Mapping[str, Any]:
    from kizuna.core.contracts import EventsLeftOver  # only what does not fit into the call is queued

    return EventsLeftOver(source=source.id, source_kind=source.kind.value, events=events).model_dump()
