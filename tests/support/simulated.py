"""Simulations and the runs that they foretell, on the same people."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from kizuna.core.messages import State
from kizuna.usecases.campaigning.simulating import Simulated, Simulator, simulate
from tests.support.builders import NOON
from tests.support.house import House

Outcome = tuple[str, str, str]  # channel, state, reason


def simulated(house: House, campaign: str = "spring", *, at: datetime = NOON, page: int = 7) -> Simulated:
    """A simulation from its first page to its last."""
    on = Simulator(house.people, house.ledger, house.messages, house.runs)
    *_, last = simulate(campaign, on, house.catalog, at=at, page=page)
    return last.simulated


def play_to_the_end(house: House, campaign: str = "spring", *, at: datetime = NOON) -> None:
    """The run itself: everything that follows, until nothing waits any more."""
    house.start(campaign, at, now=at)
    house.walk(now=at)
    now = at
    for _ in range(200):
        house.settle(now=now)
        house.send(now=now)
        house.settle(now=now)
        waiting = [
            each.due_at for each in house.messages.stored.values() if each.due_at and not is_over(each.state)
        ]
        if not waiting:
            return
        now = max(now, min(waiting))
        house.ring(now=now)
    raise AssertionError("something waits for ever")


def is_over(state: State) -> bool:
    return state not in (State.PENDING, State.DEFERRED, State.SENDING)


def outcomes(house: House, campaign: str = "spring", run: str = "20261123T1200Z") -> Counter[Outcome]:
    """What became of the messages of a run."""
    return Counter(
        (each.channel, str(each.state), each.reason)
        for each in house.messages.stored.values()
        if (each.campaign, each.run) == (campaign, run)
    )


def sent_at(house: House, campaign: str = "spring") -> Counter[datetime]:
    """The hours in which its messages went out."""
    moments = [
        line.at
        for each in house.messages.stored.values()
        if each.campaign == campaign
        for line in each.evidence
        if line.state is State.SENT
    ]
    return Counter(at.replace(minute=0, second=0, microsecond=0) for at in moments)
