"""How a campaign stands: a pure function of its definition, what people decided about it, and its runs.

draft      switched off, or nobody approved of it as it is now
approved   ready: its next run is planned
running    a run is on its way; or it waits for its triggers
paused     somebody let it stand still
failed     its last run did not begin, or was stopped in the middle
done       no run is to come, or it has ended
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kizuna.core.campaigning.controls import Control, is_approved, needs_approval
from kizuna.core.campaigns import Campaign, OnSchedule, next_run
from kizuna.core.catalog import Catalog
from kizuna.core.ports import Run, RunState


class CampaignState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Standing:
    """The state, why it is that, and the next run of a plan."""

    state: CampaignState
    because: str
    next_run: datetime | None = None


_BROKEN = frozenset({RunState.REFUSED, RunState.STOPPED})


def standing_of(
    campaign: Campaign, control: Control, runs: Sequence[Run], catalog: Catalog, *, now: datetime
) -> Standing:
    """How it stands at a moment. Paused runs are running: that a single run stands still is told of the run."""
    upcoming = upcoming_run(campaign, after=now)
    last = max(runs, key=lambda run: (run.started_at, run.id), default=None)
    if not campaign.enabled:
        return Standing(CampaignState.DRAFT, "disabled")
    if has_ended(campaign, now=now):
        return Standing(CampaignState.DONE, "ended")
    if needs_approval(campaign, catalog.policy.approval) and not is_approved(campaign, control, catalog):
        why = "changed_since_approval" if control.approval else "not_approved"
        return Standing(CampaignState.DRAFT, why, upcoming)
    if control.halt is not None:
        return Standing(CampaignState.PAUSED, "by_hand", upcoming)
    if any(run.state is RunState.RUNNING for run in runs):
        return Standing(CampaignState.RUNNING, "run", upcoming)
    if not isinstance(campaign.trigger, OnSchedule):
        return Standing(CampaignState.RUNNING, "triggers")
    if last is not None and last.state in _BROKEN:
        return Standing(CampaignState.FAILED, last.reason, upcoming)
    if upcoming is None:
        return Standing(CampaignState.DONE, "no_run_left")
    return Standing(CampaignState.APPROVED, "planned", upcoming)


def upcoming_run(campaign: Campaign, *, after: datetime) -> datetime | None:
    """The next run of a campaign that is in force, within its life; None where none is to come."""
    if not campaign.enabled or not isinstance(campaign.trigger, OnSchedule):
        return None
    upcoming = next_run(campaign.trigger, after=after)
    return None if upcoming is None or has_ended(campaign, now=upcoming) else upcoming


def has_ended(campaign: Campaign, *, now: datetime) -> bool:
    return campaign.ends_at is not None and now >= campaign.ends_at
