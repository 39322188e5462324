"""Who is in a segment, in memory: a set that also keeps each shard in order, so that pages cost what they hold, and
knows who went (`segments/membership.py`)."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from kizuna.core.ids import shard_of
from kizuna.core.segments.membership import Membership, entered, left
from kizuna.topology import SEGMENT_SHARDS

Page = tuple[tuple[str, ...], str | None]

_EVER = datetime.min.replace(tzinfo=UTC)


class Members(set[str]):
    """The people of one segment; those it is made of were always in."""

    def __init__(self, people: Iterable[str] = ()) -> None:
        super().__init__()
        self._known: dict[str, Membership] = {}
        self._shards: dict[int, list[str]] = defaultdict(list)
        self._counts: dict[int, int] = defaultdict(int)
        for person in people:
            self.add(person)

    def add(self, person: str, *, at: datetime = _EVER) -> None:
        before, shard = self._known.get(person), shard_of(person, SEGMENT_SHARDS)
        if before is None:
            insort(self._shards[shard], person)
        self._note(person, entered(before, at))

    def discard(self, person: object, *, at: datetime = _EVER) -> None:
        after = left(self._known.get(person), at) if isinstance(person, str) else None
        if isinstance(person, str) and after is not None:
            self._note(person, after)

    def _note(self, person: str, after: Membership) -> None:
        was_in = person in self
        self._known[person] = after
        self._counts[shard_of(person, SEGMENT_SHARDS)] += after.is_in - was_in
        if after.is_in:
            super().add(person)
        else:
            super().discard(person)

    def page(self, shard: int, *, after: str | None, limit: int, at: datetime | None = None) -> Page:
        """The next of a shard, in order: of those who are in, or of those who were in at an instant."""
        there = self._shards[shard]
        found: list[str] = []
        for index in range(bisect_right(there, after) if after else 0, len(there)):
            person = there[index]
            if person in self if at is None else self._known[person].was_in(at):
                found.append(person)
                if len(found) == limit:
                    return tuple(found), person
        return tuple(found), None

    def count(self, shard: int) -> int:
        return self._counts[shard]
