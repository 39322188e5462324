"""What is declared: definitions and keys; and what runs by it: campaigns, their starts, sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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

    def changed_by(self, kind: str, name: str, *, since: datetime | None = None) -> str | None:
        """Who put a definition in force as it stands now; None if nobody ever applied it, or nobody since then."""
        ...

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


class RunState(StrEnum):
    """How far a run has come. `DONE` is that everybody was decided for; messages may still be on their way."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # its campaign was changed or ended in mid-run
    REFUSED = "refused"  # it never began


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a scheduled campaign.

    `people` is how many its audience had as it began (somebody in two segments counts in each), None where nobody
    counted. `reason` is why it was stopped or refused: a code, and words behind a colon.
    """

    campaign: str
    id: str
    campaign_version: int
    scheduled_at: datetime
    started_at: datetime
    shards: int
    waves: tuple[Wave, ...] = ()  # of a large run
    people: int | None = None
    state: RunState = RunState.RUNNING
    reason: str = ""
    ended_at: datetime | None = None
    unramped: bool = False  # large, and yet in no waves: its messages would be too late before the last


@dataclass(frozen=True, slots=True)
class Parts:
    """The pieces of a run: shards that were walked to their end, and pages set aside that are not done yet."""

    shards: int = 0
    aside: tuple[str, ...] = ()


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

    def set_aside(self, campaign: str, run: str, page: str) -> None:
        """Note a page that is done by itself (`finish`). One that is known, done or not, stays as it is."""
        ...

    def finish(self, campaign: str, run: str, part: str) -> None:
        """Note that a shard, or a page that was set aside, is done. Idempotent."""
        ...

    def parts(self, campaign: str, run: str) -> Parts:
        """What is done and what is left, as of this moment: it shows every part that was finished before."""
        ...

    def end(self, campaign: str, run: str, state: RunState, *, reason: str = "", at: datetime) -> bool:
        """Record how a run ended, once: False if it ended before, or never began. One guarded write."""
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
