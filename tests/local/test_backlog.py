"""Queues answer as moto answers, and look at few of their messages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sqs.models import Message

from kizuna.local.backlog import is_empty
from tests.support.emulated import client, cloud


@pytest.fixture(params=["moto", "emulator"])
def sqs(request: pytest.FixtureRequest) -> Iterator[Any]:
    with cloud(changed=request.param == "emulator"):
        yield client("sqs")


def make(sqs: Any, name: str = "work", **attributes: str) -> str:
    return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def send(sqs: Any, url: str, *bodies: str, **more: Any) -> None:
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body, **more)


def receive(sqs: Any, url: str, count: int = 10, **more: Any) -> list[dict[str, Any]]:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=count, **more)
    return list(answer.get("Messages", []))


def counts(sqs: Any, url: str) -> tuple[int, ...]:
    names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return tuple(int(found[name]) for name in names)


def test_messages_are_counted_as_ready_in_flight_or_delayed(sqs: Any) -> None:
    url = make(sqs)
    send(sqs, url, "a", "b", "c", "d")
    send(sqs, url, "later", DelaySeconds=60)
    first, _second = receive(sqs, url, 2)

    assert counts(sqs, url) == (2, 2, 1)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert counts(sqs, url) == (2, 1, 1)


def test_a_queue_is_empty_only_when_nothing_waits_and_nothing_was_taken(sqs: Any) -> None:
    url = make(sqs)
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert is_empty(arn)
    send(sqs, url, "later", DelaySeconds=60)
    assert not is_empty(arn)
    sqs.purge_queue(QueueUrl=url)
    send(sqs, url, "a")
    (taken,) = receive(sqs, url)
    assert not is_empty(arn)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=taken["ReceiptHandle"])
    assert is_empty(arn)


def test_all_attributes_of_a_queue_are_shown(sqs: Any) -> None:
    url = make(sqs, VisibilityTimeout="7", DelaySeconds="3")
    send(sqs, url, "a")

    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    assert shown["VisibilityTimeout"] == "7"
    assert shown["QueueArn"] == "arn:aws:sqs:us-east-1:123456789012:work"
    assert shown["ApproximateNumberOfMessagesDelayed"] == "1"


def test_a_message_is_deleted_by_any_handle_it_ever_had(sqs: Any) -> None:
    url = make(sqs)
    send(sqs, url, "a", "b")
    [old] = receive(sqs, url, 1, VisibilityTimeout=0)
    receive(sqs, url, 1, VisibilityTimeout=0)

    sqs.delete_message(QueueUrl=url, ReceiptHandle=old["ReceiptHandle"])
    sqs.delete_message(QueueUrl=url, ReceiptHandle=old["ReceiptHandle"])

    assert [message["Body"] for message in receive(sqs, url)] == ["b"]


def test_an_unknown_handle_is_refused(sqs: Any) -> None:
    url = make(sqs)

    with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
        sqs.delete_message(QueueUrl=url, ReceiptHandle="nothing")


def test_a_receiver_sees_the_attributes_it_asked_for_and_the_next_one_all(sqs: Any) -> None:
    url = make(sqs)
    attributes = {name: {"DataType": "String", "StringValue": name} for name in ("kind", "other")}
    send(sqs, url, "a", MessageAttributes=attributes)

    [first] = receive(sqs, url, MessageAttributeNames=["kind"], VisibilityTimeout=0)
    [second] = receive(sqs, url, MessageAttributeNames=["All"])

    assert first["MessageAttributes"] == {"kind": attributes["kind"]}
    assert second["MessageAttributes"] == attributes


def test_a_fifo_queue_keeps_groups_in_order_and_drops_duplicates(sqs: Any) -> None:
    url = make(sqs, "work.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    send(sqs, url, "a", "a", "b", MessageGroupId="g")
    send(sqs, url, "c", MessageGroupId="h")

    assert [message["Body"] for message in receive(sqs, url, 1)] == ["a"]
    assert [message["Body"] for message in receive(sqs, url)] == ["c"]


def test_a_purged_queue_is_empty(sqs: Any) -> None:
    url = make(sqs)
    send(sqs, url, "a", "b")
    receive(sqs, url, 1)

    sqs.purge_queue(QueueUrl=url)

    assert counts(sqs, url) == (0, 0, 0)


def test_a_long_poll_ends_with_the_message_that_another_thread_sends() -> None:
    with cloud():
        sqs = client("sqs")
        url = make(sqs)

        def later() -> None:
            time.sleep(0.05)
            send(sqs, url, "late")

        sender = Thread(target=later)
        sender.start()

        found = receive(sqs, url, 1, WaitTimeSeconds=20)
        sender.join()

        assert [message["Body"] for message in found] == ["late"]


def test_the_length_of_a_queue_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    with cloud():
        sqs = client("sqs")
        url = make(sqs)
        for _ in range(20):
            entries = [{"Id": str(n), "MessageBody": "x"} for n in range(10)]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)
        looked_at: list[Message] = []
        had = Message.had_receipt_handle

        def counted(message: Message, handle: str) -> bool:
            looked_at.append(message)
            return had(message, handle)

        monkeypatch.setattr(Message, "had_receipt_handle", counted)
        for message in receive(sqs, url):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

        assert len(looked_at) == 10
