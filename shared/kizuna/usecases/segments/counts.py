"""Counting who would belong to a segment, over everybody who is stored, page by page.

    everyone, shard by shard ─▶ record ─▶ what it does not remember, from the timeline ─▶ in or out ─▶ sums

Writes nothing. What is kept does not grow with the number of people: sums, and the few people with the smallest
hashes, which are a fair sample of all. Shards are cut by a hash too, so each whole shard is as good as any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heappush, heappushpop

from kizuna.core.catalog import Catalog
from kizuna.core.ids import bucket
from kizuna.core.people import Profile
from kizuna.core.ports import People
from kizuna.core.segments import EVERYONE
from kizuna.topology import SEGMENT_SHARDS
from kizuna.usecases.people.everybody import living
from kizuna.usecases.reacting.upkeep import with_current_memory

PAGE = 100
SAMPLE = 10
REACH_SAMPLE = 200


@dataclass(slots=True)
class Lot:
    """So many people drawn from all that were offered: those of the smallest hashes, whatever the order."""

    size: int
    _drawn: list[tuple[float, str]] = field(default_factory=list)

    def offer(self, person: str) -> None:
        rank = -bucket("sample", person)
        if len(self._drawn) < self.size:
            heappush(self._drawn, (rank, person))
        else:
            heappushpop(self._drawn, (rank, person))

    def people(self) -> list[str]:
        """In the order of their draw: the first ten are a sample as well."""
        return [person for _, person in sorted(self._drawn, reverse=True)]


@dataclass(slots=True)
class Sums:
    """What was found of one segment: how many are in it, and of those who were in or out before."""

    members: int = 0
    entering: int = 0  # who is in, and is not by the stored record
    leaving: int = 0  # who is in by the stored record, and is not
    overlap: Counter[str] = field(
        default_factory=Counter
    )  # members who are in other segments by their record
    sample: Lot = field(default_factory=lambda: Lot(REACH_SAMPLE))
    moving: Lot = field(default_factory=lambda: Lot(SAMPLE))


@dataclass(frozen=True, slots=True)
class Position:
    """How far a walk over everybody has come."""

    shard: int = 0
    after: str | None = None

    @property
    def is_end(self) -> bool:
        return self.shard >= SEGMENT_SHARDS


@dataclass(frozen=True, slots=True)
class Walked:
    """A walk after one more page. `sums` are the same objects all along."""

    at: Position
    people: int
    sums: dict[str, Sums]

    @property
    def share(self) -> float:
        """From 0 to 1, in whole shards."""
        return self.at.shard / SEGMENT_SHARDS


def walk(
    catalog: Catalog,
    segments: tuple[str, ...],
    people: People,
    *,
    now: datetime,
    begin: Position = Position(),
    page: int = PAGE,
) -> Iterator[Walked]:
    """Ask these segments of everybody from a position on, and tell after each page how far it is.

    Everybody is judged as of `now`. `catalog` is best `focused` on the segments: what else it needs is read in vain.
    """
    sums = {name: Sums() for name in segments}
    at, looked_at = begin, 0
    while not at.is_end:
        ids, following = people.members(EVERYONE, at.shard, after=at.after, limit=page)
        for profile in living(ids, people):
            looked_at += 1
            _judge(profile, sums, standing_of(profile, people, catalog, now=now))
        at = replace(at, after=following) if following is not None else Position(at.shard + 1)
        yield Walked(at, looked_at, sums)


def standing_of(profile: Profile, people: People, catalog: Catalog, *, now: datetime) -> frozenset[str]:
    """The segments of a catalog that somebody belongs to, whatever the record says."""
    current = with_current_memory(profile, people, catalog, now=now)
    return catalog.segment_index.standing(catalog.decidable(current), now=now).segments


def _judge(profile: Profile, sums: dict[str, Sums], standing: frozenset[str]) -> None:
    for name, told in sums.items():
        was, is_in = name in profile.segments, name in standing
        if is_in:
            told.members += 1
            told.overlap.update(profile.segments - {name, EVERYONE})
            told.sample.offer(profile.id)
        if is_in is not was:
            told.entering += is_in
            told.leaving += was
            told.moving.offer(profile.id)
