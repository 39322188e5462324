"""What a person would see of a message, part by part, in values that JSON can hold: for previews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, assert_never

from kizuna.core.content.messengers import LineImage, RenderedLine, RenderedWhatsApp
from kizuna.core.content.own_content import RenderedInbox, RenderedTask, RenderedWebhook
from kizuna.core.content.templates import Rendered, RenderedEmail, RenderedPush, RenderedSms


def told_of_rendering(rendered: Rendered) -> dict[str, Any]:
    """Every part that says something. Of files that go with a mail their names, lengths of time as they are
    written."""
    return {name: value for name, value in _parts(rendered).items() if value not in (None, [], {}, "")}


def _parts(rendered: Rendered) -> Mapping[str, Any]:
    match rendered:
        case RenderedEmail():
            return {
                "subject": rendered.subject,
                "html": rendered.html,
                "text": rendered.text,
                "attachments": [each.name for each in rendered.attachments],
                "calendar": rendered.calendar.title if rendered.calendar else None,
            }
        case RenderedSms():
            counted = asdict(rendered.parts) | {"costly": list(rendered.parts.costly)}
            return {"body": rendered.body, "parts": counted, "media": list(rendered.media)}
        case RenderedPush():
            return {"title": rendered.title, "body": rendered.body, "data": dict(rendered.data)}
        case RenderedWhatsApp():
            return _of_whatsapp(rendered)
        case RenderedLine():
            messages = [_of_line(each) for each in rendered.messages]
            return {"messages": messages, "silent": rendered.silent}
        case RenderedInbox():
            return {
                "title": rendered.title,
                "body": rendered.body,
                "link": rendered.link,
                "placement": rendered.placement,
                "stays": str(rendered.stays),
                "data": dict(rendered.data),
            }
        case RenderedWebhook():
            return {"webhook": rendered.webhook, "type": rendered.type, "data": dict(rendered.data)}
        case RenderedTask():
            return {
                "queue": rendered.queue,
                "title": rendered.title,
                "script": rendered.script,
                "due": str(rendered.due),
                "data": dict(rendered.data),
            }
        case _:
            assert_never(rendered)


def _of_whatsapp(rendered: RenderedWhatsApp) -> Mapping[str, Any]:
    return {
        "template": rendered.template,
        "template_language": rendered.template_language,
        "media": rendered.media.model_dump(mode="json") if rendered.media else None,
        "header": rendered.header,
        "body": list(rendered.body),
        "buttons": [asdict(each) for each in rendered.buttons],
        "text": rendered.text,
    }


def _of_line(message: str | LineImage) -> str | Mapping[str, str]:
    return message if isinstance(message, str) else message.model_dump(mode="json", exclude_none=True)
