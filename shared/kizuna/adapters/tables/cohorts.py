"""Exact counts of landed messages and their signals: the port `Cohorts`, over counters and a mark on each message.

The mark (`cm`) says what is counted of the message. It moves in the transaction of the counts, on the condition that
it is what was read, as in `counters_table`. The rows of a minute, and of an hour, share their load; a message stays
with one. A row holds two numbers for each signal: `n_<signal>` messages, `k_<signal>` of them with it.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from kizuna.adapters.tables import catalog_keys, people_keys
from kizuna.adapters.tables.dynamodb import Client, Item, encode, in_words_of_the_core, key, query
from kizuna.adapters.tables.people_codec import compact
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.errors import Conflict
from kizuna.core.ids import shard_of
from kizuna.core.messages import Message
from kizuna.core.restraint.cohorts import Mark, Tallies, Tally, begin_of, cohort_of, gained, summed
from kizuna.core.restraint.early_warning import Signal
from kizuna.core.results.cells import counted_run
from kizuna.topology import COUNTER_SHARDS

HOUR_SHARDS = 8  # all runs of the account meet in the row of an hour
_KEPT = timedelta(days=90)
_HOURS_KEPT = timedelta(days=40)
_COUNT = re.compile(r"([nk])_(\w+)")


class CohortsTable:
    def __init__(self, client: Client, *, people: str, catalog: str) -> None:
        self._client = client
        self._people = people
        self._catalog = catalog

    def mark(self, message_id: str) -> Mark | None:
        with in_words_of_the_core(f"message {message_id}"):
            reply = self._client.get_item(
                TableName=self._people,
                Key=key(people_keys.message(message_id), people_keys.MESSAGE),
                ProjectionExpression="cm",
                ConsistentRead=True,
            )
        stored = reply.get("Item", {}).get("cm")
        return _mark(stored["S"]) if stored else None

    def count(self, message: Message, before: Mark | None, after: Mark) -> bool:
        """False as well where a lost reply hid that the mark had moved: then it is what was wanted."""
        moves = [{"Update": self._mark_update(message.id, before, after)}]
        gains = gained(before, after)
        if gains:
            minute = after.minute
            cohort = cohort_of(counted_run(message.campaign, message.run), minute)
            shard = shard_of(message.id, COUNTER_SHARDS)
            run = catalog_keys.cohort(message.campaign, cohort, shard)
            account = catalog_keys.hours(shard_of(message.id, HOUR_SHARDS))
            begin = begin_of(minute)
            moves.append(self._add(run, catalog_keys.minute(minute), gains, begin + _KEPT))
            moves.append(self._add(account, catalog_keys.hour(minute // 60), gains, begin + _HOURS_KEPT))
        try:
            with in_words_of_the_core(f"cohort of message {message.id}"):
                self._client.transact_write_items(TransactItems=moves)
        except Conflict:
            return False
        return True

    def _mark_update(self, message_id: str, before: Mark | None, after: Mark) -> dict[str, Any]:
        """With the alarm: a message that has landed has no other (`Message.due_at`)."""
        pk = people_keys.message(message_id)
        values = {":now": encode(_text(after))}
        condition = "attribute_exists(pk) AND attribute_not_exists(cm)"
        if before is not None:
            condition, values[":before"] = "cm = :before", encode(_text(before))
        change = "SET cm = :now"
        if after.look_at is not None:
            change += ", du = :du, ds = :ds"
            values |= {":du": encode(epoch_millis(after.look_at)), ":ds": encode(people_keys.due_shard(pk))}
        elif before is not None and before.look_at is not None:
            change += " REMOVE du, ds"
        return {
            "TableName": self._people,
            "Key": key(pk, people_keys.MESSAGE),
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }

    def _add(self, pk: str, sk: str, gains: Tallies, until: Any) -> dict[str, Any]:
        amounts = {
            f"{letter}_{signal}": amount
            for signal, tally in gains.items()
            for letter, amount in (("n", tally.sent), ("k", tally.bad))
            if amount
        }
        values = {f":{name}": encode(amount) for name, amount in amounts.items()}
        added = ", ".join(f"{name} :{name}" for name in amounts)
        return {
            "Update": {
                "TableName": self._catalog,
                "Key": key(pk, sk),
                "UpdateExpression": f"SET #ttl = :ttl ADD {added}",
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": {**values, ":ttl": encode(int(until.timestamp()))},
            }
        }

    def sums(self, campaign: str, cohort: str, *, first: int, last: int) -> Tallies:
        rows = (
            item
            for shard in range(COUNTER_SHARDS)
            for item in self._between(
                catalog_keys.cohort(campaign, cohort, shard),
                catalog_keys.minute(first),
                catalog_keys.minute(last),
            )
        )
        return summed([_tallies(item) for item in rows])

    def hours(self, *, first: int, last: int) -> Mapping[int, Tallies]:
        found: dict[int, list[Tallies]] = defaultdict(list)
        for shard in range(HOUR_SHARDS):
            places = (catalog_keys.hour(first), catalog_keys.hour(last))
            for item in self._between(catalog_keys.hours(shard), *places):
                found[int(item["sk"]["S"])].append(_tallies(item))
        return {hour: summed(tallies) for hour, tallies in sorted(found.items())}

    def _between(self, pk: str, first: str, last: str) -> Iterator[Item]:
        if last < first:
            return iter(())
        return query(
            self._client,
            self._catalog,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={":pk": encode(pk), ":first": encode(first), ":last": encode(last)},
            ConsistentRead=True,
        )


def _tallies(item: Item) -> Tallies:
    counts: dict[Signal, dict[str, int]] = defaultdict(dict)
    for name, value in item.items():
        told = _COUNT.fullmatch(name)
        if told:
            counts[Signal(told[2])][told[1]] = int(value["N"])
    return {signal: Tally(each.get("n", 0), each.get("k", 0)) for signal, each in counts.items()}


def _text(mark: Mark) -> str:
    look_at = None if mark.look_at is None else epoch_millis(mark.look_at)
    return compact([mark.minute, sorted(mark.landed), sorted(mark.bad), look_at])


def _mark(text: str) -> Mark:
    minute, landed, bad, look_at = json.loads(text)
    at = None if look_at is None else from_epoch_millis(look_at)
    return Mark(minute, frozenset(map(Signal, landed)), frozenset(map(Signal, bad)), at)
