"""The items of one table in key order, for the table itself and for each of its indexes.

moto answers every query by sorting the whole table. These structures hold the same items sorted
beforehand, so that a query costs what it reads. An index holds only the items that have all of its
key attributes, as in DynamoDB: a sparse index stays as small as what is in it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import SecondaryIndex, Table

Key = tuple[Any, ...]
Place = tuple[Key, Key]  # the hash key and, within its partition, the order


@dataclass(frozen=True, slots=True)
class RangeCondition:
    """The condition on the range key, in the words of moto's parser: `=`, `<=`, `BETWEEN`, …"""

    comparison: str
    values: tuple[Any, ...]


@dataclass(slots=True)
class Partition:
    """The items of one hash key, in the order of their range keys."""

    keys: list[Key] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    def put(self, key: Key, item: Item) -> None:
        at = bisect_left(self.keys, key)
        if at < len(self.keys) and self.keys[at] == key:
            self.items[at] = item
        else:
            self.keys.insert(at, key)
            self.items.insert(at, item)

    def drop(self, key: Key) -> None:
        at = bisect_left(self.keys, key)
        del self.keys[at], self.items[at]

    def span(self, condition: RangeCondition | None) -> tuple[int, int]:
        """Where the items that meet the condition begin and end."""
        if condition is None:
            return 0, len(self.keys)
        low, high = condition.values[0], condition.values[-1]
        match condition.comparison.upper():
            case "=" | "EQ" | "BETWEEN":
                return self._left(low), self._right(high)
            case "<" | "LT":
                return 0, self._left(low)
            case "<=" | "LE":
                return 0, self._right(low)
            case ">" | "GT":
                return self._right(low), len(self.keys)
            case ">=" | "GE":
                return self._left(low), len(self.keys)
            case "BEGINS_WITH":
                width = len(low)
                end = bisect_right(self.keys, low, key=lambda key: key[0][:width])
                return self._left(low), end
            case other:
                raise ValueError(f"no such comparison of a range key: {other}")

    def beyond(self, key: Key, forward: bool, low: int, high: int) -> tuple[int, int]:
        """What is left between `low` and `high` after a page that ended at `key`."""
        if forward:
            return min(max(low, bisect_right(self.keys, key)), high), high
        return low, max(min(high, bisect_left(self.keys, key)), low)

    def _left(self, value: Any) -> int:
        return bisect_left(self.keys, value, key=_first)

    def _right(self, value: Any) -> int:
        return bisect_right(self.keys, value, key=_first)


class KeyOrder:
    """The items of a table that have all of some key attributes, by hash key and then in order.

    Ties are broken as moto breaks them, by the keys of the table.
    """

    def __init__(self, hash_names: list[str], order_names: list[str], types: dict[str, str]):
        self._hash_names = hash_names
        self._order_names = order_names
        self._types = types
        self._partitions: dict[Key, Partition] = {}
        self._hashes: list[Key] = []

    def replace(self, before: Item | None, after: Item | None) -> None:
        """Takes `before` out and puts `after` in, whichever of the two belongs here."""
        old = None if before is None else self.place_of(before.attrs)
        new = None if after is None else self.place_of(after.attrs)
        if old is not None and old != new:
            self._drop(*old)
        if new is not None and after is not None:
            self._put(*new, after)

    def partition(self, hash_values: Key) -> Partition:
        return self._partitions.get(hash_values) or Partition()

    def from_start(self, start: Place | None) -> Iterator[Item]:
        """All items in order, or those that come after a hash key and a range key."""
        if start is None:
            for hashed in self._hashes:
                yield from self._partitions[hashed].items
            return
        hashed, key = start
        at = bisect_left(self._hashes, hashed)
        if at < len(self._hashes) and self._hashes[at] == hashed:
            partition = self._partitions[hashed]
            yield from partition.items[bisect_right(partition.keys, key) :]
            at += 1
        for later in self._hashes[at:]:
            yield from self._partitions[later].items

    def place_of(self, attributes: dict[str, DynamoType]) -> Place | None:
        """None without all of the key attributes: what has that place is not in this order."""
        hashed = self._values(attributes, self._hash_names)
        key = self._values(attributes, self._order_names)
        return None if hashed is None or key is None else (hashed, key)

    def holds_type(self, name: str, value: DynamoType) -> bool:
        return self._types[name] == value.type

    def _values(self, attributes: dict[str, DynamoType], names: list[str]) -> Key | None:
        values = []
        for name in names:
            value = attributes.get(name)
            # an item with a key of another type could not be ordered; DynamoDB refuses to write it
            if value is None or not self.holds_type(name, value):
                return None
            values.append(value.cast_value)
        return tuple(values)

    def _put(self, hashed: Key, key: Key, item: Item) -> None:
        partition = self._partitions.get(hashed)
        if partition is None:
            partition = self._partitions[hashed] = Partition()
            insort(self._hashes, hashed)
        partition.put(key, item)

    def _drop(self, hashed: Key, key: Key) -> None:
        partition = self._partitions[hashed]
        partition.drop(key)
        if not partition.keys:
            del self._partitions[hashed]
            del self._hashes[bisect_left(self._hashes, hashed)]


class SortedTable:
    """A table and its indexes, each in key order."""

    def __init__(self, table: Table) -> None:
        types = {each["AttributeName"]: each["AttributeType"] for each in table.attr}
        self.source = table.items
        self.shape = shape_of(table)
        self.primary = KeyOrder([table.hash_key_attr], _names(table.range_key_attr), types)
        self.secondary = {
            index.name: KeyOrder(
                keys_of(index, "HASH"),
                _index_range(table, index) + table.table_key_attrs,
                types,
            )
            for index in table.all_indexes()
        }
        holders: list[Any] = list(table.items.values())
        for held in holders:
            for item in held.values() if table.has_range_key else [held]:
                self.replace(None, item)

    def replace(self, before: Item | None, after: Item | None) -> None:
        self.primary.replace(before, after)
        for order in self.secondary.values():
            order.replace(before, after)


def shape_of(table: Table) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The names and keys of a table's indexes: when they change, the order must be built anew."""
    return tuple(
        (index.name, tuple((key["AttributeName"], key["KeyType"]) for key in index.schema))
        for index in table.all_indexes()
    )


def keys_of(index: SecondaryIndex, kind: str) -> list[str]:
    return [key["AttributeName"] for key in index.schema if key["KeyType"] == kind]


def _index_range(table: Table, index: SecondaryIndex) -> list[str]:
    # an index without range key is ordered by the range key of the table, if that has one
    return keys_of(index, "RANGE") or [table.range_key_attr or table.hash_key_attr]


def _names(name: str | None) -> list[str]:
    return [] if name is None else [name]


def _first(key: Key) -> Any:
    return key[0]
