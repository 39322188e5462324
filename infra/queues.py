"""Every queue with its dead-letter queue, and the places where what failed outside a queue is kept."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from kizuna.topology import QUEUES, Queue, QueueSpec, function

KEPT = Duration.days(14)  # the longest SQS keeps anything
# A batch may wait behind retries of the function: AWS asks for six times its timeout.
VISIBILITY_FACTOR = 6
LARGEST_MESSAGE = 1024 * 1024


class Queues(Construct):
    """Encrypted, TLS only. A queue that no function consumes is itself a place of last resort, and has no other."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Queues")
        self.dead_letters: Mapping[Queue, sqs.Queue] = {
            spec.name: self._resting_place(f"{_id(spec)}Dead") for spec in QUEUES if spec.consumer
        }
        self.by_name: Mapping[Queue, sqs.Queue] = {spec.name: self._queue(spec) for spec in QUEUES}
        # Invocations by the Scheduler that failed, each with its payload.
        self.lost_starts = self._resting_place("LostStarts")

    @property
    def resting_places(self) -> Mapping[str, sqs.Queue]:
        """Every queue that must be empty while all is well, by its name."""
        unread = {spec.name.value: self.by_name[spec.name] for spec in QUEUES if not spec.consumer}
        dead = {f"{name.value} (dead letters)": queue for name, queue in self.dead_letters.items()}
        return {**dead, **unread, "lost-starts": self.lost_starts}

    def _queue(self, spec: QueueSpec) -> sqs.Queue:
        if spec.consumer is None:
            return self._resting_place(_id(spec))
        return sqs.Queue(
            self,
            _id(spec),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            max_message_size_bytes=LARGEST_MESSAGE,
            visibility_timeout=Duration.seconds(VISIBILITY_FACTOR * function(spec.consumer).timeout),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters[spec.name], max_receive_count=spec.receives
            ),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _resting_place(self, id_: str) -> sqs.Queue:
        return sqs.Queue(
            self,
            id_,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            max_message_size_bytes=LARGEST_MESSAGE,
            retention_period=KEPT,
            removal_policy=RemovalPolicy.DESTROY,
        )


def _id(spec: QueueSpec) -> str:
    return spec.name.value.title().replace("-", "")
