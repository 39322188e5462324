"""Many runs, each by its seed, on as many processes as there are cores; what they come to in all."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any

from kizuna.core.messages import State
from tests.simulation.delivery.faults import HARSH, USUAL, Faults, Rates
from tests.simulation.delivery.judge import Verdict, judge
from tests.simulation.delivery.path import OURS, Design, Path
from tests.simulation.delivery.town import a_town

RATES: dict[str, Rates] = {"usual": USUAL, "harsh": HARSH}
_TRANSACTIONAL_EVERY = 5  # so many seeds one of them is of a campaign that repeats what is of unknown fate


def category_of(seed: int) -> str:
    return "transactional" if seed % _TRANSACTIONAL_EVERY == 0 else "marketing"


def play(seed: int, messages: int, rates: str = "usual", design: Design = OURS) -> Verdict:
    """One run. The same seed plays the same again."""
    path = Path(a_town(messages), Faults(seed, RATES[rates]), category_of(seed), design)
    path.run()
    return judge(path)


@dataclass(slots=True)
class Tally:
    """Verdicts, added up."""

    messages: int  # of each run
    rates: str
    seeds: int = 0
    intended: int = 0
    accepted: int = 0
    repeats: int = 0
    repeated: int = 0
    unknown_accepted: int = 0
    calls: int = 0
    died: int = 0
    dead_letters: int = 0
    seconds: float = 0.0
    states: Counter[str] = field(default_factory=Counter)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        self.seeds += 1
        for name in ("intended", "accepted", "repeats", "repeated", "unknown_accepted", "calls", "died"):
            setattr(self, name, getattr(self, name) + getattr(verdict, name))
        self.dead_letters += verdict.dead_letters
        self.states.update(verdict.states)
        self.told.update(verdict.told)
        self.passed.update(verdict.passed)
        self.faults += [f"seed {verdict.seed}: {fault}" for fault in verdict.faults]

    def count(self, kind: str) -> int:
        return sum(f": {kind}" in fault for fault in self.faults)

    @property
    def silently_lost(self) -> int:
        return self.count("silently lost") + self.count("unsettled") + self.count("untold")

    @property
    def is_right(self) -> bool:
        return not self.faults and sum(self.states.values()) == self.intended

    def to_json(self) -> dict[str, Any]:
        return {
            "seeds": self.seeds,
            "messages_a_seed": self.messages,
            "rates": self.rates,
            "intended": self.intended,
            "states": {state.value: self.states[state.value] for state in State},
            "accepted_by_the_provider": self.accepted,
            "unknown_that_were_accepted": self.unknown_accepted,
            "repeats": self.repeats,
            "repeated_twice_received": self.repeated,
            "doubled": self.count("doubled"),
            "silently_lost": self.silently_lost,
            "calls": self.calls,
            "processes_died": self.died,
            "dead_letters": self.dead_letters,
            "faults_injected": {
                f"{place}: {fault}": number for (place, fault), number in sorted(self.told.items())
            },
            "seconds": round(self.seconds, 1),
            "wrong": self.faults[:100],
        }


def play_all(
    seeds: Iterable[int],
    messages: int,
    rates: str = "usual",
    *,
    jobs: int | None = None,
    progress: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Play all seeds; `progress` is told after each."""
    tally = Tally(messages, rates)
    began = time.perf_counter()
    workers = jobs or os.cpu_count() or 1
    if workers == 1:
        for seed in seeds:
            _added(tally, play(seed, messages, rates), began, progress)
        return tally
    with ProcessPoolExecutor(workers) as pool:
        for done in as_completed([pool.submit(play, seed, messages, rates) for seed in seeds]):
            _added(tally, done.result(), began, progress)
    return tally


def _added(tally: Tally, verdict: Verdict, began: float, progress: Callable[[Tally], None]) -> None:
    tally.add(verdict)
    tally.seconds = time.perf_counter() - began
    progress(tally)
