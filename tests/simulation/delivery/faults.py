"""What goes wrong on the way of a message: drawn from a seed by rates, or planned for one call alone.

Every call to a port passes `Faults.call`, which numbers it. There a process may die before or after it, the call may
be refused, its reply may be lost, or the SDK may repeat it by itself.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Protocol, TypeVar

from kizuna.core.errors import Unavailable
from tests.simulation.chaos import Baton, Crash

T = TypeVar("T")


class Kind(StrEnum):
    """What a port's method does."""

    READ = "read"
    WRITE = "write"
    SEND = "send"  # the one call that nobody may repeat


class Fault(StrEnum):
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    REFUSED = "refused"  # throttled, or down: certainly not done
    REPLY_LOST = "reply lost"  # done, and nobody is told
    REPEATED = "repeated"  # done, its reply lost, and done again by the SDK, which tells of the second time
    NEVER_ARRIVED = "never arrived"  # a send that looks like a lost reply, and was not taken


POSSIBLE: dict[Kind, tuple[Fault, ...]] = {
    Kind.READ: (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.REFUSED),
    Kind.WRITE: (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.REFUSED, Fault.REPLY_LOST, Fault.REPEATED),
    Kind.SEND: (
        Fault.CRASH_BEFORE,
        Fault.CRASH_AFTER,
        Fault.REFUSED,
        Fault.REPLY_LOST,
        Fault.NEVER_ARRIVED,
    ),
}


@dataclass(frozen=True, slots=True)
class Rates:
    """How likely each thing is. A crash is drawn before and after every single call to a port."""

    crash: float = 0.01
    lost_reply: float = 0.01
    refused: float = 0.005  # by a store or queue
    throttled: float = 0.05  # by the provider
    delivered_twice: float = 0.05  # a queue record, at once or later
    lost_acknowledgement: float = 0.02  # of a batch that was done
    lost_record: float = 0.002  # of a channel's queue: the sweep is there for it
    lost_wake: float = 0.02  # a word that wakes what a brake held, of one message or of all
    replayed: float = 0.02  # a batch of the stream, later
    event_lost: float = 0.01  # a provider's report
    event_twice: float = 0.02
    event_late: float = 0.05
    event_early: float = 0.10  # before the sender hears of it itself
    asleep: float = 0.005  # a sender that sleeps through its lease, before its call or after it
    rejected: float = 0.003  # by the provider, for good
    bounced: float = 0.01  # for good, or for now; of texts: not delivered, or answered with STOP
    complained: float = 0.0005
    thrown_away: float = 0.002  # by the provider, after it had accepted


USUAL = Rates()  # delivery.md 1, the table
HARSH = Rates(
    crash=0.05,
    lost_reply=0.05,
    refused=0.02,
    throttled=0.30,
    delivered_twice=0.10,
    lost_acknowledgement=0.05,
    lost_wake=0.10,
    event_lost=0.05,
    event_twice=0.10,
    event_late=0.15,
    asleep=0.02,
    rejected=0.01,
    thrown_away=0.01,
)
NOTHING = Rates(*(0.0 for _ in fields(Rates)))


class Plan(Protocol):
    def at(self, number: int, place: str, kind: Kind, weight: float) -> Fault | None:
        """What happens at a call; `weight` is how much of the usual rate counts for this worker."""
        ...


@dataclass(slots=True)
class Drawn:
    """Each fault by its rate."""

    rates: Rates
    chance: random.Random

    def at(self, number: int, place: str, kind: Kind, weight: float) -> Fault | None:
        drawn = self.chance.random() / weight
        rates = self.rates
        refused = rates.throttled if kind is Kind.SEND else rates.refused
        steps: tuple[tuple[float, Fault], ...]
        if kind is Kind.READ:
            steps = ((rates.crash, Fault.CRASH_BEFORE), (rates.crash, Fault.CRASH_AFTER))
        elif kind is Kind.WRITE:
            steps = (
                (rates.crash, Fault.CRASH_BEFORE),
                (rates.crash, Fault.CRASH_AFTER),
                (rates.lost_reply / 2, Fault.REPLY_LOST),
                (rates.lost_reply / 2, Fault.REPEATED),
            )
        else:
            steps = (
                (rates.crash, Fault.CRASH_BEFORE),
                (rates.crash, Fault.CRASH_AFTER),
                (rates.lost_reply, Fault.REPLY_LOST),
                (rates.lost_reply / 2, Fault.NEVER_ARRIVED),
            )
        chances: tuple[tuple[float, Fault], ...] = (*steps, (refused, Fault.REFUSED))
        for rate, fault in chances:
            if drawn < rate:
                return fault
            drawn -= rate
        return None


@dataclass(slots=True)
class Planned:
    """One fault at one call, by its number."""

    number: int
    fault: Fault
    happened: str = ""  # where it was

    def at(self, number: int, place: str, kind: Kind, weight: float) -> Fault | None:
        if number != self.number or self.fault not in POSSIBLE[kind]:
            return None
        self.happened = place
        return self.fault


@dataclass(slots=True)
class Faults:
    """All of one run: what happens at each call, and who moves when several work at once."""

    seed: int
    rates: Rates = USUAL
    plan: Plan | None = None
    told: Counter[tuple[str, str]] = field(default_factory=Counter)  # by place and fault
    passed: Counter[str] = field(default_factory=Counter)
    calls: list[tuple[str, Kind]] = field(default_factory=list)  # in order, where `plan` is not drawn
    calm: bool = False  # nothing more goes wrong
    number: int = 0
    chance: random.Random = field(init=False)
    baton: Baton = field(init=False)
    _is_planned: bool = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"delivery {self.seed}")
        self.baton = Baton(self.chance)
        self._is_planned = self.plan is not None
        if self.plan is None:
            self.plan = Drawn(self.rates, self.chance)

    def next_fault(self, place: str, kind: Kind, weight: float = 1.0) -> Fault | None:
        """The fault of this call, which is counted."""
        self.baton.step()
        self.passed[place] += 1
        if self._is_planned:
            self.calls.append((place, kind))
        number, self.number = self.number, self.number + 1
        if self.plan is None or (self.calm and not self._is_planned):
            return None
        fault = self.plan.at(number, place, kind, weight)
        if fault is not None:
            self.told[place, fault] += 1
        return fault

    def call(self, place: str, kind: Kind, do: Callable[[], T], *, weight: float = 1.0) -> T:
        """Make a call to a store, a queue or anything else that may be repeated."""
        match self.next_fault(place, kind, weight):
            case Fault.CRASH_BEFORE:
                raise Crash(place)
            case Fault.REFUSED:
                raise Unavailable(f"{place}: told to")
            case Fault.CRASH_AFTER:
                do()
                raise Crash(place)
            case Fault.REPLY_LOST:
                do()
                raise Unavailable(f"{place}: the reply was lost")
            case Fault.REPEATED:
                do()
        result = do()
        self.baton.step()
        return result

    def happens(self, what: str, likely: float) -> bool:
        """Whether something else goes wrong, beside the calls."""
        if self.calm or not likely or self.chance.random() >= likely:
            return False
        self.told["on the way", what] += 1
        return True
