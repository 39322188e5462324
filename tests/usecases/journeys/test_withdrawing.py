"""Before a message is claimed its journey is asked once more: the stream that withdraws what waits may be late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from kizuna.core.errors import Unavailable
from kizuna.core.journeys.halts import Halt
from kizuna.core.journeys.places import place_of
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.messages import Message, State, held_because
from kizuna.core.people import Trait
from kizuna.core.ports import Halts
from kizuna.core.reasons import Waits
from kizuna.local.memory.journeys import InMemoryHalts
from kizuna.usecases.delivery.deliver import Deliverer, deliver
from kizuna.usecases.journeys import halting
from kizuna.usecases.journeys.taking_out import take_out
from kizuna.usecases.journeys.withdrawing import Walks, withdraw
from tests.support.builders import NOON
from tests.support.fakes import InMemorySender
from tests.support.house import LINK_KEYS
from tests.support.journey_town import Town
from tests.support.travels import a_shop
from tests.support.walks import say, wait

MINUTE = timedelta(minutes=1)


class Shop(Town):
    """Ann, of whom the law asks no consent, has entered: her first message lies on the queue."""

    def __init__(self) -> None:
        american = {"country": Trait("US", NOON, "shop"), "timezone": Trait("America/New_York", NOON, "shop")}
        super().__init__(a_shop(say("m"), wait("w", "3d"), say("n")), traits=american)
        self.halts, self.provider = InMemoryHalts(), InMemorySender()
        self.enter()

    @property
    def message(self) -> Message:
        (message,) = self.messages.stored.values()
        return message

    def batch(self, halts: Halts | None = None) -> Deliverer:
        """A sender with the next batch in its hands."""
        return Deliverer(
            people=self.people,
            ledger=self.ledger,
            messages=self.messages,
            senders={"email": self.provider},
            link_keys=lambda: LINK_KEYS,
            base_url="https://links.example",
            randomness=bytes,
            walks=Walks(self.runs, halts or self.halts),
        )

    def send(self, batch: Deliverer, after: timedelta = timedelta(0)) -> State | None:
        return deliver(self.message.id, batch, self.catalog, now=self.now + after)

    def take_ann_out(self) -> JourneyRun:
        over = take_out(place_of(self.run()), "removed_by_staff", self.runs, now=self.now)
        assert over is not None
        return over

    def withdraw(self, run: JourneyRun) -> None:
        withdraw(run, people=self.people, messages=self.messages, catalog=self.catalog, now=self.now)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_run_that_was_cut_a_moment_ago_says_nothing_though_nobody_has_withdrawn_it_yet(shop: Shop) -> None:
    batch = shop.batch()
    shop.take_ann_out()
    assert shop.message.state is State.PENDING
    assert shop.send(batch) is State.DENIED
    assert (shop.message.reason, shop.provider.sent) == ("left_journey", [])


def test_what_was_sent_before_the_run_was_cut_is_not_touched(shop: Shop) -> None:
    assert shop.send(shop.batch()) is State.SENT
    shop.withdraw(shop.take_ann_out())
    assert (shop.message.state, len(shop.provider.sent)) == (State.SENT, 1)


def test_withdrawing_twice_is_as_good_as_once(shop: Shop) -> None:
    over = shop.take_ann_out()
    before = shop.message.state_version
    for _ in range(2):
        shop.withdraw(over)
    assert (shop.message.state, shop.message.reason) == (State.DENIED, "left_journey")
    assert shop.message.state_version == before + 1


def test_a_batch_goes_by_the_pauses_that_it_has_read_and_the_next_one_holds(shop: Shop) -> None:
    early = shop.batch()
    assert early.walks is not None
    assert not early.walks.stands_still(shop.message, shop.catalog)  # as for the message before this one
    halting.pause("spring", shop.halts, shop.catalog, by="ann", reason="wrong price", now=shop.now)
    assert shop.send(shop.batch()) is State.PENDING
    assert (shop.message.not_before, shop.provider.sent) == (shop.now + 15 * MINUTE, [])
    assert held_because(shop.message) is Waits.JOURNEY_PAUSED
    assert shop.send(shop.batch(), after=15 * MINUTE) is State.PENDING
    assert shop.send(early, after=30 * MINUTE) is State.SENT


def test_pauses_that_cannot_be_read_let_nothing_go(shop: Shop) -> None:
    class Down(InMemoryHalts):
        def current(self) -> Mapping[str, Halt]:
            raise Unavailable("halts")

    with pytest.raises(Unavailable):
        shop.send(shop.batch(Down()))
    assert (shop.message.state, shop.provider.sent) == (State.PENDING, [])
