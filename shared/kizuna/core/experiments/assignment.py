"""Which arm a person is in: a pure function of the experiment's salt and the id that the person had first.

The arms lie one after the other on [0, 1), each as long as its share, and everybody has a place there for good. Where
shares move (Thompson), all but those whose place a border passed over keep their arm.
"""

from __future__ import annotations

from collections.abc import Mapping

from kizuna.core.experiments.definition import Arm, Experiment
from kizuna.core.ids import bucket
from kizuna.core.people import Profile


def arm_of(
    experiment: Experiment, profile: Profile, *, named: str, shares: Mapping[str, float] | None = None
) -> Arm:
    """The arm of a person. `named` is the campaign's id, or `<journey>.<step>`; `shares` are those of an allocation
    in force, in place of the arms' weights."""
    return arm_at(experiment, bucket(salt_of(experiment, named), profile.bucket_id), shares=shares)


def arm_at(experiment: Experiment, place: float, *, shares: Mapping[str, float] | None = None) -> Arm:
    """The arm that has a place of [0, 1)."""
    parts = experiment.shares if shares is None else shares
    until, last = 0.0, experiment.control
    for arm in experiment.arms:
        share = parts.get(arm.name, 0.0)
        if share <= 0:
            continue
        until, last = until + share, arm
        if place < until:
            return arm
    return last  # what rounding leaves behind the last border


def salt_of(experiment: Experiment, named: str) -> str:
    """What people are drawn by: another for every set of arms."""
    return f"experiment:{named}:{experiment.fingerprint}"
