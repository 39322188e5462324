"""`kizuna violations` and `kizuna repair`: what could not be used, and what could not be taken when it came."""

from __future__ import annotations

import json
from collections import Counter
from typing import Annotated

import typer
from rich.table import Table

from kizuna.cli.context import place_of
from kizuna.core.durations import instant_to_text
from kizuna.topology import Queue

DayOption = Annotated[str | None, typer.Option("--day", help="Only this day, such as 2026-11-22.")]
_PAGES = 1_000


def violations(context: typer.Context, day: DayOption = None) -> None:
    """Events that could not be used: how many by source, event, cause and field."""
    place = place_of(context)
    found = place.services.quarantine.report(day=day)
    counted = Counter((each.source, each.event_name, each.cause, each.path, each.reason) for each in found)
    rows = [
        {"source": source, "event": name, "cause": cause, "path": path, "reason": reason, "count": count}
        for (source, name, cause, path, reason), count in counted.most_common()
    ]
    last = max((each.received_at for each in found), default=None)

    def table() -> Table:
        shown = Table("source", "event", "cause", "path", "reason", "count")
        for row in rows:
            shown.add_row(*(str(value) for value in row.values()))
        shown.caption = f"the last one at {instant_to_text(last)}" if last else "nothing in quarantine"
        return shown

    place.show({"violations": rows}, table)


def repair(context: typer.Context) -> None:
    """Bring back changes that could not be taken when they came: each is drawn to its end again."""
    import boto3

    place = place_of(context)
    wired = place.services
    url = wired.settings.queues[Queue.LOST_CHANGES]
    client = boto3.client("sqs")
    moved = 0
    for _ in range(_PAGES):
        reply = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        messages = reply.get("Messages", [])
        if not messages:
            break
        # Put on the other queue first: a crash in between brings a change twice, which changes nothing.
        wired.queues.send(Queue.WAKE, [json.loads(message["Body"]) for message in messages])
        for message in messages:
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        moved += len(messages)
    place.show({"moved": moved}, lambda: f"{moved} changes brought back")
