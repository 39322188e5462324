"""Any sequence of writes answers, stores and streams the same in moto and in the emulator."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.dynamodb.models.dynamo_type import Item

from kizuna.local.items import byte_size
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

Call = tuple[str, dict[str, Any]]

people = st.sampled_from(["ann", "bob"])
numbers = st.integers(0, 3).map(lambda n: {"N": str(n)})
values = st.recursive(
    st.one_of(
        numbers,
        st.sampled_from(["", "a", "é"]).map(lambda s: {"S": s}),
        st.booleans().map(lambda b: {"BOOL": b}),
        st.just({"NULL": True}),
        st.binary(max_size=2).map(lambda b: {"B": b}),
        st.sets(st.sampled_from("xyz"), min_size=1).map(lambda s: {"SS": sorted(s)}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda each: {"L": each}),
        st.dictionaries(st.sampled_from("kl"), inner, max_size=2).map(lambda each: {"M": each}),
    ),
    max_leaves=4,
)
attributes = st.dictionaries(st.sampled_from(["a", "b", "c"]), values, max_size=3)
conditions = st.sampled_from(
    [
        "",
        "attribute_exists(pk)",
        "attribute_not_exists(pk)",
        "a = :v",
        "attribute_exists(b) OR attribute_type(a, :t)",
    ]
)
expressions = st.sampled_from(
    [
        "SET a = :n",
        "SET a = :n, b = if_not_exists(b, :n)",
        "SET a = a + :n",
        "SET b = a REMOVE a",
        "SET c = list_append(c, :l)",
        "SET c[0] = :n",
        "SET b.k = :n",
        "REMOVE c[0], c[1]",
        "ADD a :n",
        "ADD b :s DELETE c :s",
    ]
)
returns = st.sampled_from(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
supplied = {
    ":n": {"N": "2"},
    ":l": {"L": [{"N": "9"}]},
    ":s": {"SS": ["x", "w"]},
    ":v": {"N": "1"},
    ":t": {"S": "S"},
}


def used_in(*texts: str) -> dict[str, Any]:
    used = {name: value for name, value in supplied.items() if any(name in text for text in texts)}
    return {"ExpressionAttributeValues": used} if used else {}


def guarded(condition: str) -> dict[str, Any]:
    return {"ConditionExpression": condition} if condition else {}


@st.composite
def actions(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """One write as part of a transaction; alone, it is a call of its own."""
    kind = draw(st.sampled_from(["Put", "Update", "Delete"]))
    condition = draw(conditions)
    where = {"TableName": "people", **guarded(condition)}
    if kind == "Put":
        return kind, {**where, "Item": {**key(draw(people)), **draw(attributes)}, **used_in(condition)}
    where["Key"] = key(draw(people))
    if kind == "Delete":
        return kind, {**where, **used_in(condition)}
    expression = draw(expressions)
    return kind, {**where, "UpdateExpression": expression, **used_in(condition, expression)}


def as_call(action: tuple[str, dict[str, Any]], shown: str) -> Call:
    kind, parameters = action
    on_failure = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    wanted = shown if kind == "Update" or shown in {"NONE", "ALL_OLD"} else "NONE"
    return f"{kind.lower()}_item", {**parameters, **on_failure, "ReturnValues": wanted}


def as_transaction(chosen: list[tuple[str, dict[str, Any]]]) -> Call:
    count = {
        "TableName": "counters",
        "Key": {"id": {"S": "writes"}},
        "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": {":n": {"N": "1"}},
    }
    writes = [{kind: parameters} for kind, parameters in chosen]
    return "transact_write_items", {"TransactItems": [{"Update": count}, *writes]}


def as_batch(chosen: list[dict[str, Any]]) -> Call:
    puts = [{"PutRequest": {"Item": {**key(f"p{n}"), **item}}} for n, item in enumerate(chosen)]
    deletes = [{"DeleteRequest": {"Key": key("ann")}}]
    return "batch_write_item", {"RequestItems": {"people": puts + deletes}}


calls = st.lists(
    st.one_of(
        st.builds(as_call, actions(), returns),
        st.lists(actions(), min_size=1, max_size=3).map(as_transaction),
        st.lists(attributes, max_size=2).map(as_batch),
    ),
    max_size=8,
)


def play(script: list[Call], *, changed: bool) -> dict[str, Any]:
    with cloud(changed=changed):
        dynamodb = client("dynamodb")
        create_people(dynamodb)
        create_counters(dynamodb)
        answers = [outcome(getattr(dynamodb, name), **parameters) for name, parameters in script]
        return {
            "answers": answers,
            "people": items_of(dynamodb),
            "counters": items_of(dynamodb, "counters"),
            "got": dynamodb.get_item(TableName="people", Key=key("ann")).get("Item"),
            "stream": [essence(record) for record in stream_of()],
        }


def essence(record: dict[str, Any]) -> tuple[Any, ...]:
    change = record["dynamodb"]
    # moto shares sets between an item and its records, where they change later
    new = {name: value for name, value in change.get("NewImage", {}).items() if "SS" not in value}
    return record["eventName"], change["Keys"]["pk"]["S"], change.get("OldImage"), new


def misfits(answer: dict[str, Any]) -> bool:
    """Whether an update did not fit its item. moto leaves half of it behind, or half an item."""
    code = answer.get("Error", {}).get("Code")
    reasons = [reason["Code"] for reason in answer.get("CancellationReasons", [])]
    return code == "ValidationException" or "ValidationError" in reasons


def without_surplus(stream: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Without the records that DynamoDB does not write: of writes that change nothing, and of the
    empty item that moto makes before an update fills it."""
    kept = [
        record
        for record, following in zip_longest(stream, stream[1:], fillvalue=(None, None))
        if not (record[0] == following[0] == "INSERT" and record[1] == following[1])
    ]
    return [record for record in kept if record[0] != "MODIFY" or _without_sets(record[2]) != record[3]]


