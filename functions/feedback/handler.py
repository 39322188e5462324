"""Feedback queue → messages reconciled, events of the person."""

import json
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from kizuna.core.events import Violation
from kizuna.core.provider_reports import UnreadableReport, read_report
from kizuna.runtime.entrypoints import queue_handler
from kizuna.runtime.wiring import Services
from kizuna.topology import Queue
from kizuna.usecases.feedback import Listener
from kizuna.usecases.feedback import take as take_report


def take(body: dict[str, Any], wired: Services, now: datetime) -> None:
    raw = json.dumps(body)
    try:
        report = read_report(raw, received_at=now)
    except UnreadableReport as error:
        wired.quarantine.keep([Violation("unreadable_report", "body", str(error), Queue.FEEDBACK, now, raw)])
        return
    if report is None:
        return
    on = Listener(wired.people, wired.ledger, wired.messages, wired.quarantine, wired.new_profile_id)
    take_report(report, on, wired.catalog.current(), now=now)


handler = queue_handler(TypeAdapter(dict[str, Any]), take, queue=Queue.FEEDBACK)
