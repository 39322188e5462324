"""Marks of the events that were counted, so that a repeat is known: of everybody, all of the last 48 hours.

    in the profile's item   up to 200 marks, the newest: they cost neither a read nor a write of their own
    pages beside it         what a hot profile (more than 200 events in 48 hours) holds beyond these; only who has
                            pages reads them, and only who gets too many marks writes one

A page is named after its content and never changes, and it means something only to a profile that lists it. So it
may be stored before the profile that will list it: what a crash or a lost race leaves behind is a page that nobody
reads until its time is over.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

KNOWN_FOR = timedelta(hours=48)  # from the moment at which an event was counted
INLINE = 200  # marks that a profile's item carries at most …
LEFT_INLINE = 100  # … and those that stay in it when the older ones move to a page
FEW_PAGES = 8  # beyond as many pages that are not full, these become one
PAGE_MARKS = 10_000  # of a full page: 120 KB

_MARK = struct.Struct(">8sI")


@dataclass(frozen=True, slots=True)
class Seen:
    """The mark of one counted event."""

    hash: bytes  # eight bytes, `ids.seen_hash`
    minute: int  # in which it was counted, since 1970


@dataclass(frozen=True, slots=True)
class MarkPage:
    """Where marks lie beside a profile: in the partition of `part`, under a name made of their content."""

    part: str
    name: str
    newest: int  # the minute of the newest mark: 48 hours later the page is over
    count: int


Marks = tuple[Seen, ...]
Pages = Mapping[MarkPage, Marks]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a profile is to carry, and the pages that have to be stored before it."""

    inline: Marks
    pages: tuple[MarkPage, ...] = ()
    new: Pages = field(default_factory=dict)


def minute_of(instant: datetime) -> int:
    return int(instant.timestamp() // 60)


def remembered(
    inline: Iterable[Seen], pages: Iterable[MarkPage], read: Pages, *, part: str, now: datetime
) -> Remembered:
    """Forget what is older than 48 hours, and move marks to a page of `part` once the item holds too many.

    `read` are pages whose content is at hand. Many small ones are packed into one; without their content they stay.
    """
    oldest = minute_of(now - KNOWN_FOR)
    marks = [mark for mark in dict.fromkeys(inline) if mark.minute >= oldest]
    listed = [page for page in dict.fromkeys(pages) if page.newest >= oldest]
    new: dict[MarkPage, Marks] = {}
    if len(marks) > INLINE:
        marks, moved = marks[-LEFT_INLINE:], marks[:-LEFT_INLINE]
        new = _paged(moved, part)
        small = [page for page in listed if page.count < PAGE_MARKS]
        if len(small) + len(new) > FEW_PAGES and all(page in read for page in small):
            held = [mark for page in small for mark in read[page] if mark.minute >= oldest]
            new = _paged([*held, *moved], part)
            listed = [page for page in listed if page not in small]
    return Remembered(tuple(marks), tuple(dict.fromkeys((*listed, *new))), new)


def united_marks(one: Sequence[Seen], other: Sequence[Seen]) -> Marks:
    """The marks of two profiles that become one, the oldest first."""
    return tuple(sorted({*one, *other}, key=lambda mark: (mark.minute, mark.hash)))


def _paged(marks: Sequence[Seen], part: str) -> dict[MarkPage, Marks]:
    by_time = sorted(marks, key=lambda mark: (mark.minute, mark.hash))
    slices = (tuple(by_time[start : start + PAGE_MARKS]) for start in range(0, len(by_time), PAGE_MARKS))
    return {
        MarkPage(part, hashlib.sha256(packed(marks)).hexdigest()[:20], marks[-1].minute, len(marks)): marks
        for marks in slices
    }


def packed(marks: Iterable[Seen]) -> bytes:
    """Twelve bytes a mark."""
    return b"".join(_MARK.pack(mark.hash, mark.minute) for mark in marks)


def unpacked(raw: bytes) -> Marks:
    """The inverse of `packed`."""
    return tuple(Seen(*parts) for parts in _MARK.iter_unpack(raw))
