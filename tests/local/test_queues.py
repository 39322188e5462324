from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from kizuna.local.batches import failed_of
from kizuna.local.clock import VirtualClock
from kizuna.local.queues import QueueBatch, QueueConsumer, Settlement
from tests.support.emulated import client, cloud

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(params=["moto", "emulator"])
def sqs(request: pytest.FixtureRequest) -> Iterator[Any]:
    with cloud(changed=request.param == "emulator"):
        yield client("sqs")


def make(sqs: Any, name: str = "work", **attributes: str) -> str:
    return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def with_dead_letters(sqs: Any, takes: int) -> tuple[str, str]:
    dead = make(sqs, "dead")
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": takes}
    return make(sqs, RedrivePolicy=json.dumps(policy), VisibilityTimeout="900"), dead


def send(sqs: Any, url: str, *bodies: str) -> None:
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)


def bodies(batch: QueueBatch | None) -> list[str]:
    return [] if batch is None else [record["body"] for record in batch.event["Records"]]


def fail(*wanted: str) -> Any:
    """A handler that reports the messages with these bodies as failed."""

    def handle(event: dict[str, Any]) -> dict[str, Any]:
        failed = [record["messageId"] for record in event["Records"] if record["body"] in wanted]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    return handle


def test_an_event_has_the_shape_that_lambda_receives(sqs: Any) -> None:
    url = make(sqs)
    sent = sqs.send_message(
        QueueUrl=url,
        MessageBody="hello",
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "greeting"},
            "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
    )

    batch = QueueConsumer(sqs, url, clock=VirtualClock(NOON)).take()

    assert batch is not None
    [record] = batch.event["Records"]
    millis = str(int(NOON.timestamp() * 1000))
    assert record == {
        "messageId": sent["MessageId"],
        "receiptHandle": batch.receipts[sent["MessageId"]],
        "body": "hello",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": millis,
            "SenderId": record["attributes"]["SenderId"],
            "ApproximateFirstReceiveTimestamp": millis,
        },
        "messageAttributes": {
            "kind": {
                "stringValue": "greeting",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            },
            "raw": {
                "binaryValue": "AP8=",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "Binary",
            },
        },
        "md5OfBody": hashlib.md5(b"hello", usedforsecurity=False).hexdigest(),
        "md5OfMessageAttributes": sent["MD5OfMessageAttributes"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:work",
        "awsRegion": "us-east-1",
    }


def test_messages_come_in_the_order_in_which_they_were_sent(sqs: Any) -> None:
    url = make(sqs)
    send(sqs, url, *(str(n) for n in range(25)))
    consumer = QueueConsumer(sqs, url, batch_size=12)

    taken: list[list[str]] = []
    while batch := consumer.take():
        taken.append(bodies(batch))
        consumer.settle(batch)

    assert taken == [[str(n) for n in range(a, b)] for a, b in ((0, 12), (12, 24), (24, 25))]
    assert consumer.pending == 0


def test_what_is_reported_as_failed_stays_and_the_rest_is_deleted(sqs: Any) -> None:
    url = make(sqs)
    send(sqs, url, "a", "b", "c")
    consumer = QueueConsumer(sqs, url)

    settlement = consumer.deliver(fail("b"))

    assert settlement is not None
    assert (len(settlement.deleted), len(settlement.returned)) == (2, 1)
    batch = consumer.take()
    assert bodies(batch) == ["b"]
    assert batch is not None
    assert batch.event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "2"
    assert consumer.settle(batch) == Settlement(deleted=tuple(batch.receipts), returned=())
    assert consumer.deliver(fail()) is None


def test_a_failed_message_keeps_its_place(sqs: Any) -> None:
    url = make(sqs)
    send(sqs, url, "a", "b", "c")
    consumer = QueueConsumer(sqs, url, batch_size=2)

    consumer.deliver(fail("a"))

    assert bodies(consumer.take()) == ["a", "c"]


def test_what_is_being_handled_is_out_of_sight(sqs: Any) -> None:
    url = make(sqs, VisibilityTimeout="0")
    send(sqs, url, "a")
    consumer = QueueConsumer(sqs, url)

    batch = consumer.take()
    assert batch is not None
    assert consumer.take() is None
    consumer.give_back(batch)
    assert bodies(consumer.take()) == ["a"]


def test_a_handler_that_raises_gives_the_whole_batch_back(sqs: Any) -> None:
    url = make(sqs)
    send(sqs, url, "a", "b")
    consumer = QueueConsumer(sqs, url)

    def broken(_event: dict[str, Any]) -> None:
        raise LookupError("no")

    with pytest.raises(LookupError):
        consumer.deliver(broken)

    assert bodies(consumer.take()) == ["a", "b"]


def test_a_message_moves_to_the_dead_letters_after_its_last_take_without_any_wait(sqs: Any) -> None:
    url, dead = with_dead_letters(sqs, takes=3)
    send(sqs, url, "poison", "fine")
    consumer = QueueConsumer(sqs, url)

    rounds = 0
    while consumer.deliver(fail("poison")) is not None:
        rounds += 1

    assert rounds == 3
    assert bodies(QueueConsumer(sqs, dead).take()) == ["poison"]


def test_failures_are_not_looked_for_where_the_function_does_not_report_them(sqs: Any) -> None:
    url = make(sqs)
    send(sqs, url, "a")
    consumer = QueueConsumer(sqs, url, reports_failures=False)

    settlement = consumer.deliver(fail("a"))

    assert settlement is not None
    assert len(settlement.deleted) == 1


@pytest.mark.parametrize(
    ("response", "failed"),
    [
        (None, ""),
        ({}, ""),
        ({"batchItemFailures": None}, ""),
        ({"batchItemFailures": []}, ""),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, "b"),
        ({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}]}, "b"),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, "abc"),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, "abc"),
        ({"batchItemFailures": [{"id": "b"}]}, "abc"),
        ({"batchItemFailures": [{"itemIdentifier": "z"}]}, "abc"),
        ({"batchItemFailures": ["b"]}, "abc"),
        ({"batchItemFailures": "b"}, "abc"),
        ("done", "abc"),
    ],
)
def test_an_answer_is_read_as_lambda_reads_it(response: object, failed: str) -> None:
    assert failed_of(response, ["a", "b", "c"]) == set(failed)
