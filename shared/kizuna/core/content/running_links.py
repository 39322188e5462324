"""Links in running text: where one begins and where it ends.

An address is ASCII (RFC 3986); what else belongs to one is percent-encoded. Japanese has no spaces, so words go on
right behind an address (`https://shop.example/aをご覧ください`). Some phones take them for a part of it, and the link
leads nowhere. Here it ends where ASCII does; a stop or bracket at its end belongs to the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WITHIN = r"A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%"  # RFC 3986, section 2, without the apostrophe, which quotes
_LAST = r"A-Za-z0-9\-_~/#@$&(*+=%"
LINK = re.compile(rf"https?://[{_WITHIN}]*[{_LAST}]", re.IGNORECASE)

# What is put in and is an address: ours, or the brand's.
_ADDRESS = re.compile(r"\{\{-?\s*(?:links\.\w+|brand\.support_url)\s*(?P<trims>-)?\}\}")
_FEW_WORDS = re.compile(r"[^\s{}<>]{1,6}")
_WRITTEN = re.compile(rf"https?://[{_WITHIN}]*", re.IGNORECASE)


def goes_on(text: str, end: int) -> bool:
    """Whether a letter of another script stands right where an address ends: no phone can tell the two apart."""
    return not text[end : end + 1].isascii() and text[end : end + 1].isalnum()


def unclear_ends(source: str) -> Iterator[tuple[int, str]]:
    """The addresses in a source of running text that words go right on behind: where, and the words from there."""
    for found in (*_WRITTEN.finditer(source), *_ADDRESS.finditer(source)):
        end = found.end()
        if "trims" in found.groupdict() and found["trims"]:
            end += len(source[end:]) - len(source[end:].lstrip())
        if goes_on(source, end):
            behind = _FEW_WORDS.match(source, end)
            yield found.start(), behind[0] if behind else ""
