"""When everybody reacts, in the catalog table (port `Rhythms`): a row an hour of the week, in several partitions."""

from __future__ import annotations

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import Client, encode, from_item, in_words_of_the_core, key, query
from kizuna.core.campaigns.rhythm import NONE, Hits, Rhythm
from kizuna.core.ids import shard_of
from kizuna.topology import COUNTER_SHARDS


class RhythmsTable:
    """Messages and reactions by channel and hour of the week."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def note(self, channel: str, slot: int, *, tries: int = 0, hits: int = 0, spread: str = "") -> None:
        """One addition. A crash before it leaves a message uncounted, a repeat counts it twice: both are noise."""
        with in_words_of_the_core(f"rhythm of {channel}"):
            self._client.update_item(
                TableName=self._table,
                Key=key(keys.rhythm(channel, shard_of(spread, COUNTER_SHARDS)), keys.rhythm_hour(slot)),
                UpdateExpression="ADD n :tries, h :hits",
                ExpressionAttributeValues={":tries": encode(tries), ":hits": encode(hits)},
            )

    def of(self, channel: str) -> Rhythm:
        by_hour: dict[int, Hits] = {}
        for shard in range(COUNTER_SHARDS):
            for item in query(
                self._client,
                self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(keys.rhythm(channel, shard))},
            ):
                row = from_item(item)
                slot = int(row["sk"])
                by_hour[slot] = by_hour.get(slot, NONE) + Hits(int(row["n"]), int(row["h"]))
        return Rhythm(by_hour)
