"""What DynamoDB refuses and moto lets through, so that code fails here and not first in AWS.

Limits of batches, keys given twice, sets that are empty or repeat themselves, index keys of another
type, placeholders that an expression does not use or does not define, and reserved words as names of
attributes where moto does not look. Each is a ValidationException.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import moto.dynamodb.responses
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords
from moto.dynamodb.responses import DynamoHandler

from kizuna.local.storage import DYNAMODB, address_of

Body = dict[str, Any]

_BATCH_WRITES: Final = 25
_TRANSACTION_READS: Final = 100
_EXPRESSIONS: Final = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
_PLACEHOLDER: Final = re.compile(r"[#:]\w+")
# In the others moto looks itself.
_UNCHECKED_WORDS: Final = ("KeyConditionExpression", "ProjectionExpression")
_WORD: Final = re.compile(r"(?<![#:\w])[A-Za-z]\w*")
_RESERVED: Final = frozenset(ReservedKeywords.get_reserved_keywords()) - {"AND", "BETWEEN"}
_SETS: Final = {"SS": "string", "NS": "number", "BS": "binary"}


def _check_put(handler: DynamoHandler) -> None:
    check_expressions(handler.body)
    check_item(handler.dynamodb_backend.get_table(handler.body["TableName"]), handler.body["Item"])


def _check_expressions(handler: DynamoHandler) -> None:
    check_expressions(handler.body)


def _check_batch_write(handler: DynamoHandler) -> None:
    requests = handler.body["RequestItems"]
    if sum(len(each) for each in requests.values()) > _BATCH_WRITES:
        raise MockValidationException("Too many items requested for the BatchWriteItem call")
    for name, each in requests.items():
        table = handler.dynamodb_backend.get_table(name)
        items = [request["PutRequest"]["Item"] for request in each if "PutRequest" in request]
        keys = [request["DeleteRequest"]["Key"] for request in each if "DeleteRequest" in request]
        for item in items:
            check_item(table, item)
        addresses = [address_of(table, attributes) for attributes in items + keys]
        if len(set(addresses)) < len(addresses):
            raise MockValidationException("Provided list of item keys contains duplicates")


def _check_transaction(handler: DynamoHandler) -> None:
    if not handler.body["TransactItems"]:
        raise MockValidationException(
            "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1"
        )
    for item in handler.body["TransactItems"]:
        for action in item.values():
            check_expressions(action)
            if "Item" in action:
                table = handler.dynamodb_backend.get_table(action["TableName"])
                check_item(table, action["Item"])


_CHECKS: Final[dict[str, Callable[[DynamoHandler], None]]] = {
    "put_item": _check_put,
    "update_item": _check_expressions,
    "delete_item": _check_expressions,
    "get_item": _check_expressions,
    "query": _check_expressions,
    "scan": _check_expressions,
    "batch_write_item": _check_batch_write,
    "transact_write_items": _check_transaction,
}


def check_item(table: Table, item: Body) -> None:
    """Refuses sets that DynamoDB cannot hold and index keys of the wrong type."""
    for value in item.values():
        check_sets(value)
    types = {each["AttributeName"]: each["AttributeType"] for each in table.attr}
    for index in table.all_indexes():
        for name in index.schema_key_attrs:
            actual = next(iter(item.get(name, ())), None)
            if actual not in (None, types[name]):
                raise MockValidationException(
                    "One or more parameter values were invalid: Type mismatch for Index Key "
                    f"{name} Expected: {types[name]} Actual: {actual} IndexName: {index.name}"
                )


def check_sets(value: Body) -> None:
    """Refuses sets that are empty or hold a member twice, at any depth."""
    for kind, held in value.items():
        if kind in _SETS:
            _check_set(kind, held)
        elif kind == "M":
            for each in held.values():
                check_sets(each)
        elif kind == "L":
            for each in held:
                check_sets(each)


def check_expressions(body: Body) -> None:
    """Refuses reserved words, and placeholders defined and not used or used and not defined."""
    texts = {name: body[name] for name in _EXPRESSIONS if body.get(name)}
    names = body.get("ExpressionAttributeNames") or {}
    values = body.get("ExpressionAttributeValues") or {}
    for value in values.values():
        check_sets(value)
    for name in _UNCHECKED_WORDS:
        _check_words(name, texts.get(name, ""))
    used = {name: set(_PLACEHOLDER.findall(text)) for name, text in texts.items()}
    every = set().union(*used.values())
    for what, defined in (("Names", names), ("Values", values)):
        unused = sorted(set(defined) - every)
        if unused and not texts:
            raise MockValidationException(
                f"ExpressionAttribute{what} can only be specified when using expressions"
            )
        if unused:
            raise MockValidationException(
                f"Value provided in ExpressionAttribute{what} unused in expressions: "
                f"keys: {{{', '.join(unused)}}}"
            )
    for where, placeholder in _undefined(used, {*names, *values}):
        what = "name" if placeholder.startswith("#") else "value"
        raise MockValidationException(
            f"Invalid {where}: An expression attribute {what} used in expression is not defined; "
            f"attribute {what}: {placeholder}"
        )


def _check_words(where: str, text: str) -> None:
    for word in _WORD.findall(text):
        if word.upper() in _RESERVED:
            raise MockValidationException(
                f"Invalid {where}: Attribute name is a reserved keyword; reserved keyword: {word}"
            )


def _undefined(used: dict[str, set[str]], defined: set[str]) -> Iterator[tuple[str, str]]:
    for where, placeholders in used.items():
        for placeholder in sorted(placeholders - defined):
            yield where, placeholder


def _check_set(kind: str, members: Iterable[Any]) -> None:
    held = list(members)
    if not held:
        raise MockValidationException(
            f"One or more parameter values were invalid: An {_SETS[kind]} set  may not be empty"
        )
    if len(set(held)) < len(held):
        raise MockValidationException(
            "One or more parameter values were invalid: Input collection contains duplicates"
        )


def _checked(check: Callable[[DynamoHandler], None]) -> Callable[..., Any]:
    def run(original: Callable[..., Any], handler: DynamoHandler) -> Any:
        check(handler)
        return original(handler)

    return run


for _name, _check in _CHECKS.items():
    DYNAMODB.replaces(DynamoHandler, _name)(_checked(_check))
DYNAMODB.replaces_value(moto.dynamodb.responses, "TRANSACTION_MAX_ITEMS", _TRANSACTION_READS)
