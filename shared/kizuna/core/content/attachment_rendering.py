"""From a template to the files and the appointment that go with one person's e-mail."""

from __future__ import annotations

import base64
from datetime import datetime

from kizuna.core.content.attachments import Attachment, CalendarEntry, RenderedAttachment, RenderedCalendar
from kizuna.core.content.errors import ValueRefused
from kizuna.core.content.writing import Writer
from kizuna.core.durations import instant_from_text


def attachment(file: Attachment, part: str, writer: Writer) -> RenderedAttachment:
    """Raises ContentError if its text cannot be written for this person."""
    if file.text is not None:
        return RenderedAttachment(file.name, file.type, writer.body(file.text, f"{part}.text").encode())
    return RenderedAttachment(file.name, file.type, base64.b64decode(file.base64 or "", validate=True))


def calendar(entry: CalendarEntry, writer: Writer) -> RenderedCalendar:
    """Raises ContentError for what is no instant with an offset, or ends before it starts."""
    starts, ends = _instant(entry.starts, "starts", writer), _instant(entry.ends, "ends", writer)
    if ends <= starts:
        raise ValueRefused("is not after starts", field=writer.place("calendar.ends"))
    optional = {
        name: writer.header(source, f"calendar.{name}")
        for name, source in (("location", entry.location), ("url", entry.url))
        if source is not None
    }
    return RenderedCalendar(writer.header(entry.title, "calendar.title"), starts, ends, **optional)


def _instant(source: str, name: str, writer: Writer) -> datetime:
    part = f"calendar.{name}"
    try:
        return instant_from_text(writer.header(source, part).strip())
    except ValueError:
        reason = "is no instant with an offset, such as 2026-12-24T18:00:00+09:00"
        raise ValueRefused(reason, field=writer.place(part)) from None
