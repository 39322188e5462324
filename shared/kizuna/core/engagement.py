"""The company's rules beside the consent rules: pressure, what counts as live, what is published."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from kizuna.core.attribution.rules import AttributionRules
from kizuna.core.brief.rules import BriefRules
from kizuna.core.canary import Canary
from kizuna.core.clicks.definition import ClickTracking
from kizuna.core.consent.sms_keywords import NO_WORDS, SmsWords
from kizuna.core.content.templates import TemplateChannel
from kizuna.core.costs import CostRules
from kizuna.core.durations import FIRST, Duration
from kizuna.core.experiments.holdout import NO_HOLDOUTS, Holdouts
from kizuna.core.machine_reactions import BotFilter
from kizuna.core.policy import ConsentPolicy, Holidays, beside_the_law
from kizuna.core.preference_center import DoubleOptIn, PreferenceCenter
from kizuna.core.proofs.colleagues import Colleagues
from kizuna.core.quality.tracking_plan import TrackingDefaults
from kizuna.core.restraint.approvals import ApprovalRule
from kizuna.core.restraint.caps import CapExemption, FrequencyCap
from kizuna.core.restraint.depth import PrivacyDepth
from kizuna.core.restraint.exclusions import ProductExclusion
from kizuna.core.restraint.guards import AutoPause, Breakers, Ramp, SendBudget
from kizuna.core.restraint.holds import ToneHold
from kizuna.core.restraint.households import Household
from kizuna.core.restraint.launch_guards import BlastGuard, LaunchGuard
from kizuna.core.restraint.precedence import Precedence
from kizuna.core.restraint.quiet_rules import QuietHours

CalendarName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
PerSecond = Annotated[float, Field(ge=0.01, le=10_000, allow_inf_nan=False)]  # messages a second


class RelationshipDeclaration(BaseModel):
    """What the company can show for the soft opt-in (ePrivacy Art. 13(2)); undeclared means No."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    similar_products: bool = False
    opt_out_offered_at_collection: bool = False


class KillSwitch(BaseModel):
    """Everything but mandatory messages waits: who threw the switch, and why. Take it out of the policy to go on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str = Field(min_length=1)
    why: str = Field(min_length=3, max_length=500)


class EngagementPolicy(BaseModel):
    """The workspace's policy: one document, versioned like every definition."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Literal["policy"] = "policy"
    consent: Annotated[ConsentPolicy, BeforeValidator(beside_the_law)] = ConsentPolicy()
    frequency_caps: tuple[FrequencyCap, ...] = ()
    cap_exemptions: tuple[CapExemption, ...] = ()
    household: Household | None = None  # who shares a home, for caps that count by it
    tone_holds: tuple[ToneHold, ...] = ()
    product_exclusions: tuple[ProductExclusion, ...] = ()
    quiet_hours: tuple[
        QuietHours, ...
    ] = ()  # the company's own, beside those of the law (`consent.quiet_hours`)
    calendars: dict[CalendarName, Holidays] = Field(default_factory=dict)  # days that such hours may ask for
    live_within: Duration = Duration(seconds=86_400)  # older events are history: counted, never a trigger
    consent_categories: dict[str, str] = Field(default_factory=dict)  # SDK consent category → purpose
    relationship: RelationshipDeclaration = RelationshipDeclaration()
    default_language: str = "en"
    kill_switch: bool | KillSwitch = False  # stops everything but mandatory messages
    pace: dict[TemplateChannel, PerSecond] = Field(
        default_factory=dict
    )  # of all workers of a channel together
    auto_pause: AutoPause = AutoPause()  # when a run does more harm than it may
    ramp: Ramp | None = Ramp()  # large runs go out in waves
    approval: ApprovalRule | None = None  # which campaigns a second person has to look at first
    precedence: Precedence | None = None  # which of several messages of a day goes
    launch_guard: LaunchGuard = LaunchGuard()  # for how many people a run may begin
    blast_guard: BlastGuard = BlastGuard()  # when a run for nearly everybody needs a reason
    breakers: Breakers = Breakers()  # when all promotion stops
    send_budget: SendBudget = SendBudget()  # how much money promotion may cost
    costs: CostRules = CostRules()  # what messages cost, and in which currency reports add up
    attribution: AttributionRules = AttributionRules()  # which messages a success is owed to
    bot_filter: BotFilter = BotFilter()  # opens and clicks that no human made
    click_tracking: ClickTracking = ClickTracking()  # nothing, unless it is asked for
    repeat_unknown: bool = True  # transactional and mandatory messages of unknown fate go out once more
    preference_center: PreferenceCenter = PreferenceCenter()  # what people may choose on their own page
    double_opt_in: DoubleOptIn = DoubleOptIn()
    tell_suppressed: bool = False  # put mailboxes that are dead to us on the account's list at SES
    colleagues: Colleagues = Colleagues()  # whom proofs of templates may be sent to
    canary: Canary | None = None  # who unsubscribes every day, to see that the way out leads somewhere
    sms_words: SmsWords = NO_WORDS  # how people here say STOP, START and HELP, beside the words of the law
    publish: tuple[str, ...] = ()  # domain events that other systems get on the bus
    tracking: TrackingDefaults = TrackingDefaults()  # of events that are not as the tracking plan says
    third_party_in_decisions: bool = True  # False: third-party traits choose nobody and stand in no message
    privacy_depth: PrivacyDepth = PrivacyDepth()  # which traits messages may read
    holdout: Holdouts = NO_HOLDOUTS  # people who are sent nothing, to measure what all promotion does
    brief: BriefRules = BriefRules()  # what people are told before they contact somebody
    sunset_after: Duration | None = None  # so long without a sign of life, and a hygiene run names the person

    def pace_of(self, channel: str) -> float | None:
        """How many messages a second all workers of a channel may send together; None: as many as they can."""
        return {str(name): rate for name, rate in self.pace.items()}.get(channel)

    @field_validator("tone_holds", "product_exclusions")
    @classmethod
    def _have_ids_of_their_own(cls, rules: tuple[Any, ...]) -> tuple[Any, ...]:
        ids = [rule.id for rule in rules]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise ValueError(f"more than one is called {', '.join(twice)}")
        return rules

    @field_validator("sunset_after")
    @classmethod
    def _can_be_known(cls, sunset_after: Duration | None) -> Duration | None:
        if sunset_after is not None and sunset_after.after(FIRST) > Duration(months=13).after(FIRST):
            raise ValueError(
                "at most 13mo: what happened before that is forgotten, so nobody could say who was silent"
            )
        return sunset_after

    def days_of(self, calendar: str) -> frozenset[date] | None:
        """The days of a calendar of the workspace, or the holidays of a country by its code; None: there is none."""
        return self.calendars.get(calendar, self.consent.holidays.get(calendar))

    @property
    def counted_caps(self) -> tuple[FrequencyCap, ...]:
        """All caps for which messages have to be counted: the company's, and those that people may choose."""
        return (*self.frequency_caps, *(choice.cap for choice in self.preference_center.frequencies))
