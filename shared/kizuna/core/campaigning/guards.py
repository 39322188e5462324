"""Whether a run may begin, by how many people it is for: nobody, too many, or everybody without a reason.

A refused run is kept with its reason and figures and hands nothing out; the schedule of its campaign goes on. That an
audience is everyone by definition is found when the campaign is saved (`targets.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from kizuna.core.campaigning.targets import needs_targeting
from kizuna.core.campaigns import Campaign
from kizuna.core.restraint.launch_guards import BlastGuard, LaunchGuard


class Refused(StrEnum):
    """Why a run did not begin."""

    NOT_APPROVED = "not_approved"
    PAUSED = "paused"
    EMPTY_AUDIENCE = "empty_audience"
    AUDIENCE_OVER_LIMIT = "audience_over_limit"
    AUDIENCE_GREW = "audience_grew"
    BLAST = "blast"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A code, and the figures in words."""

    reason: Refused
    told: str


@dataclass(frozen=True, slots=True)
class Size:
    """How many people, and whether they were counted or estimated."""

    people: int
    is_exact: bool = True

    def __str__(self) -> str:
        return f"{self.people:,}" if self.is_exact else f"about {self.people:,}"


def why_not_launched(
    campaign: Campaign,
    size: Size,
    *,
    last: int | None,
    reachable: Callable[[], Size],
    launch: LaunchGuard,
    blast: BlastGuard,
) -> Refusal | None:
    """Why a run of this size is refused; None if it may begin.

    `last` is the size of the last run that began, None if there was none. `reachable` counts whom promotion could
    reach; it is asked only where that decides.
    """
    if size.people == 0:
        return Refusal(Refused.EMPTY_AUDIENCE, "nobody is in the audience")
    if launch.at_most is not None and size.people > launch.at_most:
        told = f"{size} people are in the audience, launch_guard.at_most is {launch.at_most:,}"
        return Refusal(Refused.AUDIENCE_OVER_LIMIT, told)
    if _grew(size, last, launch):
        told = (
            f"{size} people are in the audience, {last or 0:,} were in the last run;"
            f" launch_guard.grows_at_most is {launch.grows_at_most:g} times"
        )
        return Refusal(Refused.AUDIENCE_GREW, told)
    return why_a_blast(campaign, size, reachable=reachable, blast=blast)


def _grew(size: Size, last: int | None, launch: LaunchGuard) -> bool:
    if last is None or launch.grows_at_most is None or size.people < launch.small:
        return False
    return size.people > launch.grows_at_most * max(last, 1)


def why_a_blast(
    campaign: Campaign, size: Size, *, reachable: Callable[[], Size], blast: BlastGuard
) -> Refusal | None:
    """Why a run is for too large a part of all whom we can reach; None if it is not, or somebody answered for it."""
    if not needs_targeting(campaign) or campaign.override_reason or size.people < blast.small:
        return None
    everybody = reachable()
    if size.people <= blast.share * everybody.people:
        return None
    told = (
        f"{size} people are in the audience, {everybody} can be reached at all;"
        f" more than {blast.share:.0%} needs override_reason on the campaign"
    )
    return Refusal(Refused.BLAST, told)
