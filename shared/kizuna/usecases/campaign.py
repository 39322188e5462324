"""Starts a run of a scheduled campaign at its time, and arms the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kizuna.core.campaigns import Campaign, OnSchedule, next_run, scheduled_run_id
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AudienceShard, StartRun
from kizuna.core.durations import instant_to_text
from kizuna.core.ports import Queues, Run, Runs, Schedules
from kizuna.topology import SEGMENT_SHARDS, Queue


@dataclass(frozen=True, slots=True)
class Planner:
    runs: Runs
    queues: Queues
    schedules: Schedules


def start_run(
    start: StartRun, on: Planner, catalog: Catalog, *, now: datetime, by_hand: bool = False
) -> Run | None:
    """Begin the run of an instant: hand out its audience in shards. None if the campaign is no longer in force, or
    its schedule no longer has that instant (`by_hand` any will do).

    A second tick of the clock hands the same shards out again, which changes nothing: each message is decided
    once, and by the version that the run began with. So a crash between recording the run and handing out leaves
    nobody behind. The next run is armed first: whatever becomes of this one, the campaign goes on.
    """
    campaign = catalog.campaigns.get(start.campaign)
    if campaign is None or not campaign.enabled or not isinstance(campaign.trigger, OnSchedule):
        return None
    if campaign.audience is None:
        return None
    run = Run(
        campaign=campaign.id,
        id=scheduled_run_id(campaign, start.at),
        campaign_version=catalog.version_of("campaign", campaign.id),
        scheduled_at=start.at,
        started_at=now,
        shards=SEGMENT_SHARDS * len(campaign.audience.segments),
    )
    arm(campaign, on.schedules, after=max(now, start.at))
    if not by_hand and not is_due(campaign.trigger, start.at):
        return None  # armed by an older version, and whoever applied the newer one died before disarming it
    if not on.runs.start(run):
        run = on.runs.get(campaign.id, run.id) or run
    on.queues.send(Queue.AUDIENCE, [shard.model_dump(mode="json") for shard in shards_of(campaign, run)])
    return run


def is_due(trigger: OnSchedule, at: datetime) -> bool:
    """Whether a schedule has this instant; they are exact to the second."""
    upcoming = next_run(trigger, after=at - timedelta(seconds=1))
    return upcoming is not None and abs(upcoming - at) < timedelta(seconds=1)


def shards_of(campaign: Campaign, run: Run) -> Sequence[AudienceShard]:
    """The pieces of work that a run consists of."""
    segments = campaign.audience.segments if campaign.audience else ()
    return [
        AudienceShard(
            campaign=campaign.id,
            run=run.id,
            campaign_version=run.campaign_version,
            scheduled_at=run.scheduled_at,
            segment=segment,
            shard=shard,
        )
        for segment in segments
        for shard in range(SEGMENT_SHARDS)
    ]


def arm(campaign: Campaign, schedules: Schedules, *, after: datetime) -> datetime | None:
    """Arm the next run of a scheduled campaign after an instant, and tell it; None if there is none. Idempotent."""
    trigger = campaign.trigger
    upcoming = (
        next_run(trigger, after=after) if campaign.enabled and isinstance(trigger, OnSchedule) else None
    )
    if upcoming is not None:
        schedules.arm(
            campaign.id, at=upcoming, payload={"campaign": campaign.id, "at": instant_to_text(upcoming)}
        )
    return upcoming
