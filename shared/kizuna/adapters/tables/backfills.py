"""Progress of backfills in the catalog table: the port `Backfills`."""

from __future__ import annotations

import json
import zlib
from typing import Any

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import (
    Client,
    Item,
    encode,
    from_item,
    in_words_of_the_core,
    key,
    query,
    to_item,
)
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.errors import Conflict
from kizuna.core.segments.backfill import Backfill, ShardProgress


class BackfillsTable:
    """A row for each backfill, and one for each of its shards that has begun."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def latest(self) -> Backfill | None:
        with in_words_of_the_core("backfills"):
            reply = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(keys.BACKFILLS)},
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )
        return _backfill(reply["Items"][0]) if reply["Items"] else None

    def begin(self, backfill: Backfill) -> bool:
        row = {
            "pk": keys.BACKFILLS,
            "sk": keys.backfill(backfill.number),
            "v": backfill.version,
            "at": epoch_millis(backfill.started_at),
            "aq": backfill.asked,
            "z": _packed(backfill),
        }
        try:
            with in_words_of_the_core(f"backfill {backfill.number}"):
                self._client.put_item(
                    TableName=self._table, Item=to_item(row), ConditionExpression="attribute_not_exists(pk)"
                )
        except Conflict:
            return self.latest() == backfill  # the reply to our own write may have been lost
        return True

    def shards(self, number: int) -> tuple[ShardProgress, ...]:
        found = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(keys.backfill_shards(number))},
            ConsistentRead=True,
        )
        return tuple(_shard(item) for item in found)

    def advance(self, number: int, progress: ShardProgress) -> bool:
        place = key(keys.backfill_shards(number), keys.backfill_shard(progress.shard))
        row = {
            "s": progress.step,
            "a": progress.after,
            "n": progress.people,
            "c": progress.changed,
            "ap": progress.apart,
            "t": progress.total,
            "dn": int(progress.done),
            "at": epoch_millis(progress.at),
        }
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if progress.step > 1:
            before = {":before": encode(progress.step - 1)}
            condition = {"ConditionExpression": "s = :before", "ExpressionAttributeValues": before}
        try:
            with in_words_of_the_core(f"shard {progress.shard} of backfill {number}"):
                self._client.put_item(TableName=self._table, Item=place | to_item(row), **condition)
        except Conflict:
            return progress in self.shards(number)  # likewise
        return True


def _packed(backfill: Backfill) -> bytes:
    told = {
        "moving": sorted(backfill.moving),
        "dropped": sorted(backfill.dropped),
        "meanings": dict(sorted(backfill.meanings.items())),
        "remembers": sorted(backfill.remembers),
        "recalls": sorted(backfill.recalls),
        "moves": {name: epoch_millis(since) for name, since in sorted(backfill.moves_since.items())},
    }
    return zlib.compress(json.dumps(told, separators=(",", ":")).encode())


def _backfill(item: Item) -> Backfill:
    row = from_item(item)
    told = json.loads(zlib.decompress(row["z"]))
    return Backfill(
        number=int(row["sk"]),
        version=row["v"],
        asked=row["aq"],
        started_at=from_epoch_millis(row["at"]),
        moving=frozenset(told["moving"]),
        dropped=frozenset(told["dropped"]),
        meanings=told["meanings"],
        remembers=frozenset(told.get("remembers", ())),  # older rows have none of these
        recalls=frozenset(told.get("recalls", ())),
        moves_since={name: from_epoch_millis(millis) for name, millis in told.get("moves", {}).items()},
    )


def _shard(item: Item) -> ShardProgress:
    row = from_item(item)
    return ShardProgress(
        shard=int(row["sk"]),
        at=from_epoch_millis(row["at"]),
        step=row["s"],
        after=row["a"],
        people=row["n"],
        changed=row["c"],
        apart=row["ap"],
        total=row["t"],
        done=bool(row["dn"]),
    )
