"""What can go wrong, drawn from one seed: crashes, refusals, lost replies, and who is faster.

Every call to a store passes `before` and `after`. There a process may die (`Crash`), the store may refuse, the reply
to what was done may get lost; and there another worker may come in between.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kizuna.core.errors import Unavailable

# Besides what is drawn, each kind of fault happens once at every place, however seldom that is passed: at this pass.
CRASH_BEFORE, REFUSE, CRASH_AFTER, LOSE_REPLY = 3, 5, 7, 9


class Crash(BaseException):
    """The process died here: nothing after it happens, and nobody is told."""


class Baton:
    """Runs calls at once, each in a thread of its own, of which only one moves: at each step another is drawn."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._main = threading.Semaphore(0)
        self._turns: dict[int, threading.Semaphore] = {}

    def step(self) -> None:
        turn = self._turns.get(threading.get_ident())
        if turn is not None:
            self._main.release()
            turn.acquire()

    def run(self, calls: Sequence[Callable[[], Any]]) -> list[Any]:
        """The result of each call, or what it raised."""
        if len(calls) == 1:
            return [_outcome(calls[0])]
        results: list[Any] = [None] * len(calls)
        waiting: dict[int, threading.Semaphore] = {}

        def work(number: int, call: Callable[[], Any]) -> None:
            self._turns[threading.get_ident()] = waiting[number]
            waiting[number].acquire()
            results[number] = _outcome(call)
            del self._turns[threading.get_ident()], waiting[number]
            self._main.release()

        threads = []
        for number, call in enumerate(calls):
            waiting[number] = threading.Semaphore(0)
            threads.append(threading.Thread(target=work, args=(number, call)))
        for thread in threads:
            thread.start()
        while waiting:
            self._chance.choice(list(waiting.values())).release()
            self._main.acquire()
        for thread in threads:
            thread.join()
        return results


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except BaseException as error:  # a crash too is an outcome here
        return error


@dataclass(slots=True)
class Chaos:
    """The faults of one run. `told` counts them by place and kind, `passed` how often a place was passed."""

    seed: int
    crash: float = 0.004
    refuse: float = 0.006
    lose_reply: float = 0.003
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    calm: bool = False  # nothing more goes wrong
    chance: random.Random = field(init=False)
    baton: Baton = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"chaos {self.seed}")
        self.baton = Baton(self.chance)

    def before(self, place: str, refusal: Callable[[], Exception] | None = None) -> None:
        """Something may happen instead of the call: nothing of it is done then."""
        if self.calm:
            return
        self.baton.step()
        self.passed[place] += 1
        drawn = self.chance.random()
        if drawn < self.crash or self.passed[place] == CRASH_BEFORE:
            self.told[place, "crash before"] += 1
            raise Crash(place)
        if drawn < self.crash + self.refuse or self.passed[place] == REFUSE:
            self.told[place, "refused"] += 1
            raise refusal() if refusal else Unavailable(f"{place}: told to")

    def after(self, place: str, lost: Callable[[], Exception] | None = None) -> None:
        """It is done, and nobody may learn of it."""
        if self.calm:
            return
        drawn = self.chance.random()
        if drawn < self.crash or self._is_due(place, "crash after", CRASH_AFTER):
            self.told[place, "crash after"] += 1
            raise Crash(place)
        if drawn < self.crash + self.lose_reply or self._is_due(place, "reply lost", LOSE_REPLY):
            self.told[place, "reply lost"] += 1
            raise lost() if lost else Unavailable(f"{place}: the reply was lost")
        self.baton.step()

    def _is_due(self, place: str, fault: str, number: int) -> bool:
        """A call that was refused at this pass does not come here; the next one that is done has the fault then."""
        return self.passed[place] >= number and not self.told[place, fault]

    def writes_behind(self, what: str) -> int:
        """By how many writes something that is not read consistently is behind: a tenth by one or two."""
        if not self.happens(what, 0.1):
            return 0
        return self.chance.choice((1, 2))

    def happens(self, what: str, likely: float) -> bool:
        """Whether something else goes wrong here, such as half of a batch being taken."""
        if self.calm or self.chance.random() >= likely:
            return False
        self.told[what, "happened"] += 1
        return True
