"""What only shows against a real table: lost replies, races, and what is written into an item."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.adapters.tables import people_keys
from kizuna.adapters.tables.messages import MessagesTable
from kizuna.adapters.tables.messages_codec import message_from_item, message_to_item
from kizuna.adapters.tables.people import PeopleTable
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.messages import By, Evidence, Message, State, claimed, move
from tests.support.builders import NOON, a_message, a_profile, a_write, new
from tests.support.emulated import items_of
from tests.support.faulty import FaultyClient
from tests.support.tables import TableNames

LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def messages(dynamodb: FaultyClient, tables: TableNames) -> MessagesTable:
    people = PeopleTable(dynamodb, table=tables.people, ledger=tables.ledger)
    people.commit(a_write(None, a_profile(version=0)))
    return MessagesTable(dynamodb, table=tables.people)


def claim(messages: MessagesTable, message: Message) -> bool:
    return messages.claim(message, person="p1", reach_version=1, expected=0)


# ── lost replies ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["lose_reply", "lose_reply_and_repeat"])
def test_a_claim_whose_reply_was_lost_is_still_ours(
    messages: MessagesTable, dynamodb: FaultyClient, fault: str
) -> None:
    messages.create(new(a_message()))
    mine = claimed(a_message(), owner="o1", now=LATER)
    getattr(dynamodb, fault)("transact_write_items")
    assert claim(messages, mine)
    assert not claim(messages, claimed(a_message(), owner="o2", now=LATER))
    assert messages.get(mine.id) == mine


def test_a_claim_that_was_refused_for_now_is_nobodys(messages: MessagesTable, dynamodb: FaultyClient) -> None:
    messages.create(new(a_message()))
    dynamodb.refuse("transact_write_items", "ThrottlingException")
    with pytest.raises(Unavailable):
        claim(messages, claimed(a_message(), owner="o1", now=LATER))
    assert messages.get(a_message().id) == a_message()


def test_a_claim_that_met_another_write_is_lost_for_now(
    messages: MessagesTable, dynamodb: FaultyClient
) -> None:
    messages.create(new(a_message()))
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
    dynamodb.refuse("transact_write_items", "TransactionCanceledException", CancellationReasons=reasons)
    assert not claim(messages, claimed(a_message(), owner="o1", now=LATER))


def test_a_mistake_of_ours_is_not_taken_for_a_lost_claim(
    messages: MessagesTable, dynamodb: FaultyClient
) -> None:
    messages.create(new(a_message()))
    dynamodb.refuse("transact_write_items", "ValidationException")
    with pytest.raises(Exception, match="ValidationException"):
        claim(messages, claimed(a_message(), owner="o1", now=LATER))


def test_a_state_whose_reply_was_lost_is_stored(messages: MessagesTable, dynamodb: FaultyClient) -> None:
    messages.create(new(a_message()))
    denied = move(a_message(), State.DENIED, now=LATER, reason="objection")
    dynamodb.lose_reply_and_repeat("update_item")
    assert messages.save(denied, expected=0)
    assert messages.get(denied.id) == denied


def test_a_decision_whose_reply_was_lost_counts_as_decided_before(
    messages: MessagesTable, dynamodb: FaultyClient
) -> None:
    dynamodb.lose_reply_and_repeat("transact_write_items")
    assert not messages.create(new(a_message()))
    assert messages.get(a_message().id) == a_message()


def test_a_decision_that_met_another_write_is_a_conflict(
    messages: MessagesTable, dynamodb: FaultyClient
) -> None:
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}]
    dynamodb.refuse("transact_write_items", "TransactionCanceledException", CancellationReasons=reasons)
    with pytest.raises(Conflict):
        messages.create(new(a_message()))


# ── races ───────────────────────────────────────────────────────────────────────────────────────


def test_an_opt_out_that_commits_just_before_the_claim_stops_it(
    messages: MessagesTable, dynamodb: FaultyClient, tables: TableNames
) -> None:
    messages.create(new(a_message()))
    people = PeopleTable(dynamodb, table=tables.people, ledger=tables.ledger)
    before = people.profiles(["p1"])["p1"]

    def opt_out() -> None:
        people.commit(a_write(before, replace(before, reach_version=2)))

    dynamodb.first("transact_write_items", opt_out)
    assert not claim(messages, claimed(a_message(), owner="o1", now=LATER))
    assert messages.get(a_message().id) == a_message()


def test_of_two_that_save_the_slower_one_loses(messages: MessagesTable, dynamodb: FaultyClient) -> None:
    messages.create(new(a_message()))
    denied = move(a_message(), State.DENIED, now=LATER, reason="objection")
    expired = move(a_message(), State.EXPIRED, now=LATER, reason="expired")
    dynamodb.first("update_item", lambda: messages.save(expired, expected=0))
    assert not messages.save(denied, expected=0)
    assert messages.get(denied.id) == expired


# ── items ───────────────────────────────────────────────────────────────────────────────────────


def test_every_field_of_a_message_is_stored() -> None:
    full = _with_every_field_set()
    assert message_from_item(message_to_item(full)) == full
    bare = {field.name for field in fields(Message) if getattr(full, field.name) == _default(field)}
    assert bare == set()


def _with_every_field_set() -> Message:
    return a_message(
        state=State.SENDING,
        state_version=4,
        not_before=LATER,
        owner="o1",
        lease_until=LATER,
        throttled=2,
        provider_id="x-1",
        event_key="e#1#ab",
        event_part="p0",
        items=("m1", "m2"),
        links=("https://shop.example/new", "https://shop.example/returns"),
        falls_back_from="m3",
        again_of="m4",
        parts=2,
        country="JP",
        variant="warm~abc",
        unknown_since=NOON,
        watched_until=LATER,
        evidence=(Evidence(State.PENDING, NOON, By.SWEEP, "r-1"),),
        facts={"sent": NOON},
    )


def _default(field: Any) -> Any:
    return field.default_factory() if callable(field.default_factory) else field.default


def test_a_final_message_leaves_the_alarm_index(
    messages: MessagesTable, dynamodb: FaultyClient, tables: TableNames
) -> None:
    messages.create(new(a_message()))
    messages.save(move(a_message(), State.DENIED, now=LATER, reason="objection"), expected=0)
    [item] = [item for item in items_of(dynamodb, tables.people) if item["sk"]["S"] == people_keys.MESSAGE]
    assert not {"du", "ds", "ow"} & item.keys()


def test_no_key_names_a_person_or_an_address(
    messages: MessagesTable, dynamodb: FaultyClient, tables: TableNames
) -> None:
    messages.create(new(a_message()))
    texts = [item[name]["S"] for item in items_of(dynamodb, tables.people) for name in ("pk", "sk")]
    assert not any("ann" in text or "@" in text for text in texts)


def test_a_hash_is_no_identifier_that_anybody_could_give() -> None:
    long = "名" * 512
    posing = people_keys.identity("user_id", long).removeprefix("i#user_id#")
    assert posing.startswith("~")
    assert people_keys.identity("user_id", posing) != people_keys.identity("user_id", long)
