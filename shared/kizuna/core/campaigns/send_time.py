"""When one person is to hear a message, once it is decided that they may (`rules-spec.md` 5.3).

    now         as soon as it is decided
    fixed       at an instant
    local       at a time of day on their own clock
    best_hour   at the hour at which they tend to react, as far as that is known

Chosen for each person when the message is decided; until then it waits in its row, and the gate is asked again when
its time has come.
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, PlainSerializer, field_validator, model_validator

from kizuna.core.campaigns.base import Definition
from kizuna.core.campaigns.schedules import Zone
from kizuna.core.durations import FIRST, Duration
from kizuna.core.policy import OpenWindow, Window

_HOUR = 3_600
_DAY = 24 * _HOUR
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _clock_read(value: object) -> object:
    """A time of day is written HH:MM; other forms of a time are left to be refused."""
    if isinstance(value, str) and len(value) == 5:
        return time.fromisoformat(value)
    if isinstance(value, time):
        return value
    raise ValueError("a local time is written HH:MM, from 00:00 to 23:59")


Clock = Annotated[
    time,
    BeforeValidator(_clock_read, json_schema_input_type=Annotated[str, Field(pattern=_CLOCK)]),
    PlainSerializer(lambda value: f"{value:%H:%M}", return_type=str),
]


class AtOnce(Definition):
    """As soon as it is decided."""

    mode: Literal["now"] = "now"


class AtInstant(Definition):
    """At an instant, the same for everybody; once it is past, at once."""

    mode: Literal["fixed"] = "fixed"
    at: AwareDatetime


class AtLocalTime(Definition):
    """At a time of day on the person's own clock.

    In a planned campaign the day is the same for everybody: the first (of `weekdays`) on which the clocks of the
    schedule's zone show `local_time` at least `lead` after the run. With the usual lead of a day it is still to come
    in every zone; with a shorter one it is over in zones to the east, and there `if_passed` says what happens.
    Outside a plan the day is today where the person is. Who has no known zone goes by `default_zone`, or else by
    the schedule's.
    """

    mode: Literal["local"] = "local"
    local_time: Clock
    weekdays: tuple[Weekday, ...] = ()
    default_zone: Zone | None = None
    if_passed: Literal["next_day", "now", "skip"] = "next_day"
    lead: Duration = Duration(seconds=_DAY)

    @field_validator("weekdays")
    @classmethod
    def _each_once(cls, days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        if len(set(days)) < len(days):
            raise ValueError("weekdays names a day twice")
        return days

    @field_validator("lead")
    @classmethod
    def _is_soon(cls, lead: Duration) -> Duration:
        if lead.months or lead.seconds > 7 * _DAY:
            raise ValueError("lead is 0s to 7d")
        return lead


class AtBestHour(Definition):
    """At the hour of the day (or of the week) at which the person's reactions are most likely.

    Likely by a Beta-binomial estimate: the person's own messages and human opens and clicks on the channel within
    `lookback`, beside `shrinkage` messages as everybody gets them at that hour. `explore` percent of people get an
    hour drawn by a hash instead, or what was never tried would never be learned. Where nothing is known of anybody,
    it is the hour of `fallback`. Sends are spread over the hour.
    """

    mode: Literal["best_hour"] = "best_hour"
    per: Literal["hour", "hour_of_week"] = "hour"
    window: OpenWindow = Window(8 * 60, 21 * 60)
    horizon: Duration = Duration(seconds=_DAY)
    lookback: Duration = Duration(seconds=90 * _DAY)
    shrinkage: Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)] = 20
    explore: Annotated[float, Field(ge=0, le=50, allow_inf_nan=False)] = 5
    fallback: Clock = time(10)
    default_zone: Zone | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> AtBestHour:
        start, end = self.window
        if start % 60 or end % 60 or start >= end:
            raise ValueError("window is a pair of whole hours, such as 08:00 and 21:00")
        if not start <= self.fallback.hour * 60 < end or self.fallback.minute:
            raise ValueError("fallback is a whole hour within the window")
        if self.horizon.months or not _DAY <= self.horizon.seconds <= 7 * _DAY:
            raise ValueError("horizon is 24h to 7d: less may hold no hour of the window")
        length = (self.lookback.after(FIRST) - FIRST).days
        if not 7 <= length <= 400:
            raise ValueError("lookback is 7d to 400d")
        return self


SendTime = Annotated[AtOnce | AtInstant | AtLocalTime | AtBestHour, Field(discriminator="mode")]
