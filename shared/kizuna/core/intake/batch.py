"""From a decoded request to canonical events. What is usable is kept, the rest is named with its cause."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from datetime import datetime

from kizuna.core.events import Event, Source, SourceKind, Violation
from kizuna.core.intake.causes import Cause
from kizuna.core.intake.http import HttpRequest, Rejected
from kizuna.core.intake.items import FLAWS, Surroundings, event_of
from kizuna.core.intake.json_text import Document, Item
from kizuna.core.intake.limits import DEFAULT_LIMITS, Limits
from kizuna.core.intake.network import truncated_ip
from kizuna.core.intake.routes import EventBatch, EventCall, OneEvent
from kizuna.core.intake.shapes import read_identifier
from kizuna.core.intake.times import read_instant


@dataclass(frozen=True, slots=True)
class Intake:
    """What a request brought.

    `problem` is the reply to give instead of success: the request as a whole was unusable, or its only
    event was. Events and violations are to be stored all the same.
    """

    events: tuple[Event, ...] = ()
    violations: tuple[Violation, ...] = ()
    problem: Rejected | None = None


def read_events(
    call: EventCall,
    document: Document,
    *,
    request: HttpRequest,
    source: Source,
    received_at: datetime,
    limits: Limits = DEFAULT_LIMITS,
) -> Intake:
    """The events of a decoded request, in their order. `source` is what its key stands for."""
    match call:
        case OneEvent(type=kind):
            around = _surroundings(document, request, source, received_at, limits)
            return _read_one(kind, document, around)
        case EventBatch():
            problem = _unusable_batch(document, limits)
            if problem is not None:
                return Intake(problem=problem)
            around = replace(
                _surroundings(document, request, source, received_at, limits),
                context=document.fields.get("context") or {},
                integrations=document.fields.get("integrations") or {},
            )
            return _read_batch(document.batch or (), around)


def _read_one(kind: str, document: Document, around: Surroundings) -> Intake:
    if document.batch is not None:
        return Intake(problem=_invalid("batch: this path takes one event"))
    outcome = event_of(document.whole, "", kind, around)
    if isinstance(outcome, Event):
        return Intake(events=(outcome,))
    # Oversized events are answered like the oversized ones of a batch: the client can do nothing about it.
    if outcome.cause == Cause.EVENT_TOO_LARGE:
        return Intake(violations=(outcome,))
    message = f"{outcome.path or 'body'}: {outcome.reason}"
    return Intake(violations=(outcome,), problem=_invalid(message))


def _read_batch(items: tuple[Item, ...], around: Surroundings) -> Intake:
    outcomes = [event_of(item, f"batch[{i}]", None, around) for i, item in enumerate(items)]
    return Intake(
        events=tuple(outcome for outcome in outcomes if isinstance(outcome, Event)),
        violations=tuple(outcome for outcome in outcomes if isinstance(outcome, Violation)),
    )


def _unusable_batch(document: Document, limits: Limits) -> Rejected | None:
    if document.batch is None:
        return _invalid("batch: must be a list of events")
    if len(document.batch) > limits.events:
        return Rejected(400, "too_many_events", f"batch: more than {limits.events} events")
    if document.whole.flaw is not None:
        return _invalid(f"body: {FLAWS[document.whole.flaw]}")
    for name in ("context", "integrations"):
        if not isinstance(document.fields.get(name), dict | None):
            return _invalid(f"{name}: must be an object")
    return None


def _invalid(message: str) -> Rejected:
    return Rejected(400, "invalid_request", message)


def _surroundings(
    document: Document, request: HttpRequest, source: Source, received_at: datetime, limits: Limits
) -> Surroundings:
    sent = document.fields.get("sentAt")
    if read_instant(sent) is None:
        sent = request.headers.get("sentat")
    return Surroundings(
        source=source,
        received_at=received_at,
        limits=limits,
        sent_at=read_instant(sent),
        sent_text=sent,
        anonymous_id=_anonymous_id_of(request),
        gpc=request.headers.get("sec-gpc", "").strip() == "1",
        # A server's own address says nothing about the person.
        ip=truncated_ip(request.source_ip) if source.kind is SourceKind.CLIENT else None,
    )


def _anonymous_id_of(request: HttpRequest) -> str | None:
    """The `AnonymousId` header (base64). An unreadable one counts as absent: it is only ever a fallback."""
    header = request.headers.get("anonymousid")
    if header is None:
        return None
    try:
        return read_identifier(base64.b64decode(header, validate=True).decode("utf-8"))
    except (binascii.Error, ValueError):  # pydantic's error is a ValueError too
        return None
