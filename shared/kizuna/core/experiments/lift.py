"""What sending did: those who were told against those who were held out (`rules-spec.md` 6.1).

Both sides are everybody whom the gate would have allowed, whether or not the message arrived or was looked at. Who
was left out was drawn, so that what is different between the sides is the message, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kizuna.core.experiments.comparing import Compared, at_one_look
from kizuna.core.experiments.counts import ArmCounts
from kizuna.core.experiments.definition import Metric
from kizuna.core.experiments.intervals import Interval, bootstrap

ENOUGH = 30  # persons on each side, below which a rate is no more than an anecdote


@dataclass(frozen=True, slots=True)
class Lift:
    """The effect for each person (`compared`), and what that comes to over all who were told: persons, or money."""

    compared: Compared
    more: float
    more_interval: Interval

    @property
    def is_enough(self) -> bool:
        return min(self.compared.n, self.compared.control_n) >= ENOUGH

    @property
    def is_found(self) -> bool:
        """Whether the interval leaves out "no effect"."""
        return not self.compared.difference.holds(0.0)


def lift(told: ArmCounts, held: ArmCounts, metric: Metric = "goal", *, alpha: float = 0.05) -> Lift | None:
    """The lift of a metric; None where a side is empty. Intervals: Newcombe for rates, Welch for money."""
    if not told.exposed or not held.exposed:
        return None
    return _over_all(at_one_look(told, held, metric, alpha=alpha))


def lift_of_values(
    told: Sequence[float], held: Sequence[float], *, seed: int, alpha: float = 0.05
) -> Lift | None:
    """The lift of money where each person's is at hand: the interval is drawn again from the values themselves, which
    holds better than Welch's where few spend much."""
    sides = [
        ArmCounts(arm, len(values), len(values), {}, sum(values), sum(value * value for value in values))
        for arm, values in (("told", told), ("held_out", held))
    ]
    found = lift(sides[0], sides[1], "revenue", alpha=alpha)
    if found is None:
        return None
    compared = found.compared
    interval = bootstrap(told, held, seed=seed, alpha=alpha)
    return _over_all(
        Compared(
            compared.arm,
            compared.control,
            compared.n,
            compared.control_n,
            compared.value,
            compared.control_value,
            interval,
            compared.relative,
            compared.p,
        )
    )


def _over_all(compared: Compared) -> Lift:
    n, interval = compared.n, compared.difference
    more = n * (compared.value - compared.control_value)
    return Lift(compared, more, Interval(n * interval.low, n * interval.high))
