"""Requests that AWS answers with a ValidationException and moto, as it is, with 200 or a crash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.emulated import client, cloud, create_people, items_of, key, outcome

ONE = {":one": {"N": "1"}}


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with cloud():
        dynamodb = client("dynamodb")
        create_people(dynamodb)
        yield dynamodb


def put(*items: dict[str, Any]) -> dict[str, Any]:
    return {"RequestItems": {"people": [{"PutRequest": {"Item": item}} for item in items]}}


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "26 writes in a batch": (
        "batch_write_item",
        put(*(key(f"p{n}") for n in range(26))),
        "Too many items",
    ),
    "one key put twice in a batch": (
        "batch_write_item",
        put({**key("ann"), "n": {"N": "1"}}, {**key("ann"), "n": {"N": "2"}}),
        "contains duplicates",
    ),
    "one key put and deleted in a batch": (
        "batch_write_item",
        {
            "RequestItems": {
                "people": [{"PutRequest": {"Item": key("ann")}}, {"DeleteRequest": {"Key": key("ann")}}]
            }
        },
        "contains duplicates",
    ),
    "an empty set, deep inside": (
        "put_item",
        {"TableName": "people", "Item": {**key("ann"), "m": {"M": {"l": {"L": [{"SS": []}]}}}}},
        "An string set  may not be empty",
    ),
    "an empty set in a batch": (
        "batch_write_item",
        put({**key("ann"), "s": {"NS": []}}),
        "An number set  may not be empty",
    ),
    "a set with a member twice, in an update": (
        "update_item",
        {
            "TableName": "people",
            "Key": key("ann"),
            "UpdateExpression": "SET tags = :t",
            "ExpressionAttributeValues": {":t": {"SS": ["a", "a"]}},
        },
        "contains duplicates",
    ),
    "an index key of another type": (
        "put_item",
        {"TableName": "people", "Item": {**key("ann"), "slot": {"S": "0"}, "due_at": {"S": "soon"}}},
        "Type mismatch for Index Key due_at Expected: N Actual: S IndexName: due",
    ),
    "an index key of another type, in a transaction": (
        "transact_write_items",
        {"TransactItems": [{"Put": {"TableName": "people", "Item": {**key("ann"), "slot": {"N": "1"}}}}]},
        "Type mismatch for Index Key slot",
    ),
    "a value that no expression uses": (
        "put_item",
        {
            "TableName": "people",
            "Item": key("ann"),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ExpressionAttributeValues": ONE,
        },
        "ExpressionAttributeValues unused in expressions: keys: {:one}",
    ),
    "a value that no expression uses, in a transaction": (
        "transact_write_items",
        {
            "TransactItems": [
                {
                    "Delete": {
                        "TableName": "people",
                        "Key": key("ann"),
                        "ConditionExpression": "attribute_exists(pk)",
                        "ExpressionAttributeValues": ONE,
                    }
                }
            ]
        },
        "ExpressionAttributeValues unused",
    ),
    "a value of which another only begins alike": (
        "query",
        {
            "TableName": "people",
            "KeyConditionExpression": "pk = :one1",
            "ExpressionAttributeValues": {":one1": {"S": "ann"}, **ONE},
        },
        "unused in expressions: keys: {:one}",
    ),
    "values and no expression": (
        "put_item",
        {"TableName": "people", "Item": key("ann"), "ExpressionAttributeNames": {"#n": "n"}},
        "can only be specified when using expressions",
    ),
    "a value that is not defined": (
        "delete_item",
        {"TableName": "people", "Key": key("ann"), "ConditionExpression": "n = :one"},
        "Invalid ConditionExpression: An expression attribute value used in expression is not defined; "
        "attribute value: :one",
    ),
    "a name that is not defined": (
        "update_item",
        {
            "TableName": "people",
            "Key": key("ann"),
            "UpdateExpression": "SET #n = :one",
            "ExpressionAttributeValues": ONE,
        },
        "attribute name: #n",
    ),
    "a reserved word in the condition on the key": (
        "query",
        {
            "TableName": "people",
            "KeyConditionExpression": "status = :one",
            "ExpressionAttributeValues": ONE,
        },
        "Invalid KeyConditionExpression: Attribute name is a reserved keyword; reserved keyword: status",
    ),
    "a reserved word inside a projected path": (
        "get_item",
        {"TableName": "people", "Key": key("ann"), "ProjectionExpression": "traits.name"},
        "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: name",
    ),
}


@pytest.mark.parametrize(("operation", "parameters", "message"), REFUSED.values(), ids=REFUSED)
def test_a_request_that_aws_refuses_is_refused(
    dynamodb: Any, operation: str, parameters: dict[str, Any], message: str
) -> None:
    answer = outcome(getattr(dynamodb, operation), **parameters)

    assert answer["Error"]["Code"] == "ValidationException"
    assert message in answer["Error"]["Message"]
    assert items_of(dynamodb) == []


def test_a_hundred_items_can_be_read_in_one_transaction(dynamodb: Any) -> None:
    reads = [{"Get": {"TableName": "people", "Key": key(f"p{n}")}} for n in range(100)]

    assert dynamodb.transact_get_items(TransactItems=reads)["Responses"] == [{}] * 100


def test_operators_and_names_behind_placeholders_are_no_reserved_words(dynamodb: Any) -> None:
    answer = outcome(
        dynamodb.query,
        TableName="people",
        KeyConditionExpression="#pk = :p AND sk BETWEEN :low AND :high",
        ProjectionExpression="pk, #status",
        ExpressionAttributeNames={"#pk": "pk", "#status": "status"},
        ExpressionAttributeValues={":p": {"S": "ann"}, ":low": {"S": "a"}, ":high": {"S": "b"}},
    )

    assert answer["Count"] == 0
