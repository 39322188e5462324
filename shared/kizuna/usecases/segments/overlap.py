"""How segments overlap: exact numbers from the membership index, read side by side.

    a: p1 p3 p4 …  ┐
    b: p1 p2 p4 …  ├─▶ merged by person ─▶ in which of them each one is ─▶ sums
    c: p4 p5 …     ┘

The lists lie in the order of people, so no more than a page of each is held at a time, however long they are.
Somebody who is in several counts once in the union.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

from kizuna.core.ports import People
from kizuna.topology import SEGMENT_SHARDS

PAGE = 1_000
MOST = 12  # segments at once: so many make 66 pairs


@dataclass(frozen=True, slots=True)
class Overlap:
    """Exact numbers of people, as the index stood while it was read."""

    members: dict[str, int]
    pairs: dict[tuple[str, str], int]  # in the order in which they were asked for
    in_any: int
    in_all: int


def members_in_order(segment: str, shard: int, people: People, *, page: int = PAGE) -> Iterator[str]:
    """Everybody in one shard of a segment, in the order of their ids.

    Who is in before the listing begins and still when it ends is listed, exactly once: the listing goes by a place
    in the order of ids, never by a number of rows, so nobody slips past it while others come and go. Who comes or
    goes meanwhile may be listed or not.
    """
    after: str | None = None
    while True:
        ids, after = people.members(segment, shard, after=after, limit=page)
        yield from ids
        if after is None:
            return


def overlap_of(segments: Sequence[str], people: People) -> Overlap:
    """How many are in each of the segments, in each pair of them, in any, and in all."""
    names = tuple(dict.fromkeys(segments))
    members, pairs = Counter[str](), Counter[tuple[str, str]]()
    in_any = in_all = 0
    for shard in range(SEGMENT_SHARDS):
        for held in _by_person(names, shard, people):
            members.update(held)
            pairs.update(combinations(held, 2))
            in_any += 1
            in_all += len(held) == len(names)
    return Overlap(
        {name: members[name] for name in names},
        {pair: pairs[pair] for pair in combinations(names, 2)},
        in_any,
        in_all,
    )


def _by_person(names: tuple[str, ...], shard: int, people: People) -> Iterator[list[str]]:
    """Of each person in any of the segments, in which, in the order in which they were asked for."""
    tagged = [_tagged(name, number, shard, people) for number, name in enumerate(names)]
    for _, entries in groupby(heapq.merge(*tagged), key=lambda entry: entry[0]):
        yield [names[number] for _, number in entries]


def _tagged(name: str, number: int, shard: int, people: People) -> Iterator[tuple[str, int]]:
    for person in members_in_order(name, shard, people):
        yield person, number
