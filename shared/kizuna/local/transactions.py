"""TransactWriteItems that costs what it touches: an undo log in place of copies of whole tables.

moto deep-copies every table of a transaction once per action, to have something to return to. Here
each change inside a transaction leaves the item as it was before in a log, and a transaction that
fails is undone from it, stream records included. What a transaction does and which error it answers
remain moto's own, but for what AWS does otherwise and code can trip over: a table that does not
exist is a ResourceNotFoundException whatever the action, and an update that does not fit the item
cancels the transaction with the reason ValidationError.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from moto.dynamodb.exceptions import (
    AttributeDoesNotExist,
    IncorrectDataType,
    InvalidUpdateExpressionInvalidDocumentPath,
    ItemSizeToUpdateTooLarge,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamShard, Table

from kizuna.local.storage import DYNAMODB, Address, announce, observes, place

# What AWS reports per item, because it shows only when the update meets the item.
_MISFITS: Final = (
    AttributeDoesNotExist,
    IncorrectDataType,
    InvalidUpdateExpressionInvalidDocumentPath,
    ItemSizeToUpdateTooLarge,
)


class ValidationError(Exception):
    """An update that does not fit its item. moto names a cancellation reason after the class."""


class UndoLog:
    """The state before of what a transaction has touched so far."""

    def __init__(self, tables: list[Table]) -> None:
        self._changes: list[tuple[Table, Item | None, Item | None]] = []
        self._shards = [
            (shard, shard.starting_sequence_number + len(shard.items))
            for table in tables
            if (shard := table.stream_shard) is not None
        ]

    def note(self, table: Table, before: Item | None, after: Item | None) -> None:
        self._changes.append((table, before, after))

    def roll_back(self) -> None:
        """Everything as it was when the log began; the log is empty afterwards."""
        changes, self._changes = self._changes, []
        for table, before, after in reversed(changes):
            place(table, _address(before or after), before)
            announce(table, after, before)
        for shard, end in self._shards:
            _forget_from(shard, end)


_open: Final[list[UndoLog]] = []


@observes
def _note(table: Table, before: Item | None, after: Item | None) -> None:
    if _open:
        _open[-1].note(table, before, after)


@DYNAMODB.replaces(DynamoDBBackend, "transact_write_items")
def _transact(
    original: Callable[..., None], backend: DynamoDBBackend, transact_items: list[dict[str, Any]]
) -> None:
    log = UndoLog([backend.get_table(name) for name in sorted(_table_names(transact_items))])
    _open.append(log)
    try:
        with _misfits_as_reasons(backend):
            original(backend, transact_items)
    except BaseException:
        _open.pop()
        log.roll_back()
        raise
    _open.pop()


@contextmanager
def _misfits_as_reasons(backend: DynamoDBBackend) -> Iterator[None]:
    update = backend.update_item

    def update_or_reason(*args: Any, **kw: Any) -> Item:
        try:
            return update(*args, **kw)
        except _MISFITS as misfit:
            raise ValidationError(misfit.message) from misfit

    vars(backend)["update_item"] = update_or_reason
    try:
        yield
    finally:
        del vars(backend)["update_item"]


def _table_names(transact_items: list[dict[str, Any]]) -> set[str]:
    return {action["TableName"] for item in transact_items for action in item.values()}


def _address(item: Item | None) -> Address | None:
    return None if item is None else (item.hash_key, item.range_key)


def _forget_from(shard: StreamShard, end: int) -> None:
    del shard.items[end - shard.starting_sequence_number :]
