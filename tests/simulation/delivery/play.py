"""Many runs, each by its seed, on as many processes as there are cores; what they come to in all."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from signal import SIG_DFL, SIGINT, signal
from typing import Any

from kizuna.core.messages import State
from tests.simulation.delivery.faults import HARSH, USUAL, Faults, Rates
from tests.simulation.delivery.judge import Verdict, judge
from tests.simulation.delivery.path import Path
from tests.simulation.delivery.records import OURS, Design
from tests.simulation.delivery.staff import Staff, staff_of
from tests.simulation.delivery.town import a_town
from tests.simulation.delivery.ways import WAYS

RATES: dict[str, Rates] = {"usual": USUAL, "harsh": HARSH}
_TRANSACTIONAL_EVERY = 5  # so many seeds one of them is of a campaign that repeats what is of unknown fate


# Half of the runs are by mail, which has most to it: reports of all kinds, and two ways for them.
_TURNS = ("email", "sms", "email", "push", "email", "line", "email", "webhook", "email", "sms")


def channel_of(seed: int) -> str:
    return _TURNS[seed // 2 % len(_TURNS)]


def category_of(seed: int, channel: str = "email") -> str:
    promotes = WAYS[channel].is_marketing and seed % _TRANSACTIONAL_EVERY
    return "marketing" if promotes else "transactional"


def play(
    seed: int,
    messages: int,
    rates: str = "usual",
    design: Design = OURS,
    *,
    channel: str = "",
    staff: Staff | None = None,
) -> Verdict:
    """One run by a channel, or by that of its seed, and with its staff, unless told. The same seed plays the same
    again."""
    channel = channel or channel_of(seed)
    faults = Faults(seed, RATES[rates])
    category = category_of(seed, channel)
    if category != "marketing":
        staff = ()  # no brake holds anything else
    elif staff is None:
        staff = staff_of(seed)
    path = Path(a_town(messages, channel), faults, category, design, staff)
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
    brakes: int = 0
    held: int = 0
    seconds: float = 0.0
    states: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)  # messages intended by each
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        self.seeds += 1
        for name in (
            "intended",
            "accepted",
            "repeats",
            "repeated",
            "unknown_accepted",
            "calls",
            "died",
            "brakes",
            "held",
        ):
            setattr(self, name, getattr(self, name) + getattr(verdict, name))
        self.dead_letters += verdict.dead_letters
        self.states.update(verdict.states)
        self.channels[verdict.channel] += verdict.intended
        self.told.update(verdict.told)
        self.passed.update(verdict.passed)
        self.faults += [f"seed {verdict.seed} ({verdict.channel}): {fault}" for fault in verdict.faults]

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
            "channels": dict(sorted(self.channels.items())),
            "states": {state.value: self.states[state.value] for state in State},
            "accepted_by_the_provider": self.accepted,
            "unknown_that_were_accepted": self.unknown_accepted,
            "repeats": self.repeats,
            "repeated_twice_received": self.repeated,
            "doubled": self.count("doubled"),
            "after_their_no": self.count("after their No"),
            "through_a_brake": self.count("through a brake"),
            "brakes_pulled": self.brakes,
            "held_by_a_brake": self.held,
            "not_woken": self.count("not woken"),
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
    channel: str = "",
    jobs: int | None = None,
    progress: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Play all seeds, by one channel or by that of each seed; `progress` is told after each."""
    tally = Tally(messages, rates)
    began = time.perf_counter()
    workers = jobs or os.cpu_count() or 1
    if workers == 1:
        for seed in seeds:
            _added(tally, play(seed, messages, rates, channel=channel), began, progress)
        return tally
    # Ctrl-C in a terminal ends the workers as well, at once and without a word.
    with ProcessPoolExecutor(workers, initializer=signal, initargs=(SIGINT, SIG_DFL)) as pool:
        playing = [pool.submit(play, seed, messages, rates, channel=channel) for seed in seeds]
        try:
            for done in as_completed(playing):
                _added(tally, done.result(), began, progress)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # else all that was asked for is played first
            raise
    return tally


def _added(tally: Tally, verdict: Verdict, began: float, progress: Callable[[Tally], None]) -> None:
    tally.add(verdict)
    tally.seconds = time.perf_counter() - began
    progress(tally)
