"""The contract of `Circuits` and `Inboxes` over the tables of the emulator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.adapters.tables.circuits import CircuitsTable
from kizuna.adapters.tables.inbox import InboxTable
from kizuna.adapters.tables.messages import MessagesTable
from kizuna.core.inbox import InboxItem
from kizuna.core.messages import State
from kizuna.core.webhooks.circuits import Circuit, after_failure, after_gone, reserved
from tests.support.builders import NOON, a_message, new
from tests.support.tables import fresh_tables


@pytest.fixture
def tables(dynamodb: Any) -> Any:
    if dynamodb is None:
        pytest.skip("these have no fake: the use cases meet them in the local cloud")
    return fresh_tables(dynamodb)


@pytest.fixture
def circuits(dynamodb: Any, tables: Any) -> CircuitsTable:
    return CircuitsTable(dynamodb, table=tables.catalog)


def test_a_circuit_comes_back_as_it_was_saved(circuits: CircuitsTable) -> None:
    assert circuits.read("crm") is None
    circuit = after_failure(Circuit("crm", 3), now=NOON, last="http_503")
    assert circuits.save(circuit)
    assert circuits.read("crm") == circuit
    for after in (reserved(circuit, now=NOON), after_gone(reserved(circuit, now=NOON), now=NOON)):
        assert circuits.save(after)
        assert circuits.read("crm") == after


def test_of_two_who_save_the_slower_one_is_told(circuits: CircuitsTable) -> None:
    circuit = after_failure(Circuit("crm", 3), now=NOON, last="http_503")
    assert circuits.save(circuit)
    assert not circuits.save(circuit)
    assert circuits.save(reserved(circuit, now=NOON))
    assert not circuits.save(reserved(circuit, now=NOON))


def an_item(number: int, part: str = "p1") -> InboxItem:
    message = a_message(part, step=f"step-{number}", channel="inbox", address="u1")
    at = NOON + timedelta(minutes=number)
    return InboxItem(
        message.id,
        part,
        at,
        at + timedelta(days=1),
        "inbox",
        "ja",
        "件名",
        "本文\n改行",
        "shop://x",
        {"a": "1"},
    )


def put(inboxes: InboxTable, messages: MessagesTable, number: int, part: str = "p1") -> InboxItem:
    message = a_message(part, step=f"step-{number}", channel="inbox", address="u1", state=State.SENT)
    assert messages.create(new(message))
    item = an_item(number, part)
    inboxes.put(item)
    return item


def test_an_item_is_put_once_and_read_with_the_facts_of_its_message(dynamodb: Any, tables: Any) -> None:
    inboxes = InboxTable(dynamodb, table=tables.people)
    messages = MessagesTable(dynamodb, table=tables.people)
    item = put(inboxes, messages, 1)
    inboxes.put(InboxItem(item.id, "p1", item.at, item.expires_at, "inbox", "en", "Other", "Other"))
    messages.add_fact(item.id, "opened", NOON)
    (held,), following = inboxes.page(("p1",))
    assert (held.item, held.state, held.facts, following) == (item, State.SENT, {"opened": NOON}, None)


def test_pages_go_down_through_all_parts_of_a_person(dynamodb: Any, tables: Any) -> None:
    inboxes = InboxTable(dynamodb, table=tables.people)
    messages = MessagesTable(dynamodb, table=tables.people)
    items = [put(inboxes, messages, number, "p1" if number % 2 else "p2") for number in range(1, 8)]
    seen: list[str] = []
    before: str | None = ""
    while before is not None:
        page, before = inboxes.page(("p1", "p2"), before=before, limit=3)
        assert len(page) <= 3
        seen += (each.item.id for each in page)
    assert seen == [item.id for item in reversed(items)]
    assert inboxes.page(("p3",)) == ((), None)


def test_only_messages_to_the_persons_own_inbox_are_found(dynamodb: Any, tables: Any) -> None:
    inboxes = InboxTable(dynamodb, table=tables.people)
    messages = MessagesTable(dynamodb, table=tables.people)
    mine, other = put(inboxes, messages, 1), put(inboxes, messages, 2, "p2")
    mail = a_message()
    messages.create(new(mail))
    assert inboxes.find(("p1",), [other.id, mail.id, "unknown", mine.id]) == (mine.id,)
