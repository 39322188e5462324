"""What the steps of a journey share: how they name each other, what they ask, and the values that they hand on."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from kizuna.core.campaigns.base import SLUG
from kizuna.core.conditions import Condition
from kizuna.core.conditions.base import Scalar
from kizuna.core.conditions.properties import EventWhere, Path
from kizuna.core.durations import FIRST, Duration
from kizuna.core.journeys.base import Definition
from kizuna.core.zones import zone_named

END = "end"  # in the place of a step's id: here the path is over, and the journey completed
EXIT = "exit"  # there, of a gate: the run leaves

RESERVED = frozenset({END, EXIT, "next"})  # words that no step may be called by

StepId = Annotated[str, Field(pattern=SLUG)]
Reason = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]  # a code, as decision records have them
EventName = Annotated[str, Field(min_length=1, max_length=200)]
PropertyName = Annotated[str, Field(min_length=1, max_length=200)]
TraitName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")]
ContextName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


def zone_problem(name: str | None) -> str | None:
    """Checks the name of a zone that somebody wrote. Raises ValueError."""
    if name is not None and zone_named(name) is None:
        raise ValueError(f"unknown time zone {name!r}")
    return name


ZoneName = Annotated[str, AfterValidator(zone_problem)]


def length_of(duration: Duration) -> timedelta:
    """A duration as a length; of calendar months as long as they are counted from the first of January."""
    return duration.after(FIRST) - FIRST


# ── questions ───────────────────────────────────────────────────────────────────────────────────


class Question(Definition):
    """Asked of a person in a run: `when` of the person, `context` of the values of the run. What is given must hold.

    `context` is a filter as those of events, over `entry` (properties of the event that began the run, or the inputs
    that it was started with), over each `wait_for` by its id (properties of the event that it waited for), and over
    what `set_context` set: `{property: entry.total, op: gte, value: 50}`.
    """

    when: Condition | None = None
    context: EventWhere = None

    @property
    def asks_nothing(self) -> bool:
        return self.when is None and self.context is None


class Case(Question):
    """Where the path goes on if the question holds."""

    next: StepId

    @model_validator(mode="after")
    def _asks_something(self) -> Case:
        if self.asks_nothing:
            raise ValueError("a case asks something: give when, context, or both")
        return self


class ExitRule(Question):
    """When a run leaves, wherever it is: looked at before each step, and whenever the person changes.

    Either a question, or an `event` that passes `where`; with `match_key` only one whose property has the run's key.
    """

    event: EventName | None = None
    where: EventWhere = None
    match_key: PropertyName | None = None
    reason: Reason = "exit_rule"

    @model_validator(mode="after")
    def _one_of_both(self) -> ExitRule:
        if (self.event is None) == self.asks_nothing:
            raise ValueError("give either event, or a question: when, context, or both")
        if self.event is None and (self.where is not None or self.match_key is not None):
            raise ValueError("where and match_key belong to event")
        return self


# ── values ──────────────────────────────────────────────────────────────────────────────────────


class FromContext(Definition):
    """A value of the run, by its path: `{context: entry.order_id}`. Nothing where there is none."""

    context: Path


class FromTrait(Definition):
    """A trait of the person at this moment: `{trait: plan}`. Nothing where there is none."""

    trait: Path


class Now(Definition):
    """The moment of the step, as RFC 3339: `{now: true}`."""

    now: Literal[True]


Value = Scalar | FromContext | FromTrait | Now
ListValue = Value | tuple[Scalar, ...]
Values = Annotated[dict[ContextName, Value], Field(max_length=30)]


# ── moments ─────────────────────────────────────────────────────────────────────────────────────


Weekday = Literal[
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "workdays", "weekend"
]
_DAYS: dict[str, tuple[int, ...]] = {
    "monday": (0,),
    "tuesday": (1,),
    "wednesday": (2,),
    "thursday": (3,),
    "friday": (4,),
    "saturday": (5,),
    "sunday": (6,),
    "workdays": (0, 1, 2, 3, 4),
    "weekend": (5, 6),
}


class LocalMoment(Definition):
    """The next time that it is so late, on one of these weekdays (any, if none is named): strictly later than now.

    By the clock of `zone`, or without one by the person's own; for who has none by that of `default_zone`, or of the
    journey.
    """

    time: Clock
    weekdays: tuple[Weekday, ...] = ()
    zone: ZoneName | None = None
    default_zone: ZoneName | None = None

    @property
    def minute(self) -> int:
        """Minutes since local midnight."""
        return int(self.time[:2]) * 60 + int(self.time[3:])

    @property
    def days(self) -> frozenset[int]:
        """Monday is 0; all seven where none is named."""
        return frozenset(day for name in self.weekdays for day in _DAYS[name]) or frozenset(range(7))


_OFFSET = re.compile(r"([+-]?)([0-9]{1,6}(?:s|m|h|d|w|mo|y))")


class TraitMoment(Definition):
    """A moment that a trait tells, `offset` before (`-3d`) or after it.

    A day is its beginning by the person's own clock, or at `time` of it. With `yearly` the month and day count: the
    next time that they come, strictly later than now (29 February falls on the 28th in other years). Without such a
    trait, or with one that tells no moment, the run leaves (`trait_missing`), or goes on at once.
    """

    trait: Path
    offset: str | None = None
    time: Clock | None = None
    yearly: bool = False
    default_zone: ZoneName | None = None
    if_missing: Literal["exit", "continue"] = "exit"

    @field_validator("offset")
    @classmethod
    def _is_one(cls, value: str | None) -> str | None:
        if value is not None and not _OFFSET.fullmatch(value):
            raise ValueError("an offset is a length with a sign, such as -3d, +2h or 1mo")
        return value

    def shifted(self, moment: datetime, zone: tzinfo = UTC) -> datetime:
        """The moment moved by the offset; months are counted in `zone`."""
        match = _OFFSET.fullmatch(self.offset or "0s")
        if match is None:
            raise ValueError("an offset that was checked")
        length = Duration.parse(match[2])
        return length.before(moment, zone) if match[1] == "-" else length.after(moment, zone)
