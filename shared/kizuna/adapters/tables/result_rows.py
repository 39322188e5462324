"""The rows in which what became of a run's messages is summed: one for each cell, shared by several.

A row takes part in one transaction at a time, so the messages of a run are spread over `RESULT_SHARDS` of each; a
message stays with one. What changes in a cell changes in one update, however many numbers move.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal

from kizuna.adapters.tables import catalog_keys, people_keys
from kizuna.adapters.tables.dynamodb import Client, Item, encode, key, query
from kizuna.core.ids import shard_of
from kizuna.core.messages import Message
from kizuna.core.results.cells import GROUPS, Cell, Group, Sums, cell_of, counted_run
from kizuna.topology import RESULT_SHARDS

_GROUPS: Mapping[str, Group] = {group: group for group in GROUPS}


def moved_mark(
    table: str, message_id: str, mark: Literal["ct", "cr"], before: str | None, now: str
) -> dict[str, Any]:
    """The update by which a message's mark moves, on the condition that it is what was read; None: there was none."""
    values = {":now": encode(now)}
    condition = f"attribute_exists(pk) AND attribute_not_exists({mark})"
    if before is not None:
        condition, values[":before"] = f"{mark} = :before", encode(before)
    return {
        "TableName": table,
        "Key": key(people_keys.message(message_id), people_keys.MESSAGE),
        "UpdateExpression": f"SET {mark} = :now",
        "ConditionExpression": condition,
        "ExpressionAttributeValues": values,
    }


def added_to_run(table: str, message: Message, gains: Sums) -> dict[str, Any]:
    """The update by which the counts of a message's run and channel gain something."""
    pk = catalog_keys.counters(
        message.campaign,
        counted_run(message.campaign, message.run),
        shard_of(message.id, RESULT_SHARDS),
    )
    return _added(table, pk, catalog_keys.counter(message.channel), gains)


def added_to_cell(table: str, message: Message, gains: Sums) -> dict[str, Any]:
    """The update by which the cell of a message gains something."""
    pk = catalog_keys.results(
        message.campaign,
        counted_run(message.campaign, message.run),
        shard_of(message.id, RESULT_SHARDS),
    )
    cell = cell_of(message)
    sk = catalog_keys.result(cell.day.isoformat(), cell.channel, cell.variant, cell.group)
    return _added(table, pk, sk, gains)


def _added(table: str, pk: str, sk: str, gains: Sums) -> dict[str, Any]:
    names = sorted(gains)
    added = ", ".join(f"#n{number} :n{number}" for number in range(len(names)))
    return {
        "TableName": table,
        "Key": key(pk, sk),
        "UpdateExpression": f"ADD {added}",
        "ExpressionAttributeNames": {f"#n{number}": name for number, name in enumerate(names)},
        "ExpressionAttributeValues": {
            f":n{number}": encode(gains[name]) for number, name in enumerate(names)
        },
    }


def run_counts(client: Client, table: str, campaign: str, run: str) -> Mapping[str, Sums]:
    """The counts of a run, by channel."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for shard in range(RESULT_SHARDS):
        for item in _rows(client, table, catalog_keys.counters(campaign, run, shard)):
            found[catalog_keys.counter_of(item["sk"]["S"])].update(_numbers(item))
    return found


def run_cells(client: Client, table: str, campaign: str, run: str) -> Mapping[Cell, Sums]:
    """The cells of a run."""
    found: dict[Cell, Counter[str]] = defaultdict(Counter)
    for shard in range(RESULT_SHARDS):
        for item in _rows(client, table, catalog_keys.results(campaign, run, shard)):
            day, channel, variant, group = catalog_keys.result_of(item["sk"]["S"])
            found[Cell(date.fromisoformat(day), channel, variant, _GROUPS[group])].update(_numbers(item))
    return found


def _rows(client: Client, table: str, pk: str) -> Iterator[Item]:
    return query(
        client,
        table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": encode(pk)},
        ConsistentRead=True,
    )


def _numbers(item: Item) -> dict[str, int]:
    return {name: int(value["N"]) for name, value in item.items() if name not in ("pk", "sk")}
