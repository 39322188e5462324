"""Patterns that people write: a part of regular expressions, matched in a time that grows only with the text.

Python's `re` may take exponential time for a pattern like `(a+)+b`, and values come from outside. Here each character
of a pattern is a place, and it is known which may follow which (Glushkov 1961). A text is read once, all places that
it may have come to being one number of so many bits; what follows a set of places is worked out once.

    letters and figures stand for themselves      .  any character      \\d \\w \\s and \\ before a sign
    [a-z_]  [^,]  one of these, none of these      ?  *  +  {3}  {1,10}  how often      (a|b)  one or the other
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar, assert_never

MAX_STEPS = 256  # places of one pattern, `{n}` written out
MAX_NESTED = 16  # groups in each other
_REMEMBERED = 512  # sets of places, and characters: then it is begun anew
_QUANTIFIER = re.compile(r"\?|\*|\+|\{(\d{1,3})(?:(,)(\d{1,3})?)?\}")
_CLASSES = {"d": "0123456789", "s": " \t\n\r\f\v"}
_SIGNS = frozenset("\\.[]{}()*+?|^$/-")
Test = Callable[[str], bool]
_Key = TypeVar("_Key", int, str)


def compiled(pattern: str) -> Callable[[str], bool]:
    """A function that says whether a whole text fits. Raises ValueError naming what the pattern may not hold."""
    either, end = _alternatives(pattern, 0, depth=0)
    if end < len(pattern):
        raise ValueError(f"')' at {end} closes nothing; write \\) for the sign itself")
    places = _Places()
    return _Automaton(places, places.of(either)).fits


# ── matching ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a pattern: whether it may be left out, and the places by which it begins and ends, as bits."""

    optional: bool
    first: int = 0
    last: int = 0


class _Automaton:
    def __init__(self, places: _Places, whole: _Part) -> None:
        self._tests, self._follow = places.tests, places.follow
        self._whole = whole
        self._after: dict[int, int] = {}  # a set of places: all that may follow one of them
        self._taking: dict[str, int] = {}  # a character: the places that take it

    def fits(self, text: str) -> bool:
        if not text:
            return self._whole.optional
        active = self._whole.first & self._takes(text[0])
        for character in text[1:]:
            if not active:
                return False
            active = self._follows(active) & self._takes(character)
        return bool(active & self._whole.last)

    def _follows(self, active: int) -> int:
        known = self._after.get(active)
        if known is None:
            known = 0
            for place in _bits(active):
                known |= self._follow[place]
            _remember(self._after, active, known)
        return known

    def _takes(self, character: str) -> int:
        known = self._taking.get(character)
        if known is None:
            known = sum(1 << place for place, test in enumerate(self._tests) if test(character))
            _remember(self._taking, character, known)
        return known


def _remember(known: dict[_Key, int], key: _Key, value: int) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = value


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


# ── the parts of a pattern ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _One:
    """One character."""

    test: Test


@dataclass(frozen=True, slots=True)
class _Row:
    """One part after the other."""

    parts: tuple[_Piece, ...]


@dataclass(frozen=True, slots=True)
class _Either:
    """One of the parts."""

    parts: tuple[_Row, ...]


@dataclass(frozen=True, slots=True)
class _Often:
    """A part so often; without `most` as often as one likes."""

    part: _Piece
    least: int
    most: int | None


_Piece = _One | _Row | _Either | _Often


@dataclass(slots=True)
class _Places:
    """The places of a pattern, written out: what each takes, and which may follow it."""

    tests: list[Test] = field(default_factory=list)
    follow: list[int] = field(default_factory=list)

    def of(self, piece: _Piece) -> _Part:
        match piece:
            case _One(test=test):
                return self._place(test)
            case _Row(parts=parts):
                whole = _Part(optional=True)
                for part in parts:
                    whole = self._joined(whole, self.of(part))
                return whole
            case _Either(parts=rows):
                made = [self.of(row) for row in rows]
                return _Part(any(each.optional for each in made), _all(made, "first"), _all(made, "last"))
            case _Often(part=part, least=least, most=most):
                return self._often(part, least, most)
            case _:
                assert_never(piece)

    def _place(self, test: Test) -> _Part:
        if len(self.tests) >= MAX_STEPS:
            raise ValueError(f"a pattern has at most {MAX_STEPS} steps")
        self.tests.append(test)
        self.follow.append(0)
        bit = 1 << len(self.tests) - 1
        return _Part(optional=False, first=bit, last=bit)

    def _joined(self, one: _Part, other: _Part) -> _Part:
        for place in _bits(one.last):
            self.follow[place] |= other.first
        return _Part(
            one.optional and other.optional,
            one.first | (other.first if one.optional else 0),
            other.last | (one.last if other.optional else 0),
        )

    def _often(self, piece: _Piece, least: int, most: int | None) -> _Part:
        whole = _Part(optional=True)
        for number in range(least if most is None else most):
            part = self.of(piece)
            if not part.first:  # nothing, however often
                return whole
            whole = self._joined(whole, part if number < least else replace(part, optional=True))
        if most is not None:
            return whole
        again = self.of(piece)
        self._joined(again, again)
        return self._joined(whole, replace(again, optional=True))


