"""Liquid kept out of the sight of whoever reads the text around it.

`{% if a < b %}` is no markup of HTML, and a compiler that takes it for some would break it. So each piece of Liquid
is replaced by a word of its own, and put back afterwards exactly as it was.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from kizuna.core.content.liquid_compile import line_of, markup_of

_WORD = re.compile(r"kzq(\d+)qzk")


@dataclass(frozen=True, slots=True)
class Shielded:
    """`text` has a word instead of each piece of Liquid; `pieces` are those, `spans` where they stood."""

    source: str
    text: str
    pieces: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    _starts: tuple[tuple[int, int], ...]  # a place in `text`, and the same in `source`

    def restored(self, text: str) -> str:
        """Every word as the Liquid that it stands for."""
        return _WORD.sub(lambda found: self.pieces[int(found[1])], text)

    def lost_in(self, text: str) -> Iterable[int]:
        """The lines of pieces whose word is no longer there."""
        left = {int(found[1]) for found in _WORD.finditer(text)}
        return (line_of(self.source, start) for at, (start, _) in enumerate(self.spans) if at not in left)

    def line_at(self, index: int) -> int:
        """The line of the source that a place in `text` stands in."""
        at = bisect_right(self._starts, (index, len(self.source))) - 1
        ours, theirs = self._starts[max(at, 0)]
        return line_of(self.source, theirs + max(0, index - ours))


def shielded(source: str) -> Shielded:
    """`source` must have passed `compile_source`: its markup is closed. Raises ValueError for our own words in it."""
    if _WORD.search(source):
        raise ValueError("a word that is reserved")
    pieces: list[str] = []
    spans: list[tuple[int, int]] = []
    starts = [(0, 0)]
    out: list[str] = []
    position = length = 0
    for start, end in markup_of(source):
        word = f"kzq{len(pieces)}qzk"
        out += [source[position:start], word]
        length += start - position + len(word)
        pieces.append(source[start:end])
        spans.append((start, end))
        starts.append((length, end))
        position = end
    out.append(source[position:])
    return Shielded(source, "".join(out), tuple(pieces), tuple(spans), tuple(starts))
