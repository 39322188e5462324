"""Who would enter and leave by a change of definitions, before anybody applies it.

Everybody is asked, page by page. Of more people than `ENOUGH` that takes minutes, so it is done where somebody wants
it: a part of them would be those who came first, and no fair sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.catalog import Catalog, Documents, build
from kizuna.core.ports import People
from kizuna.core.segments.backfill import meanings_of
from kizuna.usecases.segments.counts import Sums, Walked, walk
from kizuna.usecases.segments.drafts import focused

ENOUGH = 20_000  # people who are asked without anybody wanting it


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to one segment, among the people who were looked at."""

    segment: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Effects:
    """What a change of definitions does. `share` of all shards have been looked at: 1 is everybody."""

    people: int
    share: float
    segments: tuple[Effect, ...]


def moved_segments(wanted: Documents, before: Catalog) -> tuple[Catalog, tuple[str, ...]]:
    """The catalog as it would be, and the segments that come to mean something else, in order; then what is dropped,
    which nobody belongs to any more."""
    after = build(wanted, version=before.version + 1, linted=True)
    known, meant = meanings_of(before), meanings_of(after)
    moved = tuple(segment.id for segment in after.segments if meant[segment.id] != known.get(segment.id))
    dropped = tuple(segment.id for segment in before.segments if segment.id not in meant)
    return focused(after, moved), (*moved, *dropped)


def effects_of(wanted: Documents, before: Catalog, people: People, *, now: datetime) -> Iterator[Effects]:
    """After each page, what is known so far; the last one counts. Nothing where no segment moves."""
    catalog, moved = moved_segments(wanted, before)
    if not moved:
        return
    for walked in walk(catalog, moved, people, now=now):
        yield _effects(walked, moved)


def _effects(walked: Walked, moved: tuple[str, ...]) -> Effects:
    return Effects(walked.people, walked.share, tuple(Effect(name, walked.sums[name]) for name in moved))
