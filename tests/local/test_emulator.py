from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import moto.dynamodb.models
import pytest
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table
from moto.sqs.models import Message, Queue

from kizuna.local import emulator
from kizuna.local.patching import Patch
from tests.support.emulated import client, cloud, create_people, items_of, key


class Foreign:
    count = 1

    def greet(self, name: str) -> str:
        return f"hello {name}"

    @property
    def mood(self) -> str:
        return "calm"


class Heir(Foreign):
    pass


@pytest.fixture
def patch() -> Iterator[Patch]:
    patch = Patch()
    patch.replaces(Heir, "greet")(lambda original, self, name: original(self, name).upper())
    patch.replaces_property(Foreign, "mood")(lambda original, self: f"very {original(self)}")
    patch.replaces_value(Foreign, "count", 2)
    patch.adds(Heir, "extra", 3)
    yield patch
    patch.uninstall()


def seen(subject: Foreign) -> tuple[Any, ...]:
    return subject.greet("ann"), subject.mood, subject.count, hasattr(subject, "extra")


def test_what_was_replaced_is_put_back_exactly(patch: Patch) -> None:
    before = dict(vars(Foreign)), dict(vars(Heir))

    patch.install()
    assert seen(Heir()) == ("HELLO ann".upper(), "very calm", 2, True)
    assert seen(Foreign()) == ("hello ann", "very calm", 2, False)

    patch.uninstall()
    assert (dict(vars(Foreign)), dict(vars(Heir))) == before


def test_installing_twice_is_the_same_as_once(patch: Patch) -> None:
    patch.install()
    patch.install()
    assert Heir().greet("ann") == "HELLO ANN"

    patch.uninstall()
    patch.uninstall()
    assert Heir().greet("ann") == "hello ann"


def test_a_block_inside_a_block_takes_nothing_away(patch: Patch) -> None:
    with patch.active():
        with patch.active():
            assert Heir().mood == "very calm"
        assert Heir().mood == "very calm"
    assert Heir().mood == "calm"


def test_a_missing_attribute_is_named_and_nothing_is_replaced(patch: Patch) -> None:
    patch.replaces(Foreign, "vanished")(lambda original: None)

    with pytest.raises(AttributeError, match="vanished"):
        patch.install()

    assert not patch.installed
    assert Heir().mood == "calm"


def test_an_attribute_has_one_replacement(patch: Patch) -> None:
    with pytest.raises(ValueError, match=r"Heir\.greet has a replacement already"):
        patch.replaces(Heir, "greet")(lambda original: None)


def test_moto_is_as_it_was_once_the_emulator_is_gone() -> None:
    owners = [Table, Item, Queue, Message, moto.dynamodb.models.DynamoDBBackend, moto.dynamodb.models]
    before = [dict(vars(owner)) for owner in owners]

    with emulator.installed():
        assert [dict(vars(owner)) for owner in owners] != before

    assert [dict(vars(owner)) for owner in owners] == before


def test_items_outlive_the_emulator() -> None:
    with cloud(changed=False):
        dynamodb = client("dynamodb")
        create_people(dynamodb)
        for changed in (False, True, False, True):
            with emulator.installed() if changed else cloud(changed=False):
                dynamodb.update_item(
                    TableName="people",
                    Key=key("ann"),
                    UpdateExpression="ADD n :one",
                    ExpressionAttributeValues={":one": {"N": "1"}},
                )
                found = dynamodb.query(
                    TableName="people",
                    KeyConditionExpression="pk = :p",
                    ExpressionAttributeValues={":p": {"S": "ann"}},
                )
                assert found["Items"] == items_of(dynamodb)
        assert items_of(dynamodb) == [{**key("ann"), "n": {"N": "4"}}]


def test_a_seed_makes_identifiers_repeatable() -> None:
    def message_id() -> str:
        emulator.seed(7)
        with cloud():
            sqs = client("sqs")
            url = sqs.create_queue(QueueName="q")["QueueUrl"]
            return str(sqs.send_message(QueueUrl=url, MessageBody="x")["MessageId"])

    assert message_id() == message_id()


def test_items_and_messages_that_are_gone_are_kept_nowhere() -> None:
    with cloud():
        dynamodb, sqs = client("dynamodb"), client("sqs")
        create_people(dynamodb)
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        tracked: tuple[Any, Any] = (Item, Message)  # moto's base class gives them the list
        kept = [len(kind.instances_tracked) for kind in tracked]
        for n in range(5):
            dynamodb.put_item(TableName="people", Item={**key("ann"), "n": {"N": str(n)}})
            sqs.send_message(QueueUrl=url, MessageBody="x")

        assert [len(kind.instances_tracked) for kind in tracked] == kept
