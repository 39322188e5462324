"""Plays a crowd against the real use cases, with everything going wrong that can, and looks at what is stored.

A request that was not answered 200 comes again, in one piece or two, sent at another time; a queue brings a message
until it is taken, and sometimes once more. What is due at the same moment runs at once, step by step.
"""

from __future__ import annotations

import base64
import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import EventsLeftOver
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.events import Source, SourceKind
from kizuna.core.intake.canonical import event_from_canonical
from kizuna.core.intake.http import HttpRequest
from kizuna.core.sources import KeyKind
from kizuna.topology import Queue
from kizuna.usecases.collecting.collect import Collector, collect
from kizuna.usecases.ingesting.ingest import ingest
from tests.simulation.chaos import Chaos, Crash
from tests.simulation.crowd import BACK_END, Deed, Delivery, body_of, the_crowd
from tests.simulation.worlds import World
from tests.support.builders import NOON, a_catalog, a_key, some_documents
from tests.support.fakes import InMemoryKeys

KEYS = (
    a_key("kzc_browser", source="website"),
    a_key(BACK_END.key, source="shop-backend", kind=KeyKind.SERVER),
)
AT_ONCE = 4
SAME_MOMENT = timedelta(minutes=2)


def _counts(name: str, event: str, least: int) -> dict[str, Any]:
    when = {"event": event, "verb": "count", "op": "gte", "value": least}
    return {"id": name, "name": name, "when": when}


_SEGMENTS: tuple[dict[str, Any], ...] = (
    {"id": "buyers", "name": "Buyers", "when": {"event": "Order Completed", "window": {"last": "2d"}}},
    {"id": "pros", "name": "Pros", "when": {"trait": "plan", "op": "eq", "value": "pro"}},
    _counts("loyal", "Order Completed", 3),
)
_NOW_AND_THEN: tuple[dict[str, Any], ...] = (
    {
        "id": "spenders",
        "name": "Spenders",
        "when": {"event": "Order Completed", "verb": "sum", "of": "total", "op": "gte", "value": 300},
    },
    _counts("lookers", "Product Viewed", 4),
)


def a_shop(*segments: Mapping[str, Any], version: int = 1) -> Catalog:
    documents = {("segment", str(segment["id"])): dict(segment) for segment in segments}
    return a_catalog({**some_documents(), **documents}, version=version)


AT_FIRST = a_shop(*_SEGMENTS)
IN_THE_END = a_shop(*_SEGMENTS, *_NOW_AND_THEN, version=2)


@dataclass(frozen=True, slots=True)
class FromQueue:
    """A message of the ingest queue on its way to its consumer."""

    body: Mapping[str, Any]


