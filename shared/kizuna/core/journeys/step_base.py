"""What all steps of a journey have, and the lengths of time that they may name."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, field_validator

from kizuna.core.durations import Duration
from kizuna.core.journeys.base import Definition
from kizuna.core.journeys.names import Name, name_in
from kizuna.core.journeys.parts import RESERVED, StepId, length_of
from kizuna.core.sentences import Language

SHORTEST_WAIT = timedelta(minutes=1)  # the clock of waits is swept every minute
LONGEST_WAIT = timedelta(days=731)
SHORTEST_TIMEOUT, LONGEST_TIMEOUT = timedelta(minutes=5), timedelta(days=182)
MOST_BRANCHES = 9


class StepBase(Definition):
    """What all steps have."""

    id: StepId
    name: Name | None = None

    def named(self, language: Language = "en") -> str:
        """What a marketer calls it; its id where they call it nothing."""
        return self.id if self.name is None else name_in(self.name, language)

    @field_validator("id")
    @classmethod
    def _is_free(cls, value: str) -> str:
        if value in RESERVED:
            raise ValueError(
                f"{value!r} has a meaning of its own where steps are named: call the step otherwise"
            )
        return value


class Onward(StepBase):
    """A step with a single way on. Without `next` it is the step below."""

    next: StepId | None = None


def within(duration: Duration, shortest: timedelta, longest: timedelta, told: str) -> Duration:
    """The duration, if it is neither shorter nor longer than that. Raises ValueError with what is told."""
    if not shortest <= length_of(duration) <= longest:
        raise ValueError(told)
    return duration


def _timeout_length(duration: Duration) -> Duration:
    return within(duration, SHORTEST_TIMEOUT, LONGEST_TIMEOUT, "a timeout is 5m to 182d")


Timeout = Annotated[Duration, AfterValidator(_timeout_length)]
