"""An e-mail as it travels (RFC 5322, 2045 to 2047), for what SES does not put together itself: files, appointments.

    multipart/mixed
    ├── multipart/alternative
    │   ├── text/plain
    │   ├── text/html
    │   └── text/calendar; method=PUBLISH      an appointment (RFC 5545), read in place by most programs
    ├── invite.ics                             the same as a file, for the others
    └── files

The body is written by the standard library. The headers are written here: its folding encodes a long address in
List-Unsubscribe as if it were text, and then no mail program finds it. Same input, same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email import policy
from email.header import Header
from email.message import EmailMessage

from kizuna.core.content.attachments import RenderedAttachment, RenderedCalendar
from kizuna.core.content.errors import ValueRefused
from kizuna.core.content.headers import header_text
from kizuna.core.content.templates import RenderedEmail
from kizuna.core.ids import digest

_SMTP = policy.SMTP.clone(cte_type="7bit")
_LINE_MAX = 998  # RFC 5322 2.1.1, without its line end
_ICS_OCTETS = 75  # RFC 5545 3.1
_AFTER_ENCODED_WORD = re.compile(r"(?<=\?=) ")
_CRLF = "\r\n"


def raw_mail(
    email: RenderedEmail,
    *,
    sender: str,
    to: str,
    send_id: str,
    at: datetime,
    reply_to: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The whole mail. Raises HeaderInjection for a line break in a header, ValueRefused for what is no ASCII address.

    `send_id` names the appointment, so that a repeat replaces it; `at` is when the mail was written. `sender` and
    `reply_to` are mailboxes in ASCII (`headers.mailbox`).
    """
    named = {
        "From": _mailbox(sender, "from"),
        "To": _ascii(to, "to"),
        **({"Reply-To": _mailbox(reply_to, "reply_to")} if reply_to else {}),
        "Subject": _subject(email.subject),
        **{name: _ascii(value, name) for name, value in (headers or {}).items()},
    }
    head = "".join(f"{name}: {value}{_CRLF}" for name, value in named.items())
    return head.encode("ascii") + _body(email, send_id, at).as_bytes(policy=_SMTP)


def _mailbox(value: str, field: str) -> str:
    """A line for each encoded word, as RFC 2047 section 2 wants it: a long name fits on no single one."""
    header_text(value, field=field)
    return f"{_CRLF} ".join(_ascii(part, field) for part in _AFTER_ENCODED_WORD.split(value))


def _ascii(value: str, field: str) -> str:
    header_text(value, field=field)
    if not value.isascii() or len(value) + len(field) + 2 > _LINE_MAX:
        raise ValueRefused("not ASCII, or longer than a line may be", field=field)
    return value


def _subject(subject: str) -> str:
    header_text(subject, field="subject")
    if subject.isascii() and len(subject) + len("Subject: ") <= 78 and "=?" not in subject:
        return subject
    # Encoded words of at most 75 characters, one a line; a character is never split over two (RFC 2047 section 5).
    return Header(subject, "utf-8", maxlinelen=75, header_name="Subject").encode(linesep=_CRLF)


def _body(email: RenderedEmail, send_id: str, at: datetime) -> EmailMessage:
    message = EmailMessage(policy=_SMTP)
    message.set_content(email.text)
    message.add_alternative(email.html, subtype="html")
    if email.calendar is not None:
        invitation = calendar_text(email.calendar, send_id=send_id, at=at)
        message.add_alternative(invitation, subtype="calendar", params={"method": "PUBLISH"})
        message.add_attachment(
            invitation.encode(), maintype="application", subtype="ics", filename="invite.ics"
        )
    for file in email.attachments:
        _attach(message, file)
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{digest('boundary', send_id, str(number), length=40)}")
    return message


def _attach(message: EmailMessage, file: RenderedAttachment) -> None:
    kind, _, subtype = file.type.partition("/")
    message.add_attachment(
        file.data,
        maintype=kind,
        subtype=subtype,
        filename=header_text(file.name, field="attachment"),
        params={"charset": "utf-8"} if kind == "text" else {},
    )


# ── the appointment ─────────────────────────────────────────────────────────────────────────────


def calendar_text(entry: RenderedCalendar, *, send_id: str, at: datetime) -> str:
    """One event of iCalendar (RFC 5545), published, not an invitation to answer."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Kizuna//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{send_id}@kizuna",
        f"DTSTAMP:{_utc(at)}",
        f"DTSTART:{_utc(entry.starts)}",
        f"DTEND:{_utc(entry.ends)}",
        f"SUMMARY:{_escaped(entry.title)}",
        *([f"LOCATION:{_escaped(entry.location)}"] if entry.location else []),
        *([f"URL:{header_text(entry.url, field='calendar.url')}"] if entry.url else []),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(folded + _CRLF for line in lines for folded in [_CRLF.join(_folded(line))])


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    header_text(text, field="calendar")
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets; each but the first begins with a space, and no character is cut in two."""
    piece, room = "", _ICS_OCTETS
    for character in line:
        size = len(character.encode())
        if size > room:
            yield piece
            piece, room = " ", _ICS_OCTETS - 1
        piece += character
        room -= size
    yield piece
