"""What is counted of an arm: all that the comparison of arms knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ArmCounts:
    """One arm of an experiment, or one side of a holdout. Persons, each once, however many messages they had.

    arm            its name; `held_out` for the side that was sent nothing
    assigned       persons of whom it was decided at all, whatever the answer
    exposed        those of them whom the gate let have the message, now or later: whatever became of it afterwards
    events         persons by what they did within the deadline: a metric (`goal`, `click`, `open`) or a guardrail
                   (`unsubscribe`, `complaint`, `bounce`)
    value_sum      their money in all, in one currency's minor units, and the sum of its squares person by person
    """

    arm: str
    assigned: int = 0
    exposed: int = 0
    events: Mapping[str, int] = field(default_factory=dict)
    value_sum: float = 0.0
    value_squares: float = 0.0

    def did(self, metric: str) -> int:
        """Persons who did what a metric counts."""
        return self.events.get(metric, 0)


HELD_OUT = "held_out"  # the arm's name of those who were sent nothing
