"""From a template and what is known of one person to the message that person gets.

The template engine is imported when the first template is rendered or checked, not before: it costs a cold
start about 0.1 s, and most functions never need it.
"""

from __future__ import annotations

import html as html_text
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, assert_never

from kizuna.core.content.attachment_rendering import attachment, calendar
from kizuna.core.content.errors import (
    BudgetExceeded,
    ContentError,
    HeaderInjection,
    MissingVariable,
    RenderError,
    TemplateRefused,
    ValueRefused,
)
from kizuna.core.content.facts import ContentFacts, content_facts
from kizuna.core.content.headers import header_text, mailbox, message_tags, tag_value
from kizuna.core.content.lint import lint
from kizuna.core.content.messenger_rendering import line, whatsapp
from kizuna.core.content.messengers import LineContent, RenderedLine, RenderedWhatsApp, WhatsAppContent
from kizuna.core.content.own_content import (
    InboxContent,
    RenderedInbox,
    RenderedWebhook,
    TaskContent,
    WebhookContent,
    inbox,
    task,
    webhook,
)
from kizuna.core.content.sms_text import SmsParts, plain_spaces, sms_parts
from kizuna.core.content.templates import (
    MEDIA_TEXT_MAX,
    PUSH_BYTES_MAX,
    Brand,
    EmailContent,
    Links,
    PushContent,
    Rendered,
    RenderedEmail,
    RenderedPush,
    RenderedSms,
    SmsContent,
    Template,
    TemplateContext,
)
from kizuna.core.content.writing import Writer

SUBJECT_MAX = 500
SMS_PARTS_MAX = 10

_BODY_TAG = re.compile(r"<body\b[^>]*>", re.IGNORECASE)

# Spaces behind the preheader keep the start of the body out of the inbox preview.
_HIDDEN = (
    '<div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all" '
    'aria-hidden="true">'
)
_HIDDEN_END = "&#847;&zwnj;&nbsp;" * 60 + "</div>"


def render(template: Template, *, language: str, context: TemplateContext) -> Rendered:
    """The message in the nearest language the template has. Same input, same output.

    Raises `RenderError` or `HeaderInjection`, both `ContentError`, which name the field and never quote a
    value. Nothing is ever cut short to fit: what does not fit is an error.
    """
    chosen, content = template.content(language)
    values = _with_fallbacks(_values(context, chosen), template, chosen)
    writer = Writer(f"{template.id}: languages.{chosen}", values, chosen)
    match content:
        case EmailContent():
            return _email(content, writer, context.links)
        case SmsContent():
            return _sms(content, writer, context.links, context.brand.senders.sms.max_parts)
        case PushContent():
            return _push(content, writer)
        case WhatsAppContent():
            return whatsapp(content, writer)
        case LineContent():
            return line(content, writer)
        case InboxContent():
            return inbox(content, writer)
        case WebhookContent():
            return webhook(content, writer)
        case TaskContent():
            return task(content, writer)
        case _:
            assert_never(content)


def sender(brand: Brand, *, language: str) -> str:
    """The From header: the brand's name in that language with its address, in ASCII."""
    return mailbox(brand.voice(language).from_name, brand.from_email, field="from")


def _email(content: EmailContent, writer: Writer, links: Links) -> RenderedEmail:
    subject = writer.header(content.subject, "subject")
    if not subject.strip():
        raise ValueRefused("is empty", field=writer.place("subject"))
    if len(subject) > SUBJECT_MAX:
        raise BudgetExceeded(f"longer than {SUBJECT_MAX} characters", field=writer.place("subject"))
    html, pieces = writer.page(content.html, "html")
    if content.preheader is not None:
        html, pieces = _with_preheader(html, pieces, writer.header(content.preheader, "preheader"))
    text = writer.body(content.text, "text")
    attached = tuple(
        attachment(each, f"attachments[{at}]", writer) for at, each in enumerate(content.attachments)
    )
    entry = calendar(content.calendar, writer) if content.calendar is not None else None
    return RenderedEmail(writer.language, subject, html, text, links, attached, entry, pieces)


def _with_preheader(html: str, pieces: tuple[str, ...], preheader: str) -> tuple[str, tuple[str, ...]]:
    said = html_text.escape(preheader)
    parted = _parted(pieces[0]) if pieces else None
    if parted is not None:
        before, after = parted
        pieces = (before, said, after, *pieces[1:])
        return "".join(pieces), pieces
    body = _BODY_TAG.search(html)
    at = body.end() if body else 0
    return html[:at] + _HIDDEN + said + _HIDDEN_END + html[at:], ()


