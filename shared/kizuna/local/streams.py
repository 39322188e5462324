"""The stream of an in-process table, in the shape in which Lambda hands it to a function.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast

from moto.core.utils import utcnow
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamShard, Table

from kizuna.local.batches import failed_of
from kizuna.local.clock import Clock
from kizuna.local.items import same
from kizuna.local.storage import DYNAMODB, LOCK
from kizuna.local.wire import Binary, base64_text, image_of

EventName = Literal["INSERT", "MODIFY", "REMOVE"]
Start = Literal["TRIM_HORIZON", "LATEST"]

_SHOWN: Final = {
    "KEYS_ONLY": frozenset[str](),
    "NEW_IMAGE": frozenset({"NewImage"}),
    "OLD_IMAGE": frozenset({"OldImage"}),
    "NEW_AND_OLD_IMAGES": frozenset({"NewImage", "OldImage"}),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One write, as the shard keeps it. The items are the stored ones, which never change."""

    table: Table
    event_name: EventName
    before: Item | None
    after: Item | None
    sequence_number: int
    written_at: datetime

    def to_json(self, binary: Binary = bytes) -> dict[str, Any]:
        """The record as moto's GetRecords wants it; `binary` shapes binary values."""
        identity = f"{self.table.table_arn}/{self.sequence_number}".encode()
        view = (self.table.stream_specification or {})["StreamViewType"]
        images = {
            "NewImage": image_of(self.after, binary=binary) if self.after is not None else {},
            "OldImage": image_of(self.before, binary=binary) if self.before is not None else {},
        }
        either = images["NewImage"] or images["OldImage"]
        change: dict[str, Any] = {
            "ApproximateCreationDateTime": self.written_at,
            "Keys": {name: either[name] for name in self.table.table_key_attrs},
            **{name: image for name, image in images.items() if image and name in _SHOWN[view]},
            "SequenceNumber": str(self.sequence_number),
            "StreamViewType": view,
        }
        change["SizeBytes"] = len(json.dumps(change, default=str))
        return {
            "eventID": hashlib.md5(identity, usedforsecurity=False).hexdigest(),
            "eventName": self.event_name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self.table.region_name,
            "dynamodb": change,
        }


@dataclass(frozen=True, slots=True)
class StreamBatch:
    """What one invocation receives, and the sequence numbers in it, oldest first."""

    event: dict[str, Any]
    sequence_numbers: tuple[str, ...]


class StreamReader:
    """Reads the stream of one table from a checkpoint that only `settle` moves.

    Taking twice without settling gives the same records again. What is settled is forgotten by the
    table, so a table has one reader, like a stream with one event source mapping. Writes that
    change nothing leave no record, as in DynamoDB.
    """

    def __init__(
        self,
        table_name: str,
        *,
        clock: Clock | None = None,
        start: Start = "TRIM_HORIZON",
        reports_failures: bool = True,
        account_id: str = "123456789012",
        region: str = "us-east-1",
    ) -> None:
        """Raises RuntimeError where the emulator is not installed, ValueError without a stream.

        `reports_failures`: ReportBatchItemFailures is set. With a clock, records carry its time
        instead of the time at which they were written.
        """
        if not DYNAMODB.installed:
            raise RuntimeError("streams are read from the emulator: install it first")
        self._table = dynamodb_backends[account_id][region].get_table(table_name)
        if self._table.stream_shard is None:
            raise ValueError(f"the table has no stream: {table_name}")
        self._shard: StreamShard = self._table.stream_shard
        self._clock = clock
        self._reports_failures = reports_failures
        self._settled: str | None = None
        if start == "LATEST":
            self._forget(len(self._shard.items))

    @property
    def arn(self) -> str:
        return f"{self._table.table_arn}/stream/{self._table.latest_stream_label}"

    @property
    def checkpoint(self) -> str | None:
        """The sequence number of the last record that was settled; None before the first."""
        return self._settled

    @property
    def pending(self) -> int:
        """How many records wait."""
        return len(self._shard.items)

    def take(self, limit: int = 100) -> StreamBatch | None:
        """Up to `limit` records after the checkpoint, oldest first; None when none waits."""
        with LOCK:
            changes: list[Any] = self._shard.items[:limit]
        if not changes:
            return None
        records = [self._shaped(change.to_json(base64_text)) for change in changes]
        numbers = tuple(record["dynamodb"]["SequenceNumber"] for record in records)
        return StreamBatch({"Records": records}, numbers)

    def settle(self, batch: StreamBatch, response: object = None) -> int:
        """Moves the checkpoint by what the function answered; returns how many records it passed.

        As on Lambda, everything from the first failed record on will be taken again. Settling a
        batch that was settled before changes nothing.
        """
        numbers = batch.sequence_numbers
        failed = failed_of(response, numbers) if self._reports_failures else frozenset()
        passed = 0
        with LOCK:
            for number in numbers:
                if number in failed:
                    break
                if int(number) >= self._shard.starting_sequence_number:
                    passed += 1
            self._forget(passed)
        return passed

    def deliver(self, handler: Callable[[dict[str, Any]], object], limit: int = 100) -> int:
        """Takes, calls and settles; returns how many records passed, 0 when none waits.

        An exception of the handler reaches the caller and leaves the checkpoint where it was.
        """
        batch = self.take(limit)
        return 0 if batch is None else self.settle(batch, handler(batch.event))

    def _forget(self, count: int) -> None:
        if count == 0:
            return
        self._settled = str(self._shard.starting_sequence_number + count - 1)
        del self._shard.items[:count]
        self._shard.starting_sequence_number += count

    def _shaped(self, record: dict[str, Any]) -> dict[str, Any]:
        change = record["dynamodb"]
        moment = change["ApproximateCreationDateTime"]
        if self._clock is not None:
            moment = self._clock.now()
        # seconds, as a number: Lambda's JSON has no dates
        change["ApproximateCreationDateTime"] = round(moment.timestamp(), 3)
        return {**record, "eventSourceARN": self.arn}


@DYNAMODB.replaces(StreamShard, "add")
def _add(original: Callable[..., None], shard: StreamShard, old: Item | None, new: Item | None) -> None:
    if shard.table.lambda_event_source_mappings:  # moto's own way to functions
        original(shard, old, new)
        return
    if old is not None and new is not None and same(old, new):
        return
    name: EventName = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
    number = shard.starting_sequence_number + len(shard.items)
    written_at = utcnow().replace(tzinfo=UTC)
    change = Change(shard.table, name, old, new, number, written_at)
    shard.items.append(cast("Any", change))  # in the place of moto's own record


@DYNAMODB.replaces(StreamShard, "get")
def _records(
    _original: Callable[..., Any], shard: StreamShard, start: int, quantity: int
) -> list[dict[str, Any]]:
    """As before, but a reader that fell behind the oldest record begins at that."""
    first = max(start - shard.starting_sequence_number, 0)
    return [record.to_json() for record in shard.items[first : first + quantity]]
