"""Staff, while a run is under way: somebody pauses it, or the whole campaign, and answers for it to go on, stops all
promotion and releases it, or switches the campaign off or changes it. What is done, and when, follows from the seed;
one thing after the other.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kizuna.core.restraint.brakes import AccountBrake, RunBrake
from kizuna.local.memory.brakes import InMemoryBrakes

_SECOND, _HOUR = timedelta(seconds=1), timedelta(hours=1)


class Act(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"  # all promotion
    RELEASE = "release"
    HALT = "halt"  # the whole campaign
    GO_ON = "go_on"
    END = "end"  # the campaign is switched off
    EDIT = "edit"  # it is another from now on, and its run stops


@dataclass(frozen=True, slots=True)
class Step:
    """One act, so long after the one before it was done; the first, after the clock ticked."""

    after: timedelta
    act: Act


Staff = tuple[Step, ...]
PAUSED_AND_RESUMED: Staff = (Step(3 * _SECOND, Act.PAUSE), Step(_HOUR, Act.RESUME))
HALTED_AND_GOING_ON: Staff = (Step(3 * _SECOND, Act.HALT), Step(_HOUR, Act.GO_ON))
STOPPED_AND_RELEASED: Staff = (Step(3 * _SECOND, Act.STOP), Step(_HOUR, Act.RELEASE))
_PLANS: tuple[tuple[Act, ...], ...] = (
    (),
    (),
    (Act.PAUSE, Act.RESUME),
    (Act.PAUSE, Act.RESUME),
    (Act.STOP, Act.RELEASE),
    (Act.PAUSE, Act.STOP, Act.RESUME, Act.RELEASE),
    (Act.STOP, Act.PAUSE, Act.RELEASE, Act.RESUME),
    (Act.PAUSE, Act.RESUME, Act.PAUSE, Act.RESUME),
    (Act.STOP, Act.RELEASE, Act.STOP, Act.RELEASE),
    (Act.HALT, Act.GO_ON),
    (Act.HALT, Act.GO_ON, Act.HALT, Act.GO_ON),
    (Act.PAUSE, Act.HALT, Act.GO_ON, Act.RESUME),
    (Act.HALT, Act.STOP, Act.GO_ON, Act.RELEASE),
)
_ENDS: tuple[tuple[Act, ...], ...] = (
    (Act.PAUSE, Act.END),
    (Act.PAUSE, Act.END, Act.RESUME),
    (Act.HALT, Act.EDIT, Act.GO_ON),
    (Act.END,),
    (Act.EDIT,),
)
_ENDED = 0.1  # so many runs never come to their end


def staff_of(seed: int) -> Staff:
    """What is done in the run of a seed: nothing in some of them."""
    chance = random.Random(f"staff {seed}")
    plan = chance.choice(_ENDS if chance.random() < _ENDED else _PLANS)
    return tuple(
        Step(chance.uniform(1, 7) * _SECOND if number == 0 else _a_while(chance), act)
        for number, act in enumerate(plan)
    )


def _a_while(chance: random.Random) -> timedelta:
    """Moments or minutes; hours; or longer than a message waits before it looks again."""
    longest = chance.choice((_SECOND * 5, _HOUR / 2, _HOUR / 2, _HOUR * 6, _HOUR * 6, _HOUR * 27))
    return chance.uniform(0.5, 1) * longest


@dataclass(slots=True)
class Stood:
    """How long promotion of the run stood still: by the clock, and by places in the provider's log."""

    since: datetime
    first: int
    until: datetime | None = None
    last: int | None = None


class TownBrakes(InMemoryBrakes):
    """The brakes of a town, and when they stood. `here` tells the moment, and how much the log holds by then."""

    def __init__(self, here: Callable[[], tuple[datetime, int]]) -> None:
        super().__init__()
        self._here = here
        self.stood: list[Stood] = []

    def save_run(self, brake: RunBrake) -> bool:
        return self._noted(super().save_run(brake))

    def save_account(self, brake: AccountBrake) -> bool:
        return self._noted(super().save_account(brake))

    def _noted(self, done: bool) -> bool:
        now, written = self._here()
        stands = bool(self._now.paused()) or self._now.account.stands(now)
        last = self.stood[-1] if self.stood else None
        stood = last is not None and last.until is None
        if stands and not stood:
            self.stood.append(Stood(now, written))
        if last is not None and stood and not stands:
            last.until, last.last = now, written
        return done
