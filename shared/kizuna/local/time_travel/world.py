"""A world to travel in: the use cases of production over the stores in memory, and a clock that jumps.

    events ─▶ ingest ─▶ stream ─▶ react ─▶ journeys, triggered campaigns ─▶ deliver ─▶ kept, and answered as told
                                    ▲
             sweep, every whole minute at which anything is due

Nothing but the stores, the senders and the clock is other than in production. The sweep comes at whole minutes, as
the schedule in AWS does, so that what is told here comes at the same minutes as there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.content.rendering import Rendered
from kizuna.core.contracts import AlarmRang, EnterJourney, JourneyShard, StartJourneyRuns, WakeJourney
from kizuna.core.errors import KizunaError
from kizuna.core.events import Event, Violation
from kizuna.core.gate import Approved
from kizuna.core.gate.open_hours import whole_minute
from kizuna.core.ids import digest
from kizuna.core.links import LinkKeys
from kizuna.core.messages import Accepted, Message, Outcome
from kizuna.core.people import Profile
from kizuna.core.ports import Envelope
from kizuna.core.provider_reports import Report
from kizuna.local.memory.askings import InMemoryAskings
from kizuna.local.memory.counters import InMemoryCounters
from kizuna.local.memory.definitions import InMemoryRuns
from kizuna.local.memory.journeys import InMemoryHalts
from kizuna.local.memory.messages import InMemoryMessages
from kizuna.local.memory.people import InMemoryLedger
from kizuna.local.memory.services import InMemoryBus, InMemoryPace, InMemoryQuarantine, InMemoryQueues
from kizuna.local.time_travel.stores import StreamedPeople, StreamedRuns
from kizuna.topology import CHANNEL_QUEUES, Queue
from kizuna.usecases.delivery import deliver
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.journeys import halting, scheduled, triggers
from kizuna.usecases.journeys.driver import Driver
from kizuna.usecases.journeys.withdrawing import Walks
from kizuna.usecases.outcomes import feedback
from kizuna.usecases.reacting import react, wake

MINUTE = timedelta(minutes=1)
MOST_SWEEPS = 50_000  # of one story: more is a story that never ends
_KEYS = LinkKeys("t1", {"t1": b"time travel goes nowhere but here"[:32]})


class NeverEnds(KizunaError):
    """Something is due again and again, and nothing comes of it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it went out: when, and what was said."""

    at: datetime
    message: Message
    content: Rendered


@dataclass(frozen=True, slots=True, order=True)
class _Later:
    at: datetime
    number: int
    do: Callable[[], None] = field(compare=False)
    goes_on: bool = field(
        default=False, compare=False
    )  # it comes again and again, and keeps no story from ending


class World:
    """One company, its people, and the time. `sent` is what went out, in order."""

    def __init__(
        self, catalog: Catalog, *, starts: datetime, new_id: Callable[[], str] | None = None
    ) -> None:
        self.catalog, self.now = catalog, starts
        self.people = StreamedPeople()
        self.ledger, self.messages = InMemoryLedger(self.people), InMemoryMessages(self.people)
        self.runs, self.halts, self.pace = StreamedRuns(self.people), InMemoryHalts(), InMemoryPace()
        self.queues, self.bus = InMemoryQueues(), InMemoryBus()
        self.sent: list[Sent] = []
        self.refused: list[Violation] = []  # of the story itself: events that could not be used
        self.when_sent: Callable[[Sent], None] = lambda sent: None
        self._numbers = count(1)
        self.new_id = new_id or self._next_id
        self._later: list[_Later] = []
        self._swept_at = datetime.min.replace(tzinfo=UTC)
        self._sweeps = 0
        self._reactor = react.Reactor(
            self.people,
            self.ledger,
            self.messages,
            InMemoryCounters(self.messages),
            self.queues,
            self.bus,
            self.new_id,
            InMemoryAskings(),
            drive=self.driver,
        )
        self._schedules, self._shards = _Schedules(self), InMemoryRuns()
        for journey in catalog.journeys.values():
            scheduled.arm(journey, self._schedules, after=starts)
        self._deliverer = deliver.Deliverer(
            people=self.people,
            ledger=self.ledger,
            messages=self.messages,
            senders={channel: _Recorder(self) for channel in CHANNEL_QUEUES},
            link_keys=lambda: _KEYS,
            base_url="https://links.example",
            randomness=self._randomness,
        )

    def _next_id(self) -> str:
        return f"p{next(self._numbers):04d}"

    def _randomness(self, length: int) -> bytes:
        return digest(str(next(self._numbers)), length=max(length, 1)).encode()[:length]

    def deliverer(self) -> deliver.Deliverer:
        """Who sends a message, with the pauses as they stand now."""
        return replace(self._deliverer, walks=Walks(self.runs, self.halts))

    def driver(self) -> Driver:
        """Who drives runs, with the pauses as they stand now."""
        return Driver(
            self.people,
            self.ledger,
            self.messages,
            self.runs,
            self.pace,
            self.new_id,
            self.halts.current(),
            lambda run, catalog: catalog.journey_at(run.journey, run.version),
        )

    # ── what happens ────────────────────────────────────────────────────────────────────────────

    def take(self, events: Sequence[Event]) -> None:
        """Events come in, now."""
        done = ingest(
            events,
            people=self.people,
            ledger=self.ledger,
            catalog=self.catalog,
            now=self.now,
            new_id=self.new_id,
        )
        self.refused += done.violations
        self.settle()

    def hear(self, report: Report) -> None:
        """A provider tells what became of a message, now."""
        listener = feedback.Listener(
            self.people, self.ledger, self.messages, InMemoryQuarantine(), self.new_id
        )
        feedback.take(report, listener, self.catalog, now=self.now)
        self.settle()

    def later(self, at: datetime, do: Callable[[], None], *, goes_on: bool = False) -> None:
        """Something is done once it is so late, after whatever was to be done at that instant before it."""
        heappush(self._later, _Later(at, next(self._numbers), do, goes_on))

    def settle(self) -> None:
        """Draw all consequences of what has changed, until nothing changes any more."""
        while self.people.stream or any(self.queues.sent.values()):
            while self.people.stream:
                react.react(self.people.stream.popleft(), self._reactor, self.catalog, now=self.now)
            for body in self._taken(Queue.WAKE):
                self.work(body)
            for queue in CHANNEL_QUEUES.values():
                for body in self._taken(queue):
                    deliver.deliver(body["message"], self.deliverer(), self.catalog, now=self.now)
            for body in self._taken(Queue.AUDIENCE):
                self.work(body)
            for name in set(self.queues.sent) - {Queue.WAKE, *CHANNEL_QUEUES.values()}:
                self._taken(name)  # for functions that nobody waits for here

    def work(self, body: Mapping[str, Any]) -> None:
        """A piece of work, as the function that reacts takes it."""
        match body.get("type"):
            case "alarm":
                alarm = AlarmRang.model_validate(body)
                react.ring(alarm, self._reactor, self.catalog, now=self.now)
            case "wake_journey":
                work = WakeJourney.model_validate(body)
                halting.wake(work, self.runs, self.halts, self.queues, self.catalog, now=self.now)
            case "enter_journey":
                asked = EnterJourney.model_validate(body)
                triggers.called(asked, self.driver(), self.catalog, now=self.now)
            case "journey":
                shard = JourneyShard.model_validate(body)
                usher = scheduled.Usher(self.driver, self._shards, self.queues)
                scheduled.walk(shard, usher, self.catalog, now=self.now)
            case _:
                pass  # a backfill, or a link that somebody asked for: not in this world

    def _taken(self, queue: str) -> list[dict[str, Any]]:
        bodies, self.queues.sent[queue] = self.queues.sent[queue], []
        return bodies

    # ── time ────────────────────────────────────────────────────────────────────────────────────

    def travel(self, until: datetime) -> None:
        """Let time pass up to an instant: what is to be done is done, and every alarm rings at its minute."""
        while True:
            sweep_at, do_at = self._next_sweep(), self._later[0].at if self._later else None
            if do_at is not None and do_at <= until and (sweep_at is None or do_at <= sweep_at):
                later = heappop(self._later)
                self.now = max(self.now, later.at)
                later.do()
                self.settle()
            elif sweep_at is not None and sweep_at <= until:
                self.now = max(self.now, sweep_at)
                self._sweep()
            else:
                self.now = max(self.now, until)
                return

    def next_at(self) -> datetime | None:
        """When anything is due next; None: nothing more but what schedules bring again and again."""
        waits = min((later.at for later in self._later if not later.goes_on), default=None)
        return min((at for at in (self._next_sweep(), waits) if at is not None), default=None)

    def _next_sweep(self) -> datetime | None:
        due = self.people.alarms.next_at()
        return None if due is None else max(whole_minute(due), self._swept_at + MINUTE)

    def _sweep(self) -> None:
        self._swept_at = self.now
        self._sweeps += 1
        if self._sweeps > MOST_SWEEPS:
            raise NeverEnds(f"something was due at {self._sweeps} minutes, the last being {self.now}")
        wake.sweep(self.people, self.queues, now=self.now)
        self.settle()

    # ── looking ─────────────────────────────────────────────────────────────────────────────────

    def person(self, kind: str, value: str) -> Profile | None:
        """The living person who holds an identifier."""
        owner = self.people.identities.get((kind, value))
        return self.people.profiles([owner]).get(owner) if owner is not None else None


class _Schedules:
    """The port `Schedules`, for journeys that people enter by the clock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: set[str] = set()
        self._taken_back: set[tuple[str, datetime]] = set()

    def arm(self, name: str, *, at: datetime, payload: Mapping[str, Any]) -> None:
        world, start = self._world, StartJourneyRuns.model_validate(payload)

        def begin() -> None:
            if (name, at) in self._taken_back:
                return
            scheduled.start_entries(start, world.queues, self, world.catalog, now=world.now)

        self._taken_back.discard((name, at))
        world.later(at, begin, goes_on=name in self._known)
        self._known.add(name)

    def disarm(self, name: str, *, at: datetime) -> None:
        self._taken_back.add((name, at))


class _Recorder:
    """A sender of any channel that keeps what it is given, and takes all of it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def send(self, approved: Approved, envelope: Envelope, content: Rendered) -> Outcome:
        sent = Sent(self._world.now, envelope.message, content)
        self._world.sent.append(sent)
        self._world.when_sent(sent)
        return Accepted(f"provider-{len(self._world.sent)}")
