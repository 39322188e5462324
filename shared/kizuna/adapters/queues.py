"""SQS: the port `Queues`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from kizuna.adapters.batches import batches, json_text, refusals_as_unavailable, send_all

_MOST = 10
_MOST_BYTES = 1_048_576  # of all bodies of a call, and of one body


class SqsQueues:
    """Puts messages on queues. `urls` by the queue's name; others are not known (KeyError: a wiring mistake)."""

    def __init__(
        self, client: Any, *, urls: Mapping[str, str], pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._urls = urls
        self._pause = pause

    def send(
        self, queue: str, bodies: Sequence[Mapping[str, Any]], *, delay: timedelta = timedelta(0)
    ) -> None:
        """Raises ValueError, with nothing sent, for a body of more than 1 MiB."""
        url = self._urls[queue]
        texts = [json_text(body) for body in bodies]
        late = {"DelaySeconds": int(delay.total_seconds())} if delay else {}
        groups = list(batches(texts, most=_MOST, most_bytes=_MOST_BYTES, size=_bytes))

        def attempt(group: Sequence[str]) -> Sequence[str]:
            entries = [{"Id": str(index), "MessageBody": text, **late} for index, text in enumerate(group)]
            with refusals_as_unavailable(f"queue {queue}"):
                reply = self._client.send_message_batch(QueueUrl=url, Entries=entries)
            return [group[int(failed["Id"])] for failed in reply.get("Failed", ())]

        send_all(groups, attempt, what=f"queue {queue}", pause=self._pause)


def _bytes(text: str) -> int:
    return len(text.encode())
