"""Every minute: finds what is due and puts it on the queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kizuna.core.contracts import AlarmRang, EraseFurther
from kizuna.core.ports import People, Queues
from kizuna.topology import DUE_SHARDS, Queue


def sweep(
    people: People, queues: Queues, *, now: datetime, is_over: Callable[[], bool] = lambda: False
) -> int:
    """Queue everything overdue; returns how many. What is left for lack of time the next sweep finds.

    Something that stays due is queued again each minute: ringing twice changes nothing.
    """
    rung = 0
    for shard in range(DUE_SHARDS):
        if is_over():
            return rung
        due = people.due(shard, now=now)
        erasures = [EraseFurther(person=item.id).model_dump() for item in due if item.kind == "erasure"]
        others = [
            AlarmRang.model_validate({"kind": item.kind, "id": item.id}).model_dump()
            for item in due
            if item.kind != "erasure"
        ]
        if others:
            queues.send(Queue.WAKE, others)
        if erasures:
            queues.send(Queue.PRIVACY, erasures)
        rung += len(due)
    return rung
