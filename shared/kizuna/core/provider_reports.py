"""What SES and SMS report about our messages, read from their own event forms.

SES: "Contents of event data" of the SES developer guide, in an EventBridge envelope or an SNS notification.
SMS: "Example event data" and "Two-way SMS message payload" of the AWS End User Messaging SMS guide, by SNS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kizuna.core import feedback
from kizuna.core.ids import digest
from kizuna.core.report_parts import UnreadableReport, instant_in, millis_in, object_in, object_of, text_in

Verdict = Literal["accepted", "failed"]


@dataclass(frozen=True, slots=True)
class MessageReport:
    """A report about one of our messages: what it proves, the fact it adds, the event it becomes."""

    id: str
    message: str
    at: datetime
    proves: Verdict
    fact: str = ""
    event: str = ""
    hard: bool = False
    reason: str = ""
    link: str = ""
    user_agent: str = ""  # of an open or click; looked at, and not kept
    ip: str = ""  # likewise


@dataclass(frozen=True, slots=True)
class Reply:
    """A text that somebody sent us."""

    id: str
    sender: str  # E.164
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """Something that a person did in a messenger, outside of any message of ours."""

    id: str
    event: str
    channel: str
    value: str  # the number in E.164, or the user id
    at: datetime
    text: str = ""


Report = MessageReport | Reply | Contact


def read_report(body: str, *, received_at: datetime) -> Report | None:
    """Read one queue message. None for reports that mean nothing to us. Raises UnreadableReport."""
    envelope = object_of(body, "body")
    if "detail-type" in envelope:
        return _ses(object_in(envelope, "detail"), str(envelope.get("id", "")))
    if envelope.get("Type") == "Notification":
        notice = object_of(envelope.get("Message"), "Message")
        return _by_sns(notice, str(envelope.get("MessageId", "")), received_at)
    raise UnreadableReport("neither an EventBridge event nor an SNS notification")


def is_of_elsewhere(body: str, queue: str) -> bool:
    """Whether a notification names a topic that is not of the queue's own account and region (`queue` is its ARN).

    The policy of the queue lets nothing but our topics in; this holds where somebody widens it by hand.
    """
    try:
        envelope = object_of(body, "body")
    except UnreadableReport:
        return False
    if "detail-type" in envelope or "Type" not in envelope:
        return False
    return str(envelope.get("TopicArn")).split(":")[3:5] != queue.split(":")[3:5]


def _by_sns(notice: Mapping[str, Any], notification: str, received_at: datetime) -> Report | None:
    if "inboundMessageId" in notice:
        return Reply(
            id=text_in(notice, "inboundMessageId"),
            sender=text_in(notice, "originationNumber"),
            text=str(notice.get("messageBody", "")),
            at=received_at,
        )
    if "mail" in notice:
        return _ses(notice, notification)
    return _sms(notice)


# ── SES ─────────────────────────────────────────────────────────────────────────────────────────

_MAIL = {
    "Send": ("accepted", "sent", ""),
    "Delivery": ("accepted", "delivered", feedback.EMAIL_DELIVERED),
    "Bounce": ("accepted", "bounced", feedback.EMAIL_BOUNCED),
    "Complaint": ("accepted", "complained", feedback.EMAIL_COMPLAINED),
    "Open": ("accepted", "opened", feedback.EMAIL_OPENED),
    "Click": ("accepted", "clicked", feedback.EMAIL_CLICKED),
    "DeliveryDelay": ("accepted", "", ""),  # not there yet: it was taken, and no more is known
    "Reject": ("failed", "rejected", feedback.EMAIL_REJECTED),
    "Rendering Failure": ("failed", "rejected", feedback.EMAIL_REJECTED),
}
# Where the particulars of an event stand, if not under its own name in lower case.
_PARTS = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}

_REACTIONS = ("opened", "clicked")


def _ses(detail: Mapping[str, Any], envelope_id: str) -> MessageReport | None:
    kind = str(detail.get("eventType", ""))
    if kind not in _MAIL:
        return None
    mail = object_in(detail, "mail")
    tags = mail.get("tags")
    values = tags.get("send_id") if isinstance(tags, Mapping) else None
    if not isinstance(values, list) or not values:
        return None  # mail that this account sends by other means
    proves, fact, event = _MAIL[kind]
    part = detail.get(_PARTS.get(kind, kind.lower()))
    what = part if isinstance(part, Mapping) else {}
    at = what.get("timestamp") or mail.get("timestamp")
    message = str(values[0])
    return MessageReport(
        id=digest("report", "ses", message, kind, str(what.get("feedbackId") or at or envelope_id)),
        message=message,
        at=instant_in(what if what.get("timestamp") else mail, "timestamp"),
        proves="accepted" if proves == "accepted" else "failed",
        fact=fact,
        event=event,
        hard=kind == "Bounce" and what.get("bounceType") == "Permanent",
        reason=str(what.get("reason") or what.get("bounceSubType") or what.get("errorMessage") or ""),
        link=str(what.get("link") or ""),
        user_agent=str(what.get("userAgent") or "") if fact in _REACTIONS else "",
        ip=str(what.get("ipAddress") or "") if fact in _REACTIONS else "",
    )


# ── SMS ─────────────────────────────────────────────────────────────────────────────────────────

_UNDELIVERED = {
    "TEXT_INVALID",
    "TEXT_UNREACHABLE",
    "TEXT_BLOCKED",
    "TEXT_CARRIER_BLOCKED",
    "TEXT_CARRIER_UNREACHABLE",
    "TEXT_INVALID_MESSAGE",
    "TEXT_SPAM",
    "TEXT_TTL_EXPIRED",
    "TEXT_PROTECT_BLOCKED",
    "TEXT_UNKNOWN",
}


def _sms(notice: Mapping[str, Any]) -> MessageReport | None:
    kind = str(notice.get("eventType", ""))
    context = notice.get("context")
    message = context.get("send_id") if isinstance(context, Mapping) else None
    if not isinstance(message, str) or not message:
        return None
    at = millis_in(notice, "eventTimestamp")
    report_id = digest("report", "sms", message, kind)
    if kind == "TEXT_DELIVERED":
        return MessageReport(report_id, message, at, "accepted", "delivered", feedback.SMS_DELIVERED)
    if kind in _UNDELIVERED:
        reason = str(notice.get("messageStatus", ""))
        return MessageReport(
            report_id, message, at, "accepted", "bounced", feedback.SMS_FAILED, reason=reason
        )
    return MessageReport(report_id, message, at, "accepted", "sent")
