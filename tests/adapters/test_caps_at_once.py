"""Frequency caps over the real requests: many decide at once, and between any two calls another may come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from kizuna.adapters.tables.ledger import LedgerTable
from kizuna.adapters.tables.messages import MessagesTable
from kizuna.adapters.tables.people import PeopleTable
from kizuna.core.catalog import Catalog
from kizuna.core.decide import Occasion
from kizuna.core.errors import Conflict
from kizuna.core.messages import Message, State
from kizuna.core.people import Profile
from kizuna.usecases.decisions.deciding import decide_and_store
from kizuna.usecases.delivery.giving_back import give_back
from kizuna.usecases.ingesting.ingest import ingest
from tests.simulation.chaos import Baton
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.customers import DAILY, identify, subscribe
from tests.support.tables import TableNames

MOST = 2
WINDOW = {"count": MOST, "window": "7d"}
PERSON, SHARED = ("u1",), ("u1", "u2")
CAPS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "person": (WINDOW, PERSON),
    "channel": (WINDOW | {"channel": "email"}, PERSON),
    "topic": (WINDOW | {"topic": "news"}, PERSON),
    "campaign": (WINDOW | {"campaign": "spring"}, PERSON),
    "calendar": ({"count": MOST, "window": {"calendar_local": "day"}}, PERSON),
    "address": (WINDOW | {"scope": "address"}, SHARED),
    "household": (WINDOW | {"scope": "household"}, SHARED),
}


class InTurns:
    """A client of a worker. Its calls are done one at a time, as DynamoDB does a transaction and moto does not, and
    before each of them anybody else may move."""

    def __init__(self, client: Any, step: Callable[[], None]) -> None:
        self._client, self._step = client, step

    def __getattr__(self, operation: str) -> Any:
        found = getattr(self._client, operation)
        if not callable(found):
            return found

        def call(*names: Any, **request: Any) -> Any:
            self._step()
            return found(*names, **request)

        return call


class Town:
    """Some people in tables, and workers who decide about them at once."""

    def __init__(self, client: Any, tables: TableNames, cap: dict[str, Any], users: tuple[str, ...]) -> None:
        policy = {"frequency_caps": [cap], "household": {"trait": "home"}}
        self.catalog: Catalog = a_catalog({**some_documents(CAMPAIGN | DAILY), ("policy", "policy"): policy})
        self.tables, self.baton = tables, Baton(Random(0))
        self.client = InTurns(client, self._anybody_moves)
        people, ledger = self._stores()
        told = [
            subscribe(user, "family@example.com" if cap.get("scope") == "address" else "") for user in users
        ]
        told += [identify(200 + number, user=user, home="H-12") for number, user in enumerate(users)]
        numbers = iter(range(99))
        ingest(
            told, people=people, ledger=ledger, catalog=self.catalog, now=NOON,
            new_id=lambda: f"p{next(numbers)}",
        )  # fmt: skip
        owners = people.owners([("user_id", user) for user in users])
        self.people: list[Profile] = list(people.profiles(owners.values()).values())

    def _anybody_moves(self) -> None:
        self.baton.step()

    def _stores(self) -> tuple[PeopleTable, LedgerTable]:
        people = PeopleTable(self.client, table=self.tables.people, ledger=self.tables.ledger)
        return people, LedgerTable(self.client, table=self.tables.ledger)

    @property
    def messages(self) -> MessagesTable:
        return MessagesTable(self.client, table=self.tables.people)

    def decides(self, number: int) -> Callable[[], None]:
        """A run of the campaign decides about one of them; what was refused for now comes again."""
        person = self.people[number % len(self.people)]
        occasion = Occasion(self.catalog.campaigns["spring"], 1, f"run{number}")
        _, ledger = self._stores()

        def work() -> None:
            while True:
                try:
                    decide_and_store(
                        person,
                        occasion,
                        ledger=ledger,
                        messages=self.messages,
                        catalog=self.catalog,
                        now=NOON,
                    )
                    return
                except Conflict:
                    continue

        return work

    def gives_back(self, message: Message) -> Callable[[], None]:
        people, _ = self._stores()

        def work() -> None:
            while True:
                try:
                    give_back(message, self.catalog, people=people, messages=self.messages)
                    return
                except Conflict:
                    continue

        return work

    def at_once(self, seed: int, *work: Callable[[], None]) -> None:
        self.baton = Baton(Random(seed))
        failed = [each for each in self.baton.run(work) if isinstance(each, BaseException)]
        assert failed == []

    def decided(self) -> list[Message]:
        everybody = [part for person in self.people for part in person.parts]
        return list(self.messages.of_person(everybody))

    def ready(self) -> list[Message]:
        return [message for message in self.decided() if message.state is State.PENDING]


@pytest.mark.parametrize("seed", range(4, 7))  # in which they do get in each other's way
@pytest.mark.parametrize("kind", CAPS)
def test_whoever_decides_at_once_as_many_are_ready_as_the_cap_allows_and_no_more(
    kind: str, seed: int, dynamodb: Any, tables: TableNames
) -> None:
    town = Town(dynamodb, tables, *CAPS[kind])
    town.at_once(seed, *(town.decides(number) for number in range(5)))
    assert [message.reason for message in town.decided()].count("frequency_cap") == 3
    assert len(town.ready()) == MOST


@pytest.mark.parametrize("seed", range(4, 7))
@pytest.mark.parametrize("kind", ["person", "address", "household"])
def test_room_that_is_given_back_while_others_decide_is_had_once(
    kind: str, seed: int, dynamodb: Any, tables: TableNames
) -> None:
    town = Town(dynamodb, tables, *CAPS[kind])
    town.at_once(seed, *(town.decides(number) for number in range(2)))
    lost = town.ready()[0]
    failed = replace(lost, state=State.FAILED, state_version=1, reason="provider_rejected")
    assert town.messages.save(failed, expected=0)
    repeated = [town.gives_back(failed), town.gives_back(failed)]
    town.at_once(seed, *repeated, *(town.decides(number) for number in range(10, 14)))
    assert len(town.ready()) <= MOST
    town.at_once(seed, *(town.decides(number) for number in range(20, 24)))
    assert len(town.ready()) == MOST, "room that nobody used is not lost"
