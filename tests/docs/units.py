"""Counts what DynamoDB would bill, from the calls that were made and the sizes of what they touched.

Write units are per KB, doubled in transactions, condition checks included; an index entry that comes, goes or
moves costs its own. Read units are per 4 KB, half for reads that may be stale. Moto's own figures are not used.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any

from kizuna.adapters.tables import catalog_keys
from kizuna.adapters.tables.dynamodb import bytes_of, key
from kizuna.topology import DECIDED_INDEX, DUE_INDEX, Index

_WRITE_BYTES = 1024
_READ_BYTES = 4096
_INDEX_ROW = 60  # bytes of a row of the membership index
_SINGLE_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
_HEAD = key(catalog_keys.CATALOG, catalog_keys.HEAD)

Action = tuple[str, Mapping[str, Any], int]  # kind, parameters, factor


@dataclass(slots=True)
class Units:
    """Billed units so far."""

    writes: float = 0
    reads: float = 0

    def less(self, other: Units) -> Units:
        return Units(self.writes - other.writes, self.reads - other.reads)


class Meter:
    """Watches one DynamoDB client. `eyes` is another client of the same store, which is not counted."""

    def __init__(self, client: Any, eyes: Any) -> None:
        self._client = client
        self._eyes = eyes

    @contextmanager
    def running(self) -> Iterator[Units]:
        """The units of all calls inside the block."""
        units = Units()

        def before(params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
            context["kizuna_params"] = params
            context["kizuna_before"] = [self._item(action) for action in _writes(model.name, params)]

        def after(parsed: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
            params = context["kizuna_params"]
            for action, old in zip(_writes(model.name, params), context["kizuna_before"], strict=True):
                units.writes += _write_units(action, old, self._item(action))
            units.reads += _read_units(model.name, params, parsed)

        hooks: dict[str, Callable[..., None]] = {
            "provide-client-params.dynamodb": before,
            "after-call.dynamodb": after,
        }
        for name, hook in hooks.items():
            self._client.meta.events.register(name, hook)
        try:
            yield units
        finally:
            for name, hook in hooks.items():
                self._client.meta.events.unregister(name, hook)

    def _item(self, action: Action) -> dict[str, Any] | None:
        _, params, _ = action
        named = params.get("Item") or params["Key"]
        wanted = key(named["pk"]["S"], named["sk"]["S"])
        found: dict[str, Any] | None = self._eyes.get_item(TableName=params["TableName"], Key=wanted).get(
            "Item"
        )
        return found


def _writes(operation: str, params: Mapping[str, Any]) -> list[Action]:
    if operation in _SINGLE_WRITES:
        return [(operation, params, 1)]
    if operation == "TransactWriteItems":
        return [(kind, action, 2) for item in params["TransactItems"] for kind, action in item.items()]
    if operation == "BatchWriteItem":
        return [
            ("PutItem", {"TableName": table, **request["PutRequest"]}, 1)
            for table, requests in params["RequestItems"].items()
            for request in requests
        ]
    return []


def _write_units(action: Action, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> int:
    kind, _, factor = action
    size = max(bytes_of(dict(item)) if item else 1 for item in (old, new))
    return factor * ceil(size / _WRITE_BYTES) + (
        0
        if kind == "ConditionCheck"
        else sum(_index_units(index, old, new) for index in (DUE_INDEX, DECIDED_INDEX))
    )


def _index_units(index: Index, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> int:
    """An entry that moves is deleted and put."""
    keys = (index.partition, index.sort)
    before, after = (tuple((item or {}).get(name) is not None for name in keys) for item in (old, new))
    entries = [(item or {}) for item in (old, new)]
    if [entries[0].get(name) for name in keys] == [entries[1].get(name) for name in keys]:
        return 0
    return int(all(before)) + int(all(after))


def _read_units(operation: str, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> float:
    match operation:
        case "GetItem" if params["Key"] == _HEAD:
            return 0  # at most one every few seconds in each running function, however much happens
        case "GetItem":
            return _of_reads([parsed.get("Item")], consistent=params.get("ConsistentRead", False))
        case "BatchGetItem":
            return sum(
                _of_reads(
                    [*found, *[None] * (len(params["RequestItems"][table]["Keys"]) - len(found))],
                    consistent=params["RequestItems"][table].get("ConsistentRead", False),
                )
                for table, found in parsed["Responses"].items()
            )
        case "Query":
            read = sum(bytes_of(item) for item in parsed.get("Items", ()))
            read += 0 if "Items" in parsed else _INDEX_ROW * parsed["Count"]  # counted, and read all the same
            units = max(1, ceil(read / _READ_BYTES))
            return units if params.get("ConsistentRead") else units / 2
        case _:
            return 0


def _of_reads(items: list[dict[str, Any] | None], *, consistent: bool) -> float:
    units = sum(ceil(bytes_of(item) / _READ_BYTES) if item else 1 for item in items)
    return units if consistent else units / 2