@dataclass(slots=True)
class Simulation:
    """One run. `log` holds for every deed what happened to each attempt at telling it."""

    world: World
    chaos: Chaos
    deeds: list[Deed]
    deliveries: list[Delivery]
    log: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    outcomes: Counter[str] = field(default_factory=Counter)
    now: datetime = NOON
    _waiting: list[tuple[datetime, int, Delivery | FromQueue]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"run {self.chaos.seed}")

    def run(self, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
        """Until nothing waits any more, in the clients, on their way or in the queue."""
        for delivery in self.deliveries:
            self._later(delivery.at, delivery)
        total, done = len(self.deliveries), 0
        while self._waiting:
            due = self._due_together()
            results = self.chaos.baton.run([self._call(at, work) for at, work in due])
            for (at, work), result in zip(due, results, strict=True):
                self._follow_up(at, work, result)
            for body in self._taken_from_queue():
                self._later(self.now + self._seconds(1, 300), FromQueue(body))
            done += sum(isinstance(work, Delivery) for _, work in due)
            progress(min(done, total), total)

    @property
    def end(self) -> datetime:
        """A moment after everything has come."""
        return self.now + timedelta(hours=1)

    def catalog_at(self, now: datetime) -> Catalog:
        """Every three hours somebody asks other questions: what is asked anew is counted from the timelines."""
        return (IN_THE_END, AT_FIRST)[(now - NOON) // timedelta(hours=3) % 2]

    def new_id(self) -> str:
        return f"p{next(self._numbers):07d}"

    # ── who comes when ──────────────────────────────────────────────────────────────────────────

    def _later(self, at: datetime, work: Delivery | FromQueue) -> None:
        heapq.heappush(self._waiting, (at, next(self._numbers), work))

    def _due_together(self) -> list[tuple[datetime, Delivery | FromQueue]]:
        together: list[tuple[datetime, Delivery | FromQueue]] = []
        until = self._waiting[0][0] + SAME_MOMENT
        for _ in range(self._chance.randint(1, AT_ONCE)):
            if self._waiting and self._waiting[0][0] <= until:
                at, _, work = heapq.heappop(self._waiting)
                together.append((at, work))
        self.now = max(self.now, together[-1][0])
        return together

    def _seconds(self, least: float, most: float) -> timedelta:
        return timedelta(seconds=self._chance.uniform(least, most))

    def _taken_from_queue(self) -> list[dict[str, Any]]:
        bodies, self.world.queues.sent[Queue.INGEST] = self.world.queues.sent[Queue.INGEST], []
        return bodies

    # ── one attempt, and what follows from it ───────────────────────────────────────────────────

    def _call(self, at: datetime, work: Delivery | FromQueue) -> Callable[[], Any]:
        network = self._seconds(0.01, 0.3)
        match work:
            case Delivery():
                return lambda: self._request(work, sent_at=at, received_at=at + network)
            case FromQueue():
                return lambda: self._consume(work.body, now=at)

    def _request(self, delivery: Delivery, *, sent_at: datetime, received_at: datetime) -> int:
        credentials = base64.b64encode(f"{delivery.client.key}:".encode()).decode()
        request = HttpRequest(
            "POST",
            "/v1/batch",
            {"authorization": f"Basic {credentials}"},
            body=body_of(delivery.deeds, delivery.client, sent_at=sent_at),
        )
        is_slow = self.chaos.happens("two seconds are over", 0.02)
        on = Collector(
            people=self.world.people,
            ledger=self.world.ledger,
            keys=InMemoryKeys(*KEYS),
            queues=self.world.queues,
            quarantine=self.world.quarantine,
            identity_secret=lambda kid: b"",
            new_id=self.new_id,
            seconds_over=lambda: is_slow,
        )
        return collect(request, on, self.catalog_at(received_at), now=received_at).reply.status

    def _consume(self, body: Mapping[str, Any], *, now: datetime) -> int:
        work = EventsLeftOver.model_validate(body)
        source = Source(work.source, SourceKind(work.source_kind))
        world = self.world
        done = ingest(
            [event_from_canonical(each, source) for each in work.events],
            people=world.people,
            ledger=world.ledger,
            catalog=self.catalog_at(now),
            now=now,
            new_id=self.new_id,
        )
        if done.violations:
            world.quarantine.keep(done.violations)
        if done.left_over:
            raise Unavailable(f"{len(done.left_over)} left over: {done.cause}")
        return 200

    def _follow_up(self, at: datetime, work: Delivery | FromQueue, result: Any) -> None:
        told = str(result) if isinstance(result, int) else type(result).__name__
        self._note(at, work, told)
        if not isinstance(result, int | Crash | Conflict | Unavailable):
            raise AssertionError(f"{told}: not a fault that was drawn, at {at} in {work}") from result
        match work:
            case Delivery() if result != 200:
                for portion in self._portions(work.deeds):
                    self._later(at + self._seconds(0.5, 120), replace(work, deeds=portion))
            case FromQueue() if result != 200 or self.chaos.happens("queue message brought twice", 0.05):
                self._later(at + self._seconds(30, 600), work)

    def _portions(self, deeds: Sequence[Deed]) -> list[tuple[Deed, ...]]:
        """What a client sends again: the same request, or by chance two of other sizes."""
        if len(deeds) > 1 and self._chance.random() < 0.3:
            cut = self._chance.randint(1, len(deeds) - 1)
            return [tuple(deeds[:cut]), tuple(deeds[cut:])]
        return [tuple(deeds)]

    def _note(self, at: datetime, work: Delivery | FromQueue, told: str) -> None:
        way = "request" if isinstance(work, Delivery) else "queue"
        self.outcomes[f"{way} {told}"] += 1
        ids = (
            [deed.id for deed in work.deeds]
            if isinstance(work, Delivery)
            else [event["id"] for event in work.body["events"]]
        )
        for deed_id in ids:
            self.log[deed_id].append(f"{at:%d %H:%M:%S} {way}: {told}")


def a_simulation(events: int, seed: int, world: Callable[[Chaos], World]) -> Simulation:
    """A small one is shorter and has hotter people, so that nothing of a large one is missing."""
    chaos = Chaos(seed)
    is_large = events > 20_000
    span, hot_share = (timedelta(days=4), 0.05) if is_large else (timedelta(days=1.5), 0.2)
    deeds, deliveries = the_crowd(events, seed, span=span, hot_share=hot_share)
    return Simulation(world(chaos), chaos, deeds, deliveries)
