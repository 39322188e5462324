"""What an address heard is kept as long as any cap may count it, and no longer than somebody is reached there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kizuna.adapters.tables import people_keys
from kizuna.adapters.tables.erasure import ErasureTable
from kizuna.adapters.tables.messages import MessagesTable
from kizuna.adapters.tables.people import PeopleTable
from kizuna.core.messages import Message
from kizuna.core.ports import Pressed
from kizuna.core.restraint.pressure import Pressure, Touch
from tests.support.builders import NOON, a_message, a_profile, a_write, new
from tests.support.emulated import items_of
from tests.support.faulty import FaultyClient
from tests.support.tables import TableNames


@pytest.fixture
def messages(dynamodb: FaultyClient, tables: TableNames) -> MessagesTable:
    return MessagesTable(dynamodb, table=tables.people)


def pressed(message: Message, version: int = 1) -> Pressed:
    heard = Pressure(version, (Touch(NOON, message.channel, message.id),))
    return Pressed(message.person, heard, message.address_id, heard)


def gone_at(dynamodb: FaultyClient, tables: TableNames, message: Message) -> int:
    pk = people_keys.address_pressure(message.address_id)
    (item,) = [item for item in items_of(dynamodb, tables.people) if item["pk"]["S"] == pk]
    return int(item["ttl"]["N"])


def test_what_an_address_heard_outlasts_three_months_however_long_they_are(
    messages: MessagesTable, dynamodb: FaultyClient, tables: TableNames
) -> None:
    message = a_message()
    messages.create(new(message, pressed=pressed(message)))
    longest = NOON + timedelta(days=92)
    assert gone_at(dynamodb, tables, message) > longest.timestamp()


def test_an_address_that_heard_nothing_after_all_is_forgotten_when_it_would_have_been(
    messages: MessagesTable, dynamodb: FaultyClient, tables: TableNames
) -> None:
    message = a_message()
    messages.create(new(message, pressed=pressed(message)))
    before = gone_at(dynamodb, tables, message)
    messages.press(Pressed(message.person, address=message.address_id, on_address=Pressure(2)))
    assert messages.pressure_at(message.address_id) == Pressure(2)
    assert gone_at(dynamodb, tables, message) == before


@pytest.mark.parametrize("shared", [False, True])
def test_erasing_takes_what_the_address_of_a_message_heard_unless_another_is_reached_there(
    messages: MessagesTable, dynamodb: FaultyClient, tables: TableNames, shared: bool
) -> None:
    """A decision that was on its way as the erasure began may have counted it once more."""
    people = PeopleTable(dynamodb, table=tables.people, ledger=tables.ledger)
    people.commit(a_write(None, a_profile(version=0)))
    message = a_message()
    messages.create(new(message, pressed=pressed(message)))
    erasures = ErasureTable(dynamodb, people=tables.people, ledger=tables.ledger)
    erasures.forget_holders([message.address_id], ["p1"])
    assert messages.pressure_at(message.address_id) == Pressure()
    messages.press(Pressed("p1", address=message.address_id, on_address=pressed(message).on_address))
    if shared:
        dynamodb.put_item(
            TableName=tables.people,
            Item={"pk": {"S": people_keys.holders(message.address_id)}, "sk": {"S": "p2"}},
        )
    while erasures.clear("p1", ["p1"]).more:
        pass
    heard = messages.pressure_at(message.address_id)
    assert bool(heard.touches) is shared
