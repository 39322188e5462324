"""A call that is handed to moto directly is answered as one that went over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kizuna.local import emulator
from tests.support.emulated import client, cloud, create_people, key

ANN = {
    **key("ann"),
    "n": {"N": "1"},
    "raw": {"B": b"\x00\xff"},
    "deep": {"M": {"list": {"L": [{"NULL": True}]}}},
}
Call = Callable[[Any], Any]


def changed_if_new(dynamodb: Any) -> Any:
    return dynamodb.put_item(
        TableName="people",
        Item=key("ann"),
        ConditionExpression="attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )


def two_at_once(dynamodb: Any) -> Any:
    new = {"Put": {"TableName": "people", "Item": key("bob")}}
    refused = {
        "Put": {"TableName": "people", "Item": key("ann"), "ConditionExpression": "attribute_not_exists(pk)"}
    }
    return dynamodb.transact_write_items(TransactItems=[new, refused])


CALLS: dict[str, Call] = {
    "an item with everything": lambda it: it.get_item(TableName="people", Key=key("ann")),
    "no item": lambda it: it.get_item(TableName="people", Key=key("bob")),
    "a query": lambda it: it.query(
        TableName="people", KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "ann"}}
    ),
    "a batch": lambda it: it.batch_get_item(RequestItems={"people": {"Keys": [key("ann"), key("bob")]}}),
    "the table": lambda it: it.describe_table(TableName="people")["Table"]["KeySchema"],
    "a condition that does not hold": changed_if_new,
    "a transaction that is cancelled": two_at_once,
    "no such table": lambda it: it.get_item(TableName="nobody", Key=key("ann")),
    "a reserved word": lambda it: it.update_item(
        TableName="people",
        Key=key("ann"),
        UpdateExpression="SET name = :n",
        ExpressionAttributeValues={":n": {"S": "Ann"}},
    ),
}
QUEUED: dict[str, Call] = {
    "sent": lambda it: it.send_message(QueueUrl=it.create_queue(QueueName="q")["QueueUrl"], MessageBody="ä"),
    "sent and taken": lambda it: (
        it.send_message(QueueUrl=it.create_queue(QueueName="q")["QueueUrl"], MessageBody="ä"),
        it.receive_message(QueueUrl=it.get_queue_url(QueueName="q")["QueueUrl"]),
    ),
    "no such queue": lambda it: it.get_queue_url(QueueName="nowhere"),
    "too many at once": lambda it: it.send_message_batch(
        QueueUrl=it.create_queue(QueueName="q")["QueueUrl"],
        Entries=[{"Id": "1", "MessageBody": "a"}, {"Id": "1", "MessageBody": "b"}],
    ),
}


def answered(service: str, call: Call, *, directly: bool) -> Any:
    """What comes back, all of it but what is another at each call; of an error its class, too."""
    emulator.seed(1)
    asking = client(service)
    with cloud(changed=directly):
        if service == "dynamodb":
            create_people(asking)
            asking.put_item(TableName="people", Item=ANN)
        try:
            return _lasting(call(asking))
        except ClientError as error:
            return type(error).__name__, _lasting(error.response), error.operation_name


def _lasting(reply: Any) -> Any:
    match reply:
        case dict():
            return {name: _lasting(value) for name, value in reply.items() if name not in _PASSING}
        case list() | tuple():
            return [_lasting(each) for each in reply]
        case _:
            return reply


_PASSING = ("HTTPHeaders", "RequestId", "MessageId", "ReceiptHandle")


@pytest.mark.parametrize("name", CALLS)
def test_a_table_answers_the_same_either_way(name: str) -> None:
    assert answered("dynamodb", CALLS[name], directly=True) == answered(
        "dynamodb", CALLS[name], directly=False
    )


@pytest.mark.parametrize("name", QUEUED)
def test_a_queue_answers_the_same_either_way(name: str) -> None:
    assert answered("sqs", QUEUED[name], directly=True) == answered("sqs", QUEUED[name], directly=False)


class OverHttp(Exception):
    """The call has come to where it would leave the process."""


@pytest.mark.parametrize("service", ["dynamodb", "sqs"])
def test_only_calls_of_aws_are_handed_over(service: str) -> None:
    import boto3

    def leaves(**_: Any) -> None:
        raise OverHttp

    session = boto3.Session("made-up", "made-up", region_name="us-east-1")
    ours, elsewhere = session.client(service), session.client(service, endpoint_url="http://localhost:1")
    ask = "list_tables" if service == "dynamodb" else "list_queues"
    for made in (ours, elsewhere):
        made.meta.events.register_first("before-send", leaves)
    with cloud():
        getattr(ours, ask)()
        with pytest.raises(OverHttp):
            getattr(elsewhere, ask)()
    with emulator.installed(), pytest.raises(OverHttp):  # nothing stands in for AWS
        getattr(ours, ask)()


def test_each_call_has_an_id_of_its_own() -> None:
    with cloud():
        ids = [client("dynamodb").list_tables()["ResponseMetadata"]["RequestId"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert {len(each) for each in ids} == {52}
