"""What the erasure of a person reads, deletes and leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.consent import ConsentEvent
    from kizuna.core.people import Profile
    from kizuna.core.ports.people import IdentityKey
    from kizuna.core.rights.erasure import Erasure
    from kizuna.core.rights.rights import RightsEntry


@dataclass(frozen=True, slots=True)
class Cleared:
    """What one page of a partition held. `more`: there was something, so look again."""

    more: bool
    events: int = 0
    messages: int = 0
    other: int = 0


class Erasures(Protocol):
    """What the erasure of a person reads, deletes and leaves. Each method may be called twice."""

    def stored(self, ids: Iterable[str]) -> dict[str, Profile]:
        """Profiles by id as they are stored, whatever became of them."""
        ...

    def under_way(self, person: str) -> Erasure | None: ...

    def begin(
        self,
        erasure: Erasure,
        profiles: Sequence[Profile],
        *,
        log: RightsEntry | None,
        instead_of: Erasure | None = None,
    ) -> None:
        """Store the profiles (one version on, `erasing`), the erasure and its line in the log, all or nothing.

        Guarded by each profile's version and by "none is under way" (or this one, as it was read). Raises Conflict.
        """
        ...

    def advance(self, erasure: Erasure) -> None:
        """Store how far it has come. Guarded by the version; raises Conflict if somebody else went on with it."""
        ...

    def close(self, erasure: Erasure, log: RightsEntry) -> None: ...

    def mark(self, hashes: Iterable[str], *, at: datetime) -> None: ...

    def suppress(self, erasure: Erasure, kept: Mapping[str, Sequence[ConsentEvent]]) -> None: ...

    def lift(self, hashes: Iterable[str], log: RightsEntry) -> None: ...

    def log(self, entry: RightsEntry) -> None: ...

    def entries(self, *, kind: str | None = None) -> Iterable[RightsEntry]:
        """The log of rights, oldest first."""
        ...

    def raise_reach(self, persons: Iterable[str]) -> None: ...

    def disown(self, identities: Iterable[IdentityKey], parts: Sequence[str]) -> int:
        """Take these identifiers from whichever part holds them; returns how many were there."""
        ...

    def forget_holders(self, address_ids: Iterable[str], parts: Sequence[str]) -> None: ...

    def leave_segments(self, segments: Iterable[str], parts: Sequence[str]) -> None: ...

    def forget_merges(self, others: Iterable[str], parts: Sequence[str]) -> None:
        """Delete what lies beside others about merges with these parts that were undone."""
        ...

    def clear(self, part: str, parts: Sequence[str]) -> Cleared:
        """Delete one page of a part's partition, and what only it leads to."""
        ...

    def redact(self, part: str, proof: Callable[[ConsentEvent], Mapping[str, Any]]) -> int:
        """Put a proof in the place of each body of a part's consent events; the chain stays as it is."""
        ...

    def bury(self, tombstone: Profile) -> None:
        """Store it in the place of the profile one version before. Raises Conflict."""
        ...

    def remains(self, part: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """All else that lies in a partition beside profile and timeline: sort key and attributes."""
        ...


class Rows(Protocol):
    """Lines of JSON in objects that were written once: the lake, and the quarantine."""

    def keys(self, prefix: str, *, after: str, limit: int) -> tuple[str, ...]:
        """Up to `limit` objects under a prefix behind `after`, in order."""
        ...

    def lines(self, key: str) -> Iterable[str]:
        """The lines of an object, none if it is gone; one at a time."""
        ...

    def without(self, key: str, is_dropped: Callable[[str], bool]) -> int:
        """Write an object anew without some lines, or delete it if none stays; returns how many went.

        All or nothing: whoever reads meanwhile sees the object as it was, or as it is then.
        """
        ...

    def put(self, key: str, lines: Iterable[str]) -> None:
        """Store an object of these lines."""
        ...
