"""Bytes cut into rows: lines of CSV, which may go on within quotes, and lines of JSON.

Works on bytes of UTF-8, Shift_JIS and the Windows code pages alike: none of them uses a separator, a quote or an end
of line as a part of another character. What is too long is skipped without being kept, and reported.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from kizuna.core.files.faults import KEPT_OF_A_ROW, RowFault, Unreadable
from kizuna.core.files.limits import FileLimits

QUOTE = b'"'
OPEN_QUOTES = 100  # more than so many that are never closed, and it is no CSV


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it stands in the file. `end` is where it ends, counted from the beginning of the plain text."""

    data: bytes
    end: int
    fault: RowFault | None = None


class _Line(NamedTuple):
    data: bytes  # without its end of line; the beginning of one that is too long
    end: int
    is_cut: bool


def line_records(
    chunks: Iterable[bytes], *, start: int, limits: FileLimits, newline: bytes = b"\n"
) -> Iterator[Record]:
    """Every line that is not blank."""
    for line in _lines(chunks, start, limits.row_bytes, newline):
        if line.is_cut:
            yield Record(line.data, line.end, RowFault.ROW_TOO_LARGE)
        elif line.data and not line.data.isspace():
            yield Record(line.data, line.end)


def csv_records(
    chunks: Iterable[bytes], *, start: int, delimiter: bytes, limits: FileLimits, newline: bytes = b"\n"
) -> Iterator[Record]:
    """Every CSV record that is not blank (RFC 4180: within quotes it may run over lines).

    A quote that is opened and not closed within the limit costs the line it stands in and no other: reading goes on
    with the next one. Raises Unreadable where that happens again and again.
    """
    source = _lines(chunks, start, limits.row_bytes, newline)
    again: deque[_Line] = deque()  # lines to be looked at once more
    waiting: list[_Line] = []  # lines of a record that is still open
    size = never_closed = 0
    while True:
        line = again.popleft() if again else next(source, None)
        if waiting and (line is None or line.is_cut or size + len(line.data) >= limits.row_bytes):
            again.extendleft(reversed([*waiting[1:], *([line] if line else [])]))
            yield Record(waiting[0].data[:KEPT_OF_A_ROW], waiting[0].end, RowFault.OPEN_QUOTE)
            waiting, size, never_closed = [], 0, never_closed + 1
            if never_closed > OPEN_QUOTES:
                raise Unreadable(
                    "malformed_csv", f"more than {OPEN_QUOTES} quotes are opened and never closed"
                )
            continue
        if line is None:
            return
        if line.is_cut:
            yield Record(line.data, line.end, RowFault.ROW_TOO_LARGE)
        elif not waiting and QUOTE not in line.data:
            if line.data and not line.data.isspace():
                yield Record(line.data, line.end)
        elif _is_open_behind(line.data, bool(waiting), delimiter):
            waiting.append(line)
            size += len(line.data) + 1
        else:
            yield Record(b"\n".join([*(each.data for each in waiting), line.data]), line.end)
            waiting, size = [], 0


def _is_open_behind(line: bytes, is_open: bool, delimiter: bytes) -> bool:
    """Whether a quoted field goes on behind this line; `is_open`: one went on before it."""
    position = 0
    while True:
        if is_open:
            closing = line.find(QUOTE, position)
            if closing < 0:
                return True
            position = closing + 1
            if line[position : position + 1] == QUOTE:  # two of them are one that is meant
                position += 1
                continue
            is_open = False
        elif line[position : position + 1] == QUOTE:
            position += 1
            is_open = True
            continue
        following = line.find(delimiter, position)
        if following < 0:
            return False
        position = following + 1


def _lines(chunks: Iterable[bytes], start: int, limit: int, newline: bytes) -> Iterator[_Line]:
    end, rest = start, b""
    head: bytes | None = None  # the beginning of a line that is being skipped
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(newline)
        for piece in whole:
            end += len(piece) + 1
            if head is not None or len(piece) > limit:
                yield _Line((head or piece)[:KEPT_OF_A_ROW], end, True)
                head = None
            else:
                yield _Line(piece[:-1] if piece.endswith(b"\r") else piece, end, False)
        if len(rest) > limit:
            head = head or rest[:KEPT_OF_A_ROW]
            end += len(rest)
            rest = b""
    if head is not None:
        yield _Line(head, end + len(rest), True)
    elif rest:
        yield _Line(rest[:-1] if rest.endswith(b"\r") else rest, end + len(rest), False)
