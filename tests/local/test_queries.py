"""Queries and scans answer as moto answers them over the same items, and look at fewer of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table

from kizuna.local import emulator
from tests.support.emulated import client, cloud, create_counters, create_people, key

_names = (f"people{n}" for n in count())


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with cloud():
        yield client("dynamodb")


def unchanged(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What moto as it is answers, over the same stored items."""
    emulator.uninstall()
    try:
        return ask()
    finally:
        emulator.install()


def page_of(answer: dict[str, Any]) -> tuple[Any, ...]:
    return answer["Items"], answer["Count"], answer["ScannedCount"]


def assert_agrees(call: Callable[..., dict[str, Any]], **parameters: Any) -> dict[str, Any] | None:
    """Compares one page; returns the key with which the next begins."""
    ours = call(**parameters)
    theirs = unchanged(lambda: call(**parameters))
    assert page_of(ours) == page_of(theirs)
    last_key: dict[str, Any] | None = ours.get("LastEvaluatedKey")
    if ours["ScannedCount"] == parameters.get("Limit"):
        # AWS says so at every page that is full; moto not at the last one
        assert last_key is not None
        assert theirs.get("LastEvaluatedKey") in (last_key, None)
    else:
        assert theirs.get("LastEvaluatedKey") == last_key
    return last_key


def assert_all_pages_agree(call: Callable[..., dict[str, Any]], **parameters: Any) -> None:
    last_key = assert_agrees(call, **parameters)
    while last_key is not None:
        last_key = assert_agrees(call, **parameters, ExclusiveStartKey=last_key)


numbers = st.one_of(st.integers(-3, 12).map(str), st.sampled_from(["1.0", "1.5", "10.50", "-0.25"]))
items = st.fixed_dictionaries(
    {"pk": st.sampled_from("abc"), "sk": st.sampled_from(["a", "aa", "ab", "b", "é", "~", "日"])},
    optional={
        "slot": st.sampled_from("01"),
        "due_at": numbers,
        "note": st.sampled_from(["x", "y"]),
    },
).map(lambda item: {k: {"N" if k == "due_at" else "S": v} for k, v in item.items()})
writes = st.lists(st.tuples(st.sampled_from(["put", "put", "put", "delete"]), items), max_size=14)
paging = st.fixed_dictionaries({}, optional={"Limit": st.integers(1, 4), "ScanIndexForward": st.booleans()})
filters = st.sampled_from([None, "note = :note"])


@st.composite
def conditions(draw: st.DrawFn, name: str, values: st.SearchStrategy[dict[str, str]]) -> tuple[str, Any]:
    operator = draw(st.sampled_from(["", "=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"]))
    low, high = draw(values), draw(values)
    match operator:
        case "":
            return "", {}
        case "BETWEEN":
            return f" AND {name} BETWEEN :low AND :high", {":low": low, ":high": high}
        case "begins_with" if "S" in low:
            return f" AND begins_with({name}, :low)", {":low": low}
        case _:
            operator = "=" if operator == "begins_with" else operator
            return f" AND {name} {operator} :low", {":low": low}


strings = st.sampled_from(["a", "aa", "b", "z", "é"]).map(lambda value: {"S": value})
amounts = numbers.map(lambda value: {"N": value})


def write_all(dynamodb: Any, table: str, actions: list[tuple[str, dict[str, Any]]]) -> None:
    for action, item in actions:
        if action == "put":
            dynamodb.put_item(TableName=table, Item=item)
        else:
            dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})


def filtered(expression: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    if expression is None:
        return {}, {}
    return {"FilterExpression": expression}, {":note": {"S": "x"}}


@given(
    first=writes,
    later=writes,
    projection=st.sampled_from(["ALL", "KEYS_ONLY"]),
    page=paging,
    of_person=conditions("sk", strings),
    of_slot=conditions("due_at", amounts),
    condition=filters,
)
@settings(max_examples=40, deadline=None)
def test_queries_and_scans_agree_with_moto(
    dynamodb: Any,
    first: Any,
    later: Any,
    projection: str,
    page: dict[str, Any],
    of_person: tuple[str, Any],
    of_slot: tuple[str, Any],
    condition: str | None,
) -> None:
    table = next(_names)
    create_people(dynamodb, table, projection=projection)
    write_all(dynamodb, table, first)
    dynamodb.query(  # from here on the order is kept up with each write
        TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "a"}}
    )
    write_all(dynamodb, table, later)
    clause, values = filtered(condition)

    for index, name, value, (rest, bounds) in (
        ({}, "pk", "a", of_person),
        ({"IndexName": "due"}, "slot", "0", of_slot),
        ({"IndexName": "by_slot"}, "slot", "1", ("", {})),
    ):
        assert_all_pages_agree(
            dynamodb.query,
            TableName=table,
            **index,
            KeyConditionExpression=f"{name} = :hash{rest}",
            ExpressionAttributeValues={":hash": {"S": value}, **bounds, **values},
            **clause,
            **page,
        )
    limit = {k: v for k, v in page.items() if k == "Limit"}
    with_values = {"ExpressionAttributeValues": values} if values else {}
    for index in ({}, {"IndexName": "due"}):
        assert_all_pages_agree(dynamodb.scan, TableName=table, **index, **limit, **clause, **with_values)


