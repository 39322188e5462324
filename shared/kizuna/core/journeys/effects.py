"""What a run asks the world to do, and what it hears of it.

Each is done under the mark of its `Todo`: doing it twice must do nothing more, and give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from kizuna.core.durations import Duration
from kizuna.core.messages import State

# ── what is to be done ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Tell:
    """Ask the gate about the message of a step, and send it if it may be sent.

    `campaign` is the step as everything behind it knows it (`<journey>.<step>`), `occasion` the step of the message
    id. Nothing of it goes out at or after `ends_at`. `held_out`: it is decided and recorded, and never sent.
    """

    campaign: str
    occasion: str
    held_out: bool = False
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Look what became of the messages of this step."""

    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """Change traits of the person, with the journey as their source."""

    set: Mapping[str, Any] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    increment: Mapping[str, float] = field(default_factory=dict)
    append: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Emit:
    """Record an event of this person."""

    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartJourney:
    """Let the person enter another journey, by its own rules of entry."""

    journey: str
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakePlace:
    """Take one of a limited number of places on a branch: `count` of them, for good or in each `per` (UTC)."""

    branch: str
    count: int
    per: Literal["day", "week", "month", ""] = ""  # empty: for good


@dataclass(frozen=True, slots=True)
class TakeSlot:
    """Take the next free moment of a throttle that lets `rate` runs by in each `per`."""

    rate: int
    per: Duration


Effect = Tell | Look | ChangeProfile | Emit | StartJourney | TakePlace | TakeSlot


# ── what is heard of it ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the messages of a step: the best state of them, its reason, and when it is looked at again.

    `until` is when what waits may go out; None if nothing waits. No message at all: there was nothing to say.
    """

    messages: tuple[str, ...]
    state: State | None
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """It is done, and there is nothing to tell of it. `note` goes into the path."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """Whether there was a place left."""

    granted: bool


@dataclass(frozen=True, slots=True)
class SlotGiven:
    """When the run may go on."""

    at: datetime


@dataclass(frozen=True, slots=True)
class NotDone:
    """It can never be done, whatever is tried again: `reason` is a code."""

    reason: str


Result = Told | Done | Placed | SlotGiven | NotDone
