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

_Made = tuple[str | int, ...]
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
        read = [*map(unescape, values), ""]  # a mark behind the last value stands for nothing
        links = {_put_together(each, read).strip() for each in self.made}
        if self.plain is not None and all(map(str.isascii, values)):
            text = _put_together(self.plain, [*map(comparable, read)])
        else:  # two letters that stand side by side may be one
            text = comparable(_put_together(self.text, read))
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
    text = _made(seen.text)
    words_seen = [part for part in text if isinstance(part, str)]
    plain = None
    if all(map(str.isascii, words_seen)):
        plain = tuple(comparable(part) if isinstance(part, str) else part for part in text)
    made = frozenset(link for link in seen.links if _MARK.search(link))
    return _Outline(text, plain, seen.links - made, tuple(map(_made, made)))


def _made(marked: str) -> _Made:
    """The words of a text between its marks, and the numbers of these."""
    return tuple(int(part) if at % 2 else part for at, part in enumerate(_MARK.split(marked)))


def _put_together(made: _Made, values: Sequence[str]) -> str:
    """The words of an outline with the values in place of their numbers."""
    return "".join([part if isinstance(part, str) else values[part] for part in made])
