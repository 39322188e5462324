"""`kizuna repair`: what could not be taken when it came."""

from __future__ import annotations

import json

import typer

from kizuna.cli.context import place_of
from kizuna.topology import Queue

_PAGES = 1_000


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
