"""Suppression lists: people who get no message of a kind for now, whatever else speaks for one.

They are asked last, after audience and conditions, and before the gate: they can only make a message vanish. Who may
never be written to again is not said here, but in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from kizuna.core.campaigns import Campaign
from kizuna.core.conditions import Condition, evaluate
from kizuna.core.content.templates import TemplateChannel
from kizuna.core.people import Profile
from kizuna.core.segments import view_of


class SuppressionScope(BaseModel):
    """Which messages are meant: all that agree with everything that is said here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brand: str | None = None
    channel: TemplateChannel | None = None
    topic: str | None = None
    product: str | None = None  # one of those that a campaign is about

    def covers(self, campaign: Campaign, *, channel: str | None = None) -> bool:
        """Whether the messages of a campaign are among them: those on one channel, or on any that it has."""
        channels = campaign.reaches_by if channel is None else (channel,)
        return (
            self.brand in (None, campaign.brand)
            and (self.channel is None or self.channel in channels)
            and self.topic in (None, campaign.topic)
            and (self.product is None or self.product in campaign.products)
        )


class Suppression(BaseModel):
    """Who is left in peace, from what, why and until when.

    `static`: the people on a list (`list`); `rule`: those of whom a condition holds (`when`). `applies_to: all` also
    holds back what people asked for; what the law demands is never held back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    kind: Literal["static", "rule"]
    list: str | None = None
    when: Condition | None = None
    scope: SuppressionScope = SuppressionScope()
    reason: str = Field(min_length=3, max_length=500)
    expires_at: AwareDatetime | None = None
    applies_to: Literal["promotional", "all"] = "promotional"

    @model_validator(mode="after")
    def _says_who(self) -> Suppression:
        if (self.kind == "static") != (self.list is not None):
            raise ValueError("a static suppression, and no other, names a `list`")
        if (self.kind == "rule") != (self.when is not None):
            raise ValueError("a rule, and no other, has a condition `when`")
        return self


def suppressed_by(
    profile: Profile,
    campaign: Campaign,
    suppressions: Iterable[Suppression],
    *,
    now: datetime,
    channel: str | None = None,
) -> Suppression | None:
    """The first suppression, by id, that holds a campaign's message to this person back (on this channel), or None.

    `profile` is the record as conditions may see it (`Catalog.decidable`). A list that is over holds nobody back.
    """
    for suppression in sorted(suppressions, key=lambda each: each.id):
        if _concerns(suppression, campaign, channel, now) and _names(suppression, profile, now):
            return suppression
    return None


def _concerns(suppression: Suppression, campaign: Campaign, channel: str | None, now: datetime) -> bool:
    if suppression.expires_at is not None and suppression.expires_at <= now:
        return False
    meant = campaign.category == "marketing" or (
        suppression.applies_to == "all" and campaign.category == "transactional"
    )
    return meant and suppression.scope.covers(campaign, channel=channel)


def _names(suppression: Suppression, profile: Profile, now: datetime) -> bool:
    if suppression.when is not None:
        return evaluate(suppression.when, view_of(profile), now=now).matched
    return suppression.list in profile.on_lists
