"""Models that look at one success alone: which share of it each touch gets. The shares of a success sum to 1.

Touches come the oldest first. Where there is none, nobody gets anything: the success is organic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from kizuna.core.attribution.rules import AttributionRules
from kizuna.core.durations import FIRST

Shares = tuple[float, ...]


def last_touch(times: Sequence[datetime]) -> Shares:
    return tuple(float(number == len(times) - 1) for number in range(len(times)))


def first_touch(times: Sequence[datetime]) -> Shares:
    return tuple(float(number == 0) for number in range(len(times)))


def linear(times: Sequence[datetime]) -> Shares:
    return tuple(1 / len(times) for _ in times)


def time_decay(times: Sequence[datetime], at: datetime, half_life: timedelta) -> Shares:
    """Weights of 2^(−age ÷ half-life). Ages count from the latest touch, so that none comes to nothing."""
    newest = max(times, default=at)
    weights = [2.0 ** -((newest - each) / half_life) for each in times]
    whole = sum(weights)
    return tuple(weight / whole for weight in weights)


def position(times: Sequence[datetime], first: float, last: float) -> Shares:
    """The two ends have shares of their own; what is between them shares the rest. Two of them take it all."""
    number = len(times)
    if number < 3:
        ends = first + last
        if number < 2 or not ends:
            return linear(times)
        return first / ends, last / ends
    between = (1 - first - last) / (number - 2)
    return (first, *([between] * (number - 2)), last)


def models(rules: AttributionRules) -> Mapping[str, Callable[[Sequence[datetime], datetime], Shares]]:
    """Every model of one success, by its name."""
    half_life = rules.half_life.after(FIRST) - FIRST
    return {
        "last_touch": lambda times, at: last_touch(times),
        "first_touch": lambda times, at: first_touch(times),
        "linear": lambda times, at: linear(times),
        "time_decay": lambda times, at: time_decay(times, at, half_life),
        "position": lambda times, at: position(times, rules.first, rules.last),
    }
