"""How wide a text is shown: a Japanese character takes two columns, a Latin one takes one (UAX #11)."""

from __future__ import annotations

import unicodedata


def columns(text: str) -> int:
    """The columns of a line of text; what has no width of its own (accents, joiners) takes none."""
    return sum(
        0 if unicodedata.combining(each) or each in "\u200b\u200c\u200d\ufe0f" else 1 + is_wide(each)
        for each in text
    )


def is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")
