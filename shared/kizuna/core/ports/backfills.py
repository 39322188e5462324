"""Progress of backfills: which is the newest, and how far its shards have come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.segments.backfill import Backfill, ShardProgress


class Backfills(Protocol):
    """Backfills by number, and the progress of each."""

    def latest(self) -> Backfill | None:
        """The one of the highest number; None where there never was one."""
        ...

    def begin(self, backfill: Backfill) -> bool:
        """Record a backfill on the condition that its number is free. False if it is not: somebody else was first.

        A crash right after leaves a backfill that nobody walks; the sweep hands it out (`Progress.stalled`).
        """
        ...

    def shards(self, number: int) -> tuple[ShardProgress, ...]:
        """The progress of every shard that has begun."""
        ...

    def advance(self, number: int, progress: ShardProgress) -> bool:
        """Store a step of a shard, on the condition that the one before it is what is stored (of the first: nothing).

        False if it is not: somebody else is further on with the same shard. Storing the same step again is True, so
        a reply that was lost costs nothing. A crash right after leaves the shard to whoever gets its message again.
        """
        ...
