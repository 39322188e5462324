"""How whoever gets a proof sees that it is one: the first words say so, in the language of the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from kizuna.core.content.messengers import RenderedLine, RenderedWhatsApp
from kizuna.core.content.own_content import RenderedInbox, RenderedTask, RenderedWebhook
from kizuna.core.content.sms_text import sms_parts
from kizuna.core.content.templates import Rendered, RenderedEmail, RenderedPush, RenderedSms

HEADER = "X-Kizuna-Proof"


def mark_in(language: str) -> str:
    """Ahead of a subject or a text. The English one is plain GSM-7, which no text is made longer by than itself."""
    return "【テスト】" if language.partition("-")[0] == "ja" else "(TEST) "


def marked(content: Rendered) -> Rendered:
    """The content with the mark. What Meta has approved may not be changed: a template of WhatsApp stays as it is."""
    mark = mark_in(content.language)
    match content:
        case RenderedEmail():
            return replace(content, subject=mark + content.subject)
        case RenderedSms():
            body = mark + content.body
            return replace(content, body=body, parts=sms_parts(body))
        case RenderedPush() | RenderedInbox() | RenderedTask():
            return replace(content, title=mark + content.title)
        case RenderedWhatsApp():
            return replace(content, text=mark + content.text) if content.text else content
        case RenderedLine(messages=[str(first), *rest]):
            return replace(content, messages=(mark + first, *rest))
        case RenderedLine():
            return replace(content, messages=(mark.strip(), *content.messages))
        case RenderedWebhook():
            return content
        case _:
            assert_never(content)