def test_a_query_sees_what_an_update_moved_in_the_index(dynamodb: Any) -> None:
    table = next(_names)
    create_people(dynamodb, table)
    dynamodb.put_item(TableName=table, Item={**key("ann"), "slot": {"S": "0"}, "due_at": {"N": "5"}})

    def due(until: int) -> list[str]:
        found = dynamodb.query(
            TableName=table,
            IndexName="due",
            KeyConditionExpression="slot = :s AND due_at <= :t",
            ExpressionAttributeValues={":s": {"S": "0"}, ":t": {"N": str(until)}},
        )
        return [item["pk"]["S"] for item in found["Items"]]

    def update(expression: str, **values: Any) -> None:
        more = {"ExpressionAttributeValues": values} if values else {}
        dynamodb.update_item(TableName=table, Key=key("ann"), UpdateExpression=expression, **more)

    assert due(5) == ["ann"]
    update("SET due_at = :t", **{":t": {"N": "9"}})
    assert (due(5), due(9)) == ([], ["ann"])
    update("REMOVE slot")
    assert due(9) == []


def test_an_index_added_later_is_in_order(dynamodb: Any) -> None:
    table = next(_names)
    create_people(dynamodb, table)
    for person, name in (("ann", "Z"), ("bob", "A")):
        dynamodb.put_item(TableName=table, Item={**key(person), "town": {"S": "Kyoto"}, "label": {"S": name}})
    query = {"TableName": table, "ExpressionAttributeValues": {":p": {"S": "ann"}}}
    dynamodb.query(**query, KeyConditionExpression="pk = :p")
    schema = [{"AttributeName": "town", "KeyType": "HASH"}, {"AttributeName": "label", "KeyType": "RANGE"}]
    dynamodb.update_table(
        TableName=table,
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in (("pk", "S"), ("sk", "S"), ("slot", "S"), ("due_at", "N"))
        ]
        + [{"AttributeName": name, "AttributeType": "S"} for name in ("town", "label")],
        GlobalSecondaryIndexUpdates=[
            {"Create": {"IndexName": "towns", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}}
        ],
    )

    found = dynamodb.query(
        TableName=table,
        IndexName="towns",
        KeyConditionExpression="town = :t",
        ExpressionAttributeValues={":t": {"S": "Kyoto"}},
    )

    assert [item["pk"]["S"] for item in found["Items"]] == ["bob", "ann"]


def test_a_table_without_range_key_is_queried_and_scanned(dynamodb: Any) -> None:
    table = next(_names)
    create_counters(dynamodb, table)
    for name in ("b", "a", "c"):
        dynamodb.put_item(TableName=table, Item={"id": {"S": name}})

    assert_all_pages_agree(
        dynamodb.query,
        TableName=table,
        KeyConditionExpression="id = :i",
        ExpressionAttributeValues={":i": {"S": "b"}},
    )
    assert_all_pages_agree(dynamodb.scan, TableName=table, Limit=2)


@pytest.mark.parametrize("segment", [0, 1, 2])
def test_a_parallel_scan_has_the_segments_of_moto(dynamodb: Any, segment: int) -> None:
    table = next(_names)
    create_people(dynamodb, table)
    for n in range(20):
        dynamodb.put_item(TableName=table, Item=key(f"p{n}"))

    assert_all_pages_agree(dynamodb.scan, TableName=table, Segment=segment, TotalSegments=3, Limit=4)


@pytest.mark.parametrize(
    "expression", ["pk", "pk, m.deep", "l[1]", "sk, tags, nothing"], ids=["key", "map", "list", "several"]
)
def test_a_projection_shows_what_moto_shows(dynamodb: Any, expression: str) -> None:
    table = next(_names)
    create_people(dynamodb, table)
    more = {"m": {"M": {"deep": {"N": "1"}}}, "l": {"L": [{"S": "a"}, {"S": "b"}]}, "tags": {"SS": ["t"]}}
    dynamodb.put_item(TableName=table, Item={**key("ann"), **more})

    assert_agrees(dynamodb.scan, TableName=table, ProjectionExpression=expression)


def test_a_query_looks_at_what_it_reads_and_not_at_the_table(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = next(_names)
    create_people(dynamodb, table)
    stored: Table = dynamodb_backends["123456789012"]["us-east-1"].get_table(table)
    for n in range(3_000):
        alarm = {"slot": {"S": "0"}, "due_at": {"N": str(n)}} if n % 30 == 0 else {}
        stored.put_item({**key(f"p{n}"), **alarm})
    looked_at: list[str] = []
    size = Item.size

    def noted(item: Item) -> int:
        looked_at.append(item.hash_key.value)
        return size(item)

    monkeypatch.setattr(Item, "size", noted)

    found = dynamodb.query(
        TableName=table,
        IndexName="due",
        KeyConditionExpression="slot = :s AND due_at BETWEEN :low AND :high",
        ExpressionAttributeValues={":s": {"S": "0"}, ":low": {"N": "600"}, ":high": {"N": "900"}},
        Limit=4,
    )

    assert [item["pk"]["S"] for item in found["Items"]] == ["p600", "p630", "p660", "p690"]
    assert len(set(looked_at)) <= 5
