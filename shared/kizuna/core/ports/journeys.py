"""Runs of journeys: where somebody stands in each, and exact counts of everybody together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.journeys.halts import Halt
    from kizuna.core.journeys.run import JourneyRun


@dataclass(frozen=True, slots=True)
class Walked:
    """All that a person ever walked of one journey, as it was read: the latest run of each key, in every part.

    `version` counts the entries into a journey with keys; it guards the next one (0: none yet).
    """

    runs: tuple[JourneyRun, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class EntryLimit:
    """So many entries at most under one name: `total`, or a day (UTC, `2026-11-22`)."""

    name: str
    most: int


Entered = Literal["entered", "taken", "full"]


class JourneyRuns(Protocol):
    """One run for each person, journey and key; a new entry takes the place of the run that ended before it.

    A run lies in the partition of the person who entered (`run.person`), also when that person lives on in another.
    """

    def walked(self, parts: Sequence[str], journey: str) -> Walked:
        """What a person's parts hold of one journey; `parts` has the living person's own id first."""
        ...

    def enter(
        self,
        run: JourneyRun,
        *,
        walked: Walked,
        has_keys: bool,
        limits: Sequence[EntryLimit] = (),
    ) -> Entered:
        """Store a new run, its counts, and the entry under each limit: all or nothing.

        Guards: the person's own run of this key is still what was read (none, or the very one that ended), where the
        journey has keys nobody entered it meanwhile (so that `max_concurrent` holds under races), and each limit has
        room. What lies in parts that were merged is not guarded: nobody enters there any more.
        `taken`: somebody was faster, or this very entry was stored before; read again. `full`: a limit is reached.
        A crash right after leaves a run that its stream record carries on.
        """
        ...

    def get(self, place: str) -> JourneyRun | None:
        """A run by its place (`place_of`), which is also the id of its alarm."""
        ...

    def of_person(self, parts: Sequence[str]) -> tuple[JourneyRun, ...]:
        """All runs of a person, whatever became of them, the earliest entry first."""
        ...

    def save(self, run: JourneyRun, *, before: JourneyRun) -> bool:
        """Store the next state of a run and count what it moved, in one transaction.

        Guarded by the run's version (and id): False if the stored run is not `before` any more, unless it is `run`
        itself, the answer to whose write was lost. A crash right after leaves a run with its todo, or its alarm.
        """
        ...

    def counts(self, journey: str) -> Mapping[str, Mapping[str, int]]:
        """What was counted of a journey, by day (UTC) and name (`core/journeys/counting.py`)."""
        ...

    def frozen(self, journey: str, shard: int) -> Iterable[str]:
        """Places of runs that met their journey paused and wait for it to go on, in one shard of the alarm index. One
        that has gone on since may be among them for a moment."""
        ...

    def waiting(
        self, journey: str, shard: int, *, after: str = "", limit: int
    ) -> tuple[tuple[str, ...], str]:
        """Places of the runs of a journey that have an alarm, in one shard of the alarm index: those among the next
        `limit` alarms of everybody, and where the next page begins (empty: there is none).

        Whoever has an alarm from the first page to the last is on one of them; who goes on meanwhile may be on none,
        or on two.
        """
        ...

    def take_place(self, journey: str, step: str, *, name: str, most: int, mark: str) -> bool:
        """Take one of so many places under a name (a branch, a branch and its day). One mark takes one place however
        often it asks, and hears the same answer as long as places are free. A crash right after leaves it taken.
        """
        ...


class Halts(Protocol):
    """Journeys that are paused by hand: a small row each, read with each batch of work."""

    def current(self) -> Mapping[str, Halt]:
        """Every journey that is paused, or ever was, as it stands at this very moment."""
        ...

    def save(self, halt: Halt) -> bool:
        """Store a halt whose version is one higher than what was read. False if somebody else was first."""
        ...
