"""Simulations and the runs that they foretell, on the same people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from kizuna.core.campaigning.forecast import Followed
from kizuna.core.messages import Message, State
from kizuna.core.people import Profile
from kizuna.usecases.campaigning.simulating import Simulated, Simulator, simulate
from tests.support.builders import NOON
from tests.support.house import House

Outcome = tuple[str, str, str]  # channel, state, reason
Fate = tuple[str, str, str, str, datetime | None]  # person, channel, state, reason, the minute it went out


def simulated(
    house: House,
    campaign: str = "spring",
    *,
    at: datetime = NOON,
    page: int = 7,
    look: Callable[[Profile, Followed], None] = lambda *_: None,
) -> Simulated:
    """A simulation from its first page to its last."""
    on = Simulator(house.people, house.ledger, house.messages, house.runs)
    *_, last = simulate(campaign, on, house.catalog, at=at, page=page, look=look)
    return last.simulated


def fates_foretold(house: House) -> tuple[Simulated, Counter[Fate]]:
    """The simulation, and what becomes of each message by it."""
    found = Counter[Fate]()

    def look(profile: Profile, each: Followed) -> None:
        message = each.message
        went = each.at if message.state is State.SENT else None
        found[profile.id, message.channel, str(message.state), message.reason, went] += 1

    return simulated(house, look=look), found


def fates(house: House, campaign: str = "spring") -> Counter[Fate]:
    """What became of each message of a campaign."""
    return Counter(
        (each.person, each.channel, str(each.state), each.reason, _went_at(each))
        for each in house.messages.stored.values()
        if each.campaign == campaign
    )


def _went_at(message: Message) -> datetime | None:
    return next((line.at for line in message.evidence if line.state is State.SENT), None)


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
