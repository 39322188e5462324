"""A run of a campaign from its tick to the last state, by the real use cases, in virtual time.

    tick ─▶ audience queue ─▶ walk ─▶ rows ─▶ stream ─▶ react ─▶ channel queue ─▶ deliver ─▶ provider
                                        ▲                                                      │
             sweep ─▶ wake queue ─▶ ring ┘                      feedback queue ◀── reports ◀───┘

Work that is due is taken in batches, as Lambda does. A batch that dies or is not acknowledged comes back whole; after
five times a record lies with the dead, until somebody sends it back.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang, AudienceShard, SendMessage, StartRun, WakeHeld
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.ids import digest
from kizuna.core.messages import State
from kizuna.core.people import GONE
from kizuna.core.ports import (
    Askings,
    Backfills,
    BrakeStore,
    Bus,
    Cohorts,
    Controls,
    Counters,
    Erasures,
    Lake,
    Ledger,
    Merges,
    Messages,
    Pace,
    People,
    Proofs,
    Quarantine,
    Queues,
    Results,
    Rhythms,
    Runs,
    Schedules,
    Trials,
)
from kizuna.core.ports.journeys import Halts, JourneyRuns
from kizuna.core.provider_reports import Report
from kizuna.core.restraint.brakes import NothingToRelease, Pause, Stop
from kizuna.local.memory.controls import InMemoryControls
from kizuna.local.memory.journeys import InMemoryHalts, InMemoryJourneyRuns
from kizuna.local.memory.merges import InMemoryMerges
from kizuna.local.memory.proofs import InMemoryProofs
from kizuna.local.memory.results import InMemoryResults
from kizuna.local.memory.rhythms import InMemoryRhythms
from kizuna.local.memory.services import InMemoryPace
from kizuna.local.memory.trials import InMemoryTrials
from kizuna.topology import CHANNEL_QUEUES, Queue
from kizuna.usecases.campaigning import launching, walking
from kizuna.usecases.campaigning.approvals import Approvals
from kizuna.usecases.campaigning.parts import hand_out_again
from kizuna.usecases.delivery import deliver
from kizuna.usecases.delivery.turns import Turnstile
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.journeys.driver import Driver
from kizuna.usecases.measuring.noting import Noter
from kizuna.usecases.outcomes import feedback, releasing
from kizuna.usecases.outcomes.braking import (
    Handbrake,
    in_silence,
    pause_run,
    release_marketing,
    resume_run,
    stop_marketing,
)
from kizuna.usecases.outcomes.watching import Watcher
from kizuna.usecases.reacting import react, wake
from kizuna.usecases.rights.asking import Registrar, request_erasure
from tests.simulation.chaos import Crash
from tests.simulation.delivery.faults import Faults
from tests.simulation.delivery.hooks import Hooked
from tests.simulation.delivery.provider import Provider
from tests.simulation.delivery.staff import Act, Staff, TownBrakes
from tests.simulation.delivery.town import NOON, Human, Town, a_catalog_of, does_something
from tests.simulation.delivery.town import Erasures as TownErasures
from tests.support.fakes import (
    InMemoryBackfills,
    InMemoryBus,
    InMemoryCounters,
    InMemoryLake,
    InMemoryLedger,
    InMemoryMessages,
    InMemoryQuarantine,
    InMemoryQueues,
    InMemoryRuns,
    InMemorySchedules,
)
from tests.support.fakes_of_askings import InMemoryAskings
from tests.support.fakes_of_brakes import InMemoryCohorts
from tests.support.house import HASH_KEYS, LINK_KEYS

RECEIVES = 5
REDRIVES = 3
STREAM = "stream"
AWAKE = "awake"  # a sender goes on with what it had in hand
MINUTE = timedelta(minutes=1)
NO_REST = timedelta(days=30)  # of virtual time: who works longer goes round in circles
_LOOKS = 60  # of the staff, for a run that has not begun
_AT_ONCE = 3
_ASLEEP_AT_ONCE = 2
_BATCH = 5
# What may be in senders' hands when a brake is pulled: workers x batch.
IN_HAND = (_AT_ONCE + _ASLEEP_AT_ONCE) * _BATCH
_MOST: dict[str, int] = {
    **dict.fromkeys(CHANNEL_QUEUES.values(), _BATCH),
    AWAKE: 1,
    STREAM: 20,
    Queue.AUDIENCE: 1,
}  # records of one batch
# A walker's page and a batch of the stream are hundreds of calls: at the rate of one call all of them would die.
_WEIGHTS = {Queue.AUDIENCE: 0.04, STREAM: 0.1}
_PROTOCOLS: dict[str, type] = {
    "people": People,
    "ledger": Ledger,
    "messages": Messages,
    "merges": Merges,
    "counters": Counters,
    "results": Results,
    "runs": Runs,
    "backfills": Backfills,
    "schedules": Schedules,
    "queues": Queues,
    "bus": Bus,
    "lake": Lake,
    "quarantine": Quarantine,
    "askings": Askings,
    "cohorts": Cohorts,
    "brakes": BrakeStore,
    "controls": Controls,
    "rhythms": Rhythms,
    "trials": Trials,
    "journeys": JourneyRuns,
    "halts": Halts,
    "pace": Pace,
    "proofs": Proofs,
    "erasures": Erasures,
}


@dataclass(slots=True)
class Record:
    """One record of a queue, or a batch of the stream. `body` is what its consumer gets."""

    queue: str
    body: Any
    receives: int = 0


@dataclass(frozen=True, slots=True)
class Design:
    """How messages are delivered, and what is done about one whose alarm rings. Others are known to fail.

    `listens`: what the provider reports moves messages on.
    """

    name: str
    deliver: Callable[..., State | None]
    ring: Callable[..., None]
    listens: bool = True


OURS = Design("claim once, one attempt", deliver.deliver, react.ring)


def _no_rest(seconds: float) -> None:
    """Nobody waits in the middle of an invocation: whose turn is later is held, and comes again."""


class Ports:
    """The stores of one worker: each call passes the faults, or (without them) none."""

    def __init__(self, stores: dict[str, Any], faults: Faults | None, weight: float = 1.0) -> None:
        for name, store in stores.items():
            hooked = store if faults is None else Hooked(store, _PROTOCOLS[name], faults, weight=weight)
            setattr(self, name, hooked)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


@dataclass(slots=True)
class Path:
    """One run. `broken` counts what use cases raised that no queue is meant to bring again."""

    town: Town
    faults: Faults
    category: str = "marketing"
    design: Design = OURS
    staff: Staff = ()
    broken: Counter[str] = field(default_factory=Counter)
    one_since: dict[int, int] = field(default_factory=dict)  # by human: after how many of the log
    silent_since: dict[int, int] = field(default_factory=dict)  # likewise: nothing may follow their No
    ended_since: int | None = None  # likewise: the campaign was switched off
    wakes_lost: Counter[str] = field(default_factory=Counter)  # by message; those for a whole run under ""
    died: int = 0
    dead_letters: int = 0
    now: datetime = NOON
    _heap: list[tuple[datetime, int, Record]] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)
    _dead: list[Record] = field(default_factory=list)
    _ever_sent: list[dict[str, Any]] = field(default_factory=list)
    _seen_changes: int = 0
    _asleep: int = 0
    _swept: datetime = NOON
    catalog: Catalog = field(init=False)
    provider: Provider = field(init=False)
    stores: dict[str, Any] = field(init=False)
    _workers: dict[str, Ports] = field(init=False)
    _calm: Ports = field(init=False)
    _turns: dict[int, Turnstile] = field(init=False)

    def __post_init__(self) -> None:
        self.catalog = a_catalog_of(self.category, self.town.way)
        people = self.town.people()
        messages = InMemoryMessages(people)
        counters = InMemoryCounters(messages)
        self.stores = {
            "people": people,
            "ledger": InMemoryLedger(people),
            "messages": messages,
            "merges": InMemoryMerges(people),
            "counters": counters,
            "results": InMemoryResults(messages, counters),
            "runs": InMemoryRuns(),
            "backfills": InMemoryBackfills.done_for(self.catalog, now=NOON),
            "schedules": InMemorySchedules(),
            "queues": InMemoryQueues(),
            "bus": InMemoryBus(),
            "lake": InMemoryLake(),
            "quarantine": InMemoryQuarantine(),
            "askings": InMemoryAskings(),
            "cohorts": InMemoryCohorts(messages),
            "brakes": TownBrakes(lambda: (self.now, len(self.provider.log))),
            "controls": InMemoryControls(),
            "rhythms": InMemoryRhythms(),
            "trials": InMemoryTrials(),
            "journeys": InMemoryJourneyRuns(people),
            "halts": InMemoryHalts(),
            "pace": InMemoryPace(),
            "proofs": InMemoryProofs(),
            "erasures": TownErasures(people),
        }
        usual = Ports(self.stores, self.faults)
        weighted = {
            queue: Ports(self.stores, self.faults, weight=weight) for queue, weight in _WEIGHTS.items()
        }
        self._workers = {"": usual, **weighted}
        self._calm = Ports(self.stores, None)
        self.provider = Provider(
            self.town.way,
            self.faults,
            lambda: self.now,
            self._report_later,
            self._report_now,
            self._others_work,
        )
        self._turns = {
            id(on): Turnstile(on.pace, clock=lambda: self.now, rest=_no_rest)
            for on in (*self._workers.values(), self._calm)
        }

    @property
    def _queue(self) -> str:
        return CHANNEL_QUEUES[self.town.way.channel]

    # ── the run ─────────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        """Until nothing waits, nothing is due, and everything was sent back three times."""
        self._begin()
        for redrive in range(REDRIVES + 1):
            self._until_rest()
            self.faults.calm = redrive >= REDRIVES - 1
            self._redrive(everything=redrive == REDRIVES - 1)

    def _begin(self) -> None:
        """The clock ticks, at least once; people do something while the run is under way."""
        chance = self.faults.chance
        self._later(Record("tick", None), timedelta(0))
        if self.faults.happens("the clock ticks twice", 0.5):
            self._later(Record("tick", None), timedelta(seconds=chance.uniform(0, 90)))
        for human in self.town.humans:
            if human.deed:
                until = 6 if chance.random() < 0.6 else 240
                self._later(Record("deed", human), timedelta(seconds=chance.uniform(0, until)))
        self._next_act(0)

    def _next_act(self, number: int) -> None:
        """Somebody of the staff comes to their next act; now and then two of them do it."""
        if number >= len(self.staff):
            return
        after = self.staff[number].after
        self._later(Record("staff", number), after)
        if self.faults.happens("two do it", 0.3):
            soon = timedelta(seconds=self.faults.chance.uniform(0, 2))
            self._later(Record("another", number), after + soon)

    def _until_rest(self) -> None:
        while True:
            at = self._heap[0][0] if self._heap else None
            rings = self._rings_before(at)
            if rings is not None:
                self._sweep_if_it_is_time(rings)
            elif at is not None:
                self._sweep_if_it_is_time(at)
                self._turn()
                continue
            else:
                return
            if self.now - NOON > NO_REST:
                self.broken["does not come to rest"] += 1
                return

    def _rings_before(self, at: datetime | None) -> datetime | None:
        """The minute of the next alarm, where it comes before the next record does."""
        soonest = self._swept + MINUTE
        if at is not None and at <= soonest:
            return None
        known = (self.stores["people"].next_due(), self.stores["brakes"].current().next_wake())
        due = min((each for each in known if each is not None), default=None)
        if due is None:
            return None
        rings = max(due, soonest)
        return rings if at is None or rings < at else None

    def _redrive(self, *, everything: bool) -> None:
        """Somebody sends the dead letters back; and once all that was ever sent to the channel's queue."""
        dead, self._dead = self._dead, []
        for record in dead:
            record.receives = 0
            self._later(record, timedelta(seconds=1))
        if everything:
            for body in self._ever_sent:
                self._later(Record(self._queue, body), timedelta(seconds=self.faults.chance.uniform(0, 60)))

    def _sweep_if_it_is_time(self, now: datetime) -> None:
        if now - self._swept < MINUTE:
            return
        self.now = self._swept = max(now, self.now)
        self._invoke([Record("sweep", None)], self.now)()
        self._carry()

    def _turn(self) -> None:
        batches = [self._next_batch()]
        if batches[0][0].queue != "deed" and self.faults.happens("workers at once", 0.15):
            while len(batches) < _AT_ONCE and self._is_next_within(MINUTE / 6):
                batches.append(self._next_batch())
        for result in self.faults.baton.run([self._invocation(batch, self.now) for batch in batches]):
            if isinstance(result, BaseException):
                raise result
        self._carry()

    def _is_next_within(self, span: timedelta) -> bool:
        """Whether other work may go on at once. Deeds go alone: when a human became one must be known exactly."""
        return bool(self._heap) and self._heap[0][0] <= self.now + span and self._heap[0][2].queue != "deed"

    def _next_batch(self) -> list[Record]:
        at, _, first = heapq.heappop(self._heap)
        self.now = max(self.now, at)
        batch = [first]
        most = self.faults.chance.randint(1, _MOST.get(first.queue, 3))
        while len(batch) < most and self._heap and self._heap[0][0] <= self.now:
            if self._heap[0][2].queue != first.queue:
                break
            batch.append(heapq.heappop(self._heap)[2])
        return batch

    # ── one invocation ──────────────────────────────────────────────────────────────────────────

    def _invocation(self, batch: list[Record], now: datetime) -> Callable[[], None]:
        if batch[0].queue != AWAKE:
            return self._invoke(batch, now)
        in_hand, brakes = batch[0].body
        self._asleep -= 1
        return self._invoke(in_hand, now, brakes)

    def _invoke(
        self, batch: list[Record], now: datetime, brakes: Handbrake | None = None
    ) -> Callable[[], None]:
        """`brakes` as the sender has read them already, before it fell asleep."""
        has_read = brakes or Handbrake(self._on(batch[0]).brakes)

        def invocation() -> None:
            nonlocal batch
            failed: list[Record] = []
            for record in batch:
                record.receives += 1
            try:
                for number, record in enumerate(batch):
                    if number and self._falls_asleep(record):
                        self._sleeps(batch[number:], has_read)
                        batch = batch[:number]
                        break
                    if not self._tried(record, now, has_read):
                        failed.append(record)
            except Crash:
                self.died += 1
                failed = batch
            by_hand = batch[0].queue in ("staff", "another")
            if (
                not failed
                and not by_hand
                and self.faults.happens("acknowledgement lost", self.faults.rates.lost_acknowledgement)
            ):
                failed = batch
            for record in failed:
                self._comes_again(record)
            if batch[0].queue == "deed":
                self._see_what_is_known(batch)

        return invocation

    def _falls_asleep(self, record: Record) -> bool:
        if not self.staff or record.queue != self._queue or self._asleep >= _ASLEEP_AT_ONCE:
            return False
        return self.faults.happens("sender asleep with brakes that it read", 4 * self.faults.rates.asleep)

    def _sleeps(self, in_hand: list[Record], brakes: Handbrake) -> None:
        self._asleep += 1
        self._later(Record(AWAKE, (in_hand, brakes)), self.faults.chance.uniform(0.1, 15) * MINUTE)

    def _on(self, record: Record) -> Any:
        return self._workers.get(record.queue, self._workers[""])

    def _tried(self, record: Record, now: datetime, brakes: Handbrake) -> bool:
        try:
            self._take(record, now, brakes)
        except (Conflict, Unavailable):
            return False
        except Exception as error:  # a fault of ours: it is told at the end
            self.broken[f"{record.queue}: {type(error).__name__}: {error}"[:200]] += 1
            return False
        return True

    def _comes_again(self, record: Record) -> None:
        if record.queue in ("sweep", "another"):
            return  # the next minute's is another
        if record.receives >= RECEIVES and record.queue not in (STREAM, "deed", "staff"):
            self.dead_letters += 1
            self._dead.append(record)
            self._note_lost_wake(record)
            return
        self._later(record, timedelta(seconds=self.faults.chance.uniform(30, 360)))

    def _take(self, record: Record, now: datetime, brakes: Handbrake) -> None:
        on = self._on(record)
        match record.queue:
            case "tick":
                planner = launching.Planner(
                    on.runs, on.queues, on.schedules, on.backfills, on.people, on.controls
                )
                launching.start_run(StartRun(campaign="spring", at=NOON), planner, self.catalog, now=now)
            case Queue.AUDIENCE:
                walker = self._walker(on)
                work = AudienceShard.model_validate(record.body)
                walking.walk(work, walker, self.catalog, now=now, is_over=self._time_is_over)
            case "sweep":
                wake.sweep(on.people, on.queues, now=now)
                releasing.look_after(on.brakes, on.queues, self.catalog, now=now)
            case Queue.WAKE if record.body["type"] == "wake_held":
                released = WakeHeld.model_validate(record.body)
                releasing.wake_held(released, on.messages, on.queues, self.catalog, now=now)
            case Queue.WAKE:
                alarm = AlarmRang.model_validate(record.body)
                self.design.ring(alarm, self._reactor(on), self.catalog, now=now)
            case Queue.FEEDBACK:
                feedback.take(record.body, self._listener(on), self.catalog, now=now)
            case "deed":
                self._does_something(record.body, on, now)
            case "staff":
                if self._acts(self.staff[record.body].act, on, now):
                    self._next_act(record.body + 1)
                elif record.receives < _LOOKS:  # else they go home: it may lie with the dead letters
                    self._later(record, timedelta(seconds=2))
            case "another":
                self._acts(self.staff[record.body].act, on, now)
            case "stream" | Queue.LOST_CHANGES:
                self._react(record, on, now)
            case _:
                self._deliver(SendMessage.model_validate(record.body).message, on, now, brakes)

    def _deliver(self, message: str, on: Any, now: datetime, brakes: Handbrake) -> None:
        deliverer = self._deliverer(on, brakes)
        if self.faults.happens("no time left", 0.01):
            deliver.put_off(message, deliverer, now=now)
            return
        self.design.deliver(message, deliverer, self.catalog, now=now)

    def _react(self, record: Record, on: Any, now: datetime) -> None:
        """As the function does it: a change that cannot be taken is kept, and does not hold up those behind it."""
        kept: list[dict[str, Any]] = []
        told: list[Any] = []
        for change in record.body:
            try:
                told += react.react(change, self._reactor(on), self.catalog, now=now)
            except (Conflict, Unavailable):
                kept.append({"change": change})
        if kept and record.queue == Queue.LOST_CHANGES:
            raise Unavailable("still not taken")
        self._dead += [Record(Queue.LOST_CHANGES, (each["change"],)) for each in kept]
        if told:
            on.lake.put(told)

    def _does_something(self, human: Human, on: Any, now: datetime) -> None:
        if human.deed == "is erased":
            registrar = Registrar(on.people, on.erasures, lambda: HASH_KEYS)
            (profile,) = self._profiles_of(human)
            request_erasure(profile, registrar, now=now, actor="test", ground="asked")
            return
        events = does_something(human, self.town.way, now)
        done = ingest(
            events, people=on.people, ledger=on.ledger, catalog=self.catalog, now=now, new_id=self._new_id
        )
        if done.left_over:
            raise Unavailable("left over")

    def _acts(self, act: Act, on: Any, now: datetime) -> bool:
        """Whether there was anything to do it to. Somebody who is told that it is done already leaves it at that."""
        run = next((run.id for run in on.runs.list("spring")), "")
        if not run:
            return False
        try:
            match act:
                case Act.PAUSE:
                    held = Pause("by_hand", now, "by_hand", "the price is wrong", by="ann")
                    pause_run("spring", run, held, on.brakes, tell=in_silence)
                case Act.RESUME:
                    resume_run("spring", run, on.brakes, by="ann", reason="mended", now=now, tell=in_silence)
                    if self.faults.chance.random() < 0.5:  # by the command line, and not over HTTP
                        hand_out_again("spring", run, on.runs, on.queues, self.catalog)
                case Act.STOP:
                    pulled = Stop("by_hand", now, "by_hand", "the shop is down", by="ann")
                    stop_marketing(pulled, on.brakes, tell=in_silence)
                case Act.RELEASE:
                    release_marketing(on.brakes, by="ann", reason="up again", now=now, tell=in_silence)
                case Act.END:
                    off = self.catalog.campaigns["spring"].model_copy(update={"enabled": False})
                    self.catalog = replace(self.catalog, campaigns={**self.catalog.campaigns, "spring": off})
                    if self.ended_since is None:
                        self.ended_since = len(self.provider.log)
        except NothingToRelease:
            pass
        return True

    def _see_what_is_known(self, batch: list[Record]) -> None:
        """From what place of the log on we knew that two are one, or that somebody wants nothing any more."""
        people, written = self.stores["people"], len(self.provider.log)
        for record in batch:
            human: Human = record.body
            found = [people.stored[part] for part in self._profiles_of(human)]
            if human.is_two and len({profile.merged_into or profile.id for profile in found}) == 1:
                self.one_since.setdefault(human.number, written)
            if any(profile.status in GONE for profile in found) or (
                human.deed == "leaves"
                and self.category == "marketing"
                and any(len(people.consents[profile.id]) > 1 for profile in found)
            ):
                self.silent_since.setdefault(human.number, written)

    def _profiles_of(self, human: Human) -> list[str]:
        return [part for part, number in self.town.profiles.items() if number == human.number]

    # ── what the use cases are given ────────────────────────────────────────────────────────────

    def _reactor(self, on: Any) -> react.Reactor:
        return react.Reactor(
            people=on.people,
            ledger=on.ledger,
            messages=on.messages,
            counters=on.counters,
            queues=on.queues,
            bus=on.bus,
            new_id=self._new_id,
            askings=on.askings,
            watcher=Watcher(on.messages, on.cohorts, on.counters, on.brakes, on.bus, on.results),
            noter=Noter(on.people, on.messages, on.results, lambda: on.merges),
            controls=on.controls,
            rhythms=on.rhythms,
            trials=on.trials,
            drive=lambda: self._driver(on),
        )

    def _driver(self, on: Any) -> Driver:
        return Driver(
            people=on.people,
            ledger=on.ledger,
            messages=on.messages,
            runs=on.journeys,
            pace=on.pace,
            new_id=self._new_id,
            halts=on.halts.current(),
            rhythms=on.rhythms,
        )

    def _walker(self, on: Any) -> walking.Walker:
        return walking.Walker(
            on.people, on.ledger, on.messages, on.runs, on.queues, on.brakes, on.rhythms, on.trials
        )

    def _listener(self, on: Any) -> feedback.Listener:
        return feedback.Listener(on.people, on.ledger, on.messages, on.quarantine, self._new_id, on.proofs)

    def _deliverer(self, on: Any, brakes: Handbrake) -> deliver.Deliverer:
        return deliver.Deliverer(
            people=on.people,
            ledger=on.ledger,
            messages=on.messages,
            senders={self.town.way.channel: self.provider},
            link_keys=lambda: LINK_KEYS,
            base_url="https://api.example.com",
            randomness=self._randomness,
            turns=self._turns[id(on)],
            brakes=brakes,
            approvals=Approvals(on.controls, on.runs),
        )

    def _new_id(self) -> str:
        return f"n{next(self._numbers):07d}"

    def _randomness(self, length: int) -> bytes:
        return digest(str(next(self._numbers)), length=length).encode().ljust(length, b"7")[:length]

    def _time_is_over(self) -> bool:
        return self.faults.happens("time is over in the middle of a shard", 0.1)

    # ── what happens beside ─────────────────────────────────────────────────────────────────────

    def _later(self, record: Record, after: timedelta) -> None:
        heapq.heappush(self._heap, (self.now + after, next(self._numbers), record))

    def _carry(self) -> None:
        """What was sent to queues, and what changed, is on its way to whoever takes it."""
        chance, rates = self.faults.chance, self.faults.rates
        for queue, bodies in self.stores["queues"].sent.items():
            for body in bodies:
                self._send(queue, body)
            bodies.clear()
        for queue, bodies in self.stores["queues"].later.items():
            for body in bodies:
                self._later(Record(queue, body), walking.LOOKED_AT_AGAIN)
            bodies.clear()
        stream = self.stores["people"].stream
        while stream:
            batch = tuple(stream[: _MOST[STREAM]])
            del stream[: len(batch)]
            self._later(Record(STREAM, batch), timedelta(seconds=chance.uniform(0.1, 1)))
            if self.faults.happens("stream replayed", rates.replayed):
                self._later(Record(STREAM, batch), timedelta(seconds=chance.uniform(1, 900)))

    def _send(self, queue: str, body: dict[str, Any]) -> None:
        chance, rates = self.faults.chance, self.faults.rates
        if queue == self._queue:
            self._ever_sent.append(body)
            if self.faults.happens("record lost", rates.lost_record):
                return
        is_word = queue == Queue.WAKE and self._wakes(body) is not None
        if is_word and self.faults.happens("wake lost", rates.lost_wake):
            self._note_lost_wake(Record(queue, body))
            return
        self._later(Record(queue, body), timedelta(seconds=chance.uniform(0, 2)))
        if self.faults.happens("record twice", rates.delivered_twice):
            soon = chance.random() < 0.5
            self._later(Record(queue, body), timedelta(seconds=chance.uniform(0, 2 if soon else 600)))

    @staticmethod
    def _wakes(body: dict[str, Any]) -> str | None:
        """Whom a record of the wake queue wakes of those that a brake held; empty: all of a run."""
        if body["type"] == "wake_held":
            return ""
        return str(body["id"]) if body["kind"] == "held" else None

    def _note_lost_wake(self, record: Record) -> None:
        whom = self._wakes(record.body) if record.queue == Queue.WAKE else None
        if whom is not None:
            self.wakes_lost[whom] += 1

    def _report_later(self, report: Report, after: timedelta) -> None:
        if self.design.listens:
            self._later(Record(Queue.FEEDBACK, report), after)

    def _report_now(self, report: Report) -> None:
        """Another worker takes it, before the sender has its answer."""
        if self.design.listens:
            feedback.take(report, self._listener(self._calm), self.catalog, now=self.now)

    def _others_work(self, message: str, until: datetime) -> None:
        """A sender sleeps; meanwhile the sweep finds its message, and the queue brings it to another sender."""
        alarm = AlarmRang(kind="message", id=message)
        self.design.ring(alarm, self._reactor(self._calm), self.catalog, now=until)
        self._later(Record(self._queue, {"message": message}), until - self.now)

    def everything_at(self) -> Iterable[Any]:
        """All rows of messages at the end."""
        rows: Iterable[Any] = self.stores["messages"].stored.values()
        return rows
