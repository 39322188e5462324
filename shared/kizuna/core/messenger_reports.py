"""What WhatsApp and LINE report, read from their own event forms: the fate of our messages, and what people do there.

WhatsApp: an event of AWS End User Messaging Social, by SNS; inside, as a text, an entry of Meta's webhook ("Message
and event format" of AWS's guide, "Webhooks: Components" of the Cloud API). LINE: the body of a webhook ("Webhook
event objects" of the Messaging API), whose signature was checked where it came in.

One event may tell several things, in any order and more than once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from kizuna.core import messenger_events
from kizuna.core.clicks.reports import FOLLOWED, of_followed
from kizuna.core.identity.identifiers import line_user, phone
from kizuna.core.ids import digest
from kizuna.core.provider_reports import Contact, MessageReport, Report, read_report
from kizuna.core.report_parts import UnreadableReport, millis_in, object_of, objects_in, seconds_in

LINE_ENVELOPE = "line"
"""The key under which a webhook of LINE waits in the queue of feedback."""

_STATUSES = {
    "sent": ("sent", ""),
    "delivered": ("delivered", messenger_events.WHATSAPP_DELIVERED),
    "read": ("opened", messenger_events.WHATSAPP_READ),
    "failed": ("bounced", messenger_events.WHATSAPP_FAILED),
}
_LINE_EVENTS = {
    "follow": messenger_events.LINE_FOLLOWED,
    "unfollow": messenger_events.LINE_UNFOLLOWED,
    "message": messenger_events.LINE_RECEIVED,
}


def read_reports(body: str, *, received_at: datetime) -> tuple[Report, ...]:
    """Read one message of the feedback queue, whoever it is from. Raises UnreadableReport."""
    envelope = object_of(body, "body")
    if LINE_ENVELOPE in envelope:
        return of_line(object_of(envelope[LINE_ENVELOPE], LINE_ENVELOPE))
    if FOLLOWED in envelope:
        return (of_followed(envelope[FOLLOWED]),)
    if envelope.get("Type") == "Notification":
        notice = object_of(envelope.get("Message"), "Message")
        if "whatsAppWebhookEntry" in notice:
            return of_whatsapp(notice)
    report = read_report(body, received_at=received_at)
    return () if report is None else (report,)


def of_whatsapp(notice: Mapping[str, Any]) -> tuple[MessageReport | Contact, ...]:
    """Raises UnreadableReport. Statuses of messages that are not ours, and what nobody asks for, are left out."""
    entry = object_of(notice.get("whatsAppWebhookEntry"), "whatsAppWebhookEntry")
    return tuple(_of_entry(entry))


def _of_entry(entry: Mapping[str, Any]) -> Iterator[MessageReport | Contact]:
    for change in objects_in(entry, "changes"):
        value = change.get("value")
        if change.get("field") != "messages" or not isinstance(value, Mapping):
            continue
        for status in objects_in(value, "statuses"):
            if (report := _status(status)) is not None:
                yield report
        for message in objects_in(value, "messages"):
            yield _received(message)


def _status(status: Mapping[str, Any]) -> MessageReport | None:
    send_id, kind = status.get("biz_opaque_callback_data"), str(status.get("status", ""))
    if not isinstance(send_id, str) or not send_id or kind not in _STATUSES:
        return None
    fact, event = _STATUSES[kind]
    first = next(iter(objects_in(status, "errors")), {})
    return MessageReport(
        id=digest("report", "whatsapp", send_id, kind),
        message=send_id,
        at=seconds_in(status, "timestamp"),
        proves="accepted",
        fact=fact,
        event=event,
        reason=str(first.get("code", "")),
    )


def _received(message: Mapping[str, Any]) -> Contact:
    """What somebody wrote. A pressed button counts as its text."""
    number = phone("+" + str(message.get("from", "")).lstrip("+"))
    if number is None:
        raise UnreadableReport("messages.from: not a phone number")
    texts = {
        "text": ("text", "body"),
        "button": ("button", "text"),
    }
    held, name = texts.get(str(message.get("type", "")), ("", ""))
    part = message.get(held)
    return Contact(
        id=str(message.get("id", "")) or digest("whatsapp", json.dumps(message, sort_keys=True)),
        event=messenger_events.WHATSAPP_RECEIVED,
        channel="whatsapp",
        value=number,
        at=seconds_in(message, "timestamp"),
        text=str(part.get(name, "")) if isinstance(part, Mapping) else "",
    )


def of_line(body: Mapping[str, Any]) -> tuple[Contact, ...]:
    """Raises UnreadableReport. Events of groups and rooms, and kinds that nobody asks for, are left out."""
    found = []
    for event in objects_in(body, "events"):
        source = event.get("source")
        user = line_user(source.get("userId")) if isinstance(source, Mapping) else None
        name = _LINE_EVENTS.get(str(event.get("type", "")))
        if user is None or name is None or not isinstance(source, Mapping) or source.get("type") != "user":
            continue
        message = event.get("message")
        text = message.get("text", "") if isinstance(message, Mapping) else ""
        event_id = str(event.get("webhookEventId", "")) or digest("line", json.dumps(event, sort_keys=True))
        found.append(Contact(event_id, name, "line", user, millis_in(event, "timestamp"), str(text)))
    return tuple(found)
