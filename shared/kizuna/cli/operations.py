"""`kizuna repair`: what could not be taken when it came. `kizuna restored`: after a table came from a backup."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from kizuna.cli.context import place_of
from kizuna.topology import Queue
from kizuna.usecases.accounts.reading import suppressed_since
from kizuna.usecases.delivery.restoring import give_up_what_was_on_its_way
from kizuna.usecases.outcomes.mirroring import mirror

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


def restored(
    context: typer.Context,
    to: Annotated[
        datetime,
        typer.Option(help="The moment the table was restored to, in UTC.", formats=["%Y-%m-%dT%H:%M:%S"]),
    ],
) -> None:
    """After the table of people was restored: nothing that was on its way then is sent again."""
    place = place_of(context)
    wired = place.services
    found = give_up_what_was_on_its_way(
        wired.people, wired.messages, restored_to=to.replace(tzinfo=UTC), now=wired.now()
    )
    told = {str(state): count for state, count in found.items()}
    place.show(
        {"unknown": sum(told.values()), **told}, lambda: f"{sum(told.values())} messages are UNKNOWN now"
    )


def mirror_suppressed(
    context: typer.Context,
    since: Annotated[
        datetime | None,
        typer.Option(help="Only what came onto the list since this day.", formats=["%Y-%m-%d"]),
    ] = None,
) -> None:
    """Learn from SES which addresses the account sends nothing to any more, as each hour does by itself."""
    place = place_of(context)
    wired = place.services
    found = suppressed_since(wired.provider_account, since.replace(tzinfo=UTC) if since else None)
    done = mirror(
        found,
        people=wired.people,
        ledger=wired.ledger,
        catalog=wired.catalog.current(),
        now=wired.now(),
        new_id=wired.new_profile_id,
    )
    told = {"listed": done.listed, "known": done.known, "changed": done.changed}
    place.show(
        told, lambda: f"{done.listed} addresses on the list, {done.known} ours, {done.changed} news to us"
    )
