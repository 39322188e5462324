"""What DynamoDB would bill for the calls that were made, each unit under the name of what it went for.

Write units are per KB of the larger of the item before and after, doubled in transactions, condition checks
included; an index entry that comes, goes or moves costs its own. Read units are per 4 KB, half for reads that may
be stale, and an item that is not there costs one.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from benchmarks.tape import hooked
from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import bytes_of, key
from kizuna.topology import DUE_INDEX

_WRITE_BYTES = 1024
_READ_BYTES = 4096
_INDEXED = (DUE_INDEX.partition, DUE_INDEX.sort)
INDEX = "alarm index"
COUNT = "count mark"  # what a message remembers of being counted
CLAIM = "claim"
STATE = "state"
FACT = "fact"
MARKS = "mark page"  # marks of counted events that a profile has no room for

Item = Mapping[str, Any]


@dataclass(slots=True)
class Units:
    """Billed units of one thing."""

    writes: float = 0
    reads: float = 0


@dataclass(slots=True)
class Bill:
    """Units by (who asked, for what), the number of calls, and the sizes of what was stored."""

    units: dict[tuple[str, str], Units] = field(default_factory=lambda: defaultdict(Units))
    calls: int = 0
    sizes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def writes(self, *kinds: str, of: str | None = None) -> float:
        return sum(u.writes for (who, kind), u in self.units.items() if _asked(who, kind, of, kinds))

    def reads(self, *kinds: str, of: str | None = None) -> float:
        return sum(u.reads for (who, kind), u in self.units.items() if _asked(who, kind, of, kinds))


def _asked(who: str, kind: str, wanted: str | None, kinds: tuple[str, ...]) -> bool:
    return (wanted is None or who == wanted) and (not kinds or kind in kinds)


@dataclass(frozen=True, slots=True)
class _Write:
    table: str
    kind: str  # Put, Update, Delete, ConditionCheck
    params: Item
    factor: int


class Meter:
    """Watches one DynamoDB client. `eyes` is another client of the same store, whose calls are not counted.

    `who` tells on whose behalf a call is made: the function that runs at the moment.
    """

    def __init__(self, client: Any, eyes: Any, *, who: Callable[[], str] = lambda: "") -> None:
        self._client = client
        self._eyes = eyes
        self._who = who

    @contextmanager
    def running(self) -> Iterator[Bill]:
        """The bill of all calls inside the block."""
        bill = Bill()

        def before(params: Item, model: Any, context: dict[str, Any], **_: Any) -> None:
            writes = _writes_of(model.name, params)
            context["benchmark_call"] = (params, writes, [self._stored(write) for write in writes])

        def after(parsed: Item, model: Any, context: dict[str, Any], **_: Any) -> None:
            params, writes, olds = context["benchmark_call"]
            bill.calls += 1
            for write, old in zip(writes, olds, strict=True):
                self._charge_write(bill, write, old)
            for kind, units in _reads_of(model.name, params, parsed):
                bill.units[self._who(), kind].reads += units

        with ExitStack() as stack:
            stack.enter_context(hooked(self._client, "provide-client-params.dynamodb", before))
            stack.enter_context(hooked(self._client, "after-call.dynamodb", after))
            yield bill

    def _charge_write(self, bill: Bill, write: _Write, old: Item | None) -> None:
        new = self._stored(write)
        who, kind = self._who(), _purpose(write)
        size = max(bytes_of(dict(item)) if item else 1 for item in (old, new))
        bill.units[who, kind].writes += write.factor * ceil(size / _WRITE_BYTES)
        bill.sizes[kind].append(size)
        if write.kind != "ConditionCheck":
            bill.units[who, INDEX].writes += _index_units(old, new)

    def _stored(self, write: _Write) -> Item | None:
        found: Item | None = self._eyes.get_item(TableName=write.table, Key=_key_of(write.params)).get("Item")
        return found


_BY_PARTITION = {
    "catalog": "definitions",
    "w": "definitions",
    "keys": "write key",
    "n": "counter",
    "o": "arrivals",
    "s": "membership",
    "x": "erased mark",
}
_BY_SORT = {
    keys.PROFILE: "profile",
    keys.IDENTITY: "identity",
    keys.MESSAGE: "message",
    keys.PRESSURE: "pressure",
    keys.GUARD: "guard",
}


def kind_of(table: str, named: Item) -> str:
    """What an item is, by its table and key (`people_keys`, `catalog_keys`)."""
    if "ledger" in table:
        return "consent"
    pk, sk = named["pk"]["S"], named["sk"]["S"]
    by_partition = _BY_PARTITION.get(pk.split("#", 1)[0])
    if by_partition is not None:
        return by_partition
    if sk.startswith(keys.EVENT_PREFIX):
        return "timeline"
    if sk.startswith(keys.MARKS_PREFIX):
        return MARKS
    return _BY_SORT.get(sk, "guard")


def _purpose(write: _Write) -> str:
    """What an item is, and for a message, what is done to it."""
    kind = kind_of(write.table, _key_of(write.params))
    if write.kind == "ConditionCheck":
        return CLAIM
    if kind != "message" or write.kind == "Put":
        return kind
    values = write.params["ExpressionAttributeValues"]
    if write.params["UpdateExpression"] == "SET ct = :now":
        return COUNT
    if ":pending" in values:
        return CLAIM
    return STATE if ":expected" in values else FACT


def _key_of(params: Item) -> Item:
    named = params.get("Item") or params["Key"]
    return key(named["pk"]["S"], named["sk"]["S"])


def _writes_of(operation: str, params: Item) -> list[_Write]:
    match operation:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            return [_Write(params["TableName"], operation.removesuffix("Item"), params, 1)]
        case "TransactWriteItems":
            return [
                _Write(action["TableName"], kind, action, 2)
                for item in params["TransactItems"]
                for kind, action in item.items()
            ]
        case "BatchWriteItem":
            return [
                _Write(table, "Put", request["PutRequest"], 1)
                for table, requests in params["RequestItems"].items()
                for request in requests
            ]
        case _:
            return []


def _index_units(old: Item | None, new: Item | None) -> int:
    """An entry that moves is deleted and put."""
    entries = [tuple((item or {}).get(name) for name in _INDEXED) for item in (old, new)]
    return 0 if entries[0] == entries[1] else sum(None not in entry for entry in entries)


def _reads_of(operation: str, params: Item, parsed: Item) -> list[tuple[str, float]]:
    match operation:
        case "GetItem":
            factor = 1 if params.get("ConsistentRead") else 0.5
            kind = kind_of(params["TableName"], params["Key"])
            counted = params.get("ProjectionExpression") == "pk, ct"
            return [(COUNT if counted else kind, factor * _read_units(parsed.get("Item")))]
        case "BatchGetItem":
            return [
                (kind_of(table, asked), factor * _read_units(found.get(_name(asked))))
                for table, request in params["RequestItems"].items()
                for factor in [1 if request.get("ConsistentRead") else 0.5]
                for found in [{_name(item): item for item in parsed["Responses"].get(table, ())}]
                for asked in request["Keys"]
            ]
        case "Query":
            units = max(1, ceil(sum(bytes_of(item) for item in parsed["Items"]) / _READ_BYTES))
            factor = 1 if params.get("ConsistentRead") else 0.5
            return [(_kind_of_query(params), factor * units)]
        case _:
            return []


def _read_units(item: Item | None) -> int:
    return ceil(bytes_of(dict(item)) / _READ_BYTES) if item else 1


def _name(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _kind_of_query(params: Item) -> str:
    if "IndexName" in params:
        return INDEX
    values = params["ExpressionAttributeValues"]
    pk = next(value for name, value in values.items() if name == ":pk")
    sort = next((value for name, value in values.items() if name in (":prefix", ":start")), {"S": ""})
    return kind_of(params["TableName"], {"pk": pk, "sk": sort})
