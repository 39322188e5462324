"""Requests to DynamoDB written as JSON by one encoder in C.

botocore walks through every attribute of every item by its model of the service before it writes JSON: of a batch of
25 events that walk is half of what the call costs in CPU. Our requests are DynamoDB's JSON already
(`dynamodb.encode`), all but bytes, which travel in base64. So the walk is given next to nothing, and the body is put
in place before the request is signed; both through the events that botocore offers for it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from kizuna.adapters.tables.dynamodb import Client

Params = Mapping[str, Any]

_WRITTEN_HERE = frozenset(
    {
        "BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems",
        "UpdateItem",
    }
)  # fmt: skip
_ASIDE = "kizuna_request"
# From these botocore tells whose account a request is for, where tables are named by ARN. Ours are named by name.
_NAMELESS: Mapping[str, Params] = {
    "BatchGetItem": {"RequestItems": {}},
    "BatchWriteItem": {"RequestItems": {}},
    "TransactWriteItems": {"TransactItems": []},
}


def writes_own_requests(client: Client) -> Client:
    """The same client, whose bodies for items are written by `body_of`. Everything else stays botocore's."""
    client.meta.events.register("provide-client-params.dynamodb", _set_aside)
    client.meta.events.register("before-call.dynamodb", _put_in_place)
    return client


def _set_aside(params: Params, model: Any, context: dict[str, Any], **_: Any) -> Params | None:
    if model.name not in _WRITTEN_HERE:
        return None
    context[_ASIDE] = params
    return _NAMELESS.get(model.name) or {"TableName": params["TableName"]}


def _put_in_place(model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if _ASIDE in context:
        params["body"] = body_of(model.name, context[_ASIDE])


def body_of(operation: str, params: Params) -> bytes:
    """A request as DynamoDB reads it."""
    try:
        match operation:
            case "PutItem":
                return to_json({**params, "Item": _without_bytes(params["Item"])})
            case "BatchWriteItem":
                return to_json({"RequestItems": _batch_without_bytes(params["RequestItems"])})
            case "BatchGetItem" | "GetItem" | "DeleteItem":
                return to_json(params)  # keys are texts
            case _:
                return _WITH_BYTES.encode(params).encode()
    except PydanticSerializationError:
        # Half of a surrogate pair: escaped, as botocore has it, for DynamoDB to say what it thinks of it.
        return _WITH_BYTES.encode(params).encode()


def _batch_without_bytes(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        table: [
            {"PutRequest": {"Item": _without_bytes(request["PutRequest"]["Item"])}}
            if "PutRequest" in request
            else request
            for request in requests
        ]
        for table, requests in wanted.items()
    }


_PLAIN = frozenset({"S", "N", "BOOL", "NULL"})  # nothing in these needs another form


def _without_bytes(item: Params) -> Params:
    for attribute in item.values():
        if not _PLAIN.issuperset(attribute):
            return {name: _text(value) for name, value in item.items()}
    return item


def _text(attribute: Params) -> Params:
    """An attribute with bytes as base64, at any depth."""
    match attribute:
        case {"B": value}:
            return {"B": _base64(value)}
        case {"BS": values}:
            return {"BS": [_base64(value) for value in values]}
        case {"L": values}:
            return {"L": [_text(value) for value in values]}
        case {"M": values}:
            return {"M": {name: _text(value) for name, value in values.items()}}
        case _:
            return attribute


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


_WITH_BYTES = json.JSONEncoder(separators=(",", ":"), default=_base64)
