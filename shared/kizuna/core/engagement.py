"""The company's rules beside the consent rules: pressure, what counts as live, what is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from kizuna.core.brief_rules import BriefRules
from kizuna.core.durations import FIRST, Duration
from kizuna.core.policy import ConsentPolicy
from kizuna.core.tracking_plan import TrackingDefaults


class FrequencyCap(BaseModel):
    """At most `count` promotional messages to one person in a rolling window; no channel means all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: str | None = None
    count: int = Field(ge=0)
    window: Duration


class RelationshipDeclaration(BaseModel):
    """What the company can show for the soft opt-in (ePrivacy Art. 13(2)); undeclared means No."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    similar_products: bool = False
    opt_out_offered_at_collection: bool = False


class EngagementPolicy(BaseModel):
    """The workspace's policy: one document, versioned like every definition."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Literal["policy"] = "policy"
    consent: ConsentPolicy = ConsentPolicy()
    frequency_caps: tuple[FrequencyCap, ...] = ()
    live_within: Duration = Duration(seconds=86_400)  # older events are history: counted, never a trigger
    consent_categories: dict[str, str] = Field(default_factory=dict)  # SDK consent category → purpose
    relationship: RelationshipDeclaration = RelationshipDeclaration()
    default_language: str = "en"
    kill_switch: bool = False  # stops everything but mandatory messages
    publish: tuple[str, ...] = ()  # domain events that other systems get on the bus
    tracking: TrackingDefaults = TrackingDefaults()  # of events that are not as the tracking plan says
    third_party_in_decisions: bool = True  # False: third-party traits choose nobody and stand in no message
    brief: BriefRules = BriefRules()  # what people are told before they contact somebody
    sunset_after: Duration | None = None  # so long without a sign of life, and a hygiene run names the person

    @field_validator("sunset_after")
    @classmethod
    def _can_be_known(cls, sunset_after: Duration | None) -> Duration | None:
        if sunset_after is not None and sunset_after.after(FIRST) > Duration(months=13).after(FIRST):
            raise ValueError(
                "at most 13mo: what happened before that is forgotten, so nobody could say who was silent"
            )
        return sunset_after


@dataclass(frozen=True, slots=True)
class Touch:
    """One promotional message to the person that counts for the caps (from PENDING on, UNKNOWN too)."""

    at: datetime
    channel: str
    message: str


@dataclass(frozen=True, slots=True)
class Pressure:
    """What the person has heard of us lately. Guarded by its own version, so that caps are exact."""

    version: int = 0
    touches: tuple[Touch, ...] = ()


def united(own: Pressure, absorbed: Sequence[Pressure]) -> Pressure:
    """The pressure on a person with what the profiles merged into theirs have heard; the version stays the own."""
    touches = {touch.message: touch for pressure in (*absorbed, own) for touch in pressure.touches}
    return Pressure(own.version, tuple(sorted(touches.values(), key=lambda touch: (touch.at, touch.message))))


def until(pressure: Pressure, instant: datetime) -> Pressure:
    """The pressure with what was heard up to an instant only."""
    return Pressure(pressure.version, tuple(touch for touch in pressure.touches if touch.at <= instant))


@dataclass(frozen=True, slots=True)
class CapStanding:
    """How much of the tightest cap is used: the two figures that the gate looks at."""

    sent_in_window: int
    cap: int | None


def cap_standing(
    caps: Sequence[FrequencyCap], pressure: Pressure, *, channel: str, now: datetime, besides: str = ""
) -> CapStanding:
    """The cap that is nearest to its limit for a message on `channel`; `besides` is that message's own id."""
    standings = [
        CapStanding(
            sum(_counts(touch, cap, now) and touch.message != besides for touch in pressure.touches),
            cap.count,
        )
        for cap in caps
        if cap.channel in (None, channel)
    ]
    return min(
        standings, key=lambda found: (found.cap or 0) - found.sent_in_window, default=CapStanding(0, None)
    )


def _counts(touch: Touch, cap: FrequencyCap, now: datetime) -> bool:
    return cap.channel in (None, touch.channel) and touch.at > cap.window.before(now)


def with_touch(pressure: Pressure, touch: Touch, caps: Sequence[FrequencyCap], *, now: datetime) -> Pressure:
    """One more message counted; what no cap can see any more is forgotten."""
    oldest = min((cap.window.before(now) for cap in caps), default=now)
    kept = tuple(known for known in pressure.touches if known.at > oldest and known.message != touch.message)
    return Pressure(pressure.version + 1, (*kept, touch) if caps else ())
