"""Who gets what of a campaign: holdouts first, then the arm of its experiment.

Asked after the audience and before the gate, so that both sides of every comparison are the same kind of people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kizuna.core.campaigns.arms import CampaignArm, as_told
from kizuna.core.campaigns.definition import Campaign
from kizuna.core.experiments.assignment import arm_of
from kizuna.core.experiments.definition import Arm, Experiment, variant_of
from kizuna.core.experiments.holdout import Asked, HeldOut, Holdouts, held_out
from kizuna.core.experiments.standing import Standings, settled_arm, standing_of
from kizuna.core.people import Profile


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one person gets: the campaign as their arm tells it, and whether it is kept from them."""

    campaign: Campaign
    variant: str = ""
    held_out: HeldOut | None = None


def assigned(
    campaign: Campaign, profile: Profile, *, holdouts: Holdouts, standings: Standings, now: datetime
) -> Assignment:
    """What one person gets of a campaign: the same however often it is asked, unless an experiment was decided."""
    kept = left_out(campaign, profile, holdouts, now=now)
    experiment = campaign.experiment
    if kept is not None or experiment is None:
        return Assignment(campaign, held_out=kept)
    arm, is_drawn = drawn(experiment, profile, named=campaign.id, standings=standings)
    variant = variant_of(experiment, arm, after=not is_drawn)
    if not isinstance(arm, CampaignArm):
        raise TypeError("the arms of a campaign's experiment are a campaign's")
    silent = HeldOut("experiment", arm.name) if arm.nothing else None
    return Assignment(as_told(campaign, arm), variant, silent)


def left_out(campaign: Campaign, profile: Profile, holdouts: Holdouts, *, now: datetime) -> HeldOut | None:
    """The holdout that keeps a campaign from a person. What somebody asked for, and what goes together in a digest
    (whose parts were asked about one by one), is kept from nobody."""
    if campaign.trigger.type in ("asked", "digest"):
        return None
    about = Asked(
        "campaign",
        campaign.id,
        campaign.holdout,
        campaign.category,
        campaign.brand,
        campaign.topic,
        campaign.tags,
    )
    return held_out(profile.bucket_id, about, holdouts, now=now)


def drawn(experiment: Experiment, profile: Profile, *, named: str, standings: Standings) -> tuple[Arm, bool]:
    """The arm of a person, and whether it is by the draw: not where the experiment is decided, or their arm was
    stopped because it harmed, and they get the control."""
    standing = standing_of(experiment, named, standings)
    settled = settled_arm(experiment, standing)
    if settled is not None:
        return next((arm for arm in experiment.arms if arm.name == settled), experiment.control), False
    arm = arm_of(experiment, profile, named=named, shares=standing.shares)
    return (experiment.control, False) if arm.name in standing.stopped else (arm, standing.outcome is None)
