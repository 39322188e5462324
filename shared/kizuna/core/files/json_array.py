"""One JSON array cut into its elements as it comes in: memory holds one element, never the list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kizuna.core.files.faults import KEPT_OF_A_ROW, RowFault, Unreadable
from kizuna.core.files.limits import FileLimits
from kizuna.core.files.records import Record

_STRUCTURE = re.compile(rb'["{}\[\],]')
_OF_TEXT = re.compile(rb'["\\]')


def array_records(
    chunks: Iterable[bytes], *, start: int, is_inside: bool, limits: FileLimits
) -> Iterator[Record]:
    """The elements of one JSON array, cut at the commas between them. `is_inside`: reading begins behind one.

    What stands behind the closing bracket is not looked at. Raises Unreadable if there is none.
    """
    cutter = _Cutter(1 if is_inside else 0, limits.row_bytes)
    base = start
    for chunk in chunks:
        for data, is_long, end in cutter.take(chunk):
            if is_long:
                yield Record(data[:KEPT_OF_A_ROW], base + end, RowFault.ROW_TOO_LARGE)
            elif data:
                yield Record(data, base + end)
        if cutter.is_over:
            return
        base += len(chunk)
    raise Unreadable("truncated_json", "the list of events has no end")


class _Cutter:
    """Where it stands between two pieces: how deep, within a text or not, what it has of an element."""

    def __init__(self, depth: int, limit: int) -> None:
        self.is_over = False
        self._depth = depth
        self._limit = limit
        self._in_text = False
        self._is_escaped = False  # the piece ended behind a backslash
        self._kept = bytearray()
        self._length = 0  # of the element, kept or not

    def take(self, chunk: bytes) -> Iterator[tuple[bytes, bool, int]]:
        """Elements that end in this piece: content, whether it was too long, and where it ended in the piece."""
        at = begin = 0
        if self._is_escaped and chunk:
            at, self._is_escaped = 1, False
        while (found := (_OF_TEXT if self._in_text else _STRUCTURE).search(chunk, at)) is not None:
            at, sign = found.end(), found[0]
            if self._in_text:
                at = self._within_text(sign, at, len(chunk))
            elif sign == b'"':
                self._in_text = self._depth > 0
            elif sign in (b"{", b"["):
                self._depth += 1 if self._depth or sign == b"[" else 0
                begin = at if self._depth == 1 else begin
            elif sign == b"," and self._depth == 1:
                yield (*self._element(chunk[begin : at - 1]), at)
                begin = at
            elif sign != b"," and self._depth:
                self._depth -= 1
                if self._depth == 0:
                    self.is_over = True
                    yield (*self._element(chunk[begin : at - 1]), at - 1)
                    return
        if self._depth:
            self._keep(chunk[begin:])

    def _within_text(self, sign: bytes, at: int, length: int) -> int:
        if sign == b'"':
            self._in_text = False
        elif at < length:
            return at + 1
        else:
            self._is_escaped = True
        return at

    def _keep(self, piece: bytes) -> None:
        self._length += len(piece)
        room = self._limit + 1 - len(self._kept)
        if room > 0:
            self._kept.extend(piece[:room])

    def _element(self, last: bytes) -> tuple[bytes, bool]:
        self._keep(last)
        data, is_long = bytes(self._kept).strip(), self._length > self._limit
        self._kept.clear()
        self._length = 0
        return data, is_long
