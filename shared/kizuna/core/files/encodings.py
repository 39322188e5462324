"""In which encoding a file is written: declared, or told from its beginning; anything doubtful is refused."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

from kizuna.core.files.faults import Unreadable

UTF8 = "utf-8"
CP932 = "cp932"
LATIN = "cp1252"
# What may be declared, under the names in use. UTF-7 and the like are missing on purpose: they hide characters that
# mean something in CSV.
_KNOWN = {
    "utf-8": UTF8,
    "utf8": UTF8,
    "utf-8-sig": UTF8,
    "ascii": UTF8,
    "us-ascii": UTF8,
    "utf-16": "utf-16",
    "utf16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "utf-16be": "utf-16-be",
    "cp932": CP932,
    "shift-jis": CP932,
    "shift_jis": CP932,
    "sjis": CP932,
    "windows-31j": CP932,
    "ms932": CP932,
    "latin-1": LATIN,
    "iso-8859-1": LATIN,
    "windows-1252": LATIN,
    "cp1252": LATIN,
}
_BOMS = ((codecs.BOM_UTF8, UTF8), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def named(encoding: str) -> str:
    """An encoding by any of its names. Raises Unreadable for one that is not taken."""
    found = _KNOWN.get(encoding.strip().lower().replace(" ", "-"))
    if found is None:
        raise Unreadable(
            "unknown_encoding", f"{encoding!r} is not taken; known are utf-8, utf-16, shift_jis, windows-1252"
        )
    return found


def encoding_of(sample: bytes, declared: str | None = None) -> str:
    """The encoding of a file that begins so: by its byte order mark, else as declared, else as found out.

    Found out are UTF-8, Shift_JIS (CP932) with kana in it, and UTF-16 by its zero bytes.
    """
    for mark, encoding in _BOMS:
        if sample.startswith(mark):
            return encoding
    if declared:
        wanted = named(declared)
        return "utf-16-le" if wanted == "utf-16" else wanted
    if b"\0" in sample[:4096]:
        return _utf16_of(sample[:4096])
    if _decoded(sample, UTF8) is not None:
        return UTF8
    japanese = _decoded(sample, CP932)
    if japanese is not None and _KANA.search(japanese) and not _PRIVATE.search(japanese):
        return CP932
    raise Unreadable("unknown_encoding", "is neither UTF-8, UTF-16 nor Shift_JIS; name it with --encoding")


def _utf16_of(sample: bytes) -> str:
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 4 * even:
        return "utf-16-le"
    if even > 4 * odd:
        return "utf-16-be"
    raise Unreadable("binary_file", "holds zero bytes and is no text")


# Western text can be read as Shift_JIS too, by accident: it then has no kana, or characters that nobody uses.
_KANA = re.compile("[\u3041-\u30fe]")
_PRIVATE = re.compile("[\ue000-\uf8ff]")


def _decoded(sample: bytes, encoding: str) -> str | None:
    """The text, None if it is none. The sample may end within a character."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(sample)
    except UnicodeDecodeError:
        return None


def is_wide(encoding: str) -> bool:
    """Whether the encoding has to be made UTF-8 before lines can be found in it."""
    return encoding.startswith("utf-16")


def as_utf8(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """UTF-16 as UTF-8. A half pair becomes U+FFFD, which no identifier may hold."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", True).encode()


def without_mark(sample: bytes) -> int:
    """How many bytes at the beginning are the byte order mark of UTF-8."""
    return len(codecs.BOM_UTF8) if sample.startswith(codecs.BOM_UTF8) else 0
