"""Query and Scan that cost what they read.

moto decides what matches, in which order and where a page ends; here it is only shown fewer items
to decide on: those of one partition, of the wanted range, after the start key, up to the limit.
One answer differs, as in AWS: a page that ends exactly at its limit has a LastEvaluatedKey, whether
or not anything follows.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final
from weakref import WeakKeyDictionary

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from kizuna.local.indexes import (
    Key,
    KeyOrder,
    Place,
    RangeCondition,
    SortedTable,
    keys_of,
    shape_of,
)
from kizuna.local.storage import DYNAMODB, observes

Answer = tuple[list[Item], int, dict[str, Any] | None]

_sorted: Final[WeakKeyDictionary[Table, SortedTable]] = WeakKeyDictionary()
DYNAMODB.after_uninstall(_sorted.clear)


def sorted_table(table: Table) -> SortedTable:
    """The table in key order: built when first asked for, then kept up with each change."""
    held = _sorted.get(table)
    if held is None or held.source is not table.items or held.shape != shape_of(table):
        held = _sorted[table] = SortedTable(table)
    return held


@observes
def _keep_up(table: Table, before: Item | None, after: Item | None) -> None:
    held = _sorted.get(table)
    if held is not None and held.source is table.items:
        held.replace(before, after)


@DYNAMODB.replaces(Table, "query")
def _query(
    original: Callable[..., Answer],
    table: Table,
    hash_key: DynamoType | None,
    range_comparison: str | None,
    range_objs: list[DynamoType],
    limit: int | None,
    exclusive_start_key: dict[str, Any] | None,
    scan_index_forward: bool,
    projection_expressions: list[list[str]] | None,
    index_name: str | None = None,
    consistent_read: bool = False,
    filter_expression: Any = None,
    hash_key_conditions: list[tuple[str, DynamoType]] | None = None,
    range_key_conditions: list[tuple[str, str, list[DynamoType]]] | None = None,
    **filter_kwargs: Any,
) -> Answer:
    def ask() -> Answer:
        return original(
            table,
            hash_key,
            range_comparison,
            range_objs,
            limit,
            exclusive_start_key,
            scan_index_forward,
            projection_expressions,
            index_name,
            consistent_read,
            filter_expression,
            hash_key_conditions=hash_key_conditions,
            range_key_conditions=range_key_conditions,
            **filter_kwargs,
        )

    order = _order(table, index_name)
    if order is None:
        return ask()
    hashed = _hash_values(table, index_name, hash_key, hash_key_conditions or [])
    if hashed is None:
        return ask()
    partition = order.partition(hashed)
    start = _start(order, exclusive_start_key)
    condition = _condition(table, index_name, order, range_comparison, range_objs)
    if (
        filter_kwargs
        or _has_compound_range(table, index_name)
        or (range_comparison and condition is None)
        or (exclusive_start_key and (start is None or start[0] != hashed))
    ):
        with _showing(table, partition.items):
            return ask()

    low, high = partition.span(condition)
    if start is not None:
        low, high = partition.beyond(start[1], scan_index_forward, low, high)
    if limit and high - low > limit:
        # one more than wanted, by which moto notices that there is more
        low, high = (low, low + limit + 1) if scan_index_forward else (high - limit - 1, high)
    shown = partition.items[low:high]
    with _showing(table, shown):
        items, scanned, last_key = ask()
    if last_key is None and limit and scanned == limit:
        last = shown[limit - 1] if scan_index_forward else shown[-limit]
        last_key = table._get_last_evaluated_key(last, index_name)
    return items, scanned, last_key


@DYNAMODB.replaces(Table, "scan")
def _scan(
    original: Callable[..., Answer],
    table: Table,
    filters: dict[str, Any],
    limit: int | None,
    exclusive_start_key: dict[str, Any] | None,
    filter_expression: Any = None,
    index_name: str | None = None,
    consistent_read: bool = False,
    projection_expression: list[list[str]] | None = None,
    segments: tuple[None, None] | tuple[int, int] = (None, None),
) -> Answer:
    def ask() -> Answer:
        return original(
            table,
            filters,
            limit,
            exclusive_start_key,
            filter_expression,
            index_name,
            consistent_read,
            projection_expression,
            segments,
        )

    order = _order(table, index_name)
    if order is None:
        return ask()
    if index_name is not None and not keys_of(table.get_index(index_name), "RANGE"):
        # moto scans such an index in another order than it queries it
        with _showing(table, list(order.from_start(None))):
            return ask()
    shown = list(order.from_start(_start(order, exclusive_start_key)))
    with _showing(table, shown):
        items, scanned, last_key = ask()
    if last_key is None and limit and scanned == limit and not filters:
        mine = (item for item in shown if item.is_within_segment(segments))
        last = next(islice(mine, limit - 1, None))
        last_key = table._get_last_evaluated_key(last, index_name)
    return items, scanned, last_key


@DYNAMODB.replaces(Item, "project")
def _project(original: Callable[..., Item], item: Item, projection_expressions: list[list[str]]) -> Item:
    """As before, but whole attributes are taken as they are and not converted there and back."""
    if any(len(path) > 1 or "[" in path[0] for path in projection_expressions):
        return original(item, projection_expressions)
    wanted = {name: item.attrs[name] for [name] in projection_expressions if name in item.attrs}
    return Item(item.hash_key, item.range_key, wanted)


@contextmanager
def _showing(table: Table, items: list[Item]) -> Iterator[None]:
    """Inside the block the table seems to hold just these items, which are in order."""
    vars(table)["all_items"] = lambda: items
    vars(table)["has_idx_items"] = lambda _index_name: items
    try:
        yield
    finally:
        del vars(table)["all_items"], vars(table)["has_idx_items"]


def _order(table: Table, index_name: str | None) -> KeyOrder | None:
    held = sorted_table(table)
    return held.primary if index_name is None else held.secondary.get(index_name)


def _hash_values(
    table: Table,
    index_name: str | None,
    hash_key: DynamoType | None,
    conditions: list[tuple[str, DynamoType]],
) -> Key | None:
    """The partition that a query is about; None where moto should see everything."""
    if index_name is None:
        return None if hash_key is None else (hash_key.cast_value,)
    wanted = {name: value.cast_value for name, value in conditions}
    names = keys_of(table.get_index(index_name), "HASH")
    return tuple(wanted[name] for name in names) if wanted.keys() >= set(names) else None


def _condition(
    table: Table,
    index_name: str | None,
    order: KeyOrder,
    comparison: str | None,
    values: list[DynamoType],
) -> RangeCondition | None:
    if not comparison:
        return None
    ranges = (
        [table.range_key_attr or ""] if index_name is None else keys_of(table.get_index(index_name), "RANGE")
    )
    if not ranges or not all(order.holds_type(ranges[0], value) for value in values):
        return None
    return RangeCondition(comparison, tuple(value.cast_value for value in values))


def _has_compound_range(table: Table, index_name: str | None) -> bool:
    return index_name is not None and len(keys_of(table.get_index(index_name), "RANGE")) > 1


def _start(order: KeyOrder, exclusive_start_key: dict[str, Any] | None) -> Place | None:
    if not exclusive_start_key:
        return None
    return order.place_of({k: DynamoType(v) for k, v in exclusive_start_key.items()})
