"""The people table's stream, and due alarms → every consequence of a change."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from kizuna.adapters.batches import json_text
from kizuna.adapters.stream_records import change_of
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import (
    AlarmRang,
    BackfillShard,
    EnterJourney,
    FollowJourneys,
    HaltJourney,
    LostChange,
    MailLink,
    WakeHeld,
    WakeJourney,
)
from kizuna.core.errors import Unavailable
from kizuna.core.journeys.admitting import Refusal
from kizuna.runtime.entrypoints import queue_handler
from kizuna.runtime.observability import logger, metrics, safe
from kizuna.runtime.wiring import Services, services
from kizuna.topology import Function, Queue, function
from kizuna.usecases.journeys.halting import follow, halt, wake
from kizuna.usecases.journeys.triggers import called
from kizuna.usecases.measuring.noting import Noter
from kizuna.usecases.outcomes.releasing import wake_held
from kizuna.usecases.outcomes.watching import Watcher
from kizuna.usecases.own_side.answering import mail_link
from kizuna.usecases.reacting.react import Reactor, react, ring
from kizuna.usecases.segments.backfill import Filler, fill
from kizuna.usecases.segments.recalling import Teller

TRIES = 3
FILL_SECONDS = function(Function.REACT).timeout * 0.7
LARGEST = 1_000_000  # bytes of the 1 MiB that a queue message may have

Work = Annotated[
    AlarmRang
    | BackfillShard
    | EnterJourney
    | FollowJourneys
    | HaltJourney
    | LostChange
    | MailLink
    | WakeHeld
    | WakeJourney,
    Field(discriminator="type"),
]


def _reactor(wired: Services) -> Reactor:
    """For one change or one piece of work; which journeys are paused is read once for it, if a journey is touched."""
    return Reactor(
        people=wired.people,
        ledger=wired.ledger,
        messages=wired.messages,
        counters=wired.counters,
        queues=wired.queues,
        bus=wired.bus,
        new_id=wired.new_profile_id,
        askings=wired.askings,
        watcher=Watcher(
            wired.messages, wired.cohorts, wired.counters, wired.brakes, wired.bus, wired.results
        ),
        noter=Noter(wired.people, wired.messages, wired.results, lambda: wired.merges),
        controls=wired.controls,
        rhythms=wired.rhythms,
        trials=wired.trials,
        drive=cache(wired.journey_driver),
    )


def take(work: Work, wired: Services, now: datetime) -> None:
    on, catalog = _reactor(wired), wired.catalog.current()
    match work:
        case AlarmRang():
            ring(work, on, catalog, now=now)
        case BackfillShard():
            _fill(work, wired, now)
        case MailLink():
            mail_link(work.address, work.cause, on, catalog, now=now, person=work.person)
        case EnterJourney():
            _let_in(work, wired, now)
        case HaltJourney():
            halt(work, wired.halts, wired.queues, catalog, now=now)
        case WakeJourney():
            wake(work, wired.journeys, wired.halts, wired.queues, catalog, now=now)
        case WakeHeld():
            wake_held(work, wired.messages, wired.queues, catalog, now=now)
        case FollowJourneys():
            follow(wired.halts, wired.queues, catalog, at=work.at)
        case LostChange():
            change = change_of(work.record)
            records = react(change, on, catalog, now=now) if change else []
            if records:
                wired.lake.put(records)


def _let_in(work: EnterJourney, wired: Services, now: datetime) -> None:
    came = called(work, wired.journey_driver(), wired.catalog.current(), now=now)
    if isinstance(came, Refusal):
        logger.info("not let in", extra={"journey": work.journey, "reason": came.reason})


def _fill(work: BackfillShard, wired: Services, now: datetime) -> None:
    is_over = wired.over_after(FILL_SECONDS)
    teller = Teller(wired.messages, wired.ledger, wired.new_profile_id)
    on = Filler(
        wired.people,
        wired.backfills,
        wired.queues,
        lambda: wired.catalog.current(fresh=True),
        teller,
        workers=wired.settings.workers,
    )
    done = fill(work, on, now=now, is_over=is_over)
    if done is not None and done.is_done:
        told = {
            "backfill": work.backfill,
            "people": done.people,
            "changed": done.changed,
            "apart": done.apart,
        }
        logger.info("backfill done", extra=told)
        metrics.add_metric("BackfillDone", unit="Count", value=1)
        metrics.add_metric("BackfillPeopleChanged", unit="Count", value=done.changed)


_from_queue = queue_handler(TypeAdapter(Work), take, queue=Queue.WAKE, fresh=True)


def _from_stream(event: dict[str, Any], wired: Services) -> dict[str, Any]:
    """Each record apart: one that fails is kept with its image, and those behind it go on.

    Only when even that is impossible, or the lake is closed, the batch is given back from the first record on;
    drawing a consequence again changes nothing.
    """
    records: list[Mapping[str, Any]] = []
    lost: list[Mapping[str, Any]] = []
    try:
        catalog = _definitions_now(wired)
    except Unavailable as error:
        return _given_back(event, error)
    for record in event["Records"]:
        try:
            records += _consequences(record, wired, catalog)
        except Exception as error:  # whatever it is, it must not hold up the people behind it
            logger.error("change kept for repair", extra={"error": safe(error), "kind": record["eventName"]})
            metrics.add_metric("ChangeLost", unit="Count", value=1)
            lost.append(record)
    try:
        if lost:
            wired.queues.send(Queue.LOST_CHANGES, [_to_keep(record) for record in lost])
        if records:
            wired.lake.put(records)
    except Unavailable as error:
        return _given_back(event, error)
    return {"batchItemFailures": []}


def _given_back(event: dict[str, Any], error: Unavailable) -> dict[str, Any]:
    logger.error("batch given back", extra={"error": safe(error)})
    first = event["Records"][0]["dynamodb"]["SequenceNumber"]
    return {"batchItemFailures": [{"itemIdentifier": first}]}


def _to_keep(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record for the queue of lost changes. Two large images do not fit; what matters is the new one."""
    body = {"type": "change", "record": dict(record)}
    if len(json_text(body).encode()) > LARGEST:
        new_alone = {name: value for name, value in record["dynamodb"].items() if name != "OldImage"}
        body["record"] = {**record, "dynamodb": new_alone}
    return body


def _definitions_now(wired: Services) -> Catalog:
    """Those in force at this very moment, so that whoever was written by older ones is seen to be behind, also after
    a backfill came by. Where they cannot be read, those that are known; whoever changes next is looked at again.
    """
    try:
        return wired.catalog.current(fresh=True)
    except Unavailable:
        return wired.catalog.current()


def _consequences(record: Mapping[str, Any], wired: Services, catalog: Catalog) -> list[Mapping[str, Any]]:
    change = change_of(record)
    if change is None:
        return []
    failure: Exception | None = None
    for _ in range(TRIES):
        try:
            return react(change, _reactor(wired), catalog, now=wired.now())
        except Exception as error:  # tried again, then handed up
            failure = error
    raise failure or Unavailable("never tried")


def handler(event: dict[str, Any], context: Any) -> Any:
    first = event["Records"][0] if event.get("Records") else {}
    if first.get("eventSource") == "aws:sqs":
        return _from_queue(event, context)
    try:
        return _from_stream(event, services())
    finally:
        if metrics.metric_set:
            metrics.flush_metrics()
