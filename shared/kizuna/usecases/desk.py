"""What the management side looks through."""

from __future__ import annotations

from dataclasses import dataclass

from kizuna.core.ports import (
    BrakeStore,
    Counters,
    Halts,
    JourneyRuns,
    Ledger,
    Merges,
    Messages,
    People,
    Results,
    Runs,
)


@dataclass(frozen=True, slots=True)
class Desk:
    """The ports of looking; nothing here is written to."""

    people: People
    ledger: Ledger
    messages: Messages
    counters: Counters
    runs: Runs
    merges: Merges
    brakes: BrakeStore
    results: Results
    journeys: JourneyRuns
    halts: Halts
