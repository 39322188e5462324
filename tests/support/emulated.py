"""moto in a test, as it is or as the local cloud changes it, and the tables that tests put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError
from botocore.validate import ParamValidator
from moto import mock_aws

from kizuna.adapters.tables.dynamodb_wire import writes_own_requests
from kizuna.local import emulator

REGION = "us-east-1"


@contextmanager
def cloud(*, changed: bool = True) -> Iterator[None]:
    """An empty cloud inside the block; `changed` by the emulator, or moto as it is."""
    with mock_aws(), emulator.installed() if changed else nullcontext():
        yield


@cache  # a client takes longer to make than most tests to run, and belongs to no cloud in particular
def client(service: str, **config: Any) -> Any:
    """A real client with made-up credentials, which only moto accepts."""
    session = boto3.Session("made-up", "made-up", region_name=REGION)
    # without this mode, moto does not answer for streams
    if service != "dynamodb":
        return session.client(service, config=Config(account_id_endpoint_mode="disabled", **config))
    settings = Config(**{"account_id_endpoint_mode": "disabled", "parameter_validation": False, **config})
    made = session.client(service, config=settings)
    if config.get("parameter_validation", True):
        made.meta.events.register("provide-client-params.dynamodb", _validated)
    return writes_own_requests(made)


def _validated(params: dict[str, Any], model: Any, **_: Any) -> None:
    """What a deployed function leaves out at each call, and leaves to these tests: are the parameters well formed?"""
    report = ParamValidator().validate(params, model.input_shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())


def create_people(dynamodb: Any, name: str = "people", *, projection: str = "ALL") -> None:
    """A table with both keys, a stream and a sparse index on a number."""
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "slot", "AttributeType": "S"},
            {"AttributeName": "due_at", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [
                    {"AttributeName": "slot", "KeyType": "HASH"},
                    {"AttributeName": "due_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": projection},
            },
            {
                "IndexName": "by_slot",
                "KeySchema": [{"AttributeName": "slot", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )


def create_counters(dynamodb: Any, name: str = "counters") -> None:
    """A table with a hash key only, and no stream."""
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )


def key(person: str, part: str = "profile") -> dict[str, Any]:
    return {"pk": {"S": person}, "sk": {"S": part}}


def items_of(dynamodb: Any, table: str = "people") -> list[dict[str, Any]]:
    """Everything in a table, in the order of its keys."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    found = [item for page in pages for item in page["Items"]]
    return sorted(found, key=lambda item: str(sorted(item.items())))


def stream_of(table: str = "people") -> list[dict[str, Any]]:
    """All records of a table's stream, as the API gives them."""
    streams = client("dynamodbstreams")
    arn = streams.list_streams(TableName=table)["Streams"][0]["StreamArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    begin = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    return list(streams.get_records(ShardIterator=begin["ShardIterator"])["Records"])


def outcome(call: Callable[..., dict[str, Any]], **parameters: Any) -> dict[str, Any]:
    """What a call answers, or its error, without what differs from one run to the next."""
    try:
        answer = call(**parameters)
    except ClientError as error:
        kept = ("Error", "CancellationReasons", "Item")
        return {name: error.response[name] for name in kept if name in error.response}
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
