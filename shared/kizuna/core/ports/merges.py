"""The log of merges, and what undoing one writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.folding import Folded, LedgerEntry
    from kizuna.core.merges.log import MergeRecord
    from kizuna.core.people import Profile
    from kizuna.core.ports.people import IdentityKey, TimelineEntry


@dataclass(frozen=True, slots=True)
class Moved:
    """An event that belongs into another partition, under the version of a write that comes after the merge."""

    entry: TimelineEntry
    to: str
    version: int
    moved_by: str
    stale: tuple[str, ...] = ()  # partitions that it has to leave


@dataclass(frozen=True, slots=True)
class Claimed:
    """An identifier that is learnt since a merge, and is the absorbed profile's own."""

    key: IdentityKey
    of: str  # who holds it now
    to: str


@dataclass(frozen=True, slots=True)
class Parting:
    """What undoing a merge stores at last, all or nothing: each side one version on, and the record as undone."""

    record: MergeRecord
    sides: tuple[Folded, ...]


class Merges(Protocol):
    """The log of merges, and what undoing one writes."""

    def get(self, merge_id: str) -> MergeRecord | None:
        """One merge, undone or not; None once its record is gone."""
        ...

    def of(self, parts: Sequence[str]) -> tuple[MergeRecord, ...]:
        """The merges whose primaries these were, the newest first."""
        ...

    def stored(self, ids: Iterable[str]) -> dict[str, Profile]:
        """Profiles as they are stored, those that were merged away too."""
        ...

    def entries_since(self, person: str, number: int) -> tuple[LedgerEntry, ...]:
        """The entries of a profile's own chain after this number whose bodies are still there, in order."""
        ...

    def move(self, moved: Sequence[Moved], addresses: Sequence[tuple[str, str]]) -> None:
        """Put events into the partition where they belong, then take them out of the others; and let addresses (by
        id) lead to who holds them.

        Unconditional and idempotent, and harmless before the parting: until then the partitions of all sides are one
        timeline. A crash leaves some events in two of them, which readers of a timeline know as one.
        """
        ...

    def claim(self, claimed: Sequence[Claimed]) -> None:
        """Let identifiers lead to an absorbed profile: for now, by way of it, still to the person it lives on in.

        Each is guarded by who holds it; raises Conflict if somebody else does by now. Idempotent; a crash leaves some
        of them done, which changes nobody's answer.
        """
        ...

    def append(self, folded: Folded) -> None:
        """Append to the chain of a profile that is merged away, guarded by its version.

        Raises Conflict. A crash after it leaves refusals and permissions that the person has anyway.
        """
        ...

    def part(self, parting: Parting) -> None:
        """One transaction: every side's profile and ledger entries, and the record.

        Guarded by the versions of all sides and by "not undone yet"; raises Conflict if any fails. A crash after it
        leaves nothing to be done.
        """
        ...
