"""Records of SES events, member for member as in "Contents of event data" of the SES guide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from kizuna.local.providers.events import milliseconds
from kizuna.local.providers.outbox import OutboxMessage
from kizuna.local.providers.world import Behaviour

Record = dict[str, Any]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"
SOURCE_IP = "192.0.2.10"  # documentation addresses, RFC 5737
OUTGOING_IP = "192.0.2.25"
READER_IP = "198.51.100.7"


def mail_of(message: OutboxMessage, *, account: str) -> Record:
    """The `mail` object: tags as lists, the automatic ones beside ours."""
    sender = parseaddr(message.sender)[1]
    standing = [("From", message.sender), ("To", ", ".join(message.to)), ("Subject", message.subject)]
    named = {name.lower() for name, _ in message.headers}
    headers = [(n, v) for n, v in standing if n.lower() not in named] + list(message.headers)
    if "mime-version" not in named:
        headers.append(("MIME-Version", "1.0"))
    return {
        "timestamp": milliseconds(message.at),
        "source": message.sender,
        "sendingAccountId": account,
        "messageId": message.id,
        "destination": list(message.to),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers],
        "commonHeaders": {
            "from": [message.sender],
            "to": list(message.to),
            "messageId": message.id,
            "subject": message.subject,
        },
        "tags": {
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": [message.configuration_set or ""],
            "ses:source-ip": [SOURCE_IP],
            "ses:from-domain": [sender.rpartition("@")[2]],
            "ses:caller-identity": ["kizuna-local"],
            **{name: [value] for name, value in message.tags.items()},
        },
    }


def sent(mail: Record) -> Record:
    return {"eventType": "Send", "mail": mail, "send": {}}


def delivered(mail: Record, recipient: str, *, at: datetime, took_ms: int) -> Record:
    return {
        "eventType": "Delivery",
        "mail": {**mail, "tags": {**mail["tags"], "ses:outgoing-ip": [OUTGOING_IP]}},
        "delivery": {
            "timestamp": milliseconds(at),
            "processingTimeMillis": took_ms,
            "recipients": [recipient],
            "smtpResponse": "250 2.6.0 Message received",
            "reportingMTA": "a1-10.smtp-out.amazonses.com",
            "remoteMtaIp": "203.0.113.5",
        },
    }


# type, subtype, status and diagnosis of each way to bounce
_BOUNCES: Mapping[Behaviour, tuple[str, str, str | None, str | None]] = {
    Behaviour.BOUNCES: ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown"),
    Behaviour.SOFT_BOUNCES: ("Transient", "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full"),
    Behaviour.AWAY: ("Transient", "General", None, None),
    Behaviour.SUPPRESSED: (
        "Permanent",
        "Suppressed",
        "5.1.1",
        "Amazon SES has suppressed sending to this address: it bounced lately",
    ),
}


def bounced(mail: Record, recipient: str, *, at: datetime, how: Behaviour, feedback_id: str) -> Record:
    """A bounce. An automatic reply (`AWAY`) is one too, without status or diagnosis."""
    kind, subtype, status, diagnosis = _BOUNCES[how]
    person: Record = {"emailAddress": recipient}
    if status is not None:
        person |= {"action": "failed", "status": status, "diagnosticCode": diagnosis}
    ours = how is Behaviour.SUPPRESSED
    return {
        "eventType": "Bounce",
        "mail": mail,
        "bounce": {
            "feedbackId": feedback_id,
            "bounceType": kind,
            "bounceSubType": subtype,
            "bouncedRecipients": [person],
            "timestamp": milliseconds(at),
            "reportingMTA": "dns; amazonses.com" if ours else "dsn; a1-10.smtp-out.amazonses.com",
        },
    }


def complained(mail: Record, recipient: str, *, at: datetime, feedback_id: str) -> Record:
    return {
        "eventType": "Complaint",
        "mail": mail,
        "complaint": {
            "feedbackId": feedback_id,
            "complaintSubType": None,
            "complainedRecipients": [{"emailAddress": recipient}],
            "timestamp": milliseconds(at),
            "userAgent": "Amazon SES Mailbox Simulator",
            "complaintFeedbackType": "abuse",
            "arrivalDate": milliseconds(at),
        },
    }


def opened(mail: Record, *, at: datetime, user_agent: str, ip: str) -> Record:
    what = {"timestamp": milliseconds(at), "userAgent": user_agent, "ipAddress": ip}
    return {"eventType": "Open", "mail": mail, "open": what}


def clicked(mail: Record, link: str, *, at: datetime, user_agent: str, ip: str) -> Record:
    what = {
        "timestamp": milliseconds(at),
        "userAgent": user_agent,
        "ipAddress": ip,
        "link": link,
        "linkTags": None,
    }
    return {"eventType": "Click", "mail": mail, "click": what}
