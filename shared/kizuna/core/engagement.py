"""The company's rules beside the consent rules: pressure, what counts as live, what is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.durations import Duration
from kizuna.core.policy import ConsentPolicy


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
