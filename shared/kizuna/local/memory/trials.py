"""Standings of experiments in memory."""

from __future__ import annotations

from kizuna.core.experiments.standing import Standing, Standings


class InMemoryTrials:
    """The port `Trials`."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], Standing] = {}

    def current(self) -> Standings:
        return dict(self.stored)

    def save(self, standing: Standing) -> bool:
        before = self.stored.get(standing.key)
        if before == standing:
            return True
        if standing.version != (before.version if before else 0) + 1:
            return False
        self.stored[standing.key] = standing
        return True
