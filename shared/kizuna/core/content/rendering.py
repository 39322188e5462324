"""From a template and what is known of one person to the message that person gets.

The template engine is imported when the first template is rendered or checked, not before: it costs a cold
start about 0.1 s, and most functions never need it.
"""

from __future__ import annotations

import html as html_text
import re
from collections.abc import Mapping
from typing import Any, assert_never

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
from kizuna.core.content.lint import advice, lint
from kizuna.core.content.sms_text import SmsParts, plain_spaces, sms_parts
from kizuna.core.content.templates import (
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

SUBJECT_MAX = 500
SMS_PARTS_MAX = 10
PUSH_BYTES_MAX = 3_500
"""Of the 4096 bytes of a push payload; the rest is the envelope of the provider."""

_BODY_TAG = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_LINE_ENDS = re.compile(r"\r\n?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

# Spaces behind the preheader keep the start of the body out of the inbox preview.
_PREHEADER = (
    '<div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all" '
    'aria-hidden="true">{text}{padding}</div>'
)
_PADDING = "&#847;&zwnj;&nbsp;" * 60


def render(template: Template, *, language: str, context: TemplateContext) -> Rendered:
    """The message in the nearest language the template has. Same input, same output.

    Raises `RenderError` or `HeaderInjection`, both `ContentError`, which name the field and never quote a
    value. Nothing is ever cut short to fit: what does not fit is an error.
    """
    chosen, content = template.content(language)
    values = _values(context, chosen)
    writer = _Writer(f"{template.id}: languages.{chosen}", values, chosen)
    match content:
        case EmailContent():
            return _email(content, writer, context.links)
        case SmsContent():
            return _sms(content, writer, context.links)
        case PushContent():
            return _push(content, writer)
        case _:
            assert_never(content)


def sender(brand: Brand, *, language: str) -> str:
    """The From header: the brand's name in that language with its address, in ASCII."""
    return mailbox(brand.voice(language).from_name, brand.from_email, field="from")


def _email(content: EmailContent, writer: _Writer, links: Links) -> RenderedEmail:
    subject = writer.header(content.subject, "subject")
    if not subject.strip():
        raise ValueRefused("is empty", field=writer.place("subject"))
    if len(subject) > SUBJECT_MAX:
        raise BudgetExceeded(f"longer than {SUBJECT_MAX} characters", field=writer.place("subject"))
    html = writer.body(content.html, "html", html=True)
    if content.preheader is not None:
        html = _with_preheader(html, writer.header(content.preheader, "preheader"))
    text = writer.body(content.text, "text")
    return RenderedEmail(writer.language, subject, html, text, links)


def _with_preheader(html: str, preheader: str) -> str:
    hidden = _PREHEADER.format(text=html_text.escape(preheader), padding=_PADDING)
    body = _BODY_TAG.search(html)
    at = body.end() if body else 0
    return html[:at] + hidden + html[at:]


def _sms(content: SmsContent, writer: _Writer, links: Links) -> RenderedSms:
    body = plain_spaces(writer.body(content.body, "body"))
    parts = sms_parts(body)
    if parts.parts > SMS_PARTS_MAX:
        raise BudgetExceeded(f"more than {SMS_PARTS_MAX} parts", field=writer.place("body"))
    return RenderedSms(writer.language, body, parts, links)


def _push(content: PushContent, writer: _Writer) -> RenderedPush:
    message = RenderedPush(
        writer.language,
        writer.header(content.title, "title"),
        writer.body(content.body, "body"),
        {key: writer.body(source, f"data.{key}") for key, source in content.data.items()},
    )
    if message.size() > PUSH_BYTES_MAX:
        raise BudgetExceeded(f"more than {PUSH_BYTES_MAX} bytes", field=writer.place("push"))
    return message


class _Writer:
    """Renders the parts of one message with the same values, and says which part failed."""

    def __init__(self, template: str, values: Mapping[str, Any], language: str) -> None:
        self._template = template
        self._values = values
        self.language = language

    def place(self, part: str) -> str:
        return f"{self._template}.{part}"

    def header(self, source: str, part: str) -> str:
        return header_text(self._run(source, part, html=False), field=self.place(part))

    def body(self, source: str, part: str, *, html: bool = False) -> str:
        text = _LINE_ENDS.sub("\n", self._run(source, part, html=html)).strip()
        if not text:
            raise ValueRefused("is empty", field=self.place(part))
        if _CONTROLS.search(text):
            raise ValueRefused("holds a control character", field=self.place(part))
        return text

    def _run(self, source: str, part: str, *, html: bool) -> str:
        from kizuna.core.content.liquid_compile import compile_source
        from kizuna.core.content.liquid_run import run

        try:
            compiled = compile_source(source, html=html)
            return run(compiled, values=self._values, language=self.language)
        except RenderError as error:
            error.field = self.place(part)
            raise


def _values(context: TemplateContext, language: str) -> Mapping[str, Any]:
    from kizuna.core.content.liquid_run import plain

    voice = context.brand.voice(language)
    links = {
        name: url
        for name, url in (
            ("unsubscribe", context.links.unsubscribe),
            ("preferences", context.links.preferences),
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
        "campaign": {"id": context.campaign_id, "name": context.campaign_name},
    }
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
    "RenderedPush",
    "RenderedSms",
    "SmsParts",
    "Template",
    "TemplateContext",
    "TemplateRefused",
    "ValueRefused",
    "advice",
    "content_facts",
    "header_text",
    "lint",
    "message_tags",
    "render",
    "sender",
    "sms_parts",
    "tag_value",
]
