"""Patterns of tracking plans: a small part of regular expressions, matched in a time that grows only with the text.

Python's `re` may take exponential time for a pattern like `(a+)+b`, and values come from outside. Here a pattern is a
chain of single characters, each with a quantifier, matched by following all places at once (Thompson 1968): every
character of the text is looked at once. There are no groups; `|` separates whole chains.

    letters and figures stand for themselves      .  any character      \\d \\w \\s and \\ before a sign
    [a-z_]  [^,]  one of these, none of these      ?  *  +  {3}  {1,10}  how often
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MAX_STEPS = 256  # of one pattern, `{n}` written out
_QUANTIFIER = re.compile(r"\?|\*|\+|\{(\d{1,3})(?:(,)(\d{1,3})?)?\}")
_CLASSES = {"d": "0123456789", "s": " \t\n\r\f\v"}
_SIGNS = frozenset("\\.[]{}()*+?|^$/-")
Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Step:
    test: Test
    optional: bool
    repeats: bool


def compiled(pattern: str) -> Callable[[str], bool]:
    """A function that says whether a whole text fits. Raises ValueError naming what the pattern may not hold."""
    chains = [_chain(part) for part in _split(pattern)]
    if sum(map(len, chains)) > MAX_STEPS:
        raise ValueError(f"a pattern has at most {MAX_STEPS} steps")
    return lambda text: any(_fits(chain, text) for chain in chains)


def _fits(chain: list[_Step], text: str) -> bool:
    places = _through({0}, chain)
    for character in text:
        after: set[int] = set()
        for place in places:
            if place < len(chain) and chain[place].test(character):
                after.add(place + 1)
                if chain[place].repeats:
                    after.add(place)
        places = _through(after, chain)
        if not places:
            return False
    return len(chain) in places


def _through(places: set[int], chain: list[_Step]) -> set[int]:
    """The places with those that are reached without a character."""
    found = set(places)
    for start in places:
        place = start
        while place < len(chain) and chain[place].optional and place + 1 not in found:
            place += 1
            found.add(place)
    return found


def _split(pattern: str) -> list[str]:
    """The chains between bars that are neither escaped nor in brackets."""
    parts, start, inside, position = [], 0, False, 0
    while position < len(pattern):
        sign = pattern[position]
        if sign == "\\":
            position += 1
        elif sign == "[":
            inside = True
        elif sign == "]":
            inside = False
        elif sign == "|" and not inside:
            parts.append(pattern[start:position])
            start = position + 1
        position += 1
    return [*parts, pattern[start:]]


def _chain(text: str) -> list[_Step]:
    steps: list[_Step] = []
    position = 0
    while position < len(text):
        test, position = _one(text, position)
        match = _QUANTIFIER.match(text, position)
        steps += _repeated(test, match)
        position = match.end() if match else position
    return steps


def _repeated(test: Test, match: re.Match[str] | None) -> list[_Step]:
    match match[0] if match else "":
        case "":
            return [_Step(test, optional=False, repeats=False)]
        case "?":
            return [_Step(test, optional=True, repeats=False)]
        case "*":
            return [_Step(test, optional=True, repeats=True)]
        case "+":
            return [_Step(test, optional=False, repeats=True)]
    least, comma, most = match.groups() if match else ("0", None, None)
    needed = [_Step(test, optional=False, repeats=False)] * int(least)
    if not comma:
        return needed
    if most is None:
        return [*needed, _Step(test, optional=True, repeats=True)]
    if int(most) < int(least):
        raise ValueError(f"{{{least},{most}}} counts backwards")
    return [*needed, *[_Step(test, optional=True, repeats=False)] * (int(most) - int(least))]


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
        case "(" | ")":
            raise ValueError("groups are not taken; write alternatives as whole chains with |")
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
