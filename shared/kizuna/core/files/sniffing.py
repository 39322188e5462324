"""What a file is, told from its first bytes: compressed or not, encoding, form, separator, end of line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from kizuna.core.files import encodings
from kizuna.core.files.faults import RowFault, Unreadable
from kizuna.core.files.inflating import GZIP_MAGIC, inflated
from kizuna.core.files.json_array import array_records
from kizuna.core.files.limits import FileLimits
from kizuna.core.files.records import Record, csv_records, line_records

Layout = Literal["csv", "lines", "array"]
_FOREIGN = {
    b"PK\x03\x04": "a zip archive or a spreadsheet (save it as CSV)",
    b"PAR1": "Parquet",
    b"BZh": "compressed with bzip2 (use gzip)",
    b"\x28\xb5\x2f\xfd": "compressed with zstd (use gzip)",
    b"\xfd7zXZ": "compressed with xz (use gzip)",
    b"%PDF": "a PDF",
    b"SQLite": "a database",
}
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is to be read. `header` are the names of a CSV's columns, `body` where its rows begin."""

    is_gzip: bool
    encoding: str
    layout: Layout
    delimiter: str = ","
    newline: str = "\n"
    header: tuple[str, ...] = ()
    body: int = 0

    @property
    def can_seek(self) -> bool:
        """Whether a place in the plain text is a place in the file, so that reading can go on there at once."""
        return not self.is_gzip and not encodings.is_wide(self.encoding)


def form_of(
    chunks: Iterable[bytes],
    *,
    limits: FileLimits,
    encoding: str | None = None,
    delimiter: str | None = None,
    layout: Layout | None = None,
) -> Form:
    """What the file is. What is declared goes before what is found out. Raises Unreadable with the reason."""
    source = iter(chunks)
    first = next((chunk for chunk in source if chunk), b"")
    for magic, what in _FOREIGN.items():
        if first.startswith(magic):
            raise Unreadable("foreign_format", f"is {what}; CSV and JSON are taken, plain or gzip")
    is_gzip = first.startswith(GZIP_MAGIC)
    raw = chain([first], source)
    sample = _sample(inflated(raw, limits) if is_gzip else raw, limits.sample_bytes)
    found = encodings.encoding_of(sample, encoding)
    if encodings.is_wide(found):
        sample = b"".join(encodings.as_utf8([sample], found)).removesuffix("\ufffd".encode())
    start = encodings.without_mark(sample)
    text = sample[start:].lstrip()
    if not text:
        raise Unreadable("empty_file", "holds nothing")
    kind: Layout = layout or ("array" if text[:1] == b"[" else "lines" if text[:1] == b"{" else "csv")
    newline = "\r" if b"\n" not in sample and b"\r" in sample else "\n"
    if kind != "csv":
        return Form(is_gzip, found, kind, newline=newline, body=start)
    return _csv_form(sample, start, is_gzip, found, newline, delimiter, limits)


def _csv_form(
    sample: bytes,
    start: int,
    is_gzip: bool,
    encoding: str,
    newline: str,
    delimiter: str | None,
    limits: FileLimits,
) -> Form:
    chosen = delimiter or _delimiter_of(sample[start:], newline)
    head = next(
        csv_records(
            [sample[start:]],
            start=start,
            delimiter=chosen.encode(),
            limits=limits,
            newline=newline.encode(),
        ),
        None,
    )
    if head is None or head.fault is not None:
        raise Unreadable("no_header", "the first line is not a line of column names")
    try:
        names = tuple(name.strip() for name in cells_of(decoded(head.data, encoding), chosen))
    except ValueError:
        raise Unreadable("no_header", "the first line is not a line of column names") from None
    _check_header(names, limits)
    return Form(is_gzip, encoding, "csv", chosen, newline, names, head.end)


def _check_header(names: tuple[str, ...], limits: FileLimits) -> None:
    if len(names) > limits.columns:
        raise Unreadable("too_many_columns", f"has more than {limits.columns} columns")
    known = [name for name in names if name]
    twice = sorted({name for name in known if known.count(name) > 1})
    if twice:
        raise Unreadable("duplicate_column", f"has the column {twice[0]!r} twice")
    if not known:
        raise Unreadable("no_header", "the first line names no column")


def _delimiter_of(sample: bytes, newline: str) -> str:
    """The separator of which the header has the most, outside quotes; with none of them it is one column."""
    line = sample.split(newline.encode(), 1)[0]
    outside = b"".join(line.split(b'"')[0::2])
    counted = {sign: outside.count(sign.encode()) for sign in _DELIMITERS}
    return max(_DELIMITERS, key=lambda sign: counted[sign])


def _sample(chunks: Iterable[bytes], most: int) -> bytes:
    """The first bytes. A fault of the file is met again, with all rows before it, when it is read."""
    found = b""
    try:
        for chunk in chunks:
            found += chunk
            if len(found) >= most:
                break
    except Unreadable:
        if not found:
            raise
    return found[:most]


def records(chunks: Iterable[bytes], form: Form, *, after: int, limits: FileLimits) -> Iterator[Record]:
    """The rows of a file from a place on. `chunks` begin at `after` where `form.can_seek`, else at the beginning.

    `after` is 0, or the `end` of a record. Raises Unreadable where the file can be read no further.
    """
    plain = inflated(chunks, limits) if form.is_gzip else iter(chunks)
    if encodings.is_wide(form.encoding):
        plain = encodings.as_utf8(plain, form.encoding)
    begin = max(after, form.body)
    plain = _behind(plain, begin - after if form.can_seek else begin)
    newline = form.newline.encode()
    match form.layout:
        case "csv":
            separator = form.delimiter.encode()
            return csv_records(plain, start=begin, delimiter=separator, limits=limits, newline=newline)
        case "lines":
            return line_records(plain, start=begin, limits=limits, newline=newline)
        case "array":
            is_inside = after > form.body
            return array_records(plain, start=begin, is_inside=is_inside, limits=limits)


def _behind(chunks: Iterable[bytes], skip: int) -> Iterator[bytes]:
    for chunk in chunks:
        if skip >= len(chunk):
            skip -= len(chunk)
            continue
        yield chunk[skip:] if skip else chunk
        skip = 0


def decoded(data: bytes, encoding: str) -> str:
    """The text of a row. Raises UnicodeDecodeError (a ValueError): one row in another encoding costs that row."""
    return data.decode("utf-8" if encodings.is_wide(encoding) else encoding)


def cells_of(text: str, delimiter: str) -> list[str]:
    """The cells of one CSV record. Raises ValueError for quotes that do not close where a cell ends."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        raise ValueError(RowFault.MALFORMED_QUOTES) from None
