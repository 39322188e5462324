"""Random numbers for simulations, by the standard library: the same for a seed, and fast."""

from __future__ import annotations

import math
from random import Random


def binomial(random: Random, n: int, p: float) -> int:
    """How many of n succeed, by the gaps between successes: as much work as there are successes."""
    if p <= 0:
        return 0
    if p > 0.5:
        return n - binomial(random, n, 1 - p)
    found, place, log_q = 0, 0, math.log1p(-p)
    while True:
        place += 1 + int(math.log(1 - random.random()) / log_q)
        if place > n:
            return found
        found += 1
