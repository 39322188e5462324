"""All use cases over the fakes, with the stream between them: what one stores the next reacts to.

house = House(a_catalog())
house.ingest(identify(...))      # events in
house.settle()                   # the stream is drained: memberships, triggers, counters, queues
house.send()                     # the channel queues are drained
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang, AudienceShard, BackfillShard, StartRun, WakeHeld
from kizuna.core.events import Event
from kizuna.core.folding import Fact
from kizuna.core.ids import digest
from kizuna.core.links import LinkKeys
from kizuna.core.messages import Message, State
from kizuna.core.people import Profile
from kizuna.core.provider_reports import Report
from kizuna.core.rights.rights import HashKeys
from kizuna.local.memory.controls import InMemoryControls
from kizuna.local.memory.journeys import InMemoryJourneyRuns
from kizuna.local.memory.merges import InMemoryMerges
from kizuna.local.memory.results import InMemoryResults
from kizuna.local.memory.rhythms import InMemoryRhythms
from kizuna.local.memory.trials import InMemoryTrials
from kizuna.topology import CHANNEL_QUEUES, Queue
from kizuna.usecases.campaigning import launching, walking
from kizuna.usecases.campaigning.approvals import Approvals
from kizuna.usecases.delivery import deliver
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.ingesting.ingested import Ingested
from kizuna.usecases.measuring.noting import Noter
from kizuna.usecases.outcomes import feedback, releasing
from kizuna.usecases.outcomes.braking import Handbrake
from kizuna.usecases.outcomes.watching import Watcher
from kizuna.usecases.own_side.front_desk import FrontDesk
from kizuna.usecases.reacting import react, wake
from kizuna.usecases.segments import backfill
from kizuna.usecases.segments.recalling import Teller
from tests.support.builders import NOON
from tests.support.fakes import (
    InMemoryBackfills,
    InMemoryBus,
    InMemoryCounters,
    InMemoryLake,
    InMemoryLedger,
    InMemoryMessages,
    InMemoryPeople,
    InMemoryQuarantine,
    InMemoryQueues,
    InMemoryRuns,
    InMemorySchedules,
    InMemorySender,
)
from tests.support.fakes_of_askings import InMemoryAskings
from tests.support.fakes_of_brakes import InMemoryBrakes, InMemoryCohorts

NO_ERASURES: Any = None  # a house erases nobody; that is done in a local cloud
HASH_KEYS = HashKeys("h1", {"h1": b"fedcba9876543210fedcba9876543210"})
LINK_KEYS = LinkKeys("k1", {"k1": b"0123456789abcdef0123456789abcdef"})


class House:
    """One workspace and everything it stores. Moments are passed in; without one it is noon."""

    def __init__(
        self, catalog: Catalog, *profiles: Profile, people: InMemoryPeople | None = None, name: str = "n"
    ) -> None:
        self.catalog = catalog
        self.people = people or InMemoryPeople(*profiles)
        self.ledger = InMemoryLedger(self.people)
        self.messages = InMemoryMessages(self.people)
        self.counters = InMemoryCounters(self.messages)
        self.results = InMemoryResults(self.messages, self.counters)
        self.rhythms = InMemoryRhythms()
        self.controls = InMemoryControls()
        self.queues, self.bus, self.lake = InMemoryQueues(), InMemoryBus(), InMemoryLake()
        self.quarantine, self.schedules, self.runs = InMemoryQuarantine(), InMemorySchedules(), InMemoryRuns()
        self.email, self.sms, self.push = InMemorySender(), InMemorySender(), InMemorySender()
        self.inbox, self.webhook = InMemorySender(), InMemorySender()
        self.askings = InMemoryAskings()
        self.cohorts, self.brakes = InMemoryCohorts(self.messages), InMemoryBrakes()
        self.trials = InMemoryTrials()
        self.backfills = InMemoryBackfills.done_for(catalog, now=NOON)
        self._numbers = count(1)
        self._name = name
        self._people_seen: dict[str, Profile] = dict(self.people.stored)
        self._messages_seen: dict[str, Message] = {}
        self._events_seen: set[tuple[str, str]] = set()
        self._writes_seen = 0
        self.changes_told: list[react.Change] = []

    def new_id(self) -> str:
        return f"{self._name}{next(self._numbers):03d}"

    def randomness(self, length: int) -> bytes:
        return digest(str(next(self._numbers)), length=max(length, 1)).encode()[:length]

    # ── the use cases ───────────────────────────────────────────────────────────────────────────

    def ingest(self, *events: Event, now: datetime = NOON, **more: Any) -> Ingested:
        return ingest(
            events, people=self.people, ledger=self.ledger, catalog=self.catalog, now=now, new_id=self.new_id, **more
        )  # fmt: skip

    @property
    def reactor(self) -> react.Reactor:
        return react.Reactor(
            self.people,
            self.ledger,
            self.messages,
            self.counters,
            self.queues,
            self.bus,
            self.new_id,
            self.askings,
            self.watcher,
            self.noter,
            rhythms=self.rhythms,
            trials=self.trials,
            controls=self.controls,
        )

    @property
    def watcher(self) -> Watcher:
        return Watcher(self.messages, self.cohorts, self.counters, self.brakes, self.bus, self.results)

    @property
    def noter(self) -> Noter:
        return Noter(self.people, self.messages, self.results, lambda: InMemoryMerges(self.people))

    @property
    def deliverer(self) -> deliver.Deliverer:
        return deliver.Deliverer(
            people=self.people,
            ledger=self.ledger,
            messages=self.messages,
            senders={
                "email": self.email,
                "sms": self.sms,
                "push": self.push,
                "inbox": self.inbox,
                "webhook": self.webhook,
            },
            link_keys=lambda: LINK_KEYS,
            base_url="https://api.example.com",
            randomness=self.randomness,
            brakes=Handbrake(self.brakes),
            approvals=Approvals(self.controls, self.runs),
        )

    @property
    def desk(self) -> FrontDesk:
        return FrontDesk(
            people=self.people,
            ledger=self.ledger,
            messages=self.messages,
            link_keys=lambda: LINK_KEYS,
            new_id=self.new_id,
            queues=self.queues,
            askings=self.askings,
            erasures=NO_ERASURES,
            journeys=InMemoryJourneyRuns(self.people),
            hash_keys=lambda: HASH_KEYS,
            randomness=self.randomness,
        )

    def hear(self, report: Report, *, now: datetime = NOON) -> None:
        listener = feedback.Listener(self.people, self.ledger, self.messages, self.quarantine, self.new_id)
        feedback.take(report, listener, self.catalog, now=now)

    def start(self, name: str, at: datetime, *, now: datetime | None = None, by_hand: bool = True) -> None:
        """Start a run for an instant, by hand whether or not the schedule has it."""
        planner = launching.Planner(
            self.runs, self.queues, self.schedules, self.backfills, self.people, self.controls
        )
        start = StartRun(campaign=name, at=at)
        launching.start_run(start, planner, self.catalog, now=now or at, by_hand=by_hand)

    def walk(self, *, now: datetime = NOON, **more: Any) -> int:
        """Drain the audience queue; how many were newly decided."""
        walker = walking.Walker(
            self.people,
            self.ledger,
            self.messages,
            self.runs,
            self.queues,
            self.brakes,
            self.rhythms,
            self.trials,
        )
        return sum(
            walking.walk(AudienceShard.model_validate(body), walker, self.catalog, now=now, **more)
            for body in self.taken(Queue.AUDIENCE)
        )

    def deliver(self, message_id: str, *, now: datetime = NOON) -> State | None:
        return deliver.deliver(message_id, self.deliverer, self.catalog, now=now)

    def send(self, *, now: datetime = NOON) -> None:
        """Drain the queues of all channels."""
        for queue in CHANNEL_QUEUES.values():
            for body in self.taken(queue):
                self.deliver(body["message"], now=now)

    def ring(self, *, now: datetime) -> int:
        """Sweep what is due, or was released, and handle it; how many alarms rang."""
        wake.sweep(self.people, self.queues, now=now)
        releasing.look_after(self.brakes, self.queues, self.catalog, now=now)
        rung = 0
        while waiting := self.taken(Queue.WAKE):
            for body in waiting:
                if body["type"] == "wake_held":
                    work = WakeHeld.model_validate(body)
                    releasing.wake_held(work, self.messages, self.queues, self.catalog, now=now)
                    continue
                react.ring(AlarmRang.model_validate(body), self.reactor, self.catalog, now=now)
                rung += 1
        return rung

    # ── definitions change ──────────────────────────────────────────────────────────────────────

    @property
    def filler(self) -> backfill.Filler:
        return backfill.Filler(self.people, self.backfills, self.queues, lambda: self.catalog, self.teller)

    @property
    def teller(self) -> Teller:
        return Teller(self.messages, self.ledger, self.new_id)

    def put_in_force(self, catalog: Catalog, *, now: datetime = NOON) -> None:
        """These definitions count from now on; the backfill they call for has begun."""
        self.catalog = catalog
        backfill.begin(self.backfills, self.queues, catalog, now=now)

    def fill(self, *, now: datetime = NOON, **more: Any) -> None:
        """Drain the queue of backfills."""
        while waiting := self.taken(Queue.BACKFILL):
            for body in waiting:
                backfill.fill(BackfillShard.model_validate(body), self.filler, now=now, **more)

    # ── the stream ──────────────────────────────────────────────────────────────────────────────

    def settle(self, *, now: datetime = NOON) -> None:
        """React to every change until nothing changes any more."""
        while changes := list(self.changes()):
            for change in changes:
                self.lake.put(react.react(change, self.reactor, self.catalog, now=now))
            self.changes_told += changes

    def changes(self) -> Iterator[react.Change]:
        """What the stream holds since it was last read."""
        writes, self._writes_seen = self.people.writes[self._writes_seen :], len(self.people.writes)
        facts: Mapping[tuple[str, int], tuple[Fact, ...]] = {
            (write.profile.id, write.profile.version): write.facts for write in writes
        }
        stored = {(each.id, each.version) for each in self.people.stored.values()}
        for part, events in list(self.people.events.items()):
            for key, event in list(events.items()):
                if (part, key) not in self._events_seen:
                    self._events_seen.add((part, key))
                    yield react.EventStored(part, key, event)
        for write in writes:  # each of them is a change, also where another one has followed by now
            between = write.profile
            if (between.id, between.version) not in stored:
                before, self._people_seen[between.id] = self._people_seen.get(between.id), between
                yield react.ProfileChanged(before, between, write.facts)
        for person, profile in list(self.people.stored.items()):
            before = self._people_seen.get(person)
            if before != profile:
                self._people_seen[person] = profile
                yield react.ProfileChanged(before, profile, facts.get((person, profile.version), ()))
        for message_id, message in list(self.messages.stored.items()):
            known = self._messages_seen.get(message_id)
            if known != message:
                self._messages_seen[message_id] = message
                yield react.MessageChanged(known, message)

    # ── looking ─────────────────────────────────────────────────────────────────────────────────

    def taken(self, queue: Queue) -> list[dict[str, Any]]:
        """What waits in a queue; it is empty then."""
        bodies, self.queues.sent[queue] = self.queues.sent[queue], []
        return bodies

    def person(self, kind: str, value: str) -> Profile:
        """The living person who holds an identifier."""
        owner = self.people.identities[kind, value]
        return self.people.profiles([owner])[owner]

    def living(self) -> list[Profile]:
        return [profile for profile in self.people.stored.values() if not profile.merged_into]

    def states(self, campaign_id: str = "") -> dict[str, int]:
        """How many messages are in each state, refusals by their reason."""
        found: dict[str, int] = {}
        for message in self.messages.stored.values():
            if campaign_id in ("", message.campaign):
                name = message.reason if message.state is State.DENIED else str(message.state)
                found[name] = found.get(name, 0) + 1
        return found

    def only_message(self) -> Message:
        (message,) = self.messages.stored.values()
        return message

    def change_person(self, person: str, **changes: Any) -> None:
        """Somebody else writes this person: the record changes under everybody who has read it."""
        profile = self.people.stored[person]
        self.people.stored[person] = replace(profile, version=profile.version + 1, **changes)