def _without_sets(image: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in image.items() if "SS" not in value}


@given(calls)
@settings(max_examples=20, deadline=None)
def test_writes_agree_with_moto(script: list[Call]) -> None:
    answers = play(script, changed=True)["answers"]
    fitting = [call for call, answer in zip(script, answers, strict=True) if not misfits(answer)]

    ours, theirs = play(fitting, changed=True), play(fitting, changed=False)

    ours["stream"], theirs["stream"] = map(without_surplus, (ours["stream"], theirs["stream"]))
    assert ours == theirs


def test_an_item_over_the_size_limit_is_refused_and_one_below_is_kept() -> None:
    with cloud():
        dynamodb = client("dynamodb")
        create_people(dynamodb)
        large = {**key("ann"), "a": {"S": "x" * 300_000}}
        dynamodb.put_item(TableName="people", Item=large)

        put = outcome(dynamodb.put_item, TableName="people", Item={**large, "b": {"S": "y" * 110_000}})
        update = outcome(
            dynamodb.update_item,
            TableName="people",
            Key=key("ann"),
            UpdateExpression="SET b = :b",
            ExpressionAttributeValues={":b": {"S": "y" * 110_000}},
        )
        replaced = outcome(
            dynamodb.update_item,
            TableName="people",
            Key=key("ann"),
            UpdateExpression="SET a = :a",
            ExpressionAttributeValues={":a": {"S": "z" * 300_000}},
        )

        assert put["Error"]["Message"] == "Item size has exceeded the maximum allowed size"
        assert update["Error"]["Message"] == "Item size to update has exceeded the maximum allowed size"
        assert "Error" not in replaced
        assert items_of(dynamodb) == [{**key("ann"), "a": {"S": "z" * 300_000}}]


def test_the_size_of_an_item_is_taken_once_however_many_attributes_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from kizuna.local import storage

    with cloud():
        dynamodb = client("dynamodb")
        create_people(dynamodb)
        taken: list[Item] = []

        def noted(item: Item) -> int:
            taken.append(item)
            return byte_size(item)

        monkeypatch.setattr(storage, "byte_size", noted)

        dynamodb.put_item(TableName="people", Item=key("ann") | {f"a{n}": {"S": "x"} for n in range(50)})

    assert len(taken) == 1


def test_two_attributes_set_from_one_do_not_change_together() -> None:
    with cloud():
        dynamodb = client("dynamodb")
        create_people(dynamodb)
        dynamodb.put_item(TableName="people", Item={**key("ann"), "a": {"M": {"k": {"N": "1"}}}})

        for expression in ("SET b = a", "SET a.k = :n"):
            dynamodb.update_item(
                TableName="people", Key=key("ann"), UpdateExpression=expression, **used_in(expression)
            )

        assert items_of(dynamodb)[0]["b"] == {"M": {"k": {"N": "1"}}}
