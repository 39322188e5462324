"""Rounds by turns, and what they say: the median, and the minimum beside it."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds for one unit of work, over the rounds of a run."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def least(self) -> float:
        return min(self.rounds)


def by_turns(
    works: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, Timed]:
    """Time each work once a round, one after the other, after a round that is not counted.

    The order turns with each round, so that nobody always runs in the wake of the same neighbour.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    names = list(works)
    with settled_memory():
        for turn in range(rounds):
            shift = turn % len(names)
            for name in names[shift:] + names[:shift]:
                started = clock()
                works[name]()
                seconds[name].append(clock() - started)
    return {name: Timed(tuple(found)) for name, found in seconds.items()}


@contextmanager
def settled_memory() -> Iterator[None]:
    """Garbage of what went before is collected first, and what is alive now is not looked at again."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
