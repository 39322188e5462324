"""Shares with what they are shares of: no rate is shown without its denominator, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

from kizuna.core.experiments.intervals import Interval, wilson

FEW = 30  # a rate of fewer is greyed: it says next to nothing


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def is_grey(self) -> bool:
        """Whether it is of too few to say anything."""
        return self.whole < FEW

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval (Wilson); None where there is none, or where the part is no part of the whole."""
        return wilson(self.part, self.whole) if self.whole and 0 <= self.part <= self.whole else None
