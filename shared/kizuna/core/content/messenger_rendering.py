"""From a template to what one person gets by WhatsApp or by LINE."""

from __future__ import annotations

import re

from kizuna.core.content.errors import BudgetExceeded, ValueRefused
from kizuna.core.content.messengers import (
    LINE_TEXT_MAX,
    WHATSAPP_TEXT_MAX,
    WHATSAPP_VALUE_MAX,
    LineContent,
    LineImage,
    LineMessage,
    RenderedButton,
    RenderedLine,
    RenderedWhatsApp,
    WhatsAppContent,
)
from kizuna.core.content.writing import Writer

_RUN_OF_SPACES = re.compile(r" {5,}|\t")


def whatsapp(content: WhatsAppContent, writer: Writer) -> RenderedWhatsApp:
    """Raises ContentError for a value that WhatsApp would refuse: too long, empty, a tab, five spaces in a row."""
    if content.text is not None:
        text = writer.body(content.text, "text")
        _at_most(WHATSAPP_TEXT_MAX, len(text), writer.place("text"))
        return RenderedWhatsApp(writer.language, text=text)
    return RenderedWhatsApp(
        writer.language,
        template=content.template or "",
        template_language=content.template_language or writer.language.replace("-", "_"),
        media=content.media,
        header=_value(content.header, "header", writer) if content.header is not None else "",
        body=tuple(_value(source, f"body[{at}]", writer) for at, source in enumerate(content.body)),
        buttons=tuple(
            RenderedButton(each.index, each.type, _value(each.value, f"buttons[{each.index}]", writer))
            for each in content.buttons
        ),
    )


def _value(source: str, part: str, writer: Writer) -> str:
    value = writer.header(source, part).strip()
    if not value:
        raise ValueRefused("is empty", field=writer.place(part))
    if _RUN_OF_SPACES.search(value):
        raise ValueRefused("holds more than four spaces in a row", field=writer.place(part))
    _at_most(WHATSAPP_VALUE_MAX, len(value), writer.place(part))
    return value


def line(content: LineContent, writer: Writer) -> RenderedLine:
    """Raises ContentError for a text that LINE would refuse: empty, or of more than 5,000 UTF-16 code units."""
    messages = tuple(_message(each, f"messages[{at}]", writer) for at, each in enumerate(content.messages))
    return RenderedLine(writer.language, messages, silent=content.silent)


def _message(message: LineMessage, part: str, writer: Writer) -> str | LineImage:
    if isinstance(message, LineImage):
        return message
    text = writer.body(message.text, part)
    _at_most(LINE_TEXT_MAX, len(text.encode("utf-16-be")) // 2, writer.place(part))
    return text


def _at_most(most: int, length: int, field: str) -> None:
    if length > most:
        raise BudgetExceeded(f"longer than {most} characters", field=field)
