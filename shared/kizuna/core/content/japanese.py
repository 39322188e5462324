"""Japanese typography, as far as a machine can see it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_HALF_KANA = re.compile(r"[\uff61-\uff9f]+")
_WIDE_LATIN = re.compile(r"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]+")
_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
_ASCII_MARK = re.compile(
    r"(?<=[\u3041-\u30ff\u3400-\u9fff])[,.!?](?=[\u3041-\u30ff\u3400-\u9fff]|$)", re.MULTILINE
)
# What no line begins with, and what none ends with (JIS X 4051, the marks that screens differ over).
_NOT_FIRST = re.compile(r"(?<=[^\n])\n([、。，．！？）」』】〕〉》ー・ぁぃぅぇぉっゃゅょァィゥェォッャュョ])")
_NOT_LAST = re.compile(r"([（「『【〔〈《])\n(?=[^\n])")
# One character, two codes of Unicode: whichever is written, every machine shows it.
_TWO_CODES = frozenset("～∥－￠￡￢―‖−〜￤")


def looks_japanese(text: str) -> bool:
    """Whether more than a name in it is Japanese."""
    return len(_JAPANESE.findall(text)) * 8 > len("".join(text.split())) > 0


def japanese_faults(text: str, *, lines: bool) -> Iterator[tuple[str, str]]:
    """Names of rules (`practice_rules`) that a Japanese text breaks, each with the characters that do.

    `lines`: the text is shown with its own line breaks, as a mail's text part is and HTML is not.
    """
    yield from _seen("ja-half-width-kana", _HALF_KANA.findall(text))
    yield from _seen("ja-machine-dependent", [each for each in text if _is_machine_dependent(each)])
    yield from _seen("ja-wide-latin", _WIDE_LATIN.findall(text))
    yield from _seen("ja-ascii-punctuation", _ASCII_MARK.findall(text))
    if lines:
        yield from _seen("ja-line-breaking", [*_NOT_FIRST.findall(text), *_NOT_LAST.findall(text)])


def _seen(rule: str, characters: list[str]) -> Iterator[tuple[str, str]]:
    if characters:
        yield rule, " ".join(dict.fromkeys(characters))[:60]


def _is_machine_dependent(character: str) -> bool:
    """In the vendors' extension of Shift_JIS and not in JIS X 0208: ①, Ⅳ, ㈱, ㌔, 髙."""
    if character.isascii() or character in _TWO_CODES:
        return False
    return _has(character, "cp932") and not _has(character, "shift_jis")


def _has(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
