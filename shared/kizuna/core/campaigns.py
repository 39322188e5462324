"""A campaign: who, why, what, when. Scheduled for an audience, or triggered by an event or a segment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from kizuna.core.conditions import Condition
from kizuna.core.conditions.properties import EventWhere
from kizuna.core.durations import Duration
from kizuna.core.ids import digest
from kizuna.core.messages import Category

_SLUG = r"^[a-z][a-z0-9-]{0,63}$"


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IntentCard(_Definition):
    """Three questions before anybody is written to, and why this person, channel and moment (K05)."""

    what_is_needed: str = Field(min_length=10)
    why: str = Field(min_length=10)
    how_to_ask: str = Field(min_length=10)
    relevant_because: str = ""
    best_channel_because: str = ""
    best_time_because: str = ""


class Goal(_Definition):
    """What counts as success, and until when after the message."""

    event: str
    within: Duration = Duration(seconds=3 * 86_400)


class Audience(_Definition):
    """The segments whose members are meant, and those whose members are not."""

    segments: tuple[str, ...] = Field(alias="in", min_length=1)
    excluded: tuple[str, ...] = Field(alias="not_in", default=())


class OnSchedule(_Definition):
    """Once at an instant, or again and again by a five-field cron expression in a zone."""

    type: Literal["schedule"] = "schedule"
    cron: str | None = None
    at: AwareDatetime | None = None
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"unknown time zone {value!r}") from error
        return value

    @model_validator(mode="after")
    def _one_of_both(self) -> OnSchedule:
        if (self.cron is None) == (self.at is None):
            raise ValueError("give either cron or at")
        if self.cron is not None:
            _cron(self.cron, datetime(2026, 1, 1, tzinfo=UTC))
        return self


class OnEvent(_Definition):
    """When the person does something."""

    type: Literal["event"] = "event"
    event: str
    where: EventWhere = None


class OnSegment(_Definition):
    """When the person enters a segment."""

    type: Literal["segment"] = "segment"
    segment: str


class Campaign(_Definition):
    """One campaign as it stands in the workspace. Without goal and intent card it is refused."""

    id: str = Field(pattern=_SLUG)
    name: str
    goal: Goal
    intent_card: IntentCard
    brand: str
    topic: str
    products: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(
        default=(), max_length=20
    )
    tags: tuple[Annotated[str, Field(pattern=_SLUG)], ...] = Field(default=(), max_length=20)
    category: Category = "marketing"
    transactional_basis: str = ""
    trigger: OnSchedule | OnEvent | OnSegment = Field(discriminator="type")
    audience: Audience | None = None
    when: Condition | None = None
    channel: Literal["email", "sms", "push"]
    template: str
    expires_after: Duration = Duration(seconds=2 * 86_400)
    enabled: bool = True

    @model_validator(mode="after")
    def _complete(self) -> Campaign:
        if isinstance(self.trigger, OnSchedule) and self.audience is None:
            raise ValueError("a scheduled campaign needs an audience")
        if self.category == "transactional" and not self.transactional_basis:
            raise ValueError("a transactional campaign needs transactional_basis: what the person asked for")
        if self.category == "opt_out_confirmation":
            raise ValueError("opt-out confirmations are not campaigns")
        return self


def next_run(schedule: OnSchedule, *, after: datetime) -> datetime | None:
    """The first instant (UTC) later than `after` at which the schedule is due, or None if it is over.

    A local time that does not exist (spring) starts at the first minute that does; one that exists
    twice (autumn) starts once.
    """
    if schedule.at is not None:
        at = schedule.at.astimezone(UTC)
        return at if at > after else None
    if schedule.cron is None:
        raise ValueError("a schedule has either cron or at")
    return _cron(schedule.cron, after.astimezone(ZoneInfo(schedule.zone)))


def next_run_as_stored(document: Mapping[str, Any], *, after: datetime) -> datetime | None:
    """The next run of a campaign's document; None also if its trigger is no schedule that can be read.

    Nothing but the trigger is looked at: what was stored long ago may be no campaign by the rules of today.
    """
    try:
        schedule = OnSchedule.model_validate(document.get("trigger"))
    except ValidationError:
        return None
    return next_run(schedule, after=after)


def _cron(expression: str, after: datetime) -> datetime | None:
    from cronsim import CronSim, CronSimError

    if len(expression.split()) != 5:
        raise ValueError(f"not a cron expression of five fields: {expression!r}")
    try:
        # In the second pass of an hour that exists twice the first one found may lie in the first pass.
        found = next((due for due in CronSim(expression, after) if due.astimezone(UTC) > after), None)
    except CronSimError as error:
        raise ValueError(f"not a cron expression: {expression!r}") from error
    return None if found is None else found.astimezone(UTC)


def scheduled_run_id(campaign: Campaign, at: datetime) -> str:
    """The id of the run of a scheduled instant: a second tick of the clock meets the same run."""
    utc = at.astimezone(UTC)
    return utc.strftime("%Y%m%dT%H%MZ" if not utc.second else "%Y%m%dT%H%M%SZ")


TRIGGERED = "triggered"  # the one, never ending run of a triggered campaign


def triggered_step(campaign: Campaign, cause: str) -> str:
    """The step of one person's trigger: `cause` is what set it off, the same again being the same step."""
    match campaign.trigger:
        case OnEvent() | OnSegment():
            return digest("step", campaign.id, cause, length=16)
        case OnSchedule():
            raise ValueError(f"campaign {campaign.id} is not triggered")
        case _:
            assert_never(campaign.trigger)
