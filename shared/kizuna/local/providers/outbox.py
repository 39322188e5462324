"""Every message that a provider accepted, as it was given over: what an outside judge believes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Any


class Channel(StrEnum):
    """`TOPIC` is a publication to an SNS topic, which reaches no person by itself."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    WHATSAPP = "whatsapp"
    LINE = "line"
    TOPIC = "topic"


class Provider(StrEnum):
    SES = "ses"
    SNS = "sns"
    SMS_VOICE = "sms-voice"
    PINPOINT = "pinpoint"
    SOCIAL = "social-messaging"
    LINE = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """One accepted message. `to` holds bare addresses, numbers, tokens or ARNs, without display names.

    `tags` are SES's message tags, SMS's and push's `Context`, SNS's message attributes. `headers` are
    the custom headers of an e-mail in their order (all headers, when it was sent raw). `subject` is a
    push's title, `data` what a push carries for the app.
    """

    id: str
    at: datetime
    channel: Channel
    provider: Provider
    to: tuple[str, ...]
    sender: str
    subject: str = ""
    text: str = ""
    html: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    configuration_set: str | None = None
    request: Mapping[str, Any] = field(default_factory=dict)

    @property
    def recipient(self) -> str:
        """The first recipient; messages of this system have exactly one."""
        return self.to[0]

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat()}


class Outbox:
    """Accepted messages in the order of acceptance. Safe to read while messages come in."""

    def __init__(self) -> None:
        self._messages: list[OutboxMessage] = []
        self._by_id: dict[str, OutboxMessage] = {}
        self._lock = Lock()

    def add(self, message: OutboxMessage) -> None:
        with self._lock:
            self._messages.append(message)
            self._by_id[message.id] = message

    def messages(self, *, channel: str | None = None, to: str | None = None) -> tuple[OutboxMessage, ...]:
        """Oldest first. `to` is one whole recipient, in any case."""
        with self._lock:
            found = tuple(self._messages)
        if channel is not None:
            found = tuple(m for m in found if m.channel == channel)
        if to is not None:
            wanted = to.lower()
            found = tuple(m for m in found if any(r.lower() == wanted for r in m.to))
        return found

    def with_tag(self, name: str, value: str) -> OutboxMessage | None:
        """The first accepted message with that tag."""
        return next((message for message in self.messages() if message.tags.get(name) == value), None)

    def find(self, message_id: str) -> OutboxMessage | None:
        return self._by_id.get(message_id)

    def accepted_twice(self, tag: str = "send_id") -> dict[str, int]:
        """Values of that tag which more than one accepted message carries, with their number."""
        values = Counter(m.tags[tag] for m in self.messages() if tag in m.tags)
        return {value: times for value, times in values.items() if times > 1}

    def clear(self) -> None:
        with self._lock:
            self._messages.clear()
            self._by_id.clear()

    def __len__(self) -> int:
        return len(self._messages)
