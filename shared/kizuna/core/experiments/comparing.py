"""Two sides of a comparison, by counts alone: how they differ, from where to where, and how likely by chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kizuna.core.experiments import fixed, intervals, sequential
from kizuna.core.experiments.counts import ArmCounts
from kizuna.core.experiments.definition import Experiment, Metric
from kizuna.core.experiments.intervals import EVERYTHING, Interval, Mean


@dataclass(frozen=True, slots=True)
class Compared:
    """One arm against the control, or those who were treated against those held out.

    `value` is a rate (0.1 is a tenth), or money for each person in minor units; `difference` and `relative` are
    intervals of value minus control and of the relative change. Everybody counts who was to be told, whether or not
    they were reached or looked (intention to treat).
    """

    arm: str
    control: str
    n: int
    control_n: int
    value: float
    control_value: float
    difference: Interval
    relative: Interval
    p: float

    @property
    def change(self) -> float | None:
        """The relative change as it was seen; None where the control did nothing."""
        return self.value / self.control_value - 1 if self.control_value > 0 else None

    def is_found(self, alpha: float) -> bool:
        return self.p <= alpha


def value_of(counts: ArmCounts, metric: Metric) -> float:
    """The rate, or the money for each person."""
    if not counts.exposed:
        return 0.0
    return (counts.value_sum if metric == "revenue" else counts.did(metric)) / counts.exposed


def money(counts: ArmCounts) -> Mean:
    return Mean.of(counts.exposed, counts.value_sum, counts.value_squares)


def at_one_look(one: ArmCounts, other: ArmCounts, metric: Metric, *, alpha: float = 0.05) -> Compared:
    """Compared once, with counts that are finished: Newcombe and z for rates, Welch for money."""
    if metric == "revenue":
        return _compared(
            one,
            other,
            metric,
            difference=intervals.welch(money(one), money(other), alpha=alpha),
            p=intervals.welch_p(money(one), money(other)),
        )
    sides = one.did(metric), one.exposed, other.did(metric), other.exposed
    return _compared(
        one,
        other,
        metric,
        difference=intervals.newcombe(*sides, alpha=alpha),
        relative=intervals.relative(*sides, alpha=alpha),
        p=fixed.two_proportions_p(*sides),
    )


def at_any_look(one: ArmCounts, other: ArmCounts, experiment: Experiment, *, planned: int) -> Compared:
    """Compared as often as one likes (`sequential`), by the plan of an experiment that both are arms of."""
    alpha, metric = experiment.alpha, experiment.metric
    if metric == "revenue":
        return _compared(
            one,
            other,
            metric,
            difference=sequential.difference(money(one), money(other), planned=planned, alpha=alpha),
            p=sequential.difference_p(money(one), money(other), planned=planned, alpha=alpha),
        )
    shares = experiment.shares
    share = shares[one.arm] / (shares[one.arm] + shares[other.arm])
    change = experiment.mde / 100 if experiment.mde else sequential.USUAL_CHANGE
    did, other_did = one.did(metric), other.did(metric)
    rates = (sequential.rate_as_mean(each.did(metric), each.exposed) for each in (one, other))
    return _compared(
        one,
        other,
        metric,
        difference=sequential.difference(*rates, planned=planned, alpha=alpha),
        relative=sequential.relative(did, other_did, share=share, alpha=alpha, change=change),
        p=sequential.always_valid_p(did, other_did, share=share, change=change),
    )


def with_p(compared: Compared, p: float) -> Compared:
    """The same with an adjusted p value."""
    return replace(compared, p=p)


def _compared(
    one: ArmCounts,
    other: ArmCounts,
    metric: Metric,
    *,
    difference: Interval,
    p: float,
    relative: Interval = EVERYTHING,
) -> Compared:
    return Compared(
        one.arm,
        other.arm,
        one.exposed,
        other.exposed,
        value_of(one, metric),
        value_of(other, metric),
        difference,
        relative,
        p,
    )
