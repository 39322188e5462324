"""What is declared: definitions and keys; and what runs by it: campaigns, their starts, sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog, Change, Documents
    from kizuna.core.quality.freshness import Arrived, Watched
    from kizuna.core.ramp import Wave
    from kizuna.core.sources import Key


class CatalogStore(Protocol):
    """Definitions with versions."""

    def current(self, *, fresh: bool = False) -> Catalog:
        """The catalog in force: at most a few seconds old, and if `fresh`, the very one of this moment."""
        ...

    def documents(self) -> Documents: ...

    def apply(self, changes: Sequence[Change], wanted: Documents, *, now: datetime, actor: str) -> int:
        """Store changed definitions as new versions and put them in force together. Returns the version."""
        ...


class KeyFinder(Protocol):
    """Write keys and the like, by the hash of their secret."""

    def find(self, hashed: str) -> Key | None: ...


class Keys(KeyFinder, Protocol):
    """All keys, for those who make and revoke them."""

    def put(self, key: Key) -> None: ...

    def list(self) -> tuple[Key, ...]: ...


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a scheduled campaign."""

    campaign: str
    id: str
    campaign_version: int
    scheduled_at: datetime
    started_at: datetime
    shards: int
    waves: tuple[Wave, ...] = ()  # of a large run


class Runs(Protocol):
    """Progress of campaign runs."""

    def start(self, run: Run) -> bool:
        """Record that a run began. False if it had begun before: then a second tick changes nothing."""
        ...

    def get(self, campaign: str, run: str) -> Run | None: ...

    def list(self, campaign: str) -> tuple[Run, ...]: ...

    def checkpoint(self, campaign: str, run: str, shard: str) -> str | None:
        """Where a shard stopped, or None at its beginning."""
        ...

    def advance(self, campaign: str, run: str, shard: str, after: str) -> None:
        """Remember how far a shard has come; behind this nothing needs to be decided again."""
        ...


class Arrivals(Protocol):
    """When sources spoke, how much, and how each of them stands."""

    def note(self, source: str, count: int, *, at: datetime) -> None:
        """A source spoke. Counts are added up; the time only moves forward.

        Not guarded against a repeat: the count is for an alarm, and an alarm may be a little early.
        """
        ...

    def arrived(self, source: str, *, now: datetime) -> Arrived:
        """The last arrival of the last weeks, and the counts of this hour and the one before."""
        ...

    def watched(self, source: str) -> Watched | None:
        """How a source stood when it was last looked at."""
        ...

    def mark(self, source: str, watched: Watched, *, before: Watched | None) -> bool:
        """Store how it stands, if it still stood as `before`. False if somebody else was first."""
        ...


class Schedules(Protocol):
    """Starts to come, each of one name at one instant. What has come is no longer armed."""

    def arm(self, name: str, *, at: datetime, payload: Mapping[str, Any]) -> None:
        """Start the campaign function once at an instant; other instants of the name stay armed.

        Arming the same instant again changes nothing, so `payload` has to follow from name and instant.
        """
        ...

    def disarm(self, name: str, *, at: datetime) -> None:
        """Take back the start at this instant, and no other. Disarming what is not armed changes nothing."""
        ...
