"""An experiment as it stands, told in figures: what the command and the API show."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from kizuna.core.campaigns.arms import CampaignExperiment
from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import NotFound
from kizuna.core.experiments.comparing import Compared, value_of
from kizuna.core.experiments.counts import ArmCounts
from kizuna.core.experiments.intervals import Interval
from kizuna.core.experiments.standing import Standing, standing_of
from kizuna.core.experiments.verdict import Counted, Running, Verdict, planned_n, verdict
from kizuna.core.experiments.words import sentences
from kizuna.core.ports import Results, Runs, Trials
from kizuna.core.refusing.repeating import asked_for
from kizuna.usecases.experimenting.judging import counts_now

Body = dict[str, Any]


def experiment_status(
    name: str, trials: Trials, results: Results, runs: Runs, catalog: Catalog, *, now: datetime
) -> Body:
    """How the experiment of a campaign stands. Raises NotFound where it has none, and MixedCurrencies."""
    campaign = catalog.campaigns.get(name)
    if campaign is None:
        raise NotFound(_no_campaign(name, catalog))
    experiment = campaign.experiment
    if experiment is None:
        raise NotFound(f"the campaign {name!r} has no experiment")
    standing = standing_of(experiment, name, trials.current())
    counted = counts_now(campaign, experiment, standing, results, runs, now=now)
    found = verdict(experiment, counted, now=now)
    return {
        "campaign": name,
        "experiment": experiment.fingerprint,
        "metric": experiment.metric,
        "method": experiment.method,
        "plannedPerArm": planned_n(experiment),
        "beganAt": instant_to_text(standing.began_at) if standing.began_at else None,
        "endsAt": instant_to_text(experiment.max_duration.after(standing.began_at))
        if standing.began_at
        else None,
        "arms": [_arm(arm.name, experiment, counted, standing) for arm in experiment.arms],
        "comparisons": [_comparison(each, experiment) for each in found.compared],
        "uneven": found.uneven,
        **_state(found, experiment, standing),
    }


def _no_campaign(name: str, catalog: Catalog) -> str:
    """Who asks for an experiment among a journey's steps is told that its paths are drawn and not judged."""
    journey, _, step = name.partition(".")
    found = catalog.journeys.get(journey)
    if found is not None and any(each.type == "experiment" and step in ("", each.id) for each in found.steps):
        return (
            f"the experiment in the journey {journey!r} draws paths; they are not judged, and have no verdict"
        )
    return f"there is no campaign {asked_for(name)}"


def _state(found: Verdict, experiment: CampaignExperiment, standing: Standing) -> Body:
    """By the decision that was stored where there is one; else by the counts of this moment."""
    outcome = standing.outcome
    if outcome is None:
        state = found.why if isinstance(found, Running) else "about_to_end"
        return {"state": state, "arm": None, "decidedAt": None, "sentence": sentences(found, experiment)}
    return {
        "state": outcome.result,
        "arm": outcome.arm,
        "decidedAt": instant_to_text(outcome.at),
        "sentence": dict(outcome.reason),
    }


def _arm(name: str, experiment: CampaignExperiment, counted: Counted, standing: Standing) -> Body:
    counts = counted.sofar.get(name) or ArmCounts(name)
    shares = standing.shares or experiment.shares
    return {
        "arm": name,
        "share": shares.get(name, 0.0),
        "assigned": counts.assigned,
        "exposed": counts.exposed,
        "settled": (counted.settled.get(name) or ArmCounts(name)).exposed,
        "did": counts.did(experiment.metric) if experiment.is_rate else None,
        "value": value_of(counts, experiment.metric),
        "stoppedAt": instant_to_text(standing.stopped[name]) if name in standing.stopped else None,
    }


def _comparison(each: Compared, experiment: CampaignExperiment) -> Body:
    return {
        "arm": each.arm,
        "control": each.control,
        "value": each.value,
        "controlValue": each.control_value,
        "difference": _interval(each.difference),
        "change": each.change,
        "relative": _interval(each.relative),
        "p": each.p,
        "found": each.is_found(experiment.alpha),
    }


def _interval(interval: Interval) -> list[float | None]:
    """JSON knows nothing infinite: an end that is not known is null."""
    return [each if math.isfinite(each) else None for each in (interval.low, interval.high)]
