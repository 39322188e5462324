"""What a text message costs: its encoding and its parts.

    GSM-7   the 128 characters of the basic table count one unit, those of the extension table two;
            160 units in a single message, 153 in each part of a longer one
    UCS-2   everything else: one unit for each UTF-16 code unit; 70, or 67 in each part

Source: 3GPP TS 23.038 (alphabet) and TS 23.040 (concatenation).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["GSM-7", "UCS-2"]

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")

_SINGLE: dict[Encoding, int] = {"GSM-7": 160, "UCS-2": 70}
_JOINED: dict[Encoding, int] = {"GSM-7": 153, "UCS-2": 67}

# Characters that word processors and locale data put in, and the plain ones that every phone shows alike.
_PLAIN_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f", " "))


@dataclass(frozen=True, slots=True)
class SmsParts:
    """`units` are septets or UTF-16 code units; `costly` are the characters that forced UCS-2."""

    encoding: Encoding
    units: int
    parts: int
    costly: tuple[str, ...] = ()


def sms_parts(text: str) -> SmsParts:
    """How the text travels. An empty text has no part. A character is never split over two parts."""
    costly = tuple(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENSION))
    encoding: Encoding = "UCS-2" if costly else "GSM-7"
    widths = [_width(character, encoding) for character in text]
    units = sum(widths)
    if units <= _SINGLE[encoding]:
        return SmsParts(encoding, units, 1 if text else 0, costly)
    return SmsParts(encoding, units, _packed(widths, _JOINED[encoding]), costly)


def plain_spaces(text: str) -> str:
    """No-break and narrow spaces, which would double the price of a text, become ordinary ones."""
    return text.translate(_PLAIN_SPACES)


def _width(character: str, encoding: Encoding) -> int:
    if encoding == "GSM-7":
        return 2 if character in _EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1


def _packed(widths: Iterable[int], room: int) -> int:
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts
