"""The company's rules beside the consent rules: pressure, what counts as live, what is published."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from kizuna.core.brief.rules import BriefRules
from kizuna.core.durations import FIRST, Duration
from kizuna.core.policy import ConsentPolicy
from kizuna.core.quality.tracking_plan import TrackingDefaults
from kizuna.core.restraint.caps import CapExemption, FrequencyCap
from kizuna.core.restraint.exclusions import ProductExclusion
from kizuna.core.restraint.holds import ToneHold


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
    cap_exemptions: tuple[CapExemption, ...] = ()
    tone_holds: tuple[ToneHold, ...] = ()
    product_exclusions: tuple[ProductExclusion, ...] = ()
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
