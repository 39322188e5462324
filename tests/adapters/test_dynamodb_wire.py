"""What is sent to DynamoDB is what botocore would have sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st

from kizuna.adapters.tables.dynamodb import key, to_item
from kizuna.adapters.tables.dynamodb_wire import body_of
from tests.support.emulated import client

values = st.one_of(
    st.text(), st.text(st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF)), st.integers(), st.booleans(),
    st.binary(),
)  # fmt: skip
items = st.dictionaries(st.text(min_size=1, max_size=8), values, max_size=6).map(to_item)
TABLE = {"TableName": "people"}
VALUES = {"ExpressionAttributeValues": {":v": {"N": "3"}, ":b": {"B": b"\xff\x00"}}}
GUARD = {"ConditionExpression": "v = :v", **VALUES}


def as_botocore(operation: str, params: dict[str, Any]) -> Any:
    model = client("dynamodb").meta.service_model.operation_model(operation)
    return json.loads(
        create_serializer("json", include_validation=False).serialize_to_request(params, model)["body"]
    )


def requests_with(item: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    rows = [{"PutRequest": {"Item": item}}, {"DeleteRequest": {"Key": key("p", "s")}}]
    asked = {"people": {"Keys": [key("p", "ü\u2028")], "ConsistentRead": False}}
    return [
        ("PutItem", {**TABLE, "Item": item, **GUARD}),
        ("BatchWriteItem", {"RequestItems": {"people": rows}}),
        ("BatchGetItem", {"RequestItems": asked}),
        ("GetItem", {**TABLE, "Key": key("p", "s"), "ConsistentRead": True}),
        ("DeleteItem", {**TABLE, "Key": key("p", "s")}),
        ("UpdateItem", {**TABLE, "Key": key("p", "s"), "UpdateExpression": "SET a = :b", **GUARD}),
        ("Query", {**TABLE, "KeyConditionExpression": "pk = :v", "Limit": 3, **VALUES}),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {**TABLE, "Item": item}}, {"Put": {**TABLE, **GUARD}}]},
        ),
    ]


@given(items)
def test_every_request_says_the_same_as_botocores(item: dict[str, Any]) -> None:
    for operation, params in requests_with(item):
        assert json.loads(body_of(operation, params)) == as_botocore(operation, params), operation


class Sent(Exception):
    """Far enough."""


def test_a_client_sends_these_bodies_under_its_own_signature() -> None:
    sent: list[Any] = []

    def note(request: Any, **_: Any) -> None:
        sent.append(request)
        raise Sent

    made = client("dynamodb", user_agent="wire")
    made.meta.events.register("before-send.dynamodb", note)
    for operation, call in (("PutItem", made.put_item), ("BatchWriteItem", made.batch_write_item)):
        params = dict(requests_with(to_item({"pk": "p", "sk": "s", "sn": b"\x00"})))[operation]
        with pytest.raises(Sent):
            call(**params)
        request = sent.pop()
        assert json.loads(request.body) == as_botocore(operation, params)
        assert "Signature=" in request.headers["Authorization"].decode()
        assert int(request.headers["Content-Length"]) == len(request.body)
