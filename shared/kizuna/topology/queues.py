"""The queues, who empties each of them, and how much of each at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kizuna.topology.names import Function, Queue
from kizuna.topology.tables import SEGMENT_SHARDS


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A queue with its own dead-letter queue. A record is tried `receives` times, then kept 14 days there."""

    name: Queue
    why: str
    consumer: Function | None
    batch_size: int = 10
    max_concurrency: int | None = None
    receives: int = 5


QUEUES: tuple[QueueSpec, ...] = (
    QueueSpec(Queue.INGEST, "events that were not handled inline, or came by the bus", Function.INGEST),
    QueueSpec(
        Queue.IMPORTS,
        "files to be imported, and the rest of files",
        Function.IMPORTER,
        batch_size=1,
        max_concurrency=2,
    ),
    QueueSpec(Queue.WAKE, "people and messages whose alarm is due", Function.REACT),
    # One piece of work fills a call of the function: alarms wait in a queue of their own, not behind it.
    QueueSpec(
        Queue.BACKFILL,
        "shards of everybody, to be brought up to date with changed definitions",
        Function.REACT,
        batch_size=1,
        max_concurrency=SEGMENT_SHARDS,
    ),
    QueueSpec(
        Queue.AUDIENCE, "shards of a campaign's audience, or of a run of RFM", Function.AUDIENCE, batch_size=1
    ),
    QueueSpec(
        Queue.SNAPSHOT,
        "shards of everybody, to be written into the lake, or anchored",
        Function.SNAPSHOT,
        batch_size=1,
        max_concurrency=2,  # nobody waits for it, and the table serves others meanwhile
    ),
    QueueSpec(Queue.EMAIL, "messages to send by e-mail", Function.DELIVER, max_concurrency=10),
    QueueSpec(Queue.SMS, "messages to send by SMS", Function.DELIVER, max_concurrency=5),
    QueueSpec(Queue.PUSH, "messages to push", Function.DELIVER, max_concurrency=10),
    QueueSpec(Queue.WHATSAPP, "messages to send by WhatsApp", Function.DELIVER, max_concurrency=5),
    QueueSpec(Queue.LINE, "messages to send by LINE", Function.DELIVER, max_concurrency=5),
    QueueSpec(Queue.INBOX, "messages to put into inboxes, and on pages", Function.DELIVER, max_concurrency=5),
    QueueSpec(
        Queue.WEBHOOK, "messages to tell to systems of the company", Function.DELIVER, max_concurrency=5
    ),
    QueueSpec(
        Queue.TASK,
        "messages to put on the lists of call centres and shops",
        Function.DELIVER,
        max_concurrency=5,
    ),
    QueueSpec(Queue.FEEDBACK, "what SES and SMS report about messages, and replies", Function.FEEDBACK),
    QueueSpec(Queue.PRIVACY, "people to be erased or exported", Function.PRIVACY, batch_size=1),
    QueueSpec(Queue.LOST_CHANGES, "stream records that react could not take, with their image", None),
)

CHANNEL_QUEUES: Mapping[str, Queue] = {
    "email": Queue.EMAIL,
    "sms": Queue.SMS,
    "push": Queue.PUSH,
    "whatsapp": Queue.WHATSAPP,
    "line": Queue.LINE,
    "inbox": Queue.INBOX,
    "webhook": Queue.WEBHOOK,
    "task": Queue.TASK,
}
