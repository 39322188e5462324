"""Tasks in DynamoDB: the port `Tasks`, and the sender that puts messages on their lists.

A task lies in the partition of the person it is for, so it goes where that part of the person goes: with a merge,
apart again with its undoing, and away with an erasure. It is found by its queue through the index of decisions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from heapq import merge
from typing import Any

from kizuna.adapters.senders.provider_calls import check_leave
from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import (
    Client,
    batch_get,
    encode,
    from_item,
    in_words_of_the_core,
    key,
    query,
)
from kizuna.adapters.tables.people_codec import compact
from kizuna.core.content.own_content import RenderedTask
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.gate import Approved
from kizuna.core.messages import Accepted, NotAccepted
from kizuna.core.messages import Outcome as Answer
from kizuna.core.own_channels import TASK
from kizuna.core.ports import Envelope
from kizuna.core.ports.tasks import Tasks
from kizuna.core.reasons import OtherReason
from kizuna.core.tasks import KEPT, Outcome, Stage, Task, opened, taken
from kizuna.topology import DECIDED_INDEX, DECIDED_SHARDS

_AGAIN_IN = timedelta(minutes=1)
_PLACES_READ = 100  # of one shard of a list, with each request


class TasksTable:
    """Reads and writes the rows of tasks."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, task: Task) -> Task:
        try:
            self._write(task, "attribute_not_exists(pk)")
        except Conflict:
            stored = self.get(task.part, task.id)
            if stored is None:
                raise Unavailable(f"task {task.id}: went away as it was put") from None
            return stored
        return task

    def get(self, part: str, task: str) -> Task | None:
        with in_words_of_the_core(f"task {task}"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.person(part), keys.task(task)), ConsistentRead=True
            )
        return _task_from_row(from_item(reply["Item"])) if "Item" in reply else None

    def save(self, task: Task) -> bool:
        try:
            self._write(task, "tv = :before", {":before": encode(task.version - 1)})
        except Conflict:
            return self.get(task.part, task.id) == task
        return True

    def _write(self, task: Task, condition: str, values: Mapping[str, Any] | None = None) -> None:
        row = _row(task)
        names = {f"#{name}": name for name in row}
        with in_words_of_the_core(f"task {task.id}"):
            self._client.update_item(
                TableName=self._table,
                Key=key(keys.person(task.part), keys.task(task.id)),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in row),
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={f":{name}": encode(value) for name, value in row.items()}
                | dict(values or {}),
            )

    def page(
        self, queues: Collection[str], stages: Collection[Stage], *, after: str = "", limit: int = 20
    ) -> tuple[tuple[Task, ...], str | None]:
        lists = [
            keys.task_list(queue, stage, shard)
            for queue in sorted(queues)
            for stage in sorted(stages)
            for shard in range(DECIDED_SHARDS)
        ]
        found: list[tuple[str, dict[str, Any]]] = []
        following = None
        for place, at in merge(*(self._places(each, after) for each in lists), key=lambda each: each[0]):
            if len(found) == limit:
                following = found[-1][0]
                break
            found.append((place, at))
        items = batch_get(self._client, self._table, [at for _, at in found])
        tasks = [_task_from_row(from_item(item)) for item in items]
        wanted = [each for each in tasks if each.queue in queues and each.stage in stages]
        wanted.sort(key=lambda each: keys.task_place(epoch_millis(each.due_at), each.id))
        return tuple(wanted), following

    def _places(self, partition: str, after: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The places of one list behind another, in their order, with the keys of the rows."""
        found = query(
            self._client,
            self._table,
            IndexName=DECIDED_INDEX.name,
            KeyConditionExpression="cs = :cs AND ck > :after",
            ExpressionAttributeValues={":cs": encode(partition), ":after": encode(after or "0")},
            Limit=_PLACES_READ,
        )
        return ((item["ck"]["S"], {"pk": item["pk"], "sk": item["sk"]}) for item in found)


def _row(task: Task) -> dict[str, Any]:
    shard = keys.decided_shard(task.id)
    return {
        "cs": keys.task_list(task.queue, task.stage, shard),
        "ck": keys.task_place(epoch_millis(task.due_at), task.id),
        "tv": task.version,
        "st": str(task.stage),
        "ttl": int((task.expires_at + KEPT).timestamp()),
        "b": compact(
            [
                task.queue,
                task.campaign,
                task.run,
                *map(_millis, (task.at, task.due_at, task.expires_at, task.until, task.changed_at)),
                task.by,
                task.file,
                task.outcome and str(task.outcome),
                task.reason,
                [task.language, task.title, task.script, dict(task.data)],
            ]
        ),
    }


def _task_from_row(row: Mapping[str, Any]) -> Task:
    (
        queue, campaign, run, at, due_at, expires_at, until, changed_at, by, file, outcome, reason, said
    ) = json.loads(row["b"])  # fmt: skip
    language, title, script, data = said
    return Task(
        id=row["sk"].removeprefix(keys.TASK_PREFIX),
        part=keys.person_id_of(row["pk"]),
        queue=queue,
        campaign=campaign,
        run=run,
        at=from_epoch_millis(at),
        due_at=from_epoch_millis(due_at),
        expires_at=from_epoch_millis(expires_at),
        stage=Stage(row["st"]),
        version=row["tv"],
        by=by,
        until=None if until is None else from_epoch_millis(until),
        file=file,
        outcome=Outcome(outcome) if outcome else None,
        changed_at=None if changed_at is None else from_epoch_millis(changed_at),
        reason=reason,
        language=language,
        title=title,
        script=script,
        data=data,
    )


def _millis(instant: datetime | None) -> int | None:
    return None if instant is None else epoch_millis(instant)


class TaskLister:
    """The sender of the channel `task`: it puts the message on its list, where it waits for a member of staff.

    That is no contact yet, so the message goes back to PENDING until somebody takes it or its time is over. It may be
    asked again after any doubt: a row is put by its key, and one that somebody has taken already says so.
    """

    def __init__(self, tasks: Tasks, *, clock: Callable[[], datetime]) -> None:
        self._tasks = tasks
        self._clock = clock

    def send(self, approved: Approved, envelope: Envelope, content: RenderedTask) -> Answer:
        check_leave(approved, envelope, channel=TASK)
        try:
            stored = self._tasks.put(opened(envelope.message, content))
        except Unavailable:
            return NotAccepted("store_unavailable", _AGAIN_IN)
        if stored.stage is not Stage.OPEN:
            return Accepted(stored.id)
        wait = max(stored.expires_at - self._clock(), _AGAIN_IN)
        return NotAccepted(str(OtherReason.WAITS_FOR_STAFF), wait)


class TaskHander:
    """The sender of one claim: what is to be said goes into the row, for whoever came for it.

    An answer that is lost is no doubt: the row says whether it was taken.
    """

    def __init__(self, tasks: Tasks, task: Task, *, by: str, file: str, now: datetime) -> None:
        self._tasks = tasks
        self._task = task
        self._by, self._file, self._now = by, file, now

    def send(self, approved: Approved, envelope: Envelope, content: RenderedTask) -> Answer:
        check_leave(approved, envelope, channel=TASK)
        mine = taken(self._task, content, by=self._by, file=self._file, now=self._now)
        try:
            stored = self._tasks.save(mine)
        except Unavailable:
            return NotAccepted("store_unavailable", _AGAIN_IN)
        return Accepted(mine.id) if stored else NotAccepted("task_changed", _AGAIN_IN)
