"""Starts a run of a scheduled campaign at its time, and arms the next.

A run whose audience is a segment that a backfill is still filling waits: who is not in yet would hear nothing. It is
tried again every two minutes, and once its messages would be too late anyway it begins all the same, so that the
report shows what was missed. Whom a segment excludes needs no wait: each decision sees the person by the definitions
in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kizuna.core.campaigns import Campaign, OnSchedule, next_run, scheduled_run_id
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AudienceShard, StartRun
from kizuna.core.durations import instant_to_text
from kizuna.core.ports import Backfills, People, Queues, Run, Runs, Schedules
from kizuna.core.ramp import Wave, waves_of
from kizuna.core.segments.backfill import next_backfill
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.backfill import progress_of

TRY_AGAIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Planner:
    runs: Runs
    queues: Queues
    schedules: Schedules
    backfills: Backfills
    people: People | None = None  # to see whether a run is large; without it none is


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that did not begin, for these segments of its audience are still being filled."""

    segments: frozenset[str]
    share: float  # of all people, looked at so far
    again_at: datetime | None  # None: whoever started it by hand starts it again


def start_run(
    start: StartRun, on: Planner, catalog: Catalog, *, now: datetime, by_hand: bool = False
) -> Run | Waiting | None:
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
    waiting = _waiting(campaign, run, on, catalog, now=now, by_hand=by_hand)
    if waiting is not None:
        return waiting
    run = replace(run, waves=_waves(campaign, run, on, catalog, now=now))
    if not on.runs.start(run):
        run = on.runs.get(campaign.id, run.id) or run
    on.queues.send(Queue.AUDIENCE, [shard.model_dump(mode="json") for shard in shards_of(campaign, run)])
    return run


def _waves(campaign: Campaign, run: Run, on: Planner, catalog: Catalog, *, now: datetime) -> tuple[Wave, ...]:
    """The waves of a large promotional run. What counts is stored with the run as it begins, and nothing after."""
    ramp = catalog.policy.ramp
    if ramp is None or on.people is None or campaign.category != "marketing" or campaign.audience is None:
        return ()
    people = sum(_about(segment, on.people) for segment in campaign.audience.segments)
    paces = [pace for pace in map(catalog.policy.pace_of, campaign.reaches_by) if pace is not None]
    return waves_of(
        ramp,
        people,
        per_second=min(paces, default=None),
        begins=now,
        too_late=campaign.expires_after.after(run.scheduled_at),
    )


def _about(segment: str, people: People) -> int:
    """How many people a segment has, by one shard of it: they are spread by a hash, so all are about as full."""
    return SEGMENT_SHARDS * people.member_count(segment, 0)


def _waiting(
    campaign: Campaign, run: Run, on: Planner, catalog: Catalog, *, now: datetime, by_hand: bool
) -> Waiting | None:
    """What keeps a run from beginning now, its next try armed. Arming twice is arming once.

    The try has a name of its own: the campaign's next run may be armed for the very same instant.
    """
    progress = progress_of(on.backfills)
    wanted = next_backfill(catalog, progress, now=now)  # one that whoever applied it did not live to begin
    incomplete = wanted.moving if wanted else progress.waiting_for if progress else frozenset()
    missing = incomplete & frozenset(campaign.audience.segments if campaign.audience else ())
    is_begun = on.runs.get(campaign.id, run.id) is not None
    if not missing or is_begun or now >= campaign.expires_after.after(run.scheduled_at):
        return None
    share = progress.share if progress and not wanted else 0.0
    if by_hand:
        return Waiting(missing, share, None)
    again_at = now + TRY_AGAIN
    payload = {"campaign": campaign.id, "at": instant_to_text(run.scheduled_at)}
    on.schedules.arm(f"{campaign.id}.{run.id}", at=again_at, payload=payload)
    return Waiting(missing, share, again_at)


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
