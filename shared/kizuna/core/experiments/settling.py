"""What a verdict changes in how an experiment stands: a pure rule, so a look that is repeated changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from kizuna.core.experiments.definition import Experiment
from kizuna.core.experiments.standing import Outcome, Standing
from kizuna.core.experiments.thompson import allocation
from kizuna.core.experiments.verdict import (
    Counted,
    NoWinner,
    Running,
    StoppedByGuardrail,
    Verdict,
    Winner,
    verdict,
)
from kizuna.core.experiments.words import sentences

_WORTH_MOVING = 0.01  # of all people: shares that move by less stay as they are


def settled(experiment: Experiment, standing: Standing, counted: Counted, *, now: datetime) -> Standing:
    """The standing after a look at the counts; the very same object where nothing changes. What was decided once
    stays decided, and an arm that was stopped stays stopped."""
    if standing.outcome is not None:
        return standing
    found = verdict(experiment, counted, now=now)
    stops = found.harmed if "guardrail" in experiment.stop else {}
    after = replace(
        standing,
        began_at=standing.began_at or counted.began_at,
        stopped={**dict.fromkeys(stops, now), **standing.stopped},
        outcome=_outcome(found, experiment, now),
        uneven=isinstance(found, Running) and found.why == "uneven",
        shares=_shares(found, experiment, standing, counted),
    )
    return standing if after == standing else replace(after, version=standing.version + 1)


def _outcome(found: Verdict, experiment: Experiment, now: datetime) -> Outcome | None:
    match found:
        case Running():
            return None
        case Winner(arm=arm):
            return Outcome("winner", arm, now, sentences(found, experiment))
        case NoWinner(arm=arm):
            return Outcome("no_winner", arm, now, sentences(found, experiment))
        case StoppedByGuardrail(arm=arm):
            return Outcome("stopped", arm, now, sentences(found, experiment))
        case _:
            assert_never(found)


def _shares(
    found: Verdict, experiment: Experiment, standing: Standing, counted: Counted
) -> dict[str, float] | None:
    before = dict(standing.shares) if standing.shares is not None else None
    if experiment.method != "thompson" or not isinstance(found, Running):
        return before
    active = [arm for arm in counted.active(experiment) if arm not in found.harmed]
    known = {name: counted.settled[name] for name in active if name in counted.settled}
    if len(known) < len(active) or len(active) < 2:
        return before  # an arm of which nothing is known yet cannot be weighed
    after = allocation(known, experiment.metric)
    moves = max(abs(after[name] - (before or experiment.shares).get(name, 0.0)) for name in after)
    return after if moves >= _WORTH_MOVING else before
