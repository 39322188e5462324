"""How whoever gets a proof sees that it is one: the first words say so, in the language of the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from kizuna.core.content.errors import BudgetExceeded
from kizuna.core.content.messengers import (
    LINE_MESSAGES_MAX,
    LINE_TEXT_MAX,
    WHATSAPP_TEXT_MAX,
    RenderedLine,
    RenderedWhatsApp,
)
from kizuna.core.content.own_content import RenderedInbox, RenderedTask, RenderedWebhook
from kizuna.core.content.sms_text import sms_parts
from kizuna.core.content.templates import MEDIA_TEXT_MAX, Rendered, RenderedEmail, RenderedPush, RenderedSms

HEADER = "X-Kizuna-Proof"


def mark_in(language: str) -> str:
    """Ahead of a subject or a text. The English one is plain GSM-7, which no text is made longer by than itself."""
    return "【テスト】" if language.partition("-")[0] == "ja" else "(TEST) "


def marked(content: Rendered) -> Rendered:
    """The content with the mark. What Meta has approved may not be changed: a template of WhatsApp stays as it is.

    Raises BudgetExceeded for a text that is as long as its provider takes, and has no room for the mark.
    """
    mark = mark_in(content.language)
    match content:
        case RenderedEmail():
            return replace(content, subject=mark + content.subject)
        case RenderedSms():
            body = mark + content.body
            if content.media:
                _check_room(len(body), MEDIA_TEXT_MAX)
            return replace(content, body=body, parts=sms_parts(body))
        case RenderedPush() | RenderedInbox() | RenderedTask():
            return replace(content, title=mark + content.title)
        case RenderedWhatsApp():
            _check_room(len(mark + content.text), WHATSAPP_TEXT_MAX)
            return replace(content, text=mark + content.text) if content.text else content
        case RenderedLine(messages=[str(first), *rest]):
            _check_room(len((mark + first).encode("utf-16-be")) // 2, LINE_TEXT_MAX)
            return replace(content, messages=(mark + first, *rest))
        case RenderedLine():
            _check_room(1 + len(content.messages), LINE_MESSAGES_MAX)
            return replace(content, messages=(mark.strip(), *content.messages))
        case RenderedWebhook():
            return content
        case _:
            assert_never(content)


def _check_room(length: int, most: int) -> None:
    if length > most:
        raise BudgetExceeded("has no room for the mark of a proof: look at it in a preview")
