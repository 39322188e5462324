"""The log of all calls with their fate: the outside judge of doubles and losses."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Any

from kizuna.local.providers.outbox import Channel, Provider


class Fate(StrEnum):
    """What became of one call. Only the caller's view differs between the accepted ones."""

    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"  # a push to several tokens, some refused
    ACCEPTED_REPLY_LATE = "accepted_reply_late"
    ACCEPTED_REPLY_LOST = "accepted_reply_lost"
    ACCEPTED_REPLY_GARBLED = "accepted_reply_garbled"
    ACCEPTED_REPLY_ERROR = "accepted_reply_error"  # answered with an error though it was accepted
    THROTTLED = "throttled"
    REFUSED = "refused"
    CUT = "cut"  # connection reset or hung up before acceptance

    @property
    def accepted(self) -> bool:
        return self not in (Fate.THROTTLED, Fate.REFUSED, Fate.CUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that asked a provider to send.

    `invocation` is the SDK's id of the API call that this request belongs to and `attempt` its number
    within it: an SDK that re-sends by itself shows as two calls of one invocation. `signed_for` is the
    service named in the credential scope. `messages` are the ids of what was accepted.
    """

    number: int
    at: datetime
    provider: Provider
    channel: Channel | None
    operation: str
    fate: Fate
    to: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    code: str | None = None
    invocation: str | None = None
    attempt: int | None = None
    signed_for: str | None = None
    tags: tuple[dict[str, str], ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat()}


class CallLog:
    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._fates: dict[str, Fate] = {}
        self._lock = Lock()

    def add(self, **what: Any) -> Call:
        """Numbers the call and keeps it."""
        with self._lock:
            call = Call(number=len(self._calls) + 1, **what)
            self._calls.append(call)
            self._fates.update(dict.fromkeys(call.messages, call.fate))
        return call

    def calls(self) -> tuple[Call, ...]:
        with self._lock:
            return tuple(self._calls)

    def fate_of(self, message_id: str) -> Fate | None:
        """What the caller learned of an accepted message."""
        return self._fates.get(message_id)

    def by_fate(self) -> dict[Fate, int]:
        counted = Counter(call.fate for call in self.calls())
        return {fate: counted[fate] for fate in Fate if counted[fate]}

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._fates.clear()
