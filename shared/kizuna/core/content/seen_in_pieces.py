"""What a reader can see of one mail among many of a template, without looking through the author's words each time.

The words between which values were put are taken apart once, with a mark for each value (`visible.py`). What is seen
of the mail is then what was seen of the words, with the values in place of their marks. That is the same as looking
through the whole wherever no value could have been read as anything else than text: it holds no bracket, quote or
open entity, and its mark stands in text or between the quotes of an attribute that hides nothing. For everything else
there is no answer here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from kizuna.core.content.visible import comparable, has_marks_elsewhere, seen_in_usual_html

_MARKS = "\ue000\ue001"
_MARK = re.compile("\ue000(\\d+)\ue001")
# Text as it is escaped: whatever stands before or behind it, no bracket, quote or entity comes of it.
_HARMLESS = re.compile(rf"(?:[^<>&\"'{_MARKS}]++|&(?:amp|lt|gt|quot|#34|#39|#x27);)*+")
_OPEN_ENTITY = re.compile(r"&[#\w]*\Z")

_Made = tuple[str, ...]
"""Words, the number of a value, words, and so on."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader can see: the text as it is compared (`visible.comparable`), and where links lead."""

    text: str
    links: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Outline:
    """What is seen of a mail whose values are not known yet."""

    text: _Made
    plain: _Made | None  # the text as it is compared, where its words are of ASCII alone
    links: frozenset[str]
    made: tuple[_Made, ...]  # links in which values stand

    def filled(self, values: Sequence[str]) -> Shown:
        links = {_put_together(each, values).strip() for each in self.made}
        if self.plain is not None and all(map(str.isascii, values)):
            text = _put_together(self.plain, values, compared=True)
        else:  # two letters that stand side by side may be one
            text = comparable(_put_together(self.text, values))
        return Shown(text, self.links | (links - {""}))


def shown_in_pieces(pieces: Sequence[str]) -> Shown | None:
    """What is seen of the HTML that these pieces make up, the author's words and values in turns; None for what has
    to be looked through as a whole."""
    values = pieces[1::2]
    if not all(map(_HARMLESS.fullmatch, values)):
        return None
    outline = _outline(tuple(pieces[::2]))
    return None if outline is None else outline.filled(values)


@lru_cache(maxsize=256)
def _outline(words: tuple[str, ...]) -> _Outline | None:
    if any(mark in each for each in words for mark in _MARKS) or any(map(_OPEN_ENTITY.search, words)):
        return None
    marks = (f"\ue000{number}\ue001" for number in range(len(words)))
    html = "".join(part for pair in zip(words, marks, strict=True) for part in pair)
    seen = seen_in_usual_html(html)
    if seen is None or has_marks_elsewhere(html, _MARK):
        return None
    text = tuple(_MARK.split(seen.text))
    plain = tuple(comparable(part) for part in text) if all(map(str.isascii, text)) else None
    made = frozenset(link for link in seen.links if _MARK.search(link))
    return _Outline(text, plain, seen.links - made, tuple(tuple(_MARK.split(link)) for link in made))


def _put_together(made: _Made, values: Sequence[str], *, compared: bool = False) -> str:
    """The words of an outline with the values as they are read, and as they are compared where the words are. A mark
    behind the last value stands for nothing."""
    parts = list(made)
    for at in range(1, len(parts), 2):
        number = int(parts[at])
        value = unescape(values[number]) if number < len(values) else ""
        parts[at] = comparable(value) if compared else value
    return "".join(parts)
