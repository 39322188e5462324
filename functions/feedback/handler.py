"""Feedback queue → messages reconciled, events of the person."""

import json
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from kizuna.core.errors import Unavailable
from kizuna.core.events import Violation
from kizuna.core.messenger_reports import read_reports
from kizuna.core.provider_reports import Report, is_of_elsewhere
from kizuna.core.report_parts import UnreadableReport
from kizuna.runtime.entrypoints import queue_handler
from kizuna.runtime.wiring import Services, services
from kizuna.topology import Queue
from kizuna.usecases.outcomes.feedback import Listener, note_ahead
from kizuna.usecases.outcomes.feedback import take as take_report


def take(body: dict[str, Any], wired: Services, now: datetime) -> None:
    raw = json.dumps(body)
    try:
        reports = read_reports(raw, received_at=now)
    except UnreadableReport as error:
        wired.quarantine.keep([Violation("unreadable_report", "body", str(error), Queue.FEEDBACK, now, raw)])
        return
    for report in reports:
        take_report(report, _listener(wired), wired.catalog.current(), now=now, raw=raw)


def _listener(wired: Services) -> Listener:
    return Listener(
        wired.people, wired.ledger, wired.messages, wired.quarantine, wired.new_profile_id, wired.proofs
    )


_taken = queue_handler(TypeAdapter(dict[str, Any]), take, queue=Queue.FEEDBACK)


def handler(event: dict[str, Any], context: Any) -> Any:
    """A click is judged by those around it, so a batch with fresh ones waits for these some seconds."""
    wired = services()
    ours, failures = [], []
    for record in event["Records"]:
        if not is_of_elsewhere(record["body"], record["eventSourceARN"]):
            ours.append(record)
        elif not _is_set_apart(record["body"], wired):
            failures.append({"itemIdentifier": record["messageId"]})
    reports = [report for record in ours for report in _read(record["body"], wired.now())]
    try:
        wait = note_ahead(reports, _listener(wired), wired.catalog.current(), now=wired.now())
    except Unavailable:
        wait = timedelta(0)  # each report finds that out for itself, and comes again
    if wait:
        wired.rest(wait.total_seconds())
    taken = _taken({**event, "Records": ours}, context)
    return {"batchItemFailures": [*taken["batchItemFailures"], *failures]}


def _is_set_apart(body: str, wired: Services) -> bool:
    """Whether the quarantine holds what came by a topic of somebody else; it changes nothing and nobody (A11)."""
    why = "came by a topic of another account"
    try:
        wired.quarantine.keep(
            [Violation("foreign_topic", "TopicArn", why, Queue.FEEDBACK, wired.now(), body)]
        )
    except Unavailable:
        return False
    return True


def _read(body: str, now: datetime) -> tuple[Report, ...]:
    try:
        return read_reports(body, received_at=now)
    except UnreadableReport:
        return ()
