"""Writes the parts of one message for one person, and says which part failed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from kizuna.core.content.errors import RenderError, ValueRefused
from kizuna.core.content.headers import header_text

if TYPE_CHECKING:
    from kizuna.core.content.liquid_compile import Compiled
    from kizuna.core.content.liquid_plain import Pieces
    from kizuna.core.content.liquid_sandbox import Allowance

_LINE_ENDS = re.compile(r"\r\n?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _has_controls(text: str) -> bool:
    if text.isascii():  # a long mail is looked through ten times as fast
        return not text.replace("\n", "").replace("\t", "").isprintable()
    return _CONTROLS.search(text) is not None


@lru_cache(maxsize=256)
def _have_controls(words: Pieces) -> bool:
    """Asked once of what the author wrote of a page, which is nearly all of it."""
    return any(map(_has_controls, words))


@cache
def _engine() -> tuple[Callable[..., Compiled], Callable[..., Pieces], type[Allowance]]:
    """Imported when the first template is rendered, and not looked for again by each part of each message."""
    from kizuna.core.content.liquid_compile import compile_source
    from kizuna.core.content.liquid_run import run_in_pieces
    from kizuna.core.content.liquid_sandbox import Allowance

    return compile_source, run_in_pieces, Allowance


class Writer:
    """Renders the parts of one message with the same values, and says which part failed."""

    def __init__(self, template: str, values: Mapping[str, Any], language: str) -> None:
        self._template = template
        self._values = values
        self._allowance: Allowance | None = None  # of the whole message
        self.language = language

    def place(self, part: str) -> str:
        return f"{self._template}.{part}"

    def header(self, source: str, part: str) -> str:
        return header_text(self._run(source, part, html=False), field=self.place(part))

    def body(self, source: str, part: str, *, html: bool = False) -> str:
        return self._checked(self._run(source, part, html=html), part)

    def _checked(self, text: str, part: str, *, looked_through: bool = False) -> str:
        text = (_LINE_ENDS.sub("\n", text) if "\r" in text else text).strip()
        if not text:
            raise ValueRefused("is empty", field=self.place(part))
        if not looked_through and _has_controls(text):
            raise ValueRefused("holds a control character", field=self.place(part))
        return text

    def page(self, source: str, part: str) -> tuple[str, Pieces]:
        """A body of HTML, and what it was put together from: the author's words and values in turns."""
        pieces = self._pieces(source, part, html=True)
        parted = len(pieces) > 1
        clean = parted and not (any(map(_has_controls, pieces[1::2])) or _have_controls(pieces[::2]))
        text = self._checked("".join(pieces), part, looked_through=clean)
        return text, (pieces[0].lstrip(), *pieces[1:-1], pieces[-1].rstrip()) if parted else ()

    def _run(self, source: str, part: str, *, html: bool) -> str:
        return "".join(self._pieces(source, part, html=html))

    def _pieces(self, source: str, part: str, *, html: bool) -> Pieces:
        compile_source, run_in_pieces, allowance = _engine()
        self._allowance = self._allowance or allowance()
        try:
            compiled = compile_source(source, html=html)
            return run_in_pieces(
                compiled, values=self._values, language=self.language, allowance=self._allowance
            )
        except RenderError as error:
            error.field = self.place(part)
            raise
