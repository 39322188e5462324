"""Where a run lies: one place for each person, journey and key. It is also the id of the run's alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kizuna.core.ids import digest

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.journeys.run import JourneyRun


def place_of(run: JourneyRun) -> str:
    """Names no key that came from outside: it is hashed."""
    return f"{run.person}/{run.journey}#{key_mark(run.key)}"


def key_mark(key: str) -> str:
    """A key in the name of a place; a dash for a run that is about none."""
    return digest("journey key", key, length=16) if key else "-"
