"""An opt-out that is committed before the claim stops the message, whatever the order of everything between (R10).

Somebody leaves while their message is being delivered. Every call that either of them makes to a store may come
before or after any call of the other; a seed chooses the order. In full (10,000 orders) where time allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.events import Event
from kizuna.core.messages import State
from kizuna.core.rights.staff_acts import Act, staff_event
from kizuna.usecases.delivery import deliver
from kizuna.usecases.ingesting.ingest import ingest
from tests.support.builders import NOON, new
from tests.support.consents import EXAMPLES
from tests.support.customers import decided, subscribe
from tests.support.emulated import client, cloud
from tests.support.forgetful import Forgetful
from tests.support.house import House
from tests.support.stores import in_tables
from tests.support.tables import fresh_tables
from tests.support.turns import Turns


def leaves(house: House) -> Event:
    return subscribe("u1", number=2, status="UNSUBSCRIBED", at=NOON)


def objects(house: House) -> Event:
    return staff_event(house.only_message().person, Act.OBJECT, by="mika", reason="x", at=NOON)


def is_not_to_be_contacted(house: House) -> Event:
    return staff_event(house.only_message().person, Act.SILENCE, by="mika", reason="x", at=NOON)


REFUSALS: list[Callable[[House], Event]] = [leaves, objects, is_not_to_be_contacted]


def a_plan(rng: Random) -> list[str]:
    """Whose turn it is. Half of the plans change turns at random; the others let one run on for a while and then the
    other overtake it, for only so does the whole refusal fall between the last look and the claim often."""
    if rng.random() < 0.5:
        return rng.choices(["deliverer", "refuser"], [1, rng.choice([0.2, 1, 5])], k=200)
    begun, looked = rng.randint(0, 3), rng.randint(3, 7)
    return ["refuser"] * begun + ["deliverer"] * looked + ["refuser"] * 50


def play(house: House, refusal: Callable[[House], Event], rng: Random, messages: Any = None) -> Turns:
    """Deliver the message of the house and refuse it at once, in an order that is drawn; what happened, in order."""
    event, message = refusal(house), house.only_message().id
    turns = Turns(a_plan(rng))
    people, ledger = turns.stepping(house.people), turns.stepping(house.ledger)
    on = replace(
        house.deliverer, people=people, ledger=ledger, messages=turns.stepping(messages or house.messages)
    )

    def refuse() -> None:
        done = ingest(
            [event], people=people, ledger=ledger, catalog=house.catalog, now=NOON, new_id=house.new_id
        )
        assert not done.left_over

    turns.play(deliverer=lambda: deliver.deliver(message, on, house.catalog, now=NOON), refuser=refuse)
    return turns


def came_first(turns: Turns) -> str:
    """Which of the two took effect first: the refusal, or the claim."""
    for who, what, result in turns.log:
        if (who, what) == ("refuser", "commit_all") and result == [None]:
            return "refusal"
        if (who, what) == ("refuser", "commit"):
            return "refusal"
        if (who, what, result) == ("deliverer", "claim", True):
            return "claim"
    raise AssertionError("neither took effect")


def held(house: House, turns: Turns) -> bool:
    """Whether nothing was sent after a refusal; what was claimed before is sent once."""
    sent = len(house.email.sent)
    stored = house.messages.get(house.only_message().id)
    assert stored is not None
    if came_first(turns) == "refusal":
        return sent == 0 and stored.state is State.DENIED
    return sent == 1 and stored.state is State.SENT


@settings(max_examples=max(EXAMPLES // 2, 1), deadline=None)
@given(st.integers(0, 2**64))
def test_a_refusal_before_the_claim_stops_the_message(seed: int) -> None:
    rng = Random(seed)
    house = decided()
    turns = play(house, rng.choice(REFUSALS), rng)

    assert held(house, turns), turns.log


def test_both_orders_come_about() -> None:
    found = set()
    for seed in range(40):
        house = decided()
        found.add(came_first(play(house, leaves, Random(seed))))

    assert found == {"refusal", "claim"}


def is_found_out(seed: int, house: House) -> bool:
    """Whether the check fails for a store that forgets the one condition on which all of this rests."""
    rng = Random(seed)
    return not held(house, play(house, rng.choice(REFUSALS), rng, messages=Forgetful(house)))


def test_a_store_that_does_not_look_at_the_record_again_is_found_out() -> None:
    found = sum(is_found_out(seed, decided()) for seed in range(60))

    assert found >= 6, f"{found} of 60 orders show it"


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as environment, cloud(changed=True):
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        made = client("dynamodb")
        yield made
        made.close()


def a_house_of_tables(dynamodb: Any) -> House:
    """The same house over DynamoDB's own conditions, with its message on the way."""
    in_memory = decided()
    message = in_memory.only_message()
    stores = in_tables(dynamodb, fresh_tables(dynamodb))
    house = House(in_memory.catalog)
    kept: Any = house  # a house is made over memory; this one stands over tables
    kept.people, kept.ledger, kept.messages = stores.people, stores.ledger, stores.messages
    house.only_message = lambda: message  # type: ignore[method-assign]  # tables list no messages
    house.ingest(subscribe("u1"))
    stores.messages.create(new(message))
    return house


def test_and_so_are_tables_that_do_not(dynamodb: Any) -> None:
    assert any(is_found_out(seed, a_house_of_tables(dynamodb)) for seed in range(60))


@pytest.mark.parametrize("seed", range(max(EXAMPLES // 4, 1)))
def test_so_it_is_in_the_tables(dynamodb: Any, seed: int) -> None:
    rng, house = Random(seed), a_house_of_tables(dynamodb)
    turns = play(house, rng.choice(REFUSALS), rng)

    assert held(house, turns), turns.log
