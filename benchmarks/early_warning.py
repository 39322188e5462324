"""The early warning: how often it pauses innocent runs, how soon bad ones, and what one update costs.

Runs are simulated with a seed, signal by signal: between two signals the evidence only falls, so nothing is missed.
Beside it stands what is written first, a fixed ratio looked at after every message: it pauses a third of all innocent
runs.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.sides import WrongAnswer
from benchmarks.timing import Timed, by_turns
from kizuna.core.restraint.early_warning import ALPHA, THRESHOLD, Bar, Signal, Watch, bar_of, update

SEED = 20261122
INNOCENT = 4_000  # runs at the acceptable rate …
BAD = 2_000  # … and at each worse one
HORIZON = {
    Signal.COMPLAINT: 50_000,
    Signal.UNSUBSCRIBE: 50_000,
    Signal.BOUNCE: 20_000,
    Signal.SMS_STOP: 20_000,
}
WORSE = {
    Signal.COMPLAINT: (0.005, 0.01, 0.05),
    Signal.UNSUBSCRIBE: (0.015, 0.03, 0.10),
    Signal.BOUNCE: (0.05, 0.10, 0.30),
    Signal.SMS_STOP: (0.03, 0.05, 0.10),
}
GOAL = 60  # messages until a complaint rate of 5 % pauses, at the median
UPDATES = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One signal: the share of innocent runs that paused, and the median messages until bad ones did."""

    signal: Signal
    acceptable: float
    false_pauses: float
    by_ratio: float  # of the same runs, by three times the acceptable rate looked at after every signal
    medians: dict[float, float]


@dataclass(frozen=True, slots=True)
class Warnings:
    rows: tuple[Row, ...]
    update: Timed

    def to_json(self) -> dict[str, Any]:
        return {
            "signals": [
                {
                    "signal": row.signal.value,
                    "acceptable": row.acceptable,
                    "false_pauses": row.false_pauses,
                    "false_pauses_by_ratio": row.by_ratio,
                    "median_messages": {str(rate): median for rate, median in row.medians.items()},
                }
                for row in self.rows
            ],
            "goal": {"false_pauses": ALPHA, "median_at_5_percent_complaints": GOAL},
            "microseconds_per_update": 1e6 * self.update.median,
        }


def _signals(rate: float, horizon: int, draw: random.Random) -> Iterator[int]:
    """After how many messages each signal comes."""
    sent = 0
    while True:
        sent += 1 + int(math.log(1 - draw.random()) / math.log1p(-rate))
        if sent > horizon:
            return
        yield sent


def _pauses(signals: Iterator[int], bar: Bar) -> tuple[int | None, bool]:
    """When a run pauses, and whether the ratio would have paused it."""
    at, by_ratio = None, False
    for bad, sent in enumerate(signals, start=1):
        by_ratio = by_ratio or bad >= 3 * bar.acceptable * sent
        if bar.log_evidence(sent, bad) >= THRESHOLD:
            at = sent
            break
    return at, by_ratio


def measure(*, rounds: int, progress: Callable[[str], None] = lambda what: None) -> Warnings:
    """Raises WrongAnswer if an innocent run pauses more often, or a bad one later, than is promised."""
    rows = []
    for signal, horizon in HORIZON.items():
        progress(f"early warning: {signal.value}")
        bar, draw = bar_of(signal), random.Random(SEED)  # noqa: S311  (repeatable)
        found = [_pauses(_signals(bar.acceptable, horizon, draw), bar) for _ in range(INNOCENT)]
        false = sum(at is not None for at, _ in found) / INNOCENT
        by_ratio = sum(paused for _, paused in found) / INNOCENT
        medians = {
            rate: statistics.median(
                _pauses(_signals(rate, 10**6, draw), bar)[0] or math.inf for _ in range(BAD)
            )
            for rate in WORSE[signal]
        }
        rows.append(Row(signal, bar.acceptable, false, by_ratio, medians))
        # Four standard deviations of a chance of 0.1 % above it.
        if false > ALPHA + 4 * math.sqrt(ALPHA / INNOCENT):
            raise WrongAnswer(f"early warning: {false:.2%} of innocent runs paused by {signal.value}")
    complaints = next(row for row in rows if row.signal is Signal.COMPLAINT)
    if complaints.medians[0.05] > GOAL:
        raise WrongAnswer(f"early warning: 5 % complaints pause after {complaints.medians[0.05]:g} messages")
    return Warnings(tuple(rows), _update(rounds))


def _update(rounds: int) -> Timed:
    bar = bar_of(Signal.COMPLAINT)

    def work() -> None:
        state = Watch()
        for _ in range(UPDATES):
            state = update(state, 1, 0, bar)

    timed = by_turns({"update": work}, rounds=rounds)["update"]
    return Timed(tuple(seconds / UPDATES for seconds in timed.rounds))
