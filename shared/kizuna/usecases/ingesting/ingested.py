"""What became of a batch of events."""

from __future__ import annotations

from dataclasses import dataclass

from kizuna.core.events import Event, Violation


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a batch."""

    counted: int = 0
    repeats: int = 0
    created: int = 0
    merged: int = 0
    violations: tuple[Violation, ...] = ()
    left_over: tuple[Event, ...] = ()
    cause: str = ""  # why something was left over
    erased: int = 0  # events dropped, because whom they belong to was erased after they came

    def __add__(self, other: Ingested) -> Ingested:
        return Ingested(
            self.counted + other.counted,
            self.repeats + other.repeats,
            self.created + other.created,
            self.merged + other.merged,
            self.violations + other.violations,
            self.left_over + other.left_over,
            self.cause or other.cause,
            self.erased + other.erased,
        )
