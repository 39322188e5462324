"""What becomes of one record: the use case that it is for, with the ports of its worker."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang, AudienceShard, SendMessage, StartRun, WakeHeld
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.ids import digest
from kizuna.topology import Queue
from kizuna.usecases.campaigning import launching, walking
from kizuna.usecases.campaigning.approvals import Approvals
from kizuna.usecases.delivery import deliver
from kizuna.usecases.delivery.turns import Turnstile
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.journeys.driver import Driver
from kizuna.usecases.journeys.withdrawing import Walks
from kizuna.usecases.measuring.noting import Noter
from kizuna.usecases.outcomes import feedback, releasing
from kizuna.usecases.outcomes.braking import Handbrake
from kizuna.usecases.outcomes.watching import Watcher
from kizuna.usecases.reacting import react, wake
from kizuna.usecases.rights.asking import Registrar, request_erasure
from tests.simulation.delivery.definitions import Seen
from tests.simulation.delivery.records import BY_HAND, STREAM, Record
from tests.simulation.delivery.town import NOON, Human, does_something
from tests.support.house import HASH_KEYS, LINK_KEYS

if TYPE_CHECKING:
    from tests.simulation.delivery.path import Path

# Who goes by the definitions of a few seconds ago; all others read those of the moment with each batch.
_BEHIND = ("sweep", Queue.FEEDBACK, "deed")


def _no_rest(seconds: float) -> None:
    """Nobody waits in the middle of an invocation: whose turn is later is held, and comes again."""


class Work:
    """The use cases of one run, wired. Every call of theirs passes the faults of the run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turns: dict[int, Turnstile] = {}

    def seen(self, record: Record, on: Any, seen: Seen, now: datetime) -> Catalog:
        """The definitions that a batch goes by, read as the functions do it. Raises Unavailable.

        The stream goes on by those of before where they cannot be read; and somebody of a design that never rereads
        keeps the first.
        """
        path = self._path
        if not path.design.rereads:
            return path.definitions.first
        if seen.catalog is None:
            if record.queue in _BEHIND:
                seen.catalog = path.definitions.known(path.faults.chance, now=now)
            elif record.queue in BY_HAND:
                seen.catalog = path.definitions.current(fresh=True)
            else:
                try:
                    seen.catalog = on.definitions.current(fresh=True)
                except Unavailable:
                    if record.queue != STREAM:
                        raise
                    return path.definitions.known(path.faults.chance, now=now)
        catalog: Catalog = seen.catalog
        return catalog

    def take(self, record: Record, on: Any, now: datetime, seen: Seen) -> None:
        """Raises what the use case raises: Conflict and Unavailable bring the record again."""
        catalog = self.seen(record, on, seen, now)
        match record.queue:
            case "tick":
                planner = launching.Planner(
                    on.runs, on.queues, on.schedules, on.backfills, on.people, on.controls
                )
                launching.start_run(StartRun(campaign="spring", at=NOON), planner, catalog, now=now)
            case Queue.AUDIENCE:
                work = AudienceShard.model_validate(record.body)
                walking.walk(work, self._walker(on), catalog, now=now, is_over=self._time_is_over)
            case "sweep":
                wake.sweep(on.people, on.queues, now=now)
                releasing.look_after(on.brakes, on.queues, catalog, now=now)
            case Queue.WAKE if record.body["type"] == "wake_held":
                released = WakeHeld.model_validate(record.body)
                releasing.wake_held(released, on.messages, on.queues, catalog, now=now)
            case Queue.WAKE:
                self.ring(AlarmRang.model_validate(record.body), on, catalog, now)
            case Queue.FEEDBACK:
                feedback.take(record.body, self._listener(on), catalog, now=now)
            case "deed":
                self._does_something(record.body, on, catalog, now)
            case "stream" | Queue.LOST_CHANGES:
                self._react(record, on, catalog, now)
            case _:
                self._deliver(SendMessage.model_validate(record.body).message, on, catalog, now, seen)

    def ring(self, alarm: AlarmRang, on: Any, catalog: Catalog, now: datetime) -> None:
        self._path.design.ring(alarm, self._reactor(on), catalog, now=now)

    def hear(self, report: Any, on: Any, catalog: Catalog, now: datetime) -> None:
        """A provider's report, taken by whoever is at hand."""
        feedback.take(report, self._listener(on), catalog, now=now)

    def _deliver(self, message: str, on: Any, catalog: Catalog, now: datetime, seen: Seen) -> None:
        deliverer = self._deliverer(on, seen.brakes)
        if self._path.faults.happens("no time left", 0.01):
            deliver.put_off(message, deliverer, now=now)
            return
        self._path.design.deliver(message, deliverer, catalog, now=now)

    def _react(self, record: Record, on: Any, catalog: Catalog, now: datetime) -> None:
        """As the function does it: a change that cannot be taken is kept, and does not hold up those behind it."""
        kept: list[dict[str, Any]] = []
        told: list[Any] = []
        for change in record.body:
            try:
                told += react.react(change, self._reactor(on), catalog, now=now)
            except (Conflict, Unavailable):
                kept.append({"change": change})
        if kept and record.queue == Queue.LOST_CHANGES:
            raise Unavailable("still not taken")
        self._path.keep([Record(Queue.LOST_CHANGES, (each["change"],)) for each in kept])
        if told:
            on.lake.put(told)

    def _does_something(self, human: Human, on: Any, catalog: Catalog, now: datetime) -> None:
        if human.deed == "is erased":
            registrar = Registrar(on.people, on.erasures, lambda: HASH_KEYS)
            (profile,) = self._path.profiles_of(human)
            request_erasure(profile, registrar, now=now, actor="test", ground="asked")
            return
        events = does_something(human, self._path.town.way, now)
        done = ingest(
            events, people=on.people, ledger=on.ledger, catalog=catalog, now=now, new_id=self._new_id
        )
        if done.left_over:
            raise Unavailable("left over")

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
        path = self._path
        turns = self._turns.setdefault(
            id(on), Turnstile(on.pace, clock=lambda: path.now, rest=_no_rest)
        )  # a worker's own, who lives as long as the run
        return deliver.Deliverer(
            people=on.people,
            ledger=on.ledger,
            messages=on.messages,
            senders={path.town.way.channel: path.provider},
            link_keys=lambda: LINK_KEYS,
            base_url="https://api.example.com",
            randomness=self._randomness,
            turns=turns,
            brakes=brakes,
            approvals=Approvals(on.controls, on.runs),
            walks=Walks(on.journeys, on.halts),
        )

    def _new_id(self) -> str:
        return f"n{self._path.next_number():07d}"

    def _randomness(self, length: int) -> bytes:
        drawn = digest(str(self._path.next_number()), length=length)
        return drawn.encode().ljust(length, b"7")[:length]

    def _time_is_over(self) -> bool:
        return self._path.faults.happens("time is over in the middle of a shard", 0.1)
