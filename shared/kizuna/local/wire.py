"""Items in the JSON of DynamoDB, written directly.

moto runs every answer through the service model, which takes longer than all the rest of a read.
For answers that hold items the JSON is known beforehand: each attribute is `{type: value}`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, Final

from moto.core.responses import ActionContext
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.responses import DynamoResult

from kizuna.local.storage import DYNAMODB

Binary = Callable[[bytes], Any]

_WITH_ITEMS: Final = frozenset(
    {
        "BatchGetItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "UpdateItem",
    }
)
_HEADERS: Final = {"Content-Type": "application/x-amz-json-1.0"}


def base64_text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def image_of(item: Item, *, binary: Binary = base64_text) -> dict[str, Any]:
    """All attributes of an item as JSON, sharing nothing with it; `binary` shapes binary values."""
    return {name: json_of(value, binary) for name, value in item.attrs.items()}


def json_of(value: DynamoType, binary: Binary) -> dict[str, Any]:
    held = value.value
    if isinstance(held, dict):
        held = {name: json_of(each, binary) for name, each in held.items()}
    elif isinstance(held, list):  # a list, or a set
        held = [
            json_of(each, binary) if isinstance(each, DynamoType) else _plain(each, binary) for each in held
        ]
    else:
        held = _plain(held, binary)
    return {value.type: held}


@DYNAMODB.replaces(Item, "to_json")
def _to_json(_original: Callable[..., Any], item: Item, root_attr_name: str = "Attributes") -> dict[str, Any]:
    return {root_attr_name: image_of(item)}


@DYNAMODB.replaces(DynamoResult, "execute_result")
def _execute(original: Callable[..., Any], result: DynamoResult, context: ActionContext) -> Any:
    operation = context.operation_model
    body = result.result
    if operation.name not in _WITH_ITEMS or not isinstance(body, dict):
        return original(result, context)
    known = {name: body[name] for name in operation.output_shape.members if name in body}
    present = {name: value for name, value in known.items() if value is not None}
    return 200, dict(_HEADERS), json.dumps(present, default=base64_text)


def _plain(value: Any, binary: Binary) -> Any:
    return binary(value) if isinstance(value, bytes) else value
