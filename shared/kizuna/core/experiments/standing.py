"""What has been decided of an experiment while it runs: shares, arms that were stopped, and in the end its outcome.

    weights ─▶ shares (Thompson), version by version ─▶ outcome: a winner, none, or the control after a stop

Whoever decides about a person reads it; nobody is moved by it who was decided for before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from kizuna.core.experiments.definition import Experiment

Result = Literal["winner", "no_winner", "stopped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an experiment ended. `arm` won; where none did it is the control. `reason` are sentences by language."""

    result: Result
    arm: str
    at: datetime
    reason: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """One experiment of one campaign, by its fingerprint. `stopped` are arms that harmed, and when."""

    campaign: str
    experiment: str
    version: int = 0
    began_at: datetime | None = None
    shares: Mapping[str, float] | None = None
    stopped: Mapping[str, datetime] = field(default_factory=dict)
    outcome: Outcome | None = None
    uneven: bool = False  # arms did not get the people they should have: no figure of it can be trusted

    @property
    def key(self) -> tuple[str, str]:
        return self.campaign, self.experiment


Standings = Mapping[tuple[str, str], Standing]


def standing_of(experiment: Experiment, campaign: str, standings: Standings) -> Standing:
    """How an experiment stands; as it was planned where nothing was decided yet."""
    fresh = Standing(campaign, experiment.fingerprint)
    return standings.get(fresh.key, fresh)


def settled_arm(experiment: Experiment, standing: Standing) -> str | None:
    """The arm that everybody gets from now on; None while the arms are still drawn."""
    outcome = standing.outcome
    if outcome is None or experiment.winner == "report_only":
        return None
    if outcome.result == "no_winner" and experiment.no_winner == "keep_split":
        return None
    return outcome.arm
