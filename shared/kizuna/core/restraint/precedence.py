"""Which of several promotional messages goes to somebody on one day, when not all may: that of the higher priority.

    of a day on the person's own clock   on its way ─▶ waiting, by priority, then first decided ─▶ the first `at_most`

Asked when a message is decided, and again when it has waited (for its send time, quiet hours, room under a cap): then
it yields to a more important one of the same day that was decided meanwhile. What is on its way keeps its place, so
of two that go at once the first is heard; give the less important one a later `send_time`, and rank decides. However
many decide at one moment, no more go: each is stored over the version of the person's pressure that was read before
it was ranked. Caps hold beside this, and know no ranks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.messages import State


class Precedence(BaseModel):
    """At most so many promotional messages to a person on a day of their own; what is outranked is withheld."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_most: Annotated[int, Field(ge=1, le=100)]


@dataclass(frozen=True, slots=True)
class Contender:
    """One message of a person: how much it matters, how it stands, and on which of their days it is heard."""

    message: str
    priority: int
    state: State
    day: date
    decided_at: datetime


_ON_ITS_WAY = frozenset({State.PENDING, State.SENDING, State.SENT, State.UNKNOWN})


def is_outranked(one: Contender, others: Iterable[Contender], rule: Precedence) -> bool:
    """Whether there is no place left for a message on its day, once those before it have theirs."""
    ahead = sum(
        _goes_before(other, one) for other in others if other.message != one.message and other.day == one.day
    )
    return ahead >= rule.at_most


def _goes_before(other: Contender, one: Contender) -> bool:
    if other.state in _ON_ITS_WAY:
        return True
    return other.state is State.DEFERRED and _rank(other) < _rank(one)


def _rank(one: Contender) -> tuple[int, datetime, str]:
    return (-one.priority, one.decided_at, one.message)
