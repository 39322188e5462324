"""A walk over everybody who lives, page by page; memory holds one page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kizuna.core.people import GONE, Profile
from kizuna.core.ports import People
from kizuna.core.segments import EVERYONE
from kizuna.topology import SEGMENT_SHARDS


@dataclass(frozen=True, slots=True)
class Page:
    """The living of one page, and how far the walk is: ids looked at, and the share of all shards (0 to 1)."""

    people: tuple[Profile, ...]
    looked_at: int
    share: float


def everybody(people: People, *, page: int) -> Iterator[Page]:
    """Each person once, under the id they live on under, as they are when their page is read. Raises Unavailable."""
    looked_at = 0
    for shard in range(SEGMENT_SHARDS):
        after: str | None = None
        while True:
            ids, after = people.members(EVERYONE, shard, after=after, limit=page)
            profiles = people.profiles(ids)
            looked_at += len(ids)
            # A merged person is met under the id they live on under; the index may still hold the other.
            living = (
                profile
                for asked in ids
                if (profile := profiles.get(asked)) and profile.id == asked and profile.status not in GONE
            )
            yield Page(tuple(living), looked_at, (shard + (after is None)) / SEGMENT_SHARDS)
            if after is None:
                break
