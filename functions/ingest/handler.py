"""Ingest queue → events on golden records: the rest of a large request, and events from the bus."""

import json
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from kizuna.core.contracts import EventsLeftOver
from kizuna.core.errors import Unavailable
from kizuna.core.events import Event, Source, SourceKind, Violation
from kizuna.core.intake.bus import from_bus
from kizuna.core.intake.canonical import event_from_canonical
from kizuna.core.sources import Key, KeyKind, source_of
from kizuna.runtime.arrivals import note_arrivals
from kizuna.runtime.entrypoints import queue_handler
from kizuna.runtime.wiring import Services
from kizuna.topology import Queue
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.ingesting.ingested import Ingested

_QUEUED_AT_MOST = timedelta(days=28)  # in the queue, and then in its dead-letter queue


class BusEvent(BaseModel):
    """An EventBridge event that a back end put on the bus; its `source` names the source in the workspace."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    type: Literal["bus"]
    source: str
    detail: dict[str, Any]
    time: AwareDatetime | None = None

    def received_at(self, now: datetime) -> datetime:
        """When the bus took it (it tells whole seconds). However long it waited: what came before its person was
        erased is not to bring them back. What no queue keeps so long was dated by whoever put it there."""
        if self.time is None or self.time < now - _QUEUED_AT_MOST:
            return now
        return min(now, self.time + timedelta(seconds=1))


def _kind(raw: Any) -> Any:
    return {**raw, "type": "bus"} if isinstance(raw, dict) and "detail-type" in raw else raw


Work = Annotated[EventsLeftOver | BusEvent, Field(discriminator="type"), BeforeValidator(_kind)]


def take(work: EventsLeftOver | BusEvent, wired: Services, now: datetime) -> None:
    catalog = wired.catalog.current()
    unusable: tuple[Violation, ...]
    if isinstance(work, BusEvent):
        source = source_of(Key("", "", work.source, KeyKind.SERVER, now), catalog.sources.get(work.source))
        read = from_bus(work.detail, source=source, received_at=work.received_at(now))
        events, unusable = read.events, read.violations
        note_arrivals(wired, source.id, 1, now=now)
    else:
        declared = catalog.sources.get(work.source)
        kind = KeyKind.SERVER if work.source_kind == "server" else KeyKind.CLIENT
        source = source_of(Key("", "", work.source, kind, now), declared)
        source = Source(source.id, SourceKind(work.source_kind), source.consent_proof)
        events, unusable = _carried(work, source, now)
    if unusable:
        wired.quarantine.keep(unusable)
    done: Ingested = ingest(
        events,
        people=wired.people,
        ledger=wired.ledger,
        catalog=catalog,
        now=now,
        new_id=wired.new_profile_id,
        workers=wired.settings.workers,
    )
    if done.violations:
        wired.quarantine.keep(done.violations)
    if done.left_over:
        raise Unavailable(f"{len(done.left_over)} events not stored: {done.cause}")


def _carried(
    work: EventsLeftOver, source: Source, now: datetime
) -> tuple[tuple[Event, ...], tuple[Violation, ...]]:
    """The events of a message. One that cannot be read is set apart and holds up none of the others."""
    events: list[Event] = []
    unusable: list[Violation] = []
    for index, body in enumerate(work.events):
        try:
            events.append(event_from_canonical(body, source))
        except ValueError as error:
            raw = json.dumps(body, ensure_ascii=False)
            unusable.append(
                Violation("poisoned_message", f"events[{index}]", str(error), work.source, now, raw)
            )
    return tuple(events), tuple(unusable)


handler = queue_handler(TypeAdapter(Work), take, queue=Queue.INGEST)
