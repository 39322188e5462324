"""Single items of the in-process DynamoDB: copied, compared, measured."""

from __future__ import annotations

from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.utilities import bytesize


def private_copy(item: Item) -> Item:
    """An equal item that shares nothing changeable with the first."""
    twin: Item = object.__new__(Item)
    twin.hash_key, twin.range_key = item.hash_key, item.range_key
    twin.attrs = LimitedSizeDict()
    for name, value in item.attrs.items():
        dict.__setitem__(twin.attrs, name, _copy_of(value))
    return twin


def same(one: Item, other: Item) -> bool:
    """Whether two items are equal to DynamoDB: sets have no order, and 1.0 is 1."""
    return _same_members(one.attrs, other.attrs)


def byte_size(item: Item) -> int:
    """Names and values in bytes, as moto counts them."""
    return sum(bytesize(name) + value.size() for name, value in item.attrs.items())


def _copy_of(value: DynamoType) -> DynamoType:
    twin: DynamoType = object.__new__(DynamoType)
    twin.type = value.type
    held = value.value
    if isinstance(held, list):  # a list, or a set
        held = [_copy_of(each) if isinstance(each, DynamoType) else each for each in held]
    elif isinstance(held, dict):
        held = {name: _copy_of(each) for name, each in held.items()}
    twin.value = held
    return twin


def _same_members(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)


def _same(one: DynamoType, other: DynamoType) -> bool:
    if one.type != other.type:
        return False
    match one.type:
        case "N":
            return bool(one.value == other.value or one.cast_value == other.cast_value)
        case "SS" | "NS" | "BS":
            return bool(one.cast_value == other.cast_value)
        case "M":
            return _same_members(one.value, other.value)
        case "L":
            held, wanted = one.value, other.value
            return len(held) == len(wanted) and all(map(_same, held, wanted))
        case _:
            return bool(one.value == other.value)
