"""Two messages of one run for one person: decided for two people who, in the middle of it, turned out to be one.

A decision meets the guards of everybody whom a person is known to be. What was decided before a merge has passed
them, so a sender looks once more. Any two senders who look after the merge agree on who goes first, whatever they see
of each other; whoever claims before the merge is seen by all who look after it, for the merge raises the reach
version that a claim is checked against.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from kizuna.core.messages import Message, State, is_in_doubt

_GONE_OUT = frozenset({State.SENDING, State.SENT, State.UNKNOWN})
_WAITING = frozenset({State.PENDING, State.DEFERRED})
_SOON = timedelta(minutes=5)


class Goes(Enum):
    FIRST = auto()
    LATER = auto()  # if the other comes to nothing
    NEVER = auto()


@dataclass(frozen=True, slots=True)
class Standing:
    goes: Goes
    look_again: datetime


def standing_of(message: Message, rivals: Collection[Message], *, now: datetime) -> Standing:
    """Whether a message may go out beside others of its run for the same person.

    Never after one that may have gone out, be it one that waits to be called again under its key: where two of those
    meet, either may have arrived, and its key keeps neither of them from being the second. Of others that wait the
    one decided first goes first.
    """
    waiting = [each for each in rivals if each.state in _WAITING]
    ahead = [each for each in waiting if _order(each) < _order(message)]
    if any(each.state in _GONE_OUT for each in rivals):
        return Standing(Goes.NEVER, now)
    if any(map(is_in_doubt, waiting)):
        return Standing(Goes.NEVER, now)
    if is_in_doubt(message):
        return Standing(Goes.FIRST, now)
    if ahead:
        return Standing(Goes.LATER, max(now, *(each.due_at or now for each in ahead)) + _SOON)
    return Standing(Goes.FIRST, now)


def _order(message: Message) -> tuple[datetime, str]:
    return message.created_at, message.id
