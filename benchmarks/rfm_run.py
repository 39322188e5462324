"""The first run of RFM over a million people: the time that our part takes, and the memory.

A first run is the dearest there is: everybody is looked at, everybody is weighed, and nearly everybody gets scores
and enters a segment. People are made up as they are asked for and forgotten when they are written, for a table holds
them; so what is left is ours: reading what a profile remembers, the pages, the weighing, and making each write. The
SDK and DynamoDB come on top.

It runs in a process of its own, for its memory counts. At its end the sizes are held against the plain way.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from benchmarks.rfm import Customers, plainly
from benchmarks.sides import WrongAnswer
from kizuna.core.aggregates import empty, tallied
from kizuna.core.catalog import Catalog, build
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.people import Address, Profile, Trait, new_profile
from kizuna.core.ports import People, PersonWrite
from kizuna.core.rfm.runs import RfmRun
from kizuna.local.memory.rfm import InMemoryRfm
from kizuna.local.memory.services import InMemoryQueues
from kizuna.topology import SEGMENT_SHARDS
from kizuna.usecases.rfm import Scorer, finish_collecting, pages, start

PEOPLE = 1_000_000
MOST_ORDERS = 60  # of one person: a few have many
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_DAY = 86_400
_SHOP = Source("shop", SourceKind.SERVER)


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of CPU of each phase, and the most memory over what the process took before (MB)."""

    people: int
    written: int
    collect: float
    weigh: float
    write: float
    memory: float

    def to_json(self) -> dict[str, Any]:
        return {
            "people": self.people,
            "written": self.written,
            "seconds": {"collect": self.collect, "weigh": self.weigh, "write": self.write},
            "microseconds_per_person": 1e6 * (self.collect + self.write) / self.people,
            "memory_mb": self.memory,
        }


class Crowd:
    """What a run asks of the port `People`. Nobody is kept: a person is made up whenever they are read."""

    def __init__(self, people: int, catalog: Catalog) -> None:
        self._people = people
        self._catalog = catalog
        self.orders = [_orders(number) for number in range(256)]  # kinds of customers, dealt out in turn
        self._states = [self._remembered(orders) for orders in self.orders]
        self.buckets: Counter[str] = Counter()

    def members(self, _: str, shard: int, *, after: str | None, limit: int) -> tuple[list[str], str | None]:
        first = shard if after is None else int(after[1:]) + SEGMENT_SHARDS
        numbers = range(first, self._people, SEGMENT_SHARDS)[:limit]
        ids = [f"p{number:08d}" for number in numbers]
        more = bool(numbers) and numbers[-1] + SEGMENT_SHARDS < self._people
        return ids, ids[-1] if more else None

    def profiles(self, ids: Iterable[str]) -> dict[str, Profile]:
        return {each: self._made_up(each) for each in ids}

    def commit_all(self, writes: Sequence[PersonWrite], *, workers: int = 1) -> list[Exception | None]:
        for write in writes:
            scores = write.folded.profile.traits["rfm"].value["orders"]
            self.buckets[scores["bucket"]] += 1
        return [None] * len(writes)

    def _made_up(self, person: str) -> Profile:
        number = int(person[1:])
        mailbox = Address("email", f"{person}@example.com", NOW)
        return Profile(
            **{
                **_fields(new_profile(person, now=NOW)),
                "version": 1,
                "traits": {"plan": Trait("pro", NOW, "shop"), "country": Trait("JP", NOW, "shop")},
                "addresses": {mailbox.key: mailbox},
                "aggregates": self._states[number * 7919 % len(self._states)],
            }
        )

    def _remembered(self, orders: Sequence[tuple[int, int]]) -> dict[str, Any]:
        events = (
            Event(
                "track",
                f"e{place}",
                _SHOP,
                at,
                at,
                name="Order Completed",
                properties={"revenue": cents / 100},
            )
            for place, (at, cents) in enumerate(
                (NOW - timedelta(seconds=ago), cents) for ago, cents in orders
            )
        )
        states = {key: empty(need) for key, need in self._catalog.needs.items()}
        return tallied(states, events, self._catalog.needs, now=NOW)

    def customers(self) -> Customers:
        """The same people as columns."""
        from array import array

        kinds = [self.orders[number * 7919 % len(self.orders)] for number in range(self._people)]
        some = [orders for orders in kinds if orders]
        return Customers(
            array("H", (min(ago for ago, _ in orders) // _DAY for orders in some)),
            array("I", (len(orders) for orders in some)),
            array("q", (sum(cents for _, cents in orders) for orders in some)),
        )


def _fields(profile: Profile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in profile.__dataclass_fields__ if not name.startswith("_")}


def _orders(number: int) -> list[tuple[int, int]]:
    """Seconds ago and hundredths of money of each order: as shops have them, and one in ten bought nothing."""
    draw = random.Random(number)  # noqa: S311  (repeatable)
    if number % 10 == 0:
        return []
    count = min(MOST_ORDERS, int(draw.paretovariate(1.2)))
    return [(draw.randrange(365 * _DAY), int(100 * draw.lognormvariate(3.2, 0.8))) for _ in range(count)]


def played(people: int) -> Run:
    """Run it here. Raises WrongAnswer."""
    catalog = build({("rfm", "orders"): {"id": "orders", "name": "Orders"}})
    crowd, store = Crowd(people, catalog), InMemoryRfm()
    on = Scorer(cast("People", crowd), store, InMemoryQueues())
    run = start(catalog.rfm["orders"], store, at=NOW, now=NOW)
    before = _memory()
    collect = _seconds(lambda: _through(run, "collect", on, catalog))
    weigh = _seconds(lambda: finish_collecting(run, store))
    write = _seconds(lambda: _through(run, "write", on, catalog))
    memory = _memory() - before
    expected = {name: size for name, size in plainly(crowd.customers()).items() if size}
    if dict(crowd.buckets) != expected:
        raise WrongAnswer("a run of rfm: other sizes than by sorted lists")
    return Run(people, crowd.buckets.total(), collect, weigh, write, memory)


def _through(run: RfmRun, phase: Any, on: Scorer, catalog: Catalog) -> None:
    for shard in range(SEGMENT_SHARDS):
        for _ in pages(run, phase, shard, on, catalog, now=NOW):
            pass


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _memory() -> float:
    """The most that the process ever took, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(*, people: int = PEOPLE, progress: Callable[[str], None] = lambda what: None) -> Run:
    """In a process of its own. Raises WrongAnswer."""
    progress(f"rfm: a first run over {people:,} people, some minutes")
    told = subprocess.run(  # noqa: S603  (this very module)
        [sys.executable, "-m", "benchmarks.rfm_run", str(people)], capture_output=True, text=True, check=False
    )
    if told.returncode:
        raise WrongAnswer(f"a run of rfm: {told.stderr.strip().splitlines()[-1]}")
    return Run(**json.loads(told.stdout))


if __name__ == "__main__":
    made = played(int(sys.argv[1]))
    sys.stdout.write(json.dumps({name: getattr(made, name) for name in Run.__slots__}))
