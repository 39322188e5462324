"""One look at a sample whose size was settled before: the two-proportion z test, and how large the sample must be."""

from __future__ import annotations

import math

from kizuna.core.experiments.distributions import normal_cdf, normal_quantile


def two_proportions_p(did: int, n: int, other_did: int, other_n: int) -> float:
    """How likely two equal rates look at least so different: pooled, two-sided, without correction."""
    if not n or not other_n:
        return 1.0
    pooled = (did + other_did) / (n + other_n)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / other_n))
    if error == 0:
        return 1.0
    return 2 * normal_cdf(-abs(did / n - other_did / other_n) / error)


def sample_size(
    *, baseline: float, mde: float, alpha: float = 0.05, power: float = 0.8, comparisons: int = 1
) -> int:
    """People for each arm, so that a relative change by `mde` from the rate `baseline` is found with this power
    (Fleiss, Levin and Paik 2003, 4.2, without correction). Both are shares: 0.05 and 0.2 for 5 % that become 6 %.

    With several challengers α is divided among them, which is what Holm asks of the first. Raises ValueError where
    the changed rate is none.
    """
    changed = baseline * (1 + mde)
    if not (0 < baseline < 1 and 0 < changed < 1) or mde == 0 or comparisons < 1:
        raise ValueError(f"a rate of {100 * baseline:g} % cannot change by {100 * mde:g} %")
    middle = (baseline + changed) / 2
    error = normal_quantile(1 - alpha / comparisons / 2)
    missed = normal_quantile(power)
    spread = error * math.sqrt(2 * middle * (1 - middle)) + missed * math.sqrt(
        baseline * (1 - baseline) + changed * (1 - changed)
    )
    return math.ceil((spread / (changed - baseline)) ** 2)
