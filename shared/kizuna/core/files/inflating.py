"""Gzip, inflated piece by piece: several members in a row (RFC 1952 2.2), cut ones reported, bombs refused."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from kizuna.core.files.faults import Unreadable
from kizuna.core.files.limits import FileLimits

GZIP_MAGIC = b"\x1f\x8b"
_PIECE = 256 * 1024  # most bytes that one step puts into memory


def inflated(chunks: Iterable[bytes], limits: FileLimits) -> Iterator[bytes]:
    """The plain bytes of a gzip file. Everything before a fault is given out before `Unreadable` is raised.

    `truncated_gzip` (the file ends within a member), `damaged_gzip`, `gzip_bomb`, `file_too_large`, `nested_gzip`.
    """
    engine = zlib.decompressobj(wbits=31)
    taken = given = 0
    for chunk in chunks:
        taken += len(chunk)
        data = chunk
        while data:
            if engine.eof:
                data = data.lstrip(b"\0")  # what tapes and some tools pad with
                if not data:
                    break
                engine = zlib.decompressobj(wbits=31)
            try:
                piece = engine.decompress(data, _PIECE)
            except zlib.error:
                reason = f"the compressed data is damaged after {given:,} bytes of text"
                raise Unreadable("damaged_gzip", reason) from None
            data = engine.unused_data if engine.eof else engine.unconsumed_tail
            if not piece:
                continue
            if given == 0 and piece.startswith(GZIP_MAGIC):
                raise Unreadable("nested_gzip", "is compressed twice; inflate it once and try again")
            given += len(piece)
            _check(given, taken, limits)
            yield piece
    if not engine.eof and taken:
        raise Unreadable(
            "truncated_gzip", f"the file ends before its compressed data does, after {given:,} bytes of text"
        )


def _check(given: int, taken: int, limits: FileLimits) -> None:
    if given > limits.inflated_bytes:
        raise Unreadable("file_too_large", f"holds more than {limits.inflated_bytes:,} bytes of text")
    if given > limits.inflated_free and given > taken * limits.inflated_ratio:
        raise Unreadable(
            "gzip_bomb",
            f"{taken:,} compressed bytes became more than {limits.inflated_ratio} times as many",
        )
