"""R6: what a queue brings that is no work of ours is set apart at once, and holds up nothing beside it.

KIZUNA_MESSAGES=10000 plays the whole figure.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from pydantic import TypeAdapter

from kizuna.core.contracts import SendMessage
from kizuna.core.errors import Unavailable
from kizuna.core.messages import State
from kizuna.runtime import wiring
from kizuna.runtime.entrypoints import queue_handler
from kizuna.runtime.settings import Settings
from tests.support.builders import NOON
from tests.support.customers import decided
from tests.support.fakes import InMemoryQuarantine
from tests.support.house import House

MESSAGES = int(os.environ.get("KIZUNA_MESSAGES", "600"))
RECEIVES = 5
POISON = ("", "null", "[]", "{", '{"message": 7}', '{"massage": "m"}', '{"message": "m", "more": 1}', "\x00")


class HouseServices(wiring.Services):
    """What the entry point needs of a function, over a house."""

    def __init__(self, house: House) -> None:
        super().__init__(Settings(), clock=lambda: NOON)
        self._house = house

    @property
    def quarantine(self) -> InMemoryQuarantine:  # type: ignore[override]  # the port's other adapter
        return self._house.quarantine


@dataclass(slots=True)
class Record:
    body: str
    receives: int = 0


@dataclass(slots=True)
class Queue:
    """Batches of ten; what failed comes again, and after five times it lies with the dead."""

    waiting: list[Record]
    done: list[Record] = field(default_factory=list)
    dead: list[Record] = field(default_factory=list)

    def batches(self) -> Iterator[list[Record]]:
        while self.waiting:
            batch, self.waiting = self.waiting[:10], self.waiting[10:]
            for record in batch:
                record.receives += 1
            yield batch

    def settle(self, batch: list[Record], failed: set[str]) -> None:
        for number, record in enumerate(batch):
            if str(number) not in failed:
                self.done.append(record)
            else:
                (self.dead if record.receives >= RECEIVES else self.waiting).append(record)


def play(queue: Queue, house: House, *, broken: set[str]) -> None:
    """Run the function on everything; the messages in `broken` meet a store that is down, the first time."""

    def stage(work: SendMessage, wired: wiring.Services, now: Any) -> None:
        if work.message in broken:
            broken.remove(work.message)
            raise Unavailable("people")
        house.deliver(work.message)

    handler = queue_handler(TypeAdapter(SendMessage), stage, queue="deliver")
    with wiring.installed(HouseServices(house)):
        for batch in queue.batches():
            records = [{"messageId": str(n), "body": record.body} for n, record in enumerate(batch)]
            answer = handler({"Records": records}, None)
            queue.settle(batch, {each["itemIdentifier"] for each in answer["batchItemFailures"]})


@pytest.mark.filterwarnings("ignore")
def test_poison_is_set_apart_with_its_cause_and_a_redrive_sends_nothing_twice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    chance = random.Random(6)
    house = decided(None, *(f"u{number}" for number in range(MESSAGES)))
    good = [f'{{"message": "{message}"}}' for message in house.messages.stored]
    poison = [chance.choice(POISON) + " " * number for number in range(MESSAGES // 100)]
    bodies = good + poison
    chance.shuffle(bodies)
    broken = set(chance.sample(sorted(house.messages.stored), MESSAGES // 100))
    queue = Queue([Record(body) for body in bodies])
    play(queue, house, broken=broken)

    kept = house.quarantine.report()
    assert Counter(violation.raw for violation in kept) == Counter(poison)
    assert {violation.cause for violation in kept} == {"poisoned_message"}
    assert all(violation.reason for violation in kept)
    assert queue.dead == []
    assert max(record.receives for record in queue.done) <= 2
    assert Counter(message.state for message in house.messages.stored.values()) == {State.SENT: MESSAGES}

    for _ in range(3):  # somebody sends all of it back, three times
        again = Queue([Record(body) for body in bodies])
        play(again, house, broken=set())
        assert again.dead == []
    sent = Counter(envelope.message.id for envelope, _ in house.email.sent)
    assert set(sent.values()) == {1}
    assert len(sent) == MESSAGES
    assert Counter(violation.raw for violation in set(house.quarantine.report())) <= Counter(poison)
    capsys.readouterr()


def test_what_failed_for_other_reasons_five_times_lies_with_the_dead_and_comes_back_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = decided(None, "u1", "u2")
    bodies = [f'{{"message": "{message}"}}' for message in house.messages.stored]
    queue = Queue([Record(body) for body in bodies])
    house.people.down = True
    stuck = partial(play, broken=set())
    profiles = house.people.profiles

    def down(*given: Any, **more: Any) -> Any:
        raise Unavailable("people")

    monkeypatch.setattr(house.people, "profiles", down)
    stuck(queue, house)
    assert [record.receives for record in queue.dead] == [RECEIVES, RECEIVES]
    monkeypatch.setattr(house.people, "profiles", profiles)
    stuck(Queue([Record(record.body) for record in queue.dead * 3]), house)
    assert len(house.email.sent) == 2
