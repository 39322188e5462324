"""How many people an audience has, and how many can be reached: from the membership index, at little cost."""

from __future__ import annotations

from collections.abc import Iterable

from kizuna.core.campaigning.guards import Size
from kizuna.core.ports import People
from kizuna.core.segments import EVERYONE, usable_channels
from kizuna.topology import SEGMENT_SHARDS

ENOUGH = 1_000  # members of one shard from which on the other shards are taken to be as full
SAMPLE = 50  # people of each shard who are looked at


def count_members(segment: str, people: People) -> int:
    """How many people a segment has, counted one by one."""
    return sum(people.member_count(segment, shard) for shard in range(SEGMENT_SHARDS))


def size_of(segments: Iterable[str], people: People) -> Size:
    """How many people these segments have, each counted for itself.

    People are spread over shards by a hash, so of a large segment one shard tells enough: with 8,000 members it is
    right to within 6 % in 95 of 100 cases, with a million to within 0.6 %. A small one is counted.
    """
    found, is_exact = 0, True
    for segment in segments:
        first = people.member_count(segment, 0)
        if first >= ENOUGH:
            found, is_exact = found + first * SEGMENT_SHARDS, False
        else:
            found += first + sum(people.member_count(segment, shard) for shard in range(1, SEGMENT_SHARDS))
    return Size(found, is_exact)


def reachable_people(people: People) -> Size:
    """How many living people have an address that messages reach, on some channel.

    A sample says which share of all that is: the first of each shard, whose ids are as good as random. Fewer than the
    sample are all looked at.
    """
    looked_at = reached = 0
    is_all = True
    for shard in range(SEGMENT_SHARDS):
        ids, following = people.members(EVERYONE, shard, limit=SAMPLE)
        is_all = is_all and following is None
        living = people.profiles(ids, consistent=False)
        looked_at += len(ids)
        reached += sum(
            person == profile.id and bool(usable_channels(profile)) for person, profile in living.items()
        )
    if is_all:
        return Size(reached)
    everybody = size_of([EVERYONE], people)
    return Size(round(everybody.people * reached / looked_at), is_exact=False)
