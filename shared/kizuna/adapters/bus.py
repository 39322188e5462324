"""EventBridge: the port `Bus`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kizuna.adapters.batches import batches, json_text, refusals_as_unavailable, send_all

SOURCE = "kizuna"
_MOST = 10
_MOST_BYTES = 262_144  # of all entries of a call

_Entry = Mapping[str, str]


class EventBridgeBus:
    """Publishes domain events on the bus of this name or ARN."""

    def __init__(self, client: Any, *, bus: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._bus = bus
        self._pause = pause

    def publish(self, events: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        entries: list[_Entry] = [
            {"EventBusName": self._bus, "Source": SOURCE, "DetailType": name, "Detail": json_text(detail)}
            for name, detail in events
        ]
        send_all(
            list(batches(entries, most=_MOST, most_bytes=_MOST_BYTES, size=_bytes)),
            self._attempt,
            what=f"bus {self._bus}",
            pause=self._pause,
        )

    def _attempt(self, entries: Sequence[_Entry]) -> Sequence[_Entry]:
        with refusals_as_unavailable(f"bus {self._bus}"):
            reply = self._client.put_events(Entries=list(entries))
        if not reply["FailedEntryCount"]:
            return ()
        results = zip(entries, reply["Entries"], strict=True)
        return [entry for entry, result in results if "ErrorCode" in result]


def _bytes(entry: _Entry) -> int:
    return sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
