"""Writes the parts of one message for one person, and says which part failed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kizuna.core.content.errors import RenderError, ValueRefused
from kizuna.core.content.headers import header_text

_LINE_ENDS = re.compile(r"\r\n?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _has_controls(text: str) -> bool:
    if text.isascii():  # a long mail is looked through ten times as fast
        return not text.replace("\n", "").replace("\t", "").isprintable()
    return _CONTROLS.search(text) is not None


class Writer:
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
        text = self._run(source, part, html=html)
        text = (_LINE_ENDS.sub("\n", text) if "\r" in text else text).strip()
        if not text:
            raise ValueRefused("is empty", field=self.place(part))
        if _has_controls(text):
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
