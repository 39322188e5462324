"""Makes bad inputs of good ones: the plain mutation fuzzer, with a seed, so that what it found can be found again.

Coverage is not measured: the parsers that are fuzzed are a page each, and their seeds reach all their branches.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

_PIECES = (
    *(
        "",
        ".",
        "..",
        "/",
        "#",
        "|",
        "~",
        "%00",
        "%",
        "=",
        "-",
        "_",
        "&",
        "'",
        '"',
        "\\",
        "{{",
        "}}",
        "{%",
        "%}",
    ),
    *(
        "\x00",
        "\r\n",
        "\n",
        "\t",
        " ",
        "\x0b",
        "\x1b",
        "\x7f",
        "\x85",
        "\u2028",
        "\u200b",
        "\u202e",
        "\ufeff",
    ),
    *(
        "\ud800",
        "\udfff",
        "\U0010ffff",
        "é",
        "e\u0301",
        "ﬃ",
        "\ufdfa",
        "が",
        "ｽﾄｯﾌﾟ",
        "ＳＴＯＰ",
        "Ѕ",
        "ß",
        "İ",
    ),
    *(
        "null",
        "true",
        "NaN",
        "Infinity",
        "-0",
        "1e999",
        "9" * 40,
        "[]",
        "{}",
        '""',
        "stop",
        "STOP",
        "v1",
        "v2",
    ),
)
_LONG = 4_096


def mutants(seeds: Sequence[str], *, runs: int, seed: int, words: Sequence[str] = ()) -> Iterator[str]:
    """So many inputs: each seed with one to six places changed, sometimes crossed with another seed."""
    draws = random.Random(seed)
    pieces = (*_PIECES, *words)
    for _ in range(runs):
        text = draws.choice(seeds)
        for _ in range(draws.choice((1, 1, 1, 2, 3, 6))):
            text = _changed(text, seeds, pieces, draws)
        yield text[:_LONG]


def _changed(text: str, seeds: Sequence[str], pieces: Sequence[str], draws: random.Random) -> str:
    at = draws.randrange(len(text) + 1)
    to = min(len(text), at + draws.choice((1, 1, 2, 4, 16)))
    match draws.randrange(9):
        case 0:  # a bit flips
            return (
                text[:at] + chr(ord(text[at]) ^ 1 << draws.randrange(7)) + text[at + 1 :]
                if text[at:]
                else text
            )
        case 1:
            return text[:at] + text[to:]
        case 2:
            return text[:at]
        case 3:
            return text[:at] + draws.choice(pieces) + text[at:]
        case 4:
            return text[:at] + draws.choice(pieces) + text[to:]
        case 5:
            return text[:to] + text[at:]
        case 6:
            other = draws.choice(seeds)
            return text[:at] + other[draws.randrange(len(other) + 1) :]
        case 7:
            return text[:at] + text[at:to] * draws.choice((2, 8, 64)) + text[to:]
        case _:
            return (
                text[:at]
                + chr(draws.choice((draws.randrange(0x80), draws.randrange(0x3000, 0x30FF))))
                + text[to:]
            )
