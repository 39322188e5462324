"""A walk over everybody who lives, page by page; memory holds one page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kizuna.core.people import GONE, Profile
from kizuna.core.ports import People, PersonWrite
from kizuna.core.segments import EVERYONE
from kizuna.topology import SEGMENT_SHARDS


@dataclass(frozen=True, slots=True)
class Page:
    """The living of one page, and how far the walk is: ids looked at, and the share of all shards (0 to 1)."""

    people: tuple[Profile, ...]
    looked_at: int
    share: float


def living(ids: Sequence[str], people: People) -> list[Profile]:
    """Those of a page of the membership index who live, in its order.

    A merged person is met under the id they live on under; the index may still hold the other.
    """
    found = people.profiles(ids)
    return [
        profile
        for asked in ids
        if (profile := found.get(asked)) and profile.id == asked and profile.status not in GONE
    ]


def stored(
    drafts: Sequence[tuple[Profile, PersonWrite]], people: People, *, workers: int = 1
) -> Iterator[tuple[Profile, Exception | None]]:
    """Do the writes of a page together: each person with None, or with what `People.commit` raised for them.

    Each is guarded by the version of its own profile. A crash leaves some of them done.
    """
    outcomes = people.commit_all([write for _, write in drafts], workers=workers) if drafts else []
    for (profile, _), outcome in zip(drafts, outcomes, strict=True):
        yield profile, outcome


def everybody(people: People, *, page: int) -> Iterator[Page]:
    """Each person once, under the id they live on under, as they are when their page is read. Raises Unavailable."""
    looked_at = 0
    for shard in range(SEGMENT_SHARDS):
        after: str | None = None
        while True:
            ids, after = people.members(EVERYONE, shard, after=after, limit=page)
            looked_at += len(ids)
            share = (shard + (after is None)) / SEGMENT_SHARDS
            yield Page(tuple(living(ids, people)), looked_at, share)
            if after is None:
                break
