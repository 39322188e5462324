"""Looks at running experiments, and settles those whose counts or time say so.

What is decided is told before it is stored, as brakes are: a crash in between leaves it to be told again, and never
decided in silence. Storing is guarded by the version that was read, so of two who look at once one decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from kizuna.core.bus_events import BusEvent, ExperimentDecided, ExperimentWarned
from kizuna.core.campaigns import TRIGGERED, Campaign, OnSchedule
from kizuna.core.campaigns.arms import CampaignExperiment
from kizuna.core.catalog import Catalog
from kizuna.core.experiments.settling import settled
from kizuna.core.experiments.standing import Standing, standing_of
from kizuna.core.experiments.verdict import Counted
from kizuna.core.ports import Bus, Results, Runs, Trials
from kizuna.core.results.arms import counted_of
from kizuna.usecases.outcomes.braking import Told, teller

_BEFORE = timedelta(days=14)  # a run may have begun so long before it reached the first person


@dataclass(frozen=True, slots=True)
class Judge:
    """The ports that judging needs."""

    trials: Trials
    results: Results
    runs: Runs
    bus: Bus


def judge_all(
    on: Judge, catalog: Catalog, *, now: datetime, is_over: Callable[[], bool] = lambda: False
) -> tuple[Standing, ...]:
    """Look at every experiment that is not decided; returns those whose standing changed. What there is no time for,
    or what fails, is looked at again at the next look; one that fails does not hold up the others, but is raised."""
    tested = [(campaign, campaign.experiment) for campaign in catalog.campaigns.values() if campaign.enabled]
    if not any(experiment for _, experiment in tested):
        return ()
    standings = on.trials.current()
    tell = teller(on.bus, catalog.policy)
    changed: list[Standing] = []
    failures: list[Exception] = []
    for campaign, experiment in tested:
        if experiment is None or is_over():
            continue
        standing = standing_of(experiment, campaign.id, standings)
        if standing.outcome is not None:
            continue
        try:
            after = _judged(campaign, experiment, standing, on, tell, now=now)
        except Exception as error:  # whatever it is, the other experiments are looked at
            failures.append(error)
            continue
        changed += [after] if after is not None else []
    if failures:
        raise ExceptionGroup("experiments not judged", failures)
    return tuple(changed)


def _judged(
    campaign: Campaign,
    experiment: CampaignExperiment,
    standing: Standing,
    on: Judge,
    tell: Told,
    *,
    now: datetime,
) -> Standing | None:
    counted = counts_now(campaign, experiment, standing, on.results, on.runs, now=now)
    after = settled(experiment, standing, counted, now=now)
    if after is standing:
        return None
    for event in _news(standing, after, now):
        tell(event)
    return after if on.trials.save(after) else None  # somebody else was first, and has told it


def counts_now(
    campaign: Campaign,
    experiment: CampaignExperiment,
    standing: Standing,
    results: Results,
    runs: Runs,
    *,
    now: datetime,
) -> Counted:
    """The counts of an experiment, over all runs of its campaign. It began when somebody was first seen in it."""
    names = [TRIGGERED]
    if isinstance(campaign.trigger, OnSchedule):
        since = standing.began_at - _BEFORE if standing.began_at else None
        names = [run.id for run in runs.list(campaign.id) if since is None or run.started_at >= since]
    found = [results.sums(campaign.id, name) for name in names]
    counted = counted_of(
        campaign, experiment, found, began_at=standing.began_at, stopped=standing.stopped, now=now
    )
    if counted.began_at is None and any(each.assigned for each in counted.sofar.values()):
        return Counted(counted.sofar, counted.settled, now, counted.stopped)
    return counted


def _news(before: Standing, after: Standing, now: datetime) -> Iterator[BusEvent]:
    campaign, experiment = after.key
    for arm in after.stopped.keys() - before.stopped.keys():
        yield ExperimentWarned(campaign=campaign, experiment=experiment, because="guardrail", arm=arm, at=now)
    if after.uneven and not before.uneven:
        yield ExperimentWarned(campaign=campaign, experiment=experiment, because="uneven", arm="", at=now)
    if after.outcome is not None:
        outcome = after.outcome
        yield ExperimentDecided(
            campaign=campaign,
            experiment=experiment,
            result=outcome.result,
            arm=outcome.arm,
            reason=outcome.reason["en"],
            at=outcome.at,
        )
