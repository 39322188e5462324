"""The stream of a table, read as the event source of a function reads it: filtered, in order, as Lambda shapes it."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any

import boto3

from benchmarks.workload import Json
from kizuna.local.patterns import matches
from kizuna.topology import STREAM

_POLL_SECONDS = 0.05


def stream_of(table: str) -> Iterator[Json]:
    """What is written from now on, for ever. An emulator has one shard, so what follows a split is not read."""
    arn = boto3.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    streams = boto3.client("dynamodbstreams")
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    place = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST")
    after = place["ShardIterator"]
    while True:
        found = streams.get_records(ShardIterator=after)
        after = found["NextShardIterator"]
        for record in found["Records"]:
            shaped = _shaped(record)
            if any(matches(pattern, shaped) for pattern in STREAM.filters):
                yield shaped
        if not found["Records"]:
            time.sleep(_POLL_SECONDS)


def _shaped(record: Json) -> Json:
    """As JSON: bytes as base64, the moment as seconds."""
    change = record["dynamodb"]
    images = {name: _text(change[name]) for name in ("Keys", "NewImage", "OldImage") if name in change}
    when = change["ApproximateCreationDateTime"].timestamp()
    return {**record, "dynamodb": {**change, **images, "ApproximateCreationDateTime": when}}


def _text(value: Any) -> Any:
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {name: _text(inner) for name, inner in value.items()}
        case list() | set():
            return [_text(inner) for inner in value]
        case _:
            return value
