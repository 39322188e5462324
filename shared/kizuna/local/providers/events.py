"""What providers report after acceptance, and the two ways in which AWS carries it.

```
 e-mail ── EventBridge, default bus: `bus_event()`
        └─ SNS topic: `sns_message()`         the same record, without the envelope
 SMS    ── SNS topic: `sns_message()`          (`bus_event()` exists too, but drops `context`)
 reply  ── SNS topic: `sns_message()`          what a person wrote back
 WhatsApp ─ SNS topic: `sns_message()`         statuses, and what a person wrote
```
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Any


class Source(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    REPLY = "reply"
    WHATSAPP = "whatsapp"


# `detail-type` by the record's `eventType`: "Amazon Simple Email Service events", EventBridge reference.
SES_DETAIL_TYPES: Mapping[str, str] = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Reject": "Email Rejected",
    "Open": "Email Opened",
    "Click": "Email Clicked",
    "Rendering Failure": "Email Rendering Failed",
    "DeliveryDelay": "Email Delivery Delayed",
    "Subscription": "Email Subscribed",
}
SMS_DETAIL_TYPE = "Text Message Delivery Status Updated"
_NOT_ON_THE_BUS = frozenset({"context", "destinationPhoneNumber"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """One report. `record` is the provider's own JSON, whatever carries it. It exists from `at` on."""

    number: int
    id: str
    at: datetime
    source: Source
    kind: str
    message_id: str | None
    record: Mapping[str, Any]
    account: str
    region: str
    resources: tuple[str, ...] = ()

    def bus_event(self) -> dict[str, Any]:
        """The EventBridge envelope. Replies and what comes by WhatsApp have none: raises `ValueError`."""
        match self.source:
            case Source.EMAIL:
                detail_type, source, detail = SES_DETAIL_TYPES[self.kind], "aws.ses", dict(self.record)
            case Source.SMS:
                detail_type, source = SMS_DETAIL_TYPE, "aws.sms-voice"
                detail = {k: v for k, v in self.record.items() if k not in _NOT_ON_THE_BUS}
            case Source.REPLY | Source.WHATSAPP:
                raise ValueError("replies, and all of WhatsApp, are published to SNS only")
        return {
            "version": "0",
            "id": self.id,
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.region,
            "resources": list(self.resources),
            "detail": detail,
        }

    def sns_message(self, topic: str = "kizuna-feedback") -> dict[str, Any]:
        """The notification as the body of an SQS message that is subscribed to the topic."""
        arn = f"arn:aws:sns:{self.region}:{self.account}:{topic}"
        host = f"https://sns.{self.region}.amazonaws.com"
        return {
            "Type": "Notification",
            "MessageId": self.id,
            "TopicArn": arn,
            **({"Subject": "Amazon SES Email Event Notification"} if self.source is Source.EMAIL else {}),
            "Message": json.dumps(self.record, ensure_ascii=False),
            "Timestamp": milliseconds(self.at),
            "SignatureVersion": "1",
            "Signature": "bG9vcGJhY2s=",
            "SigningCertURL": f"{host}/SimpleNotificationService-loopback.pem",
            "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={arn}:loopback",
        }

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "id": self.id,
            "at": self.at.isoformat(),
            "source": self.source,
            "kind": self.kind,
            "message_id": self.message_id,
            "bus_event": self.bus_event() if self.source in (Source.EMAIL, Source.SMS) else None,
            "sns_message": self.sns_message(),
        }


def milliseconds(at: datetime) -> str:
    """ISO 8601 in UTC as SES and SNS write it, with three digits and a Z."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


class EventQueue:
    """Events that wait to be carried away, in the order of their instants."""

    def __init__(self) -> None:
        self._waiting: list[ProviderEvent] = []
        self._history: dict[str, list[ProviderEvent]] = {}
        self._numbered = 0
        self._lock = Lock()

    def next_number(self) -> int:
        with self._lock:
            self._numbered += 1
            return self._numbered

    def add(self, *events: ProviderEvent) -> None:
        with self._lock:
            for event in events:
                self._waiting.append(event)
                if event.message_id is not None:
                    self._history.setdefault(event.message_id, []).append(event)

    def due(self, now: datetime, *, limit: int | None = None) -> tuple[ProviderEvent, ...]:
        """What happened up to `now` and was not acknowledged, oldest first. Reading takes nothing away."""
        with self._lock:
            found = sorted((e for e in self._waiting if e.at <= now), key=lambda e: (e.at, e.number))
        return tuple(found[:limit])

    def acknowledge(self, numbers: set[int]) -> int:
        """Forget these; the number of those that were still waiting."""
        with self._lock:
            before = len(self._waiting)
            self._waiting = [e for e in self._waiting if e.number not in numbers]
            return before - len(self._waiting)

    def take(self, now: datetime) -> tuple[ProviderEvent, ...]:
        """What is due, acknowledged in the same breath."""
        with self._lock:
            found = sorted((e for e in self._waiting if e.at <= now), key=lambda e: (e.at, e.number))
            self._waiting = [e for e in self._waiting if e.at > now]
        return tuple(found)

    def next_at(self) -> datetime | None:
        """The instant of the next event, for a clock that jumps."""
        with self._lock:
            return min((e.at for e in self._waiting), default=None)

    def history(self, message_id: str) -> tuple[ProviderEvent, ...]:
        """All that was ever reported of a message, also what has been taken."""
        with self._lock:
            return tuple(self._history.get(message_id, ()))

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
            self._history.clear()
