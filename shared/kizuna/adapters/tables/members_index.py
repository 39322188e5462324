"""The membership index of the people table: who is in a segment, page by page in each of its shards.

A row says more than that somebody is in: since when (`e`), since when again (`r`) if they had gone, when they went
(`x`), and whether they are out by now (`o`). A row of somebody who is out dies after three days. So whoever walks the
members of a moment meets who has gone since, and passes by who has come since.

The instants only move forward: the same change again, or an older one that is brought back, undoes no newer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import Client, in_words_of_the_core, key
from kizuna.core.durations import epoch_millis
from kizuna.core.errors import Conflict
from kizuna.core.segments.membership import LEFT_KEPT

_ENTERS = "SET e = if_not_exists(e, :t), r = :t REMOVE o, #ttl"
_NOT_COME_LATER = "attribute_not_exists(r) OR r <= :t"
_LEAVES = "SET x = :t, o = :one, #ttl = :ttl"
_NOT_GONE_LATER = "attribute_exists(pk) AND (attribute_not_exists(x) OR x <= :t)"
_IS_IN = "attribute_not_exists(o)"
# Rows without `e` are older than it. Who is in was absent from x to r, if they ever were.
_WAS_IN = (
    "(attribute_not_exists(e) OR e <= :t) AND (attribute_not_exists(x) OR x > :t"
    " OR (attribute_not_exists(o) AND (r <= :t OR r <= x)))"
)


class MembersIndex:
    """Rows `s#<segment>#<shard>` of one table."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def page(self, segment: str, shard: int, *, after: str | None, limit: int) -> Page:
        return self._page(segment, shard, _IS_IN, {}, after, limit)

    def page_at(self, segment: str, shard: int, *, at: datetime, after: str | None, limit: int) -> Page:
        return self._page(segment, shard, _WAS_IN, {":t": _number(epoch_millis(at))}, after, limit)

    def _page(
        self,
        segment: str,
        shard: int,
        wanted: str,
        values: Mapping[str, Any],
        after: str | None,
        limit: int,
    ) -> Page:
        """Rows are left out after they were read, so one page may take several reads."""
        found: list[str] = []
        start = after or " "
        while True:
            request: dict[str, Any] = {
                "TableName": self._table,
                "KeyConditionExpression": "pk = :pk AND sk > :after",
                "FilterExpression": wanted,
                "ExpressionAttributeValues": {
                    ":pk": {"S": keys.membership(segment, shard)},
                    ":after": {"S": start},
                    **values,
                },
                "Limit": limit,
                "ConsistentRead": True,  # who is in before a listing begins is listed
            }
            with in_words_of_the_core(f"members of {segment}"):
                reply = self._client.query(**request)
            found += (item["sk"]["S"] for item in reply["Items"])
            if len(found) >= limit:
                return tuple(found[:limit]), found[limit - 1]
            if "LastEvaluatedKey" not in reply:
                return tuple(found), None
            start = reply["LastEvaluatedKey"]["sk"]["S"]

    def count(self, segment: str, shard: int) -> int:
        counted, start = 0, None
        while True:
            request: dict[str, Any] = {
                "TableName": self._table,
                "KeyConditionExpression": "pk = :pk",
                "FilterExpression": _IS_IN,
                "ExpressionAttributeValues": {":pk": {"S": keys.membership(segment, shard)}},
                "Select": "COUNT",
                **({"ExclusiveStartKey": start} if start else {}),
            }
            with in_words_of_the_core(f"members of {segment}"):
                reply = self._client.query(**request)
            counted, start = counted + int(reply["Count"]), reply.get("LastEvaluatedKey")
            if not start:
                return counted

    def note(self, person: str, entered: Iterable[str], exited: Iterable[str], *, at: datetime) -> None:
        """One conditional write a segment. A crash leaves some of them; the change is brought again."""
        shard, millis = keys.membership_shard(person), epoch_millis(at)
        over = (millis + int(LEFT_KEPT.total_seconds() * 1_000)) // 1_000
        comes = {":t": _number(millis)}
        goes = {**comes, ":one": _number(1), ":ttl": _number(over)}
        for segment in sorted(entered):
            self._write(segment, shard, person, _ENTERS, _NOT_COME_LATER, comes)
        for segment in sorted(exited):
            self._write(segment, shard, person, _LEAVES, _NOT_GONE_LATER, goes)

    def _write(
        self, segment: str, shard: int, person: str, change: str, guard: str, values: Mapping[str, Any]
    ) -> None:
        try:
            with in_words_of_the_core(f"membership of {person}"):
                self._client.update_item(
                    TableName=self._table,
                    Key=key(keys.membership(segment, shard), person),
                    UpdateExpression=change,
                    ConditionExpression=guard,
                    ExpressionAttributeNames={"#ttl": "ttl"},  # a word of the language
                    ExpressionAttributeValues=dict(values),
                )
        except Conflict:
            return  # what is known is newer, or they never were in


Page = tuple[tuple[str, ...], str | None]


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
