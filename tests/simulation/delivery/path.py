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
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from kizuna.core.contracts import AlarmRang
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.people import GONE
from kizuna.core.provider_reports import Report
from kizuna.topology import CHANNEL_QUEUES, Queue
from kizuna.usecases.campaigning import walking
from kizuna.usecases.outcomes.braking import Handbrake
from tests.simulation.chaos import Crash
from tests.simulation.delivery.by_hand import Hands
from tests.simulation.delivery.definitions import Definitions, Seen
from tests.simulation.delivery.faults import Faults
from tests.simulation.delivery.provider import Provider
from tests.simulation.delivery.records import (
    ASLEEP_AT_ONCE,
    AT_ONCE,
    AWAKE,
    BY_HAND,
    MINUTE,
    MOST,
    OURS,
    RECEIVES,
    STREAM,
    WEIGHTS,
    Design,
    Record,
)
from tests.simulation.delivery.staff import Staff
from tests.simulation.delivery.stores import Ports, stores_of
from tests.simulation.delivery.town import NOON, Human, Town, a_catalog_of
from tests.simulation.delivery.work import Work

REDRIVES = 3
NO_REST = timedelta(days=30)  # of virtual time: who works longer goes round in circles
_LOOKS = 60  # of the staff, for a run that has not begun


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
    definitions: Definitions = field(init=False)
    hands: Hands = field(init=False)
    provider: Provider = field(init=False)
    stores: dict[str, Any] = field(init=False)
    _workers: dict[str, Ports] = field(init=False)
    _calm: Ports = field(init=False)
    _work: Work = field(init=False)

    def __post_init__(self) -> None:
        self.definitions = Definitions(a_catalog_of(self.category, self.town.way), since=NOON)
        self.stores = stores_of(self, self.definitions)
        usual = Ports(self.stores, self.faults)
        weighted = {
            queue: Ports(self.stores, self.faults, weight=weight) for queue, weight in WEIGHTS.items()
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
        self._work, self.hands = Work(self), Hands(self)

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
            while len(batches) < AT_ONCE and self._is_next_within(MINUTE / 6):
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
        most = self.faults.chance.randint(1, MOST.get(first.queue, 3))
        while len(batch) < most and self._heap and self._heap[0][0] <= self.now:
            if self._heap[0][2].queue != first.queue:
                break
            batch.append(heapq.heappop(self._heap)[2])
        return batch

    # ── one invocation ──────────────────────────────────────────────────────────────────────────

    def _invocation(self, batch: list[Record], now: datetime) -> Callable[[], None]:
        if batch[0].queue != AWAKE:
            return self._invoke(batch, now)
        in_hand, seen = batch[0].body
        self._asleep -= 1
        return self._invoke(in_hand, now, seen)

    def _invoke(self, batch: list[Record], now: datetime, seen: Seen | None = None) -> Callable[[], None]:
        """`seen`: brakes and definitions as the sender has read them already, before it fell asleep."""
        has_seen = seen or Seen(Handbrake(self._on(batch[0]).brakes))

        def invocation() -> None:
            nonlocal batch
            failed: list[Record] = []
            for record in batch:
                record.receives += 1
            try:
                for number, record in enumerate(batch):
                    if number and self._falls_asleep(record):
                        self._sleeps(batch[number:], has_seen)
                        batch = batch[:number]
                        break
                    if not self._tried(record, now, has_seen):
                        failed.append(record)
            except Crash:
                self.died += 1
                failed = batch
            if (
                not failed
                and batch[0].queue not in BY_HAND
                and self.faults.happens("acknowledgement lost", self.faults.rates.lost_acknowledgement)
            ):
                failed = batch
            for record in failed:
                self._comes_again(record)
            if batch[0].queue == "deed":
                self._see_what_is_known(batch)

        return invocation

    def _falls_asleep(self, record: Record) -> bool:
        if not self.staff or record.queue != self._queue or self._asleep >= ASLEEP_AT_ONCE:
            return False
        return self.faults.happens("sender asleep with what it read", 4 * self.faults.rates.asleep)

    def _sleeps(self, in_hand: list[Record], seen: Seen) -> None:
        self._asleep += 1
        self._later(Record(AWAKE, (in_hand, seen)), self.faults.chance.uniform(0.1, 15) * MINUTE)

    def _on(self, record: Record) -> Any:
        return self._workers.get(record.queue, self._workers[""])

    def _tried(self, record: Record, now: datetime, seen: Seen) -> bool:
        try:
            if record.queue in BY_HAND:
                self._staff_comes(record, now)
            else:
                self._work.take(record, self._on(record), now, seen)
        except (Conflict, Unavailable):
            return False
        except Exception as error:  # a fault of ours: it is told at the end
            self.broken[f"{record.queue}: {type(error).__name__}: {error}"[:200]] += 1
            return False
        return True

    def _staff_comes(self, record: Record, now: datetime) -> None:
        done = self.hands.do(self.staff[record.body].act, self._on(record), now)
        if record.queue != "staff":
            return
        if done:
            self._next_act(record.body + 1)
        elif record.receives < _LOOKS:  # else they go home: it may lie with the dead letters
            self._later(record, timedelta(seconds=2))

    def _comes_again(self, record: Record) -> None:
        if record.queue in ("sweep", "another"):
            return  # the next minute's is another
        if record.receives >= RECEIVES and record.queue not in (STREAM, "deed", "staff"):
            self.dead_letters += 1
            self._dead.append(record)
            self._note_lost_wake(record)
            return
        self._later(record, timedelta(seconds=self.faults.chance.uniform(30, 360)))

    def keep(self, records: Iterable[Record]) -> None:
        """What could not be taken lies with the dead letters, until somebody sends it back."""
        self._dead += records

    def _see_what_is_known(self, batch: list[Record]) -> None:
        """From what place of the log on we knew that two are one, or that somebody wants nothing any more."""
        people, written = self.stores["people"], len(self.provider.log)
        for record in batch:
            human: Human = record.body
            found = [people.stored[part] for part in self.profiles_of(human)]
            if human.is_two and len({profile.merged_into or profile.id for profile in found}) == 1:
                self.one_since.setdefault(human.number, written)
            if any(profile.status in GONE for profile in found) or (
                human.deed == "leaves"
                and self.category == "marketing"
                and any(len(people.consents[profile.id]) > 1 for profile in found)
            ):
                self.silent_since.setdefault(human.number, written)

    def profiles_of(self, human: Human) -> list[str]:
        return [part for part, number in self.town.profiles.items() if number == human.number]

    def next_number(self) -> int:
        """No two are the same: of whatever needs a name of its own."""
        number: int = next(self._numbers)
        return number

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
            batch = tuple(stream[: MOST[STREAM]])
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
            self._work.hear(report, self._calm, self.definitions.current(), self.now)

    def _others_work(self, message: str, until: datetime) -> None:
        """A sender sleeps; meanwhile the sweep finds its message, and the queue brings it to another sender."""
        alarm = AlarmRang(kind="message", id=message)
        self._work.ring(alarm, self._calm, self.definitions.current(), until)
        self._later(Record(self._queue, {"message": message}), until - self.now)

    def everything_at(self) -> Iterable[Any]:
        """All rows of messages at the end."""
        rows: Iterable[Any] = self.stores["messages"].stored.values()
        return rows
