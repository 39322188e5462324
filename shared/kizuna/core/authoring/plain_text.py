"""The text part of a mail that has only HTML, for who reads text and for filters that want it.

Headings stand on lines of their own, list items get a dash, a link its address behind it (or alone, where its words
say nothing more), pictures their words. What is hidden in the HTML is hidden here. Liquid stays where it was, so the
same conditions hold in both parts.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

from kizuna.core.authoring.shielded import shielded
from kizuna.core.content.html import unclosed_tag
from kizuna.core.content.visible import VOID, Attributes, hides
from kizuna.core.content.widths import is_wide

_BLOCK_WORDS = (
    "address article aside blockquote center dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr "
    "li main nav ol p pre section table tbody td tfoot th thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_WORDS.split())
_APART = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "p", "table", "ul", "ol", "blockquote", "hr", "section"}
)
_ESCAPING = re.compile(r"\s*\|\s*(?:escape|escape_once)\b(?!\s*:)")
_LINES = re.compile(r"[ \t\u3000]*\n[ \t]*")
_MANY = re.compile(r"\n{3,}")


def text_of_html(html: str) -> str:
    """A text part for this source of HTML, itself a source. `html` must have passed `compile_source`.

    Linear in its length. Raises ValueError for a tag without an end, and where nothing is left to be read.
    """
    kept = shielded(html)
    if unclosed_tag(kept.text) is not None:
        raise ValueError("has a tag that is never closed")
    reader = _Reader()
    reader.feed(kept.text)
    reader.close()
    tidied = _MANY.sub("\n\n", _LINES.sub("\n", reader.text())).strip()
    # What is text anyway needs no escaping, and would show it.
    restored = _ESCAPING.sub("", kept.restored(tidied)) if "escape" in html else kept.restored(tidied)
    if not restored:
        raise ValueError("nothing is left of it to be read as text")
    return restored


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._links: list[tuple[str, int]] = []

    def text(self) -> str:
        return "".join(self._out)

    @property
    def _hidden(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        hidden = self._hidden or hides(tag, attrs)
        if tag not in VOID:
            self._open.append((tag, hidden))
        if hidden:
            return
        self._begin(tag, {name: value or "" for name, value in attrs})

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        if not self._hidden and not hides(tag, attrs):
            self._begin(tag, {name: value or "" for name, value in attrs})

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        if tag == "br":
            self._out.append("\n")
        elif tag == "img":
            self._say(given.get("alt", "").strip())
        elif tag == "a" and given.get("href"):
            self._links.append((given["href"].strip(), len(self._out)))
        if tag in _BLOCKS:
            self._out.append("\n\n" if tag in _APART else "\n")
        if tag == "li":
            self._out.append("- ")
        elif tag == "hr":
            self._out.append("----\n")

    def handle_endtag(self, tag: str) -> None:
        if not any(name == tag for name, _ in self._open):
            return
        hidden = self._hidden
        while self._open.pop()[0] != tag:
            pass
        if hidden:
            return
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in _BLOCKS:
            self._out.append("\n\n" if tag in _APART else "\n")

    def _end_link(self, address: str, began: int) -> None:
        said = "".join(self._out[began:]).strip()
        if address.startswith("#"):
            return
        bare = address.removeprefix("mailto:").removeprefix("tel:")
        if said in (address, bare) or not said:
            self._out[began:] = [bare]
        else:
            self._out.append(f" {bare}" if is_wide(said[-1]) else f": {bare}")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._say(data)

    def _say(self, data: str) -> None:
        """Blanks in a row are one; a line break between two wide characters is none, for no blank belongs there."""
        words = data.split()
        if not words:
            if data and self._out and not self._out[-1].endswith((" ", "\n")):
                self._out.append(" ")
            return
        last = self._out[-1][-1:] if self._out else ""
        if data[0].isspace() and last not in ("", " ", "\n") and not (is_wide(last) and is_wide(words[0][0])):
            self._out.append(" ")
        line = [words[0]]
        for before, word in pairwise(words):
            line.append(word if is_wide(before[-1]) and is_wide(word[0]) else f" {word}")
        self._out.append("".join(line) + (" " if data[-1].isspace() and not is_wide(words[-1][-1]) else ""))
