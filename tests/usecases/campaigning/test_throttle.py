"""A campaign goes no faster than it says, nor than its channel may."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.messages import State
from kizuna.topology import Queue
from kizuna.usecases.delivery.deliver import deliver
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.customers import DAILY, subscribe
from tests.support.house import House


@dataclass
class Turns:
    """Gives every turn at once but those of the names in `busy`, and remembers who asked."""

    busy: frozenset[str] = frozenset()
    asked: list[tuple[str, float]] = field(default_factory=list)

    def wait(self, channel: str, *, per_second: float, within: timedelta) -> datetime | None:
        self.asked.append((channel, per_second))
        return None if channel in self.busy else NOON


def sent_by(turns: Turns, campaign: dict[str, Any], **policy: Any) -> State | None:
    documents = {**some_documents(CAMPAIGN | DAILY | campaign), ("policy", "policy"): policy}
    house = House(a_catalog(documents))
    house.ingest(subscribe("u1"))
    house.settle()
    house.start("spring", NOON)
    house.walk()
    house.settle()
    [body] = house.taken(Queue.EMAIL)
    return deliver(body["message"], replace(house.deliverer, turns=turns), house.catalog, now=NOON)


PACES: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, float]]]] = {
    "neither": ({}, {}, []),
    "the channel": ({}, {"pace": {"email": 5}}, [("email", 5)]),
    "the campaign": ({"throttle": 2}, {}, [("campaign/spring", 2)]),
    "both": ({"throttle": 2}, {"pace": {"email": 5}}, [("campaign/spring", 2), ("email", 5)]),
}


@pytest.mark.parametrize("case", PACES)
def test_a_message_waits_for_the_turn_of_whatever_has_a_pace(case: str) -> None:
    campaign, policy, expected = PACES[case]
    turns = Turns()
    assert sent_by(turns, campaign, **policy) is State.SENT
    assert turns.asked == expected


@pytest.mark.parametrize("busy", ["campaign/spring", "email"])
def test_without_a_turn_it_is_put_off_and_comes_again(busy: str) -> None:
    turns = Turns(frozenset({busy}))
    assert sent_by(turns, {"throttle": 2}, pace={"email": 5}) is State.PENDING
