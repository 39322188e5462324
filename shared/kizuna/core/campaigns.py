"""A campaign: who, why, what, when. Scheduled for an audience, or triggered by an event or a segment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from kizuna.core.conditions import Condition
from kizuna.core.conditions.properties import EventWhere, asks_place
from kizuna.core.content.templates import TemplateChannel
from kizuna.core.durations import FIRST, Duration
from kizuna.core.ids import digest
from kizuna.core.messages import Category
from kizuna.core.restraint.quiet_rules import QuietHours

_SLUG = r"^[a-z][a-z0-9-]{0,63}$"


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Answer = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10)]
Remark = Annotated[str, StringConstraints(strip_whitespace=True)]


class IntentCard(_Definition):
    """Three questions before anybody is written to (K05); a campaign without an answer to each is refused.

    Besides, why this person, channel and moment, in the words of who planned it (K06): decision records quote them
    beside what the facts say.
    """

    what_is_needed: Answer
    why: Answer
    how_to_ask: Answer
    relevant_because: Remark = ""
    best_channel_because: Remark = ""
    best_time_because: Remark = ""


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


class Channels(_Definition):
    """One message on several channels, in the order in which they are looked at.

    `choose`: `first` sends on the first channel that the gate allows, `all` on each that it allows, where each is a
    contact of its own for the frequency caps. `fallback_after` (with `first`): so long after a message went out that
    shows no sign of having reached anybody, the next channel is tried, and judged anew. `cancel_when`: the sign on
    one channel that lets go of what still waits on the others; a fallback goes by `seen` unless it says otherwise.
    """

    choose: Literal["first", "all"] = "first"
    order: tuple[TemplateChannel, ...] = Field(min_length=2, max_length=8)
    fallback_after: Duration | None = None
    cancel_when: Literal["seen", "delivered"] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Channels:
        if len(set(self.order)) < len(self.order):
            raise ValueError("order names a channel twice")
        if self.fallback_after is not None:
            if self.choose == "all":
                raise ValueError(
                    "fallback_after is for choose: first; with all there is no channel left to try"
                )
            length = self.fallback_after.after(FIRST) - FIRST
            if not timedelta(minutes=1) <= length <= timedelta(days=30):
                raise ValueError("fallback_after is 1m to 30d")
        elif self.choose == "first" and self.cancel_when is not None:
            raise ValueError("cancel_when needs choose: all, or a fallback_after: nothing else ever waits")
        return self

    @property
    def let_go_when(self) -> Literal["seen", "delivered"] | None:
        """The sign on one channel at which the others are let go; None: they never are."""
        return self.cancel_when or ("seen" if self.fallback_after is not None else None)


class OnAsked(_Definition):
    """When the person asked for just this answer, or the law of their country asks for it. Nothing else starts it.

    opt_in       a consent that counts only once it is confirmed by a mailed link (double opt-in)
    preferences  the link to their own page of choices, which is mailed to the address on record
    stop         a STOP by text: its one confirmation, within five minutes (47 CFR 64.1200(a)(12))
    help         HELP by text
    """

    type: Literal["asked"] = "asked"
    for_: Literal["opt_in", "preferences", "stop", "help"] = Field(alias="for")


class OnDigest(_Definition):
    """When a frequency cap held messages back that may go together (`on_hit: digest`), and there is room for one."""

    type: Literal["digest"] = "digest"


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
    trigger: OnSchedule | OnEvent | OnSegment | OnAsked | OnDigest = Field(discriminator="type")
    audience: Audience | None = None
    when: Condition | None = None
    channel: TemplateChannel | None = None
    template: str | None = None
    channels: Channels | None = None
    templates: dict[TemplateChannel, str] = Field(default_factory=dict)
    expires_after: Duration = Duration(seconds=2 * 86_400)
    quiet_hours: QuietHours | None = None  # beside those of the workspace, and those of the law
    enabled: bool = True

    @model_validator(mode="after")
    def _complete(self) -> Campaign:
        if isinstance(self.trigger, OnSchedule) and self.audience is None:
            raise ValueError("a scheduled campaign needs an audience")
        if self.category == "transactional" and not self.transactional_basis:
            raise ValueError("a transactional campaign needs transactional_basis: what the person asked for")
        confirms_stop = isinstance(self.trigger, OnAsked) and self.trigger.for_ == "stop"
        if confirms_stop != (self.category == "opt_out_confirmation"):
            raise ValueError(
                "opt_out_confirmation is the category of what answers a STOP, and of nothing else"
            )
        if isinstance(self.trigger, OnAsked):
            self._answers(self.trigger)
        if isinstance(self.trigger, OnDigest) and (self.category != "marketing" or self.channel is None):
            raise ValueError("a digest is promotion (category: marketing) on one channel")
        if isinstance(self.trigger, OnDigest) and (self.audience is not None or self.when is not None):
            raise ValueError("a digest goes to whom its messages were for: it has neither audience nor when")
        return self

    @model_validator(mode="after")
    def _speaks_somewhere(self) -> Campaign:
        if (self.channel is None) == (self.channels is None):
            raise ValueError("give either channel, with its template, or channels, with their templates")
        if self.channels is None:
            if self.template is None or self.templates:
                raise ValueError("a campaign of one channel has one template")
            return self
        if self.template is not None or set(self.templates) != set(self.channels.order):
            raise ValueError("templates names one template for each channel of channels.order, and no other")
        after = self.channels.fallback_after
        if after is not None and after.after(FIRST) >= self.expires_after.after(FIRST):
            raise ValueError("channels.fallback_after ends after the message is too late (expires_after)")
        return self

    @model_validator(mode="after")
    def _has_a_channel_to_switch_to(self) -> Campaign:
        hours = self.quiet_hours
        several = self.channels is not None and self.channels.choose == "first"
        if hours is not None and hours.on_hit == "channel_switch" and not several:
            raise ValueError("quiet_hours.on_hit: channel_switch needs channels with choose: first")
        return self

    @property
    def acts_on_place(self) -> bool:
        """Whether it is set off by where somebody's device is: by a geofence."""
        return isinstance(self.trigger, OnEvent) and asks_place(self.trigger.where)

    @property
    def reaches_by(self) -> tuple[TemplateChannel, ...]:
        """Its channels, the first that is looked at first."""
        if self.channels is not None:
            return self.channels.order
        return () if self.channel is None else (self.channel,)

    def template_on(self, channel: str) -> str:
        """The id of the template that it speaks with on one of its channels."""
        return dict[str, str](self.templates.items()).get(channel) or self.template or ""

    def _answers(self, trigger: OnAsked) -> None:
        """Who asks gets an answer: whoever it is, and nothing that they did not ask for."""
        if trigger.for_ != "stop" and self.category != "transactional":
            raise ValueError("an answer to somebody who asked is transactional")
        if self.audience is not None or self.when is not None:
            raise ValueError("who asks is answered: such a campaign has neither audience nor when")
        channel = "sms" if trigger.for_ in ("stop", "help") else "email"
        if self.channel != channel:
            raise ValueError(f"what is asked for as {trigger.for_} is answered by {channel}")


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
        case OnEvent() | OnSegment() | OnAsked() | OnDigest():
            return digest("step", campaign.id, cause, length=16)
        case OnSchedule():
            raise ValueError(f"campaign {campaign.id} is not triggered")
        case _:
            assert_never(campaign.trigger)