def _all(parts: Sequence[_Part], name: Literal["first", "last"]) -> int:
    places = 0
    for part in parts:
        places |= part.first if name == "first" else part.last
    return places


# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def _alternatives(text: str, position: int, *, depth: int) -> tuple[_Either, int]:
    """All up to the end, or to the bracket that closes the group, and where that is."""
    if depth > MAX_NESTED:
        raise ValueError(f"groups are nested deeper than {MAX_NESTED}")
    rows: list[_Row] = []
    parts: list[_Piece] = []
    while position < len(text) and text[position] != ")":
        if text[position] == "|":
            rows.append(_Row(tuple(parts)))
            parts, position = [], position + 1
            continue
        piece, position = _piece(text, position, depth=depth)
        match = _QUANTIFIER.match(text, position)
        parts.append(_repeated(piece, match) if match else piece)
        position = match.end() if match else position
    return _Either((*rows, _Row(tuple(parts)))), position


def _piece(text: str, position: int, *, depth: int) -> tuple[_Piece, int]:
    if text[position] != "(":
        test, end = _one(text, position)
        return _One(test), end
    start = position + 3 if text.startswith("(?:", position) else position + 1
    if text.startswith("?", start):
        raise ValueError(f"(? at {position} is not taken; there are plain groups only")
    group, end = _alternatives(text, start, depth=depth + 1)
    if end >= len(text):
        raise ValueError(f"( at {position} is never closed")
    return group, end + 1


def _repeated(piece: _Piece, match: re.Match[str]) -> _Piece:
    match match[0]:
        case "?":
            return _Often(piece, 0, 1)
        case "*":
            return _Often(piece, 0, None)
        case "+":
            return _Often(piece, 1, None)
    least, comma, most = match.groups()
    if not comma:
        return _Often(piece, int(least), int(least))
    if most is None:
        return _Often(piece, int(least), None)
    if int(most) < int(least):
        raise ValueError(f"{{{least},{most}}} counts backwards")
    return _Often(piece, int(least), int(most))


def _one(text: str, position: int) -> tuple[Test, int]:
    """The test of one character, and where the next begins."""
    sign = text[position]
    match sign:
        case "\\":
            return _escaped(text, position)
        case "[":
            return _bracket(text, position)
        case ".":
            return (lambda character: True), position + 1
        case "^" | "$":
            raise ValueError(f"{sign!r} is not needed: a pattern is about the whole text")
        case "?" | "*" | "+" | "{" | "}" | "]":
            raise ValueError(
                f"{sign!r} at {position} stands behind nothing; write \\{sign} for the sign itself"
            )
        case _:
            return (lambda character: character == sign), position + 1


def _escaped(text: str, position: int) -> tuple[Test, int]:
    letter = text[position + 1 : position + 2]
    if letter == "w":
        return (lambda character: character.isalnum() or character == "_"), position + 2
    if letter in _CLASSES and letter:
        allowed = _CLASSES[letter]
        return (lambda character: character in allowed), position + 2
    if letter in _SIGNS and letter:
        return (lambda character: character == letter), position + 2
    raise ValueError(f"\\{letter} at {position} is not taken; there are \\d, \\w, \\s and \\ before a sign")


def _bracket(text: str, start: int) -> tuple[Test, int]:
    position = start + 1
    refuses = text[position : position + 1] == "^"
    position += refuses
    ranges: list[tuple[str, str]] = []
    tests: list[Test] = []
    while position < len(text) and text[position] != "]":
        if text[position] == "\\":
            test, position = _escaped(text, position)
            tests.append(test)
            continue
        first = last = text[position]
        position += 1
        if text[position : position + 1] == "-" and text[position + 1 : position + 2] not in ("", "]"):
            last = text[position + 1]
            position += 2
        if last < first:
            raise ValueError(f"[{first}-{last}] counts backwards")
        ranges.append((first, last))
    if position >= len(text):
        raise ValueError(f"[ at {start} is never closed")
    if not ranges and not tests:
        raise ValueError(f"[] at {start} holds nothing")

    def fits(character: str) -> bool:
        inside = any(first <= character <= last for first, last in ranges)
        return (inside or any(test(character) for test in tests)) != refuses

    return fits, position + 1
