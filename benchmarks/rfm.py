"""RFM of one million customers: scores, names and sizes, beside the way of the tutorials.

The opponent is what most projects write first: `pandas.qcut` over ranks, scores as texts put together, names by a
map. It breaks ties by the order of the rows; ours gives equal values equal scores, so answers are checked against
sorted lists. NumPy is measured beside them, to show what an array library in the bundle would bring: some 60 MB more
to unpack at a cold start, for a step that takes a tenth of a second beside minutes of reading people.

The customers are made up with a seed: days since the last order, how many orders, money in hundredths.
"""

from __future__ import annotations

import random
from array import array
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product
from typing import Any

from benchmarks.sides import WrongAnswer
from benchmarks.timing import Timed, by_turns
from kizuna.core.rfm.columns import Column
from kizuna.core.rfm.runs import placed, sizes_of
from kizuna.core.rfm.scores import BUCKETS, RfmDefinition, Scores

PEOPLE = 1_000_000
SEED = 20261122
GOAL = 8.0  # times faster than the way of the tutorials
DEFINITION = RfmDefinition(id="orders")

OURS, TUTORIAL, NUMPY = "kizuna, standard library", "pandas.qcut over ranks", "numpy, by thresholds"


@dataclass(frozen=True, slots=True)
class Customers:
    """Three columns; a place in each is one customer."""

    days: Column
    times: Column
    money: Column


@dataclass(frozen=True, slots=True)
class Scored:
    """Seconds of CPU of each side for all customers, and how they fall into the buckets."""

    people: int
    times: dict[str, Timed]
    sizes: dict[str, int]
    without: tuple[str, ...]  # opponents that are not installed

    @property
    def ratio(self) -> float | None:
        """How many times faster than the tutorials' way; None where pandas is not installed."""
        if TUTORIAL not in self.times:
            return None
        return self.times[TUTORIAL].median / self.times[OURS].median

    def to_json(self) -> dict[str, Any]:
        return {
            "people": self.people,
            "milliseconds": {
                name: {"median": 1e3 * timed.median, "least": 1e3 * timed.least}
                for name, timed in self.times.items()
            },
            "ratio": self.ratio,
            "goal": GOAL,
            "sizes": self.sizes,
            "not_installed": list(self.without),
        }


def made_up(people: int = PEOPLE, seed: int = SEED) -> Customers:
    """Customers as shops have them: half bought once, money is skewed, days are even."""
    draw = random.Random(seed)  # noqa: S311  (repeatable)
    times = array("I", (min(5_000, int(draw.paretovariate(1.2))) for _ in range(people)))
    money = array("q", (int(100 * count * draw.lognormvariate(3.2, 0.8)) for count in times))
    return Customers(array("H", (draw.randrange(365) for _ in range(people))), times, money)


def ours(customers: Customers) -> dict[str, int]:
    """As a run of RFM weighs everybody (`rfm_runs.weigh`)."""
    everybody = placed(DEFINITION, customers.days, customers.times, customers.money)
    return {str(bucket): size for bucket, size in sizes_of(everybody.codes).items()}


def _names() -> dict[str, str]:
    cells = product(range(1, 6), repeat=2)
    return {f"{r}{f}": DEFINITION.bucket(Scores(r, f, 1)) for r, f in cells}


def tutorial(customers: Customers) -> Callable[[], object]:
    """The way of the tutorials, its frame made before the clock runs."""
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame(
        {
            "recency": np.array(customers.days, dtype="int64"),
            "frequency": np.array(customers.times, dtype="int64"),
            "monetary": np.array(customers.money) / 100,
        }
    )
    names = _names()

    def score() -> Any:
        r = pd.qcut(frame["recency"].rank(method="first"), 5, labels=[5, 4, 3, 2, 1])
        f = pd.qcut(frame["frequency"].rank(method="first"), 5, labels=[1, 2, 3, 4, 5])
        pd.qcut(frame["monetary"].rank(method="first"), 5, labels=[1, 2, 3, 4, 5])
        return (r.astype(str) + f.astype(str)).map(names).value_counts()

    return score


def with_numpy(customers: Customers) -> Callable[[], dict[str, int]]:
    """Thresholds by partition, scores by search, as an array library invites to; its arrays made before."""
    import numpy as np

    columns = [np.array(each) for each in (customers.days, customers.times, customers.money)]
    table = np.array(
        [BUCKETS.index(DEFINITION.bucket(Scores(r, f, 1))) for r in range(1, 6) for f in range(1, 6)]
    )

    def score() -> dict[str, int]:
        found = []
        for column in columns:
            ranks = [part * (len(column) - 1) // 5 for part in range(1, 5)]
            found.append(np.searchsorted(np.partition(column, ranks)[ranks], column, side="left"))
        sizes = np.bincount(table[(4 - found[0]) * 5 + found[1]], minlength=len(BUCKETS))
        return {bucket: int(size) for bucket, size in zip(BUCKETS, sizes, strict=True)}

    return score


def plainly(customers: Customers) -> dict[str, int]:
    """By sorted lists, one customer after the other: what all must agree with who treat ties alike."""
    cuts = []
    for column in (customers.days, customers.times):
        ordered = sorted(column)
        cuts.append([ordered[part * (len(ordered) - 1) // 5] for part in range(1, 5)])
    sizes: dict[str, int] = dict.fromkeys(map(str, BUCKETS), 0)
    for days, times in zip(customers.days, customers.times, strict=True):
        scores = Scores(5 - bisect_left(cuts[0], days), 1 + bisect_left(cuts[1], times), 1)
        sizes[DEFINITION.bucket(scores)] += 1
    return sizes


def measure(
    *, rounds: int, people: int = PEOPLE, progress: Callable[[str], None] = lambda what: None
) -> Scored:
    """Raises WrongAnswer."""
    progress(f"rfm: making up {people:,} customers")
    customers = made_up(people)
    expected = plainly(customers)
    works: dict[str, Callable[[], object]] = {OURS: lambda: ours(customers)}
    without = tuple(name for name in ("pandas", "numpy") if find_spec(name) is None)
    if "numpy" not in without:
        by_arrays = with_numpy(customers)
        if by_arrays() != expected:
            raise WrongAnswer("rfm by numpy: other sizes than by sorted lists")
        works[NUMPY] = by_arrays
    if not without:
        works[TUTORIAL] = tutorial(customers)
    if ours(customers) != expected:
        raise WrongAnswer("rfm: other sizes than by sorted lists")
    progress("rfm: rounds by turns")
    return Scored(people, by_turns(works, rounds=rounds), expected, without)
