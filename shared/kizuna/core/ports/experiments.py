"""What is decided of experiments while they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.experiments.standing import Standing, Standings


class Trials(Protocol):
    """The standings of experiments, by campaign and fingerprint."""

    def current(self) -> Standings:
        """As they stand at this very moment."""
        ...

    def save(self, standing: Standing) -> bool:
        """Store a standing whose version is one higher than what was read. False if somebody else was first."""
        ...
