"""The names of a campaign's runs and of the steps in them: the same cause is the same name again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import assert_never

from kizuna.core.campaigns.definition import Campaign
from kizuna.core.campaigns.schedules import OnSchedule
from kizuna.core.campaigns.triggers import OnApi, OnAsked, OnDigest, OnEvent, OnJourney, OnSegment
from kizuna.core.ids import digest


def scheduled_run_id(campaign: Campaign, at: datetime) -> str:
    """The id of the run of a scheduled instant: a second tick of the clock meets the same run."""
    utc = at.astimezone(UTC)
    return utc.strftime("%Y%m%dT%H%MZ" if not utc.second else "%Y%m%dT%H%M%SZ")


TRIGGERED = "triggered"  # the one, never ending run of a triggered campaign


def triggered_step(campaign: Campaign, cause: str) -> str:
    """The step of one person's trigger: `cause` is what set it off, the same again being the same step."""
    match campaign.trigger:
        case OnEvent() | OnSegment() | OnAsked() | OnDigest() | OnJourney() | OnApi():
            return digest("step", campaign.id, cause, length=16)
        case OnSchedule():
            raise ValueError(f"campaign {campaign.id} is not triggered")
        case _:
            assert_never(campaign.trigger)
