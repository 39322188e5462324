"""What the rows say, held against the provider's own log. The log is believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kizuna.core.messages import State

_ON_THE_WAY = frozenset({State.PENDING, State.DEFERRED, State.SENDING})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`faults` name messages by their ids. It is right when there are none."""

    intended: int
    states: Mapping[State, int]
    accepted: int  # calls that a provider took
    distinct: int  # messages among them
    faults: tuple[str, ...]

    @property
    def sent(self) -> int:
        return self.states.get(State.SENT, 0)

    @property
    def unknown(self) -> int:
        return self.states.get(State.UNKNOWN, 0)


def judge(rows: Mapping[str, State], accepted: Iterable[str], *, intended: int) -> Verdict:
    """`rows`: each message's state; `accepted`: the message of each call that a provider took, in any order."""
    taken, states = Counter(accepted), Counter(rows.values())
    sent, unknown, distinct = states[State.SENT], states[State.UNKNOWN], len(taken)
    faults = [f"{message} was taken {times} times" for message, times in taken.items() if times > 1]
    faults += [f"{message} was taken and has no row" for message in taken if message not in rows]
    for message, state in rows.items():
        if state is State.SENT and message not in taken:
            faults.append(f"{message} says SENT and was never taken")
        if state not in (State.SENT, State.UNKNOWN) and message in taken:
            faults.append(f"{message} says {state} and was taken")
        if state in _ON_THE_WAY:
            faults.append(f"{message} has not come to an end: {state}")
    if sum(states.values()) != intended:
        faults.append(f"{intended} messages were intended, and there are {sum(states.values())}")
    if not sent <= distinct <= sent + unknown:
        faults.append(f"{distinct} were taken: not between SENT {sent} and SENT + UNKNOWN {sent + unknown}")
    return Verdict(intended, dict(states), sum(taken.values()), distinct, tuple(faults))
