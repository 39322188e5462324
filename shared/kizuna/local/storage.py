"""How the in-process DynamoDB keeps items: never changed in place, every change announced once.

moto updates a stored item in place. Whoever wants the state before (a transaction that may fail, a
stream record, a reader) must therefore copy, and moto copies whole tables. Here an update works on
a private copy that takes the item's place only if it succeeds, so that a stored item never changes,
a state before is a reference, and an update that fails leaves nothing behind.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final

import moto.dynamodb.models
from moto.dynamodb.exceptions import ItemSizeTooLarge, ItemSizeToUpdateTooLarge
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import StreamRecord, Table
from moto.dynamodb.responses import DynamoHandler
from moto.dynamodbstreams.models import ShardIterator

from kizuna.local.items import byte_size, private_copy
from kizuna.local.patching import Patch

DYNAMODB: Final = Patch()

# One operation at a time, as every single one is atomic in DynamoDB. moto checks and then acts.
LOCK: Final = threading.RLock()

# What moto accepts: between the documented 400 KB and the 409,600 bytes that are meant by it.
ITEM_BYTES: Final = 405_000

Address = tuple[DynamoType, DynamoType | None]
Observer = Callable[[Table, Item | None, Item | None], None]

_observers: Final[list[Observer]] = []
_unannounced: Final[set[int]] = set()


def observes(observer: Observer) -> Observer:
    """Registers a function to be told of each change: the table, the item before and after it.

    Both are the stored items themselves, which never change; None stands for no item.
    """
    _observers.append(observer)
    return observer


def announce(table: Table, before: Item | None, after: Item | None) -> None:
    if id(table) in _unannounced:
        return
    for observer in _observers:
        observer(table, before, after)


def address_of(table: Table, attributes: dict[str, Any]) -> Address | None:
    """Where an item with these attributes lies; None while a key attribute is missing."""
    if table.hash_key_attr not in attributes:
        return None
    hash_key = DynamoType(attributes[table.hash_key_attr])
    if table.range_key_attr is None:
        return hash_key, None
    if table.range_key_attr not in attributes:
        return None
    return hash_key, DynamoType(attributes[table.range_key_attr])


def stored(table: Table, address: Address | None) -> Item | None:
    """The item at an address. Unlike moto's own look-up it leaves no empty partition behind."""
    if address is None:
        return None
    hash_key, range_key = address
    held: Any = table.items.get(hash_key)
    # A table without range key holds its items here, one with it a map of them.
    found: Item | None = held if held is None or range_key is None else held.get(range_key)
    return found


def place(table: Table, address: Address | None, item: Item | None) -> None:
    """Puts an item (or nothing) at an address, without conditions, stream record or announcement."""
    if address is None:
        return
    hash_key, range_key = address
    if range_key is None:
        _set_or_drop(table.items, hash_key, item)
        return
    partition: dict[DynamoType, Item] = table.items[hash_key]
    _set_or_drop(partition, range_key, item)
    if not partition:
        del table.items[hash_key]


def _set_or_drop(holder: dict[DynamoType, Any], key: DynamoType, item: Item | None) -> None:
    if item is None:
        holder.pop(key, None)
    else:
        holder[key] = item


@contextmanager
def _silence(table: Table) -> Iterator[None]:
    """Neither stream record nor announcement inside the block."""
    shard, table.stream_shard = table.stream_shard, None
    _unannounced.add(id(table))
    try:
        yield
    finally:
        table.stream_shard = shard
        _unannounced.discard(id(table))


@DYNAMODB.replaces(Table, "get_item")
def _get(
    original: Callable[..., Item | None],
    table: Table,
    hash_key: DynamoType,
    range_key: DynamoType | None = None,
    *args: Any,
    **kw: Any,
) -> Item | None:
    # moto would leave an empty partition behind for each key that nobody has
    if hash_key not in table.items and (range_key is not None or not table.has_range_key):
        return None
    return original(table, hash_key, range_key, *args, **kw)


@DYNAMODB.replaces(Table, "put_item")
def _put(
    original: Callable[..., Item], table: Table, item_attrs: dict[str, Any], *args: Any, **kw: Any
) -> Item:
    before = stored(table, address_of(table, item_attrs))
    item = original(table, item_attrs, *args, **kw)
    announce(table, before, item)
    return item


@DYNAMODB.replaces(Table, "delete_item")
def _delete(
    original: Callable[..., Item | None],
    table: Table,
    hash_key: DynamoType,
    range_key: DynamoType | None,
) -> Item | None:
    item = original(table, hash_key, range_key)
    if range_key is not None and not table.items.get(hash_key, True):
        del table.items[hash_key]
    if item is not None:
        announce(table, item, None)
    return item


@DYNAMODB.replaces(DynamoDBBackend, "update_item")
def _update(
    original: Callable[..., Item],
    backend: DynamoDBBackend,
    table_name: str,
    key: dict[str, Any],
    *args: Any,
    **kw: Any,
) -> Item:
    table = backend.get_table(table_name)
    address = address_of(table, key)
    before = stored(table, address)
    try:
        with _silence(table):
            if before is not None:
                place(table, address, private_copy(before))
            item = original(backend, table_name, key, *args, **kw)
            if byte_size(item) > ITEM_BYTES:
                raise ItemSizeToUpdateTooLarge
    except BaseException:
        place(table, address, before)
        raise
    announce(table, before, item)
    if table.stream_shard is not None:
        table.stream_shard.add(before, item)
    return item


@DYNAMODB.replaces(Item, "__init__")
def _init_item(
    _original: Callable[..., None],
    item: Item,
    hash_key: DynamoType,
    range_key: DynamoType | None,
    attrs: dict[str, Any],
) -> None:
    """As before, with the size taken once and not again for each attribute."""
    item.hash_key, item.range_key = hash_key, range_key
    item.attrs = LimitedSizeDict({name: DynamoType(value) for name, value in attrs.items()})
    if byte_size(item) > ITEM_BYTES:
        raise ItemSizeTooLarge


@DYNAMODB.replaces(Item, "__deepcopy__")
def _share(_original: Callable[..., Item], item: Item, _memo: dict[int, Any]) -> Item:
    """A stored item never changes, so its readers may share it."""
    return item


@DYNAMODB.replaces(DynamoHandler, "call_action")
def _one_at_a_time(original: Callable[..., Any], handler: DynamoHandler) -> Any:
    with LOCK:
        return original(handler)


def _copy_unless_table(value: Any, memo: dict[int, Any] | None = None) -> Any:
    return value if isinstance(value, Table) else copy.deepcopy(value, memo)


def untracked(cls: type, *_args: Any, **_kw: Any) -> Any:
    """A `__new__` for classes whose instances moto would keep for ever, for its dashboard."""
    return object.__new__(cls)


# The size of an item is checked once, when it is made or after an update.
DYNAMODB.replaces_value(LimitedSizeDict, "__setitem__", dict.__setitem__)
# This module copies tables for the sake of transactions alone; see `transactions`.
DYNAMODB.replaces_value(moto.dynamodb.models, "copy", SimpleNamespace(deepcopy=_copy_unless_table))
for _tracked in (Item, StreamRecord, ShardIterator):
    DYNAMODB.replaces_value(_tracked, "__new__", staticmethod(untracked))
