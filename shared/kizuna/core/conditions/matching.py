"""Texts held against patterns, in a time that grows with the text only, whatever the pattern."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from kizuna.core.linear_patterns import compiled

MAX_PATTERN = 256
_ANY, _ONE, _ESCAPE = "%", "_", "\\"
Fits = Callable[[str], bool]
_Piece = tuple[str, ...]  # one test per character: the character itself, or "" for any


def pattern_problem(op: str, pattern: str) -> str | None:
    """Why a pattern of `like` or `regex` cannot be taken, or None if it can."""
    try:
        pattern_of(op, pattern)
    except ValueError as error:
        return str(error)
    return None


@lru_cache(maxsize=1024)
def pattern_of(op: str, pattern: str) -> Fits:
    """Whether a whole text fits a pattern. Raises ValueError naming what the pattern may not hold."""
    return compiled(pattern) if op == "regex" else _like(pattern)


def _like(pattern: str) -> Fits:
    """`%` stands for any characters, `_` for one, and `\\` takes the meaning from the sign behind it."""
    first, *rest = _pieces(pattern)
    if not rest:
        return lambda text: len(text) == len(first) and _stands(first, text, 0)
    *middle, last = rest

    def fits(text: str) -> bool:
        end = len(text) - len(last)
        if end < len(first) or not _stands(first, text, 0) or not _stands(last, text, end):
            return False
        place = len(first)
        for piece in middle:  # the leftmost place leaves most room to those that follow
            found = _found(piece, text, place, end)
            if found is None:
                return False
            place = found + len(piece)
        return True

    return fits


def _pieces(pattern: str) -> list[_Piece]:
    pieces: list[list[str]] = [[]]
    signs = iter(pattern)
    for sign in signs:
        if sign == _ANY:
            pieces.append([])
        elif sign == _ONE:
            pieces[-1].append("")
        elif sign == _ESCAPE:
            escaped = next(signs, "")
            if escaped not in (_ANY, _ONE, _ESCAPE):
                raise ValueError("\\ stands before %, _ or another \\")
            pieces[-1].append(escaped)
        else:
            pieces[-1].append(sign)
    return [tuple(piece) for piece in pieces]


def _stands(piece: _Piece, text: str, place: int) -> bool:
    return all(wanted in ("", text[place + number]) for number, wanted in enumerate(piece))


def _found(piece: _Piece, text: str, start: int, end: int) -> int | None:
    if "" not in piece:
        found = text.find("".join(piece), start, end)
        return None if found < 0 else found
    return next((place for place in range(start, end - len(piece) + 1) if _stands(piece, text, place)), None)
