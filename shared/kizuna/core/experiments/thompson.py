"""Thompson allocation: each arm gets as many people as it is likely to be the best (Thompson 1933).

Batch by batch: the shares are worked out from the counts as they stand, stored as a version, and hold until the next.
So who decides about a person needs no random number, and a replay gives the same arm. Only people whose time to do
something is over are counted: an arm that grows has many fresh ones, and would look worse than it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import accumulate

from kizuna.core.experiments.counts import ArmCounts
from kizuna.core.experiments.distributions import log_beta

EXPLORED = 0.1  # of all people, spread evenly over the arms: so that what changes is noticed
_PLACES = 4_000
_REACH = 9.0  # standard deviations on each side of the means


def chances_of_best(posteriors: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """For each arm, by the parameters of its beta posterior, how likely its rate is the highest. Summed over all
    rates that matter: no draw, the same every time."""
    means = {name: a / (a + b) for name, (a, b) in posteriors.items()}
    spreads = {name: math.sqrt(a * b / (a + b + 1)) / (a + b) for name, (a, b) in posteriors.items()}
    low = max(1e-12, min(means[name] - _REACH * spreads[name] for name in means))
    high = min(1 - 1e-12, max(means[name] + _REACH * spreads[name] for name in means))
    step = (high - low) / _PLACES
    places = [low + (number + 0.5) * step for number in range(_PLACES)]
    densities = {name: _density(places, a, b, step) for name, (a, b) in posteriors.items()}
    below = {
        name: [total - own / 2 for total, own in zip(accumulate(density), density, strict=True)]
        for name, density in densities.items()
    }
    found = {}
    for name, density in densities.items():
        others = [each for other, each in below.items() if other != name]
        found[name] = math.fsum(
            own * math.prod(each[place] for each in others) for place, own in enumerate(density)
        )
    whole = math.fsum(found.values())
    return {name: chance / whole for name, chance in found.items()}


def _density(places: list[float], a: float, b: float, step: float) -> list[float]:
    """The chance of each place; they sum to 1."""
    whole = log_beta(a, b)
    density = [step * math.exp((a - 1) * math.log(x) + (b - 1) * math.log1p(-x) - whole) for x in places]
    total = math.fsum(density)
    return [each / total for each in density]


def posterior(counts: ArmCounts, metric: str) -> tuple[float, float]:
    """Of an arm's rate, after a flat prior."""
    did = counts.did(metric)
    return 1.0 + did, 1.0 + counts.exposed - did


def allocation(counts: Mapping[str, ArmCounts], metric: str) -> dict[str, float]:
    """The share of people that each arm is to have from now on."""
    chances = chances_of_best({name: posterior(each, metric) for name, each in counts.items()})
    even = EXPLORED / len(chances)
    return {name: round((1 - EXPLORED) * chance + even, 4) for name, chance in chances.items()}
