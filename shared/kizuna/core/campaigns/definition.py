"""A campaign: who, why, what, when. Scheduled for an audience, or triggered by an event or a segment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from kizuna.core.campaigns.arms import CampaignExperiment
from kizuna.core.campaigns.audience import Audience
from kizuna.core.campaigns.base import CAMPAIGN_ID, SLUG, Definition
from kizuna.core.campaigns.channels import Channels
from kizuna.core.campaigns.goals import MOST_GOALS, Goal
from kizuna.core.campaigns.intent import Answer, IntentCard
from kizuna.core.campaigns.limits import CampaignBudget, PerSecond
from kizuna.core.campaigns.schedules import BEGINNING, OnSchedule, next_run
from kizuna.core.campaigns.send_time import AtOnce, SendTime
from kizuna.core.campaigns.triggers import OnAsked, OnDigest, OnEvent, OnJourney, Trigger
from kizuna.core.conditions import Condition
from kizuna.core.conditions.properties import asks_place
from kizuna.core.content.parts import OneLine
from kizuna.core.content.templates import TemplateChannel
from kizuna.core.durations import FIRST, Duration
from kizuna.core.experiments.holdout import Holdout
from kizuna.core.messages import Category
from kizuna.core.restraint.caps import FrequencyCap
from kizuna.core.restraint.quiet_rules import QuietHours

# That of a step of a journey is made of two names of a hundred characters.
CampaignName = Annotated[str, Field(min_length=1, max_length=202), OneLine]
OverrideReason = Literal[""] | Annotated[Answer, Field(max_length=500)]


class Campaign(Definition):
    """One campaign as it stands in the workspace. Without goal and intent card it is refused."""

    id: str = Field(pattern=CAMPAIGN_ID)
    name: CampaignName
    goal: Goal
    further_goals: tuple[Goal, ...] = Field(default=(), max_length=MOST_GOALS - 1)
    intent_card: IntentCard
    brand: str
    topic: str
    products: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(
        default=(), max_length=20
    )
    tags: tuple[Annotated[str, Field(pattern=SLUG)], ...] = Field(default=(), max_length=20)
    category: Category = "marketing"
    transactional_basis: str = ""
    trigger: Trigger = Field(discriminator="type")
    audience: Audience | None = None
    when: Condition | None = None
    channel: TemplateChannel | None = None
    template: str | None = None
    channels: Channels | None = None
    templates: dict[TemplateChannel, str] = Field(default_factory=dict)
    send_time: SendTime = AtOnce()  # when each person hears it, once it is decided that they may
    expires_after: Duration = Duration(seconds=2 * 86_400)  # after the moment that is meant
    quiet_hours: QuietHours | None = None  # beside those of the workspace, and those of the law
    send_windows: QuietHours | None = None  # and beside these: hours in which it is heard
    caps: tuple[FrequencyCap, ...] = Field(
        default=(), max_length=5
    )  # of its own messages, beside the workspace's
    holdout: Holdout | None = None  # people who are sent nothing, to measure what sending does
    experiment: CampaignExperiment | None = None  # told in several ways, to see which does best
    override_reason: OverrideReason = ""  # why it may go to nearly everybody (blast_guard)
    priority: Annotated[int, Field(ge=0, le=100)] = (
        50  # where campaigns meet on one person, the higher goes first
    )
    budget: CampaignBudget | None = None  # of one run
    throttle: PerSecond | None = None  # messages a second, of all workers together
    ends_at: AwareDatetime | None = None  # nothing of it begins, is triggered or goes out from then on
    enabled: bool = True

    @model_validator(mode="after")
    def _is_made_by_a_journey_or_not(self) -> Campaign:
        if isinstance(self.trigger, OnJourney) != ("." in self.id):
            raise ValueError("an id with a dot is that of a step of a journey, and of nothing else")
        return self

    @model_validator(mode="after")
    def _complete(self) -> Campaign:
        if isinstance(self.trigger, OnSchedule) and self.audience is None:
            raise ValueError("a scheduled campaign needs an audience")
        if self.category == "transactional" and not self.transactional_basis.strip():
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
        several = self.channels is not None and self.channels.choose != "all"
        for key, hours in (("quiet_hours", self.quiet_hours), ("send_windows", self.send_windows)):
            if hours is not None and hours.on_hit == "channel_switch" and not several:
                raise ValueError(f"{key}.on_hit: channel_switch needs channels with choose: first")
        return self

    @model_validator(mode="after")
    def _caps_are_its_own(self) -> Campaign:
        for number, cap in enumerate(self.caps):
            if cap.on_hit == "digest":
                raise ValueError(
                    f"caps.{number}: what is gathered into a digest is told by a cap of the policy"
                )
            mine = (
                {self.id, self.id.partition(".")[0]}
                if isinstance(self.trigger, OnJourney)
                else {None, self.id}
            )
            if cap.campaign not in mine:
                raise ValueError(
                    f"caps.{number}: leave out campaign: a cap of a campaign counts its own messages"
                )
        return self

    @property
    def own_caps(self) -> tuple[FrequencyCap, ...]:
        """Its caps, each counting its own messages only."""
        return tuple(
            cap if cap.campaign else cap.model_copy(update={"campaign": self.id}) for cap in self.caps
        )

    @property
    def own_hours(self) -> tuple[QuietHours, ...]:
        """The hours that it keeps of its own."""
        return tuple(hours for hours in (self.quiet_hours, self.send_windows) if hours is not None)

    @model_validator(mode="after")
    def _has_a_moment(self) -> Campaign:
        if isinstance(self.trigger, OnAsked | OnDigest) and not isinstance(self.send_time, AtOnce):
            raise ValueError("send_time: who asked is answered at once, and a digest has waited already")
        if self.ends_at is None:
            return self
        if isinstance(self.trigger, OnAsked):
            raise ValueError("ends_at: who asks is answered, whenever they ask")
        plan = self.trigger if isinstance(self.trigger, OnSchedule) else None
        first = next_run(plan, after=BEGINNING) if plan else None
        if first is not None and first >= self.ends_at:
            raise ValueError("ends_at is before the first run")
        return self

    @model_validator(mode="after")
    def _goals_have_names(self) -> Campaign:
        names = [goal.name for goal in self.goals]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"two goals are called {twice[0]!r}; give each of further_goals a name of its own"
            )
        return self

    @property
    def goals(self) -> tuple[Goal, ...]:
        """All that counts as its success; the first is the one by which it is judged."""
        return (self.goal, *self.further_goals)

    @property
    def acts_on_place(self) -> bool:
        """Whether it is set off by where somebody's device is: by a geofence."""
        if isinstance(self.trigger, OnJourney):
            return self.trigger.by_place
        return isinstance(self.trigger, OnEvent) and asks_place(self.trigger.where)

    @property
    def reaches_by(self) -> tuple[TemplateChannel, ...]:
        """Its channels, the first that is looked at first."""
        if self.channels is not None:
            return self.channels.order
        return () if self.channel is None else (self.channel,)

    def template_on_own(self, channel: str) -> str:
        """The template on one of its own channels; empty for any other channel."""
        return self.template_on(channel) if channel in self.reaches_by else ""

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
