"""Builders for what enters over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.intake.batch import Intake, read_events
from kizuna.core.intake.decoding import decode
from kizuna.core.intake.http import HttpRequest, Rejected
from kizuna.core.intake.json_text import Document
from kizuna.core.intake.limits import DEFAULT_LIMITS, Limits
from kizuna.core.intake.routes import EventBatch, OneEvent, route

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SERVER = Source("shop-backend", SourceKind.SERVER)
CLIENT = Source("shop-web", SourceKind.CLIENT)
SAMPLES = Path(__file__).parents[2] / "events" / "http"


def a_post(path: str, body: Any, *, headers: Mapping[str, str] | None = None, ip: str = "") -> HttpRequest:
    """A POST whose body is given as bytes, as text, or as a value to be written as JSON."""
    if not isinstance(body, bytes | str):
        body = json.dumps(body)
    raw = body.encode() if isinstance(body, str) else body
    return HttpRequest("POST", path, headers=headers or {}, body=raw, source_ip=ip)


def a_track(**fields: Any) -> dict[str, Any]:
    """A track event as an SDK writes it; a field set to `...` is left out."""
    whole = {"type": "track", "event": "Product Viewed", "userId": "u1", "messageId": "m1", **fields}
    return {name: value for name, value in whole.items() if value is not ...}


def decoded(request: HttpRequest, limits: Limits = DEFAULT_LIMITS) -> Document:
    document = decode(request, limits=limits)
    assert isinstance(document, Document), document
    return document


def taken_in(
    request: HttpRequest, *, source: Source = SERVER, now: datetime = NOW, limits: Limits = DEFAULT_LIMITS
) -> Intake:
    """Route, decode and read a request that gets as far as that."""
    call = route(request)
    assert isinstance(call, OneEvent | EventBatch), call
    document = decoded(request, limits)
    return read_events(call, document, request=request, source=source, received_at=now, limits=limits)


def batch_of(items: Sequence[Any], **around: Any) -> Intake:
    """What a batch of these items brings, by default from a server. `around` stands beside the batch."""
    known = {name: around.pop(name) for name in ("source", "now", "limits") if name in around}
    return taken_in(a_post("/v1/batch", {"batch": list(items), **around}), **known)


def only_event(intake: Intake) -> Event:
    assert intake.problem is None, intake.problem
    assert intake.violations == ()
    (event,) = intake.events
    return event


def rejection(outcome: object) -> tuple[int, str]:
    assert isinstance(outcome, Rejected), outcome
    return outcome.status, outcome.code


def sample(name: str) -> dict[str, Any]:
    """A recorded request, as the gateway hands it over."""
    whole: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return whole


def arrival(gateway_event: Mapping[str, Any]) -> datetime:
    """When the gateway took a recorded request."""
    return datetime.fromtimestamp(gateway_event["requestContext"]["timeEpoch"] / 1000, UTC)
