"""Queues of the in-process SQS, consumed as Lambda consumes them.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from kizuna.local.batches import failed_of
from kizuna.local.clock import Clock

# Longer than any handler: what is being handled must not come back by itself, by the wall clock.
_OUT_OF_SIGHT_SECONDS: Final = 43_200 - 60
_PER_CALL: Final = 10
_TIMES: Final = ("SentTimestamp", "ApproximateFirstReceiveTimestamp")


@dataclass(frozen=True, slots=True)
class QueueBatch:
    """What one invocation receives, and the receipt handle of each message id in it."""

    event: dict[str, Any]
    receipts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settlement:
    """Message ids: handled and deleted, or failed and back in the queue."""

    deleted: tuple[str, ...]
    returned: tuple[str, ...]


class QueueConsumer:
    """Takes the messages of one queue in batches and settles what the function answered.

    No time has to pass unless told: a failed message is visible again at once, at its old place, and
    the queue moves it to its dead-letter queue when it has been taken `maxReceiveCount` times. Messages
    come in the order in which they were sent, so a run repeats itself.
    """

    def __init__(
        self,
        client: Any,
        queue_url: str,
        *,
        batch_size: int = 10,
        reports_failures: bool = True,
        clock: Clock | None = None,
        rest: timedelta = timedelta(0),
    ) -> None:
        """`client` is a boto3 SQS client. `reports_failures`: ReportBatchItemFailures is set.

        With a clock, messages carry its time as the time of sending and of first receipt. `rest`, on that
        clock, is how long a failed message stays out of sight (its visibility timeout). Raises ValueError for
        a rest without a clock.
        """
        if rest and clock is None:
            raise ValueError("a failed message can rest by a clock only")
        self._client = client
        self._queue_url = queue_url
        self._batch_size = batch_size
        self._reports_failures = reports_failures
        self._clock = clock
        self._rest = rest
        self._resting: list[tuple[datetime, str]] = []
        attributes = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
        self.arn: str = attributes["Attributes"]["QueueArn"]

    @property
    def pending(self) -> int:
        """How many messages can be taken."""
        name = "ApproximateNumberOfMessages"
        found = self._client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=[name])
        return int(found["Attributes"][name])

    @property
    def next_return(self) -> datetime | None:
        """When the first of the failed messages that rest can be taken again."""
        return min((at for at, _ in self._resting), default=None)

    def take(self) -> QueueBatch | None:
        """Up to `batch_size` messages; None when none waits. They stay out of sight until settled."""
        self._wake()
        messages = list(islice(self._receive(), self._batch_size))
        if not messages:
            return None
        event = {"Records": [self._record(message) for message in messages]}
        return QueueBatch(event, {each["MessageId"]: each["ReceiptHandle"] for each in messages})

    def settle(self, batch: QueueBatch, response: object = None) -> Settlement:
        """Deletes what the function handled and gives back what it reports as failed."""
        ids = tuple(batch.receipts)
        failed = failed_of(response, ids) if self._reports_failures else frozenset()
        settlement = Settlement(
            deleted=tuple(each for each in ids if each not in failed),
            returned=tuple(each for each in ids if each in failed),
        )
        self._delete([batch.receipts[each] for each in settlement.deleted])
        self._return([batch.receipts[each] for each in settlement.returned])
        return settlement

    def give_back(self, batch: QueueBatch) -> Settlement:
        """Gives back the whole batch, as Lambda does when the function raises."""
        self._return(list(batch.receipts.values()))
        return Settlement(deleted=(), returned=tuple(batch.receipts))

    def deliver(self, handler: Callable[[dict[str, Any]], object]) -> Settlement | None:
        """Takes, calls and settles; None when no message waits.

        An exception of the handler reaches the caller after the batch was given back.
        """
        batch = self.take()
        if batch is None:
            return None
        try:
            response = handler(batch.event)
        except BaseException:
            self.give_back(batch)
            raise
        return self.settle(batch, response)

    def _receive(self) -> Iterator[dict[str, Any]]:
        left = self._batch_size
        while left > 0:
            found = self._client.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=min(left, _PER_CALL),
                VisibilityTimeout=_OUT_OF_SIGHT_SECONDS,
                WaitTimeSeconds=0,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            ).get("Messages", [])
            if not found:
                return
            yield from found
            left -= len(found)

    def _record(self, message: Mapping[str, Any]) -> dict[str, Any]:
        attributes = dict(message["Attributes"])
        if self._clock is not None:
            now = str(int(self._clock.now().timestamp() * 1000))
            attributes.update(dict.fromkeys(_TIMES, now))
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": attributes,
            "messageAttributes": {
                name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self.arn,
            "awsRegion": self.arn.split(":")[3],
        }
        if "MD5OfMessageAttributes" in message:
            record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
        return record

    def _delete(self, receipts: Sequence[str]) -> None:
        for entries in _entries(receipts):
            answer = self._client.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)
            _refuse_failures(answer, self.arn)

    def _return(self, receipts: Sequence[str]) -> None:
        if self._clock is None or not self._rest:
            self._show(receipts)
        else:
            at = self._clock.now() + self._rest
            self._resting += ((at, receipt) for receipt in receipts)

    def _wake(self) -> None:
        if self._clock is None or not self._resting:
            return
        now = self._clock.now()
        due = [receipt for at, receipt in self._resting if at <= now]
        self._resting = [(at, receipt) for at, receipt in self._resting if at > now]
        self._show(due)

    def _show(self, receipts: Sequence[str]) -> None:
        for entries in _entries(receipts, VisibilityTimeout=0):
            answer = self._client.change_message_visibility_batch(QueueUrl=self._queue_url, Entries=entries)
            _refuse_failures(answer, self.arn)


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    shaped: dict[str, Any] = {
        "dataType": value["DataType"],
        "stringListValues": [],
        "binaryListValues": [],
    }
    if "StringValue" in value:
        shaped["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        shaped["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode("ascii")
    return shaped


def _entries(receipts: Sequence[str], **more: Any) -> Iterator[list[dict[str, Any]]]:
    for first in range(0, len(receipts), _PER_CALL):
        part = receipts[first : first + _PER_CALL]
        yield [{"Id": str(n), "ReceiptHandle": handle, **more} for n, handle in enumerate(part)]


def _refuse_failures(answer: Mapping[str, Any], arn: str) -> None:
    if failed := answer.get("Failed"):
        raise RuntimeError(f"{arn}: {failed[0]['Code']}: {failed[0].get('Message', '')}")
