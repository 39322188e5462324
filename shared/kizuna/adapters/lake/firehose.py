"""Firehose, on its way to S3: the port `Lake`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kizuna.adapters.batches import batches, json_text, refusals_as_unavailable, send_all

_MOST = 500
_MOST_BYTES = 4 * 1_048_576


class FirehoseLake:
    """Appends records as lines of JSON to a delivery stream."""

    def __init__(self, client: Any, *, stream: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._stream = stream
        self._pause = pause

    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        lines = [(json_text(record) + "\n").encode() for record in records]
        send_all(
            list(batches(lines, most=_MOST, most_bytes=_MOST_BYTES, size=len)),
            self._attempt,
            what=f"lake {self._stream}",
            pause=self._pause,
        )

    def _attempt(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        with refusals_as_unavailable(f"lake {self._stream}"):
            reply = self._client.put_record_batch(
                DeliveryStreamName=self._stream, Records=[{"Data": line} for line in lines]
            )
        if not reply["FailedPutCount"]:
            return ()
        results = zip(lines, reply["RequestResponses"], strict=True)
        return [line for line, result in results if "ErrorCode" in result]
