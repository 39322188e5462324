"""One contract for moto as it is and as the local cloud changes it, then what only the latter keeps."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table

from tests.support.emulated import (
    client,
    cloud,
    create_counters,
    create_people,
    items_of,
    key,
    outcome,
    stream_of,
)

ADD_ONE = {
    "UpdateExpression": "SET sends = sends + :one",
    "ExpressionAttributeValues": {":one": {"N": "1"}},
}


@pytest.fixture(params=["moto", "emulator"])
def dynamodb(request: pytest.FixtureRequest) -> Iterator[Any]:
    with cloud(changed=request.param == "emulator"):
        yield _with_tables()


@pytest.fixture
def emulated() -> Iterator[Any]:
    with cloud():
        yield _with_tables()


def _with_tables() -> Any:
    dynamodb = client("dynamodb")
    create_people(dynamodb)
    create_counters(dynamodb)
    for person in ("ann", "bob"):
        dynamodb.put_item(TableName="people", Item={**key(person), "version": {"N": "1"}})
    dynamodb.put_item(TableName="counters", Item={"id": {"S": "sent"}, "sends": {"N": "5"}})
    return dynamodb


def put(person: str, *, part: str = "profile", new: bool = False, **more: Any) -> dict[str, Any]:
    action = {"TableName": "people", "Item": {**key(person, part), **more}}
    return {"Put": {**action, "ConditionExpression": "attribute_not_exists(pk)"} if new else action}


def count(name: str = "sent") -> dict[str, Any]:
    return {"Update": {"TableName": "counters", "Key": {"id": {"S": name}}, **ADD_ONE}}


def delete(person: str) -> dict[str, Any]:
    return {"Delete": {"TableName": "people", "Key": key(person)}}


def check_version(person: str, version: int, **more: Any) -> dict[str, Any]:
    return {
        "ConditionCheck": {
            "TableName": "people",
            "Key": key(person),
            "ConditionExpression": "version = :v",
            "ExpressionAttributeValues": {":v": {"N": str(version)}},
            **more,
        }
    }


def state(dynamodb: Any) -> tuple[Any, ...]:
    return items_of(dynamodb, "people"), items_of(dynamodb, "counters"), len(stream_of())


def test_all_actions_of_a_transaction_are_done(dynamodb: Any) -> None:
    dynamodb.transact_write_items(
        TransactItems=[put("eve", new=True), count(), delete("bob"), check_version("ann", 1)]
    )

    assert [item["pk"]["S"] for item in items_of(dynamodb)] == ["ann", "eve"]
    assert items_of(dynamodb, "counters") == [{"id": {"S": "sent"}, "sends": {"N": "6"}}]
    names = [(r["eventName"], r["dynamodb"]["Keys"]["pk"]["S"]) for r in stream_of()]
    assert names == [("INSERT", "ann"), ("INSERT", "bob"), ("INSERT", "eve"), ("REMOVE", "bob")]


@pytest.mark.parametrize("position", [0, 1, 3])
def test_a_failed_condition_leaves_nothing_of_any_action(dynamodb: Any, position: int) -> None:
    actions = [put("eve", new=True), count(), delete("bob")]
    actions.insert(position, check_version("ann", 7))
    before = state(dynamodb)

    answer = outcome(dynamodb.transact_write_items, TransactItems=actions)

    codes = ["None"] * 3
    codes.insert(position, "ConditionalCheckFailed")
    assert answer["Error"]["Code"] == "TransactionCanceledException"
    assert answer["Error"]["Message"].endswith(f"[{', '.join(codes)}]")
    assert [reason["Code"] for reason in answer["CancellationReasons"]] == codes
    assert answer["CancellationReasons"][position]["Message"] == "The conditional request failed"
    assert state(dynamodb) == before


def test_every_failed_condition_is_a_reason(dynamodb: Any) -> None:
    actions = [check_version("ann", 7), put("bob", new=True), put("eve")]

    answer = outcome(dynamodb.transact_write_items, TransactItems=actions)

    codes = [reason["Code"] for reason in answer["CancellationReasons"]]
    assert codes == ["ConditionalCheckFailed", "ConditionalCheckFailed", "None"]


@pytest.mark.parametrize("kind", ["Put", "Update", "Delete", "ConditionCheck"])
def test_a_reason_shows_the_item_that_stood_in_the_way_on_request(dynamodb: Any, kind: str) -> None:
    condition = {
        "ConditionExpression": "version = :v",
        "ExpressionAttributeValues": {":v": {"N": "7"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    subject: dict[str, Any] = (
        {"Item": {**key("ann"), "version": {"N": "8"}}} if kind == "Put" else {"Key": key("ann")}
    )
    if kind == "Update":
        subject["UpdateExpression"] = "SET version = :v"

    answer = outcome(
        dynamodb.transact_write_items,
        TransactItems=[put("eve"), {kind: {"TableName": "people", **subject, **condition}}],
    )

    reason = answer["CancellationReasons"][1]
    assert reason["Item"] == {**key("ann"), "version": {"N": "1"}}


def test_a_reason_shows_no_item_where_there_is_none(dynamodb: Any) -> None:
    check = check_version("nobody", 1, ReturnValuesOnConditionCheckFailure="ALL_OLD")

    answer = outcome(dynamodb.transact_write_items, TransactItems=[check])

    assert "Item" not in answer["CancellationReasons"][0]


@pytest.mark.parametrize("second", [put("eve"), delete("eve"), check_version("eve", 1)])
def test_two_actions_on_one_item_are_refused(dynamodb: Any, second: dict[str, Any]) -> None:
    before = state(dynamodb)

    answer = outcome(dynamodb.transact_write_items, TransactItems=[put("eve"), count(), second])

    assert answer["Error"] == {
        "Code": "ValidationException",
        "Message": "Transaction request cannot include multiple operations on one item",
    }
    assert state(dynamodb) == before


def test_a_hundred_actions_are_done_and_one_more_is_refused(dynamodb: Any) -> None:
    actions = [put("crowd", part=f"{n:03}") for n in range(101)]

    answer = outcome(dynamodb.transact_write_items, TransactItems=actions)
    assert answer["Error"]["Code"] == "ValidationException"
    assert len(items_of(dynamodb)) == 2

    dynamodb.transact_write_items(TransactItems=actions[:100])
    assert len(items_of(dynamodb)) == 102


def test_an_update_makes_an_item_that_is_not_there(dynamodb: Any) -> None:
    update = {"TableName": "counters", "Key": {"id": {"S": "new"}}, "UpdateExpression": "ADD sends :one"}
    values = {"ExpressionAttributeValues": {":one": {"N": "1"}}}

    dynamodb.transact_write_items(TransactItems=[{"Update": {**update, **values}}])

    assert items_of(dynamodb, "counters")[0] == {"id": {"S": "new"}, "sends": {"N": "1"}}


def test_what_was_nested_in_an_item_is_restored(dynamodb: Any) -> None:
    deep = {"tags": {"SS": ["a"]}, "map": {"M": {"list": {"L": [{"N": "1"}]}}}}
    dynamodb.put_item(TableName="people", Item={**key("ann"), **deep})
    change = {
        "TableName": "people",
        "Key": key("ann"),
        "UpdateExpression": "SET #m.#l[0] = :two ADD tags :b",
        "ExpressionAttributeNames": {"#m": "map", "#l": "list"},
        "ExpressionAttributeValues": {":two": {"N": "2"}, ":b": {"SS": ["b"]}},
    }

    outcome(dynamodb.transact_write_items, TransactItems=[{"Update": change}, check_version("bob", 7)])

    assert dynamodb.get_item(TableName="people", Key=key("ann"))["Item"] == {**key("ann"), **deep}


def test_no_table_is_copied_and_only_touched_items_are_made(
    emulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(300):
        emulated.put_item(TableName="people", Item=key("crowd", f"{n:03}"))
    made: list[type] = []
    deepcopy, new_item = copy.deepcopy, Item.__new__

    def counted_copy(value: Any, memo: Any = None) -> Any:
        made.extend([Table] if isinstance(value, Table) else [])
        return deepcopy(value, memo)

    def counted_item(cls: type, *args: Any) -> Any:
        made.append(Item)
        return new_item(cls, *args)

    monkeypatch.setattr(copy, "deepcopy", counted_copy)
    monkeypatch.setattr(Item, "__new__", counted_item)
    emulated.transact_write_items(TransactItems=[put("eve"), count(), delete("bob")])
    outcome(emulated.transact_write_items, TransactItems=[put("fay"), check_version("ann", 7)])

    assert made.count(Table) == 0
    assert made.count(Item) <= 3


def test_moto_itself_copies_the_tables_at_each_action(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    deepcopy = copy.deepcopy

    def counted_copy(value: Any, memo: Any = None) -> Any:
        copied.extend([value.name] if isinstance(value, Table) else [])
        return deepcopy(value, memo)

    with cloud(changed=False):
        dynamodb = _with_tables()
        monkeypatch.setattr(copy, "deepcopy", counted_copy)
        dynamodb.transact_write_items(TransactItems=[put("eve"), count(), delete("bob")])

    assert copied == ["people", "counters", "people"]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("SET version = gone + :one", "does not exist in the item"),
        ("ADD name_of :one", "incorrect data type"),
        ("SET nowhere.deep = :one", "document path"),
    ],
)
def test_an_update_that_does_not_fit_is_a_reason_as_in_aws(
    emulated: Any, expression: str, message: str
) -> None:
    emulated.put_item(TableName="people", Item={**key("ann"), "name_of": {"S": "Ann"}})
    before = state(emulated)
    update = {"TableName": "people", "Key": key("ann"), "UpdateExpression": expression}
    values = {"ExpressionAttributeValues": {":one": {"N": "1"}}}

    answer = outcome(
        emulated.transact_write_items, TransactItems=[put("eve"), {"Update": {**update, **values}}]
    )

    assert answer["Error"]["Code"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in answer["CancellationReasons"]] == ["None", "ValidationError"]
    assert message in answer["CancellationReasons"][1]["Message"]
    assert state(emulated) == before


def test_a_table_that_does_not_exist_is_not_found(emulated: Any) -> None:
    action = {"Delete": {"TableName": "nowhere", "Key": key("ann")}}

    answer = outcome(emulated.transact_write_items, TransactItems=[put("eve"), action])

    assert answer["Error"]["Code"] == "ResourceNotFoundException"
    assert len(items_of(emulated)) == 2


def test_an_empty_transaction_is_refused() -> None:
    with cloud(), pytest.raises(ClientError, match="greater than or equal to 1"):
        client("dynamodb", parameter_validation=False).transact_write_items(TransactItems=[])


def test_a_reader_of_the_stream_survives_a_failed_transaction(emulated: Any) -> None:
    streams = client("dynamodbstreams")
    arn = streams.list_streams(TableName="people")["Streams"][0]["StreamArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    end = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST")

    outcome(emulated.transact_write_items, TransactItems=[put("eve"), check_version("ann", 7)])
    emulated.put_item(TableName="people", Item=key("fay"))

    [record] = streams.get_records(ShardIterator=end["ShardIterator"])["Records"]
    assert record["dynamodb"]["Keys"] == key("fay")


def test_an_index_shows_nothing_of_a_failed_transaction(emulated: Any) -> None:
    def due() -> list[str]:
        found = emulated.query(
            TableName="people",
            IndexName="due",
            KeyConditionExpression="slot = :s",
            ExpressionAttributeValues={":s": {"S": "0"}},
        )
        return [item["pk"]["S"] for item in found["Items"]]

    alarm: dict[str, Any] = {"slot": {"S": "0"}, "due_at": {"N": "10"}}
    emulated.put_item(TableName="people", Item={**key("ann"), **alarm})
    assert due() == ["ann"]

    actions = [put("eve", **alarm), delete("ann"), check_version("bob", 7)]
    outcome(emulated.transact_write_items, TransactItems=actions)

    assert due() == ["ann"]


def test_an_update_that_fails_half_way_leaves_no_trace(emulated: Any) -> None:
    emulated.put_item(TableName="people", Item={**key("ann"), "name_of": {"S": "Ann"}})
    before = state(emulated)

    answer = outcome(
        emulated.update_item,
        TableName="people",
        Key=key("ann"),
        UpdateExpression="SET version = :one ADD name_of :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )

    assert answer["Error"]["Code"] == "ValidationException"
    assert state(emulated) == before


def test_writers_in_several_threads_lose_nothing(emulated: Any) -> None:
    with ThreadPoolExecutor(4) as threads:
        calls = [
            threads.submit(emulated.transact_write_items, TransactItems=[count(), put(f"p{n}")])
            for n in range(60)
        ]
    for call in calls:
        call.result()

    assert items_of(emulated, "counters")[0]["sends"] == {"N": "65"}
