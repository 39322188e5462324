"""What may happen to a run. Each has a mark that makes a replay of it recognisable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kizuna.core.durations import instant_to_text
from kizuna.core.events import Event
from kizuna.core.ids import digest
from kizuna.core.journeys.effects import Result
from kizuna.core.timeline import timeline_key


@dataclass(frozen=True, slots=True)
class Began:
    """The run was just made."""


@dataclass(frozen=True, slots=True)
class EventHappened:
    """The person did something, or something was told of them (a message was opened, a task was done)."""

    event: Event


@dataclass(frozen=True, slots=True)
class SegmentChanged:
    """The person entered a segment or left it. `cause` and `at` are those of the change."""

    segment: str
    entered: bool
    cause: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The alarm of the run rang, or may have. One that rings early, or twice, changes nothing."""


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of the todo with this mark."""

    mark: str
    result: Result


@dataclass(frozen=True, slots=True)
class PersonChanged:
    """The person is not who they were.

    merged   with somebody who has an older run of the same key
    erased   or about to be
    looked   something about them changed: exit rules are looked at
    """

    change: Literal["merged", "erased", "looked"]


@dataclass(frozen=True, slots=True)
class Paused:
    """The journey is paused. A run that nobody tells of it finds out when it wants to go on."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The journey goes on."""


@dataclass(frozen=True, slots=True)
class Redefined:
    """The journey has a new version, and the run is to move to it (`version_policy: migrate`)."""


@dataclass(frozen=True, slots=True)
class Removed:
    """Somebody takes the person out. `reason` is a code."""

    reason: str


Occurrence = (
    Began
    | EventHappened
    | SegmentChanged
    | TimePassed
    | Acted
    | PersonChanged
    | Paused
    | Resumed
    | Redefined
    | Removed
)


def mark_of(occurrence: Occurrence) -> str:
    """What an occurrence is remembered by; empty for what the state of the run itself tells to be over."""
    match occurrence:
        case EventHappened(event=event):
            return digest("event", timeline_key(event), length=10)
        case SegmentChanged(segment=segment, entered=entered, cause=cause, at=at):
            return digest("segment", segment, str(entered), cause, instant_to_text(at), length=10)
        case (
            Began()
            | TimePassed()
            | Acted()
            | PersonChanged()
            | Paused()
            | Resumed()
            | Redefined()
            | Removed()
        ):
            return ""


def happened_at(occurrence: Occurrence, *, now: datetime) -> datetime:
    """When it happened: our own clock tells, but for events and segments."""
    match occurrence:
        case EventHappened(event=event):
            return min(event.at, now)
        case SegmentChanged(at=at):
            return min(at, now)
        case _:
            return now
