"""Queues of the in-process SQS whose calls cost what they touch, however long the queue is.

moto looks at every waiting message, several times, to send one, to receive ten or to delete one,
and keeps deleted messages for ever. What a queue answers is unchanged.
"""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable, Iterator
from typing import Any, Final

import moto.sqs.models
from moto.core.utils import unix_time_millis
from moto.moto_api._internal import mock_random
from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from kizuna.local.patching import Patch
from kizuna.local.storage import untracked

SQS: Final = Patch()

_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


def is_empty(arn: str) -> bool:
    """Whether a queue holds no message at all, neither waiting nor taken: known without a call of SQS."""
    *_, region, account, name = arn.split(":")
    return not sqs_backends[account][region].get_queue(name)._messages


class _Attributes(UserDict[str, Any]):
    """A queue's attributes, of which the counts are taken when somebody looks at them."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        return value() if name in _COUNTS else value


@SQS.replaces_property(Queue, "attributes")
def _attributes(original: Callable[[Any], dict[str, Any]], queue: Queue) -> _Attributes:
    counts = {
        "approximate_number_of_messages": lambda: queue.approximate_number_of_messages,
        "approximate_number_of_messages_delayed": (lambda: queue.approximate_number_of_messages_delayed),
        "approximate_number_of_messages_not_visible": (
            lambda: queue.approximate_number_of_messages_not_visible
        ),
    }
    return _Attributes(original(_Shadow(queue, counts)))


class _Shadow:
    """An object with some attributes in place of its own."""

    def __init__(self, behind: object, before: dict[str, Any]) -> None:
        self._behind = behind
        self._before = before

    def __getattr__(self, name: str) -> Any:
        return self._before[name] if name in self._before else getattr(self._behind, name)


@SQS.replaces_property(Queue, "messages")
def _messages(_original: Callable[[Any], Any], queue: Queue) -> Iterator[Message]:
    """What can be received now, oldest first, found as it is asked for."""
    now = unix_time_millis()
    return (each for each in queue._messages if each.visible_at < now and each.delayed_until <= now)


@SQS.replaces_property(Queue, "approximate_number_of_messages")
def _ready(_original: Callable[[Any], int], queue: Queue) -> int:
    return sum(1 for _ in queue.messages)


@SQS.replaces_property(Queue, "approximate_number_of_messages_delayed")
def _delayed(_original: Callable[[Any], int], queue: Queue) -> int:
    now = unix_time_millis()
    return sum(1 for each in queue._messages if now < each.delayed_until)


@SQS.replaces_property(Queue, "approximate_number_of_messages_not_visible")
def _in_flight(_original: Callable[[Any], int], queue: Queue) -> int:
    now = unix_time_millis()
    return sum(1 for each in queue._messages if now <= each.visible_at)


@SQS.replaces(Queue, "wait_for_messages")
def _wait(_original: Callable[..., None], queue: Queue, timeout: int) -> None:
    with queue._messages_lock:
        queue._messages_lock.wait_for(lambda: any(True for _ in queue.messages), timeout=timeout)


@SQS.replaces(Queue, "delete_message")
def _delete(_original: Callable[..., None], queue: Queue, receipt_handle: str) -> None:
    if receipt_handle in queue.deleted_messages:
        return
    with queue._messages_lock:
        for position, message in enumerate(queue._messages):
            if message.had_receipt_handle(receipt_handle):
                del queue._messages[position]
                queue.pending_messages.discard(message)
                handles = [handle for handle in message.all_receipt_handles if handle is not None]
                queue.deleted_messages.update(handles)
                return
    raise ReceiptHandleIsInvalid


@SQS.replaces(SQSBackend, "receive_message")
def _receive(
    original: Callable[..., Any], backend: SQSBackend, queue_name: str, *args: Any, **kw: Any
) -> Any:
    # a wait for messages gives this lock back while it lasts
    with backend.get_queue(queue_name)._messages_lock:
        return original(backend, queue_name, *args, **kw)


def _receipt_handle() -> str:
    return f"{mock_random.getrandbits(128):032x}"


def _share(message: Message, _memo: dict[int, Any]) -> Message:
    """Enough of a copy for one receiver: only the choice of attributes differs."""
    twin: Message = object.__new__(Message)
    vars(twin).update(vars(message))
    return twin


SQS.replaces_value(moto.sqs.models, "generate_receipt_handle", _receipt_handle)
SQS.replaces_value(Message, "__new__", staticmethod(untracked))
SQS.adds(Message, "__deepcopy__", _share)
