"""What a message shows its reader of what the law asks for (`consent.md` section 8).

The gate denies a promotional message that lacks one of these. Facts of a *rendered* message are read from
what the person would see. Facts of a *template* are what every reader of a language sees whatever the data:
something inside a condition or a loop does not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import assert_never

from kizuna.core.content.messengers import LineContent, RenderedLine, RenderedWhatsApp, WhatsAppContent
from kizuna.core.content.own_content import (
    InboxContent,
    RenderedInbox,
    RenderedTask,
    RenderedWebhook,
    TaskContent,
    WebhookContent,
)
from kizuna.core.content.seen_in_pieces import Shown, shown_in_pieces
from kizuna.core.content.sms_text import sms_parts
from kizuna.core.content.templates import (
    Brand,
    Content,
    EmailContent,
    Links,
    PushContent,
    Rendered,
    RenderedEmail,
    RenderedPush,
    RenderedSms,
    SmsContent,
    Template,
    Voice,
)
from kizuna.core.content.visible import comparable, visible

# Any link will do to see where a template puts it.
_SOME_LINKS = Links(
    "https://link.invalid/u/v1.unsubscribe", "https://link.invalid/preferences/v1.preferences"
)

_STOP_WORD = re.compile(r"\bSTOP\b|\b(?i:reply|text|send)\s+[\"'“‘]?stop\b")
_SMS_WAY_OUT = {
    "en": _STOP_WORD,
    "ja": re.compile(r"配信[のを]?(?:停止|解除)|\bSTOP\b|STOP(?=[とを」])"),
}


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """Beside e-mail and SMS all three are False: nothing is asked there, and the gate does not ask."""

    has_unsubscribe: bool = False
    has_sender_identity: bool = False
    has_postal_address: bool = False

    def __and__(self, other: ContentFacts) -> ContentFacts:
        return ContentFacts(
            self.has_unsubscribe and other.has_unsubscribe,
            self.has_sender_identity and other.has_sender_identity,
            self.has_postal_address and other.has_postal_address,
        )


def content_facts(content: Rendered | Template, brand: Brand, *, language: str | None = None) -> ContentFacts:
    """The facts of one message, or of a template in `language` (without one: in all its languages at once).

    An e-mail must show each thing in both its parts, HTML and text. The List-Unsubscribe headers, which the
    sender adds to all promotional mail, are not counted here: the way out must be visible.
    """
    if isinstance(content, Template):
        return _of_template(content, brand, language)
    match content:
        case RenderedEmail():
            return _of_email(content, brand.voice(content.language))
        case RenderedSms():
            return _of_sms(content, brand.voice(content.language))
        case RenderedPush() | RenderedWhatsApp() | RenderedLine():
            return ContentFacts()
        case RenderedInbox() | RenderedWebhook() | RenderedTask():
            return ContentFacts()
        case _:
            assert_never(content)


def _of_template(template: Template, brand: Brand, language: str | None) -> ContentFacts:
    chosen = template.languages if language is None else [template.content(language)[0]]
    facts = ContentFacts(True, True, True)
    for name in chosen:
        facts &= content_facts(_certain(template.languages[name], brand, name), brand)
    return facts


def _of_email(email: RenderedEmail, voice: Voice) -> ContentFacts:
    html, text = _shown(email), comparable(email.text)
    seen = html.text
    link = email.links.unsubscribe
    names = [_of_brand(voice.legal_name), _of_brand(voice.name)]
    address = _of_brand(voice.postal_address)
    return ContentFacts(
        has_unsubscribe=link is not None and link in html.links and link in email.text,
        has_sender_identity=any(name in seen and name in text for name in names),
        has_postal_address=address in seen and address in text,
    )


def _shown(email: RenderedEmail) -> Shown:
    """By its pieces where these still make up its HTML."""
    shown = shown_in_pieces(email.pieces) if "".join(email.pieces) == email.html else None
    if shown is not None:
        return shown
    seen = visible(email.html)
    return Shown(comparable(seen.text), seen.links)


def _of_sms(sms: RenderedSms, voice: Voice) -> ContentFacts:
    way_out = _SMS_WAY_OUT.get(sms.language.split("-", 1)[0], _STOP_WORD)
    link = sms.links.unsubscribe
    body = comparable(sms.body)
    return ContentFacts(
        has_unsubscribe=bool(way_out.search(sms.body)) or (link is not None and link in sms.body),
        has_sender_identity=_of_brand(voice.name) in body or _of_brand(voice.legal_name) in body,
        has_postal_address=_of_brand(voice.postal_address) in body,
    )


@lru_cache(maxsize=256)  # what is asked of every mail of a brand
def _of_brand(text: str) -> str:
    return comparable(text)


def _certain(content: Content, brand: Brand, language: str) -> Rendered:
    """The message as far as it is the same for everybody."""
    from kizuna.core.content.liquid_compile import certain_text, compile_source

    voice = brand.voice(language)
    known = {
        "brand": voice._asdict() | {"id": brand.id},
        "links": {"unsubscribe": _SOME_LINKS.unsubscribe, "preferences": _SOME_LINKS.preferences},
    }

    def written(source: str, *, html: bool = False) -> str:
        return certain_text(compile_source(source, html=html), known=known, html=html)

    match content:
        case EmailContent():
            html, text = written(content.html, html=True), written(content.text)
            return RenderedEmail(language, "", html, text, _SOME_LINKS)
        case SmsContent():
            body = written(content.body)
            return RenderedSms(language, body, sms_parts(body), _SOME_LINKS)
        case PushContent():
            return RenderedPush(language, "", "", {})
        case WhatsAppContent():
            return RenderedWhatsApp(language)
        case LineContent():
            return RenderedLine(language, ())
        case InboxContent():
            return RenderedInbox(language, "", "", "", content.placement, content.stays, {})
        case WebhookContent():
            return RenderedWebhook(language, content.webhook, content.type, {})
        case TaskContent():
            return RenderedTask(language, content.queue, "", "", content.due, {})
        case _:
            assert_never(content)
