"""CSV that a spreadsheet shows and never runs. Every CSV that Kizuna writes goes through here.

A cell that begins like a formula gets an apostrophe in front: the spreadsheet then shows it as text ("CSV Injection",
OWASP). All cells are quoted, so that no separator of another country's settings cuts one in two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

# The full-width forms too: spreadsheets in Japanese take them for the plain ones.
_STARTERS = frozenset("=+-@\t\r\n＝＋－＠")
# What may stand before one and is not seen, or cut away by whoever reads the file.
_UNSEEN = " \u00a0\u3000\u200b\u200c\u200d\u2060\ufeff\x00"


_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class Dialled(str):
    """A phone number that a machine will dial: a plus sign and digits (E.164) and nothing else, which no spreadsheet
    runs. It keeps its sign, for with an apostrophe in front nobody would be found by it. Raises ValueError."""

    __slots__ = ()

    def __new__(cls, number: str) -> Dialled:
        if not _E164.fullmatch(number):
            raise ValueError("not a number in E.164")
        return super().__new__(cls, number)


def safe_cell(value: object) -> str:
    """The text of one cell. Numbers stay as they are (a minus is theirs), and are written out: one with an exponent
    is text to some spreadsheets. None is an empty cell."""
    if value is None:
        return ""
    if isinstance(value, Dialled):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return "'" + text if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might run a cell with this text."""
    if not text:
        return False
    if text[0] in _STARTERS:
        return True
    bare = text.lstrip(_UNSEEN)
    return bool(bare) and bare[0] in _STARTERS


def csv_line(cells: Iterable[object]) -> str:
    """One row with its end of line (RFC 4180), every cell safe and quoted."""
    return ",".join('"' + safe_cell(cell).replace('"', '""') + '"' for cell in cells) + "\r\n"
