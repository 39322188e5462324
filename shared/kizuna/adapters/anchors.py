"""Anchors of the ledger in a bucket that takes each object once, and in the ledger itself: the port `Anchors`.

S3      anchors/dt=<anchor>/<shard>-<after>.jsonl    heads of chains, and where the next object begins
S3      anchors/dt=<anchor>/anchor.json              the anchor over all of them
ledger  pk `anchors`, sk <anchor>                    b: the same
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from kizuna.adapters.batches import refusals_as_unavailable
from kizuna.adapters.tables.dynamodb import Client, encode, from_item, in_words_of_the_core, query, to_item
from kizuna.core.consent.anchors import Anchor
from kizuna.core.errors import Conflict

ANCHORS = "anchors"


class AnchorStore:
    """The bucket is locked and versioned: what lies in it can be deleted by nobody for as long as it is kept."""

    def __init__(self, s3: Any, dynamodb: Client, *, bucket: str, ledger: str) -> None:
        self._s3 = s3
        self._dynamodb = dynamodb
        self._bucket = bucket
        self._ledger = ledger

    def write_once(self, key: str, lines: Sequence[str]) -> tuple[str, ...]:
        with refusals_as_unavailable("anchors"):
            try:
                self._s3.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body="".join(lines).encode(),
                    ContentType="application/json",
                    IfNoneMatch="*",
                )
            except ClientError as error:
                # 412: it is there. 409: somebody stores it at this moment, and the next look finds it.
                if error.response.get("Error", {}).get("Code") not in _THERE:
                    raise
                return self.lines(key)
        return tuple(lines)

    def lines(self, key: str) -> tuple[str, ...]:
        with refusals_as_unavailable("anchors"):
            try:
                body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except self._s3.exceptions.NoSuchKey:
                return ()
        return tuple(body.decode("utf-8", "replace").splitlines(keepends=True))

    def keep(self, anchor: Anchor) -> None:
        row = {"pk": ANCHORS, "sk": anchor.id, "b": anchor.to_json()}
        try:
            with in_words_of_the_core(f"anchor {anchor.id}"):
                self._dynamodb.put_item(
                    TableName=self._ledger,
                    Item=to_item(row),
                    ConditionExpression="attribute_not_exists(pk)",
                )
        except Conflict:
            return  # noted already

    def kept(self) -> tuple[Anchor, ...]:
        found = query(
            self._dynamodb,
            self._ledger,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(ANCHORS)},
            ConsistentRead=True,
        )
        return tuple(Anchor.read(from_item(item)["b"]) for item in found)


_THERE = ("PreconditionFailed", "ConditionalRequestConflict", "412")
