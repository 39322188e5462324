"""Starts a run of a scheduled campaign at its time, and arms the next.

A run whose audience is a segment that a backfill is still filling waits: who is not in yet would hear nothing. It is
tried again every two minutes, and once its messages would be too late anyway it begins all the same, so that the
report shows what was missed. Whom a segment excludes needs no wait: each decision sees the person by the definitions
in force.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kizuna.core.campaigning.guards import Refused, why_not_launched
from kizuna.core.campaigning.states import has_ended, upcoming_run
from kizuna.core.campaigns import Campaign, OnSchedule, next_run, scheduled_run_id
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import StartRun
from kizuna.core.durations import instant_to_text
from kizuna.core.ports import Backfills, Controls, People, Queues, Run, Runs, RunState, Schedules
from kizuna.core.ramp import Wave, waves_of
from kizuna.core.segments.backfill import next_backfill
from kizuna.topology import SEGMENT_SHARDS
from kizuna.usecases.campaigning.controlling import may_speak, stands_still
from kizuna.usecases.campaigning.parts import hand_out
from kizuna.usecases.campaigning.sizes import reachable_people, size_of
from kizuna.usecases.segments.backfill import progress_of

TRY_AGAIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Planner:
    runs: Runs
    queues: Queues
    schedules: Schedules
    backfills: Backfills
    people: People | None = None  # to see how large a run is; without it none is large, and none refused
    controls: Controls | None = None  # what people decided; without it nothing is approved that has to be


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
    its schedule no longer has that instant (`by_hand` any will do). A run that the guards refuse is recorded with
    its reason and hands out nothing (`core/campaigning/guards.py`).

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
    if has_ended(campaign, now=start.at):
        return None
    if not by_hand and not is_due(campaign.trigger, start.at):
        return None  # armed by an older version, and whoever applied the newer one died before disarming it
    known = on.runs.get(campaign.id, run.id)
    if known is None:
        waiting = _waiting(campaign, run, on, catalog, now=now, by_hand=by_hand)
        if waiting is not None:
            return waiting
        run = _permitted(campaign, _sized(campaign, run, on, catalog, now=now), on, catalog, now=now)
        if not on.runs.start(run):
            known = on.runs.get(campaign.id, run.id)
    run = known or run
    if run.state is RunState.RUNNING:
        hand_out(campaign, run, on.queues)
    return run


def _permitted(campaign: Campaign, run: Run, on: Planner, catalog: Catalog, *, now: datetime) -> Run:
    """The run, refused if the campaign stands still by somebody's hand, or lacks an approval that is asked for.

    Refused for good: a run that begins hours late, when somebody looked at last, is another one. It is begun by hand.
    """
    if run.state is not RunState.RUNNING:
        return run
    if stands_still(campaign, on.controls):
        return replace(
            run, state=RunState.REFUSED, reason=f"{Refused.PAUSED}: somebody paused it", ended_at=now
        )
    if may_speak(campaign, on.controls, catalog, people=run.people):
        return run
    told = f"{Refused.NOT_APPROVED}: nobody approved of it as it is; kizuna campaign approve {campaign.id}"
    return replace(run, state=RunState.REFUSED, reason=told, ended_at=now)


def _sized(campaign: Campaign, run: Run, on: Planner, catalog: Catalog, *, now: datetime) -> Run:
    """The run with the size of its audience and what follows from it: its waves, or why it never begins."""
    if on.people is None or campaign.audience is None:
        return run
    people, policy = on.people, catalog.policy
    size = size_of(campaign.audience.segments, people)
    refusal = why_not_launched(
        campaign,
        size,
        last=last_size(campaign.id, on.runs),
        reachable=lambda: reachable_people(people),
        launch=policy.launch_guard,
        blast=policy.blast_guard,
    )
    run = replace(run, people=size.people)
    if refusal is not None:
        told = f"{refusal.reason}: {refusal.told}"
        return replace(run, state=RunState.REFUSED, reason=told, ended_at=now)
    waves = waves_for(campaign, size.people, catalog, scheduled_at=run.scheduled_at, now=now)
    return replace(run, waves=waves, unramped=not waves and needs_waves(campaign, size.people, catalog))


def last_size(campaign: str, runs: Runs) -> int | None:
    """How many people the last run had that began; None if there was none, or nobody counted them."""
    begun = [run for run in runs.list(campaign) if run.state is not RunState.REFUSED and run.people]
    return begun[-1].people if begun else None


def waves_for(
    campaign: Campaign, people: int, catalog: Catalog, *, scheduled_at: datetime, now: datetime
) -> tuple[Wave, ...]:
    """The waves of a large promotional run. What counts is stored with the run as it begins, and nothing after."""
    ramp = catalog.policy.ramp
    if ramp is None or not needs_waves(campaign, people, catalog):
        return ()
    paces = [pace for pace in map(catalog.policy.pace_of, campaign.reaches_by) if pace is not None]
    return waves_of(
        ramp,
        people,
        per_second=min(paces, default=None),
        begins=now,
        too_late=campaign.expires_after.after(scheduled_at),
    )


def needs_waves(campaign: Campaign, people: int, catalog: Catalog) -> bool:
    """Whether a run to so many is promotion, and large."""
    ramp = catalog.policy.ramp
    return ramp is not None and campaign.category == "marketing" and people >= ramp.large


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
    if not missing or now >= campaign.expires_after.after(run.scheduled_at):
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


def arm(campaign: Campaign, schedules: Schedules, *, after: datetime) -> datetime | None:
    """Arm the next run of a scheduled campaign after an instant, and tell it; None if there is none. Idempotent."""
    upcoming = upcoming_run(campaign, after=after)
    if upcoming is not None:
        schedules.arm(
            campaign.id, at=upcoming, payload={"campaign": campaign.id, "at": instant_to_text(upcoming)}
        )
    return upcoming