@lru_cache(maxsize=256)
def _parted(words: str) -> tuple[str, str] | None:
    """The beginning of a page around its preheader, as its author wrote it; None where it ends before the body."""
    body = _BODY_TAG.search(words)
    return (words[: body.end()] + _HIDDEN, _HIDDEN_END + words[body.end() :]) if body else None


def _sms(content: SmsContent, writer: Writer, links: Links, parts_max: int) -> RenderedSms:
    body = plain_spaces(writer.body(content.body, "body"))
    parts = sms_parts(body)
    most = min(SMS_PARTS_MAX, parts_max)
    if content.media and len(body) > MEDIA_TEXT_MAX:
        raise BudgetExceeded(f"longer than {MEDIA_TEXT_MAX} characters", field=writer.place("body"))
    if parts.parts > most and not content.media:
        raise BudgetExceeded(f"{parts.parts} parts, more than {most}", field=writer.place("body"))
    return RenderedSms(writer.language, body, parts, links, content.media)


def _push(content: PushContent, writer: Writer) -> RenderedPush:
    message = RenderedPush(
        writer.language,
        writer.header(content.title, "title"),
        writer.body(content.body, "body"),
        {key: writer.body(source, f"data.{key}") for key, source in content.data.items()},
    )
    if message.size() > PUSH_BYTES_MAX:
        raise BudgetExceeded(f"more than {PUSH_BYTES_MAX} bytes", field=writer.place("push"))
    return message


def _with_fallbacks(values: Mapping[str, Any], template: Template, language: str) -> Mapping[str, Any]:
    """The values, with the declared words for what is not known, null, or nothing but blanks."""
    if not template.fallbacks:
        return values
    known = {"person.traits": dict(values["person"]["traits"])}
    if "event" in values:
        known["event.properties"] = dict(values["event"]["properties"])
    for path in template.fallbacks:
        place, _, name = path.rpartition(".")
        if place in known and _is_blank(known[place].get(name)):
            known[place][name] = template.fallback(path, language)
    filled = {**values, "person": {**values["person"], "traits": known["person.traits"]}}
    if "event" in values:
        filled["event"] = {**values["event"], "properties": known["event.properties"]}
    return filled


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _values(context: TemplateContext, language: str) -> Mapping[str, Any]:
    from kizuna.core.content.liquid_run import plain

    voice = context.brand.voice(language)
    links = {
        name: url
        for name, url in (
            ("unsubscribe", context.links.unsubscribe),
            ("preferences", context.links.preferences),
            ("visit", context.links.visit),
            ("confirm", context.links.confirm),
            ("survey", context.links.survey),
        )
        if url is not None
    }
    values: dict[str, Any] = {
        "person": {
            "traits": plain(context.traits, field="person.traits"),
            "language": context.person_language or language,
        },
        "brand": {
            "id": context.brand.id,
            "name": voice.name,
            "legal_name": voice.legal_name,
            "postal_address": voice.postal_address,
            "support_url": voice.support_url,
        },
        "links": links,
        "consent": plain(context.consent, field="consent"),
        "campaign": {"id": context.campaign_id, "name": context.campaign_name},
    }
    if context.digest:
        items = [plain(item, field="digest.items") for item in context.digest]
        values["digest"] = {"items": items, "count": len(items)}
    if context.event_name is not None:
        values["event"] = {
            "name": context.event_name,
            "properties": plain(context.event_properties, field="event.properties"),
        }
    return values


__all__ = [
    "Brand",
    "BudgetExceeded",
    "ContentError",
    "ContentFacts",
    "HeaderInjection",
    "Links",
    "MissingVariable",
    "RenderError",
    "Rendered",
    "RenderedEmail",
    "RenderedInbox",
    "RenderedLine",
    "RenderedPush",
    "RenderedSms",
    "RenderedWebhook",
    "RenderedWhatsApp",
    "SmsParts",
    "Template",
    "TemplateContext",
    "TemplateRefused",
    "ValueRefused",
    "content_facts",
    "header_text",
    "lint",
    "message_tags",
    "render",
    "sender",
    "sms_parts",
    "tag_value",
]
