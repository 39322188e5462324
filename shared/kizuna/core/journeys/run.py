"""One person's walk through a journey, as it is stored: where it stands, since when, and what it waits for.

                    ┌────────────── Acted ──────────────┐
    begin ──▶ active ── a step has to act: `todo` ──▶ (commit) ──▶ the edge does it
                │                                                    occurrence, alarm
                ├── a step waits ──▶ waiting (`due_at`, an event …) ─────────────┐
                │◀───────────────────────────────────────────────────────────────┘
                └── it ends ──▶ completed · converted · exited · held_out · migrated_out · failed

The row is the outbox: what a step has to do stands in it as `todo` before it is done, under a mark that makes a
second doing harmless. A run that is not over has a `todo`, an alarm (`due_at`), something it listens for, or a pause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kizuna.core.ids import digest
from kizuna.core.journeys.effects import Effect

PATH_KEPT = (8, 40)  # stations: the first, and the newest
MARKS_KEPT = 32  # of occurrences that were applied
KEYLESS = ""  # the key of a run of a journey that knows but one run of a person


class RunState(StrEnum):
    ACTIVE = "active"  # it has something to do
    WAITING = "waiting"
    COMPLETED = "completed"  # it came to an end of the path
    CONVERTED = "converted"  # the goal was reached
    EXITED = "exited"  # an exit step, an exit rule, or what is told in `reason`
    HELD_OUT = "held_out"  # the ghost of somebody held out came to an end of the path
    MIGRATED_OUT = "migrated_out"  # the journey changed, and there was no place for it
    FAILED = "failed"


OVER = frozenset(
    {
        RunState.COMPLETED,
        RunState.CONVERTED,
        RunState.EXITED,
        RunState.HELD_OUT,
        RunState.MIGRATED_OUT,
        RunState.FAILED,
    }
)


@dataclass(frozen=True, slots=True)
class Station:
    """One step that a run came by: when, which, and why it went on as it did (a code, such as `case.2` or
    `timeout`; nothing of the person)."""

    at: datetime
    node: str
    why: str


@dataclass(frozen=True, slots=True)
class Todo:
    """What a run has to do at a step before it may go on. `mark` names it and no other: an `Acted` with another mark
    is about something that is done already."""

    mark: str
    node: str
    visit: int
    effect: Effect
    since: datetime  # when it came to be


@dataclass(frozen=True, slots=True)
class JourneyRun:
    """One run. Every change makes a new `run_version`; it is stored only over the version that was read.

    `person` is the living profile, `bucket_id` what every split goes by. `since` is from when on events count for the
    step it is at: when whatever led there happened. `told` are the messages of that step. A run that is `frozen` has
    met a paused journey: it goes on when the journey does, and till then no alarm is set but for the journey's end.
    """

    id: str
    journey: str
    version: int  # of the journey, by which it walks
    person: str
    bucket_id: str
    key: str  # the order, cart, … that it is about; KEYLESS if it is about none
    entry: int  # the how-manieth run of this person and key, from 1
    state: RunState
    node: str  # where it is, or was when it ended
    entered_at: datetime
    changed_at: datetime
    began_from: datetime  # when what set it off happened: nothing older counts for it
    arrived_at: datetime  # at the node
    since: datetime
    reason: str = ""  # why it ended
    visits: Mapping[str, int] = field(default_factory=dict)  # how often it came to each step
    context: Mapping[str, Any] = field(default_factory=dict)  # values of this run, for branches and templates
    due_at: datetime | None = None  # its alarm
    armed_at: datetime | None = (
        None  # since when the time of a length runs; None: a fixed moment, or no timer
    )
    limit_at: datetime | None = None  # when the time at this step is over, where the alarm may ring earlier
    run_version: int = 1
    applied: tuple[str, ...] = ()  # marks of the last occurrences that changed it
    held_out: bool = False
    frozen: bool = False
    ahead: str = ""  # where it goes on once the journey does, having left the step where it is
    todo: Todo | None = None
    told: tuple[str, ...] = ()
    heard_at: datetime | None = None  # when a message of it last went to the person, or is to go
    path: tuple[Station, ...] = ()
    event_part: str = ""  # where the event lies that set it off …
    event_key: str = ""  # … for templates that tell of it
    is_cut: bool = False  # it was over before its path was: what waits of it is not said (`withdrawing`)
    ended_before: tuple[str, ...] = ()  # how runs of this key ended whose place it took (`standing.Stand`)

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def visit(self) -> int:
        """How often it has been at the step where it is."""
        return self.visits.get(self.node, 0)


def run_id(*, journey: str, bucket_id: str, key: str, entry: int) -> str:
    """The id of a run: whatever sets it off twice meets the same one.

    By the bucket's id, which a merge does not change, of the older side.
    """
    return digest("run", journey, bucket_id, key, str(entry))


def with_station(path: tuple[Station, ...], station: Station) -> tuple[Station, ...]:
    """The path with one more station; of a long one the middle is forgotten."""
    longer = (*path, station)
    first, newest = PATH_KEPT
    return longer if len(longer) <= first + newest else (*longer[:first], *longer[-newest:])


def with_mark(applied: tuple[str, ...], mark: str) -> tuple[str, ...]:
    return (*applied, mark)[-MARKS_KEPT:]
