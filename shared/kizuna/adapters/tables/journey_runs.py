"""Runs of journeys in DynamoDB: the port `JourneyRuns`.

A run and what it counts for are one transaction: the run under the condition of its version, and the counters of one
day and shard of its journey, which have no condition. So a count is exact however often something is repeated, and
needs no mark and no second look. Counters are hot, and two transactions on one row at one moment refuse each other:
that refusal alone is tried again, for it says nothing about the run.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from kizuna.adapters.tables import catalog_keys
from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import (
    Client,
    Item,
    encode,
    from_item,
    in_words_of_the_core,
    key,
    query,
    reasons_of,
    to_item,
)
from kizuna.adapters.tables.journey_runs_codec import run_from_item, run_key, run_row, run_to_item
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.ids import shard_of
from kizuna.core.journeys.counting import day_of, moved
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.ports.journeys import Entered, EntryLimit, Walked
from kizuna.topology import DUE_INDEX, JOURNEY_SHARDS

_TRIES = 8  # at counters that somebody else is writing
_PAUSE = 0.01  # seconds, longer with each try
_FAILED = "ConditionalCheckFailed"


def runs_of_journeys(
    client: Client, people: str, parts: Sequence[str], journeys: Collection[str]
) -> tuple[JourneyRun, ...]:
    """A person's runs of these journeys, the earliest entry first: one query for each part."""
    if not journeys:
        return ()
    first, last = keys.journey_range(min(journeys))[0], keys.journey_range(max(journeys))[1]
    return tuple(run for run in runs_between(client, people, parts, first, last) if run.journey in journeys)


def runs_between(
    client: Client, people: str, parts: Sequence[str], first: str, last: str
) -> tuple[JourneyRun, ...]:
    """The runs whose sort keys lie from `first` to `last`, the earliest entry first."""
    found = [
        run_from_item(item)
        for part in parts
        for item in _between(client, people, part, first, last)
        if keys.is_journey_run(item["sk"]["S"])
    ]
    return tuple(sorted(found, key=lambda run: (run.entered_at, run.id)))


def _between(client: Client, people: str, part: str, first: str, last: str) -> Iterator[Item]:
    return query(
        client,
        people,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
        ExpressionAttributeValues={
            ":pk": encode(keys.person(part)),
            ":first": encode(first),
            ":last": encode(last),
        },
        ConsistentRead=True,
    )


class JourneyRunsTable:
    """Runs beside the people whose they are; counts in the catalog table, which holds nothing personal."""

    def __init__(
        self, client: Client, *, people: str, catalog: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._people = people
        self._catalog = catalog
        self._pause = pause

    # ── one run ─────────────────────────────────────────────────────────────────────────────────

    def get(self, place: str) -> JourneyRun | None:
        pk, sk = keys.journey_place_keys(place)
        return self._read(key(pk, sk))

    def _read(self, at: dict[str, Any]) -> JourneyRun | None:
        with in_words_of_the_core("run of a journey"):
            reply = self._client.get_item(TableName=self._people, Key=at, ConsistentRead=True)
        return run_from_item(reply["Item"]) if "Item" in reply else None

    def of_person(self, parts: Sequence[str]) -> tuple[JourneyRun, ...]:
        return runs_between(self._client, self._people, parts, keys.JOURNEY_PREFIX, keys.JOURNEY_PREFIX + "~")

    def walked(self, parts: Sequence[str], journey: str) -> Walked:
        runs: list[JourneyRun] = []
        version = 0
        for part in parts:
            for item in _between(self._client, self._people, part, *keys.journey_range(journey)):
                if keys.is_journey_run(item["sk"]["S"]):
                    runs.append(run_from_item(item))
                elif part == parts[0]:
                    version = int(item["n"]["N"])
        return Walked(tuple(sorted(runs, key=lambda run: (run.entered_at, run.id))), version)

    def enter(
        self, run: JourneyRun, *, walked: Walked, has_keys: bool, limits: Sequence[EntryLimit] = ()
    ) -> Entered:
        mine = (each for each in walked.runs if (each.person, each.key) == (run.person, run.key))
        guards = [self._put(run, next(mine, None))]
        if has_keys:
            guards.append(self._entries(run, walked.version))
        bounded = [self._within(run.journey, limit) for limit in limits]
        failed = self._commit([*guards, *bounded, self._count(None, run)], conditions=len(guards + bounded))
        if not failed:
            return "entered"
        if min(failed) >= len(guards):
            return "full"
        return "entered" if self._is_stored(run) else "taken"

    def save(self, run: JourneyRun, *, before: JourneyRun) -> bool:
        row = run_row(run)
        written = {name: value for name, value in row.items() if value is not None}
        removed = [name for name, value in row.items() if value is None]
        names = {f"#{name}": name for name in row}
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in written)
        values = {f":{name}": encode(value) for name, value in written.items()}
        update = {
            "TableName": self._people,
            "Key": run_key(run),
            "UpdateExpression": expression
            + (" REMOVE " + ", ".join(f"#{name}" for name in removed) if removed else ""),
            "ConditionExpression": "#sv = :before AND #r = :r",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {**values, ":before": encode(before.run_version)},
        }
        actions = [{"Update": update}]
        if moved(before, run):
            actions.append(self._count(before, run))
        return not self._commit(actions, conditions=1) or self._is_stored(run)

    def _is_stored(self, run: JourneyRun) -> bool:
        """The reply to a write that was stored may have been lost, and its repeat refused."""
        with in_words_of_the_core("run of a journey"):
            reply = self._client.get_item(TableName=self._people, Key=run_key(run), ConsistentRead=True)
        return "Item" in reply and reply["Item"] == run_to_item(run)

    def _commit(self, actions: Sequence[dict[str, Any]], *, conditions: int) -> list[int]:
        """The numbers of the conditions that did not hold; none: everything is stored.

        Raises Unavailable if others keep writing the counters, or the store refuses.
        """
        for attempt in range(_TRIES):
            try:
                with in_words_of_the_core("run of a journey"):
                    try:
                        self._client.transact_write_items(TransactItems=list(actions))
                    except ClientError as error:
                        reasons = reasons_of(error)
                        failed = [
                            number
                            for number, reason in enumerate(reasons[:conditions])
                            if reason.get("Code") == _FAILED
                        ]
                        if failed:
                            return failed
                        raise
            except Conflict:  # two transactions at one moment: nothing was written, and nothing refused
                self._pause(_PAUSE * (attempt + 1))
                continue
            return []
        raise Unavailable("counts of a journey stay contended")

    def _put(self, run: JourneyRun, former: JourneyRun | None) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._people, "Item": run_to_item(run)}
        if former is None:
            return {"Put": put | {"ConditionExpression": "attribute_not_exists(pk)"}}
        return {
            "Put": put
            | {
                "ConditionExpression": "#sv = :sv AND #r = :r",
                "ExpressionAttributeNames": {"#sv": "sv", "#r": "r"},
                "ExpressionAttributeValues": {":sv": encode(former.run_version), ":r": encode(former.id)},
            }
        }

    def _entries(self, run: JourneyRun, version: int) -> dict[str, Any]:
        row = {
            "pk": keys.person(run.person),
            "sk": keys.journey_entries(run.journey),
            "n": version + 1,
        }
        put: dict[str, Any] = {"TableName": self._people, "Item": to_item(row)}
        if version == 0:
            return {"Put": put | {"ConditionExpression": "attribute_not_exists(pk)"}}
        read = {"ConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": encode(version)}}
        return {"Put": put | read}

    # ── counts ──────────────────────────────────────────────────────────────────────────────────

    def _within(self, journey: str, limit: EntryLimit) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._catalog,
                "Key": key(catalog_keys.journey_limits(journey), limit.name),
                "UpdateExpression": "ADD n :one",
                "ConditionExpression": "attribute_not_exists(n) OR n < :most",
                "ExpressionAttributeValues": {":one": encode(1), ":most": encode(limit.most)},
            }
        }

    def _count(self, before: JourneyRun | None, after: JourneyRun) -> dict[str, Any]:
        moves = moved(before, after)
        shard = shard_of(after.id, JOURNEY_SHARDS)
        return {
            "Update": {
                "TableName": self._catalog,
                "Key": key(catalog_keys.journey_counts(after.journey, shard), day_of(after)),
                "UpdateExpression": "ADD " + ", ".join(f"#n{at} :n{at}" for at in range(len(moves))),
                "ExpressionAttributeNames": {f"#n{at}": name for at, name in enumerate(moves)},
                "ExpressionAttributeValues": {
                    f":n{at}": encode(amount) for at, amount in enumerate(moves.values())
                },
            }
        }

    def counts(self, journey: str) -> Mapping[str, Mapping[str, int]]:
        days: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for shard in range(JOURNEY_SHARDS):
            for item in query(
                self._client,
                self._catalog,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(catalog_keys.journey_counts(journey, shard))},
                ConsistentRead=True,
            ):
                row = from_item(item)
                days[row["sk"]].update({name: row[name] for name in row if name not in ("pk", "sk")})
        return {
            day: {name: amount for name, amount in rows.items() if amount}
            for day, rows in sorted(days.items())
        }

    def take_place(self, journey: str, step: str, *, name: str, most: int, mark: str) -> bool:
        row = key(catalog_keys.journey_places(journey, step), f"{name}#{mark}")
        taken = {
            "Put": {
                "TableName": self._catalog,
                "Item": row,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        counter = {
            "Update": {
                "TableName": self._catalog,
                "Key": key(catalog_keys.journey_places(journey, step), name),
                "UpdateExpression": "ADD n :one",
                "ConditionExpression": "attribute_not_exists(n) OR n < :most",
                "ExpressionAttributeValues": {":one": encode(1), ":most": encode(most)},
            }
        }
        failed = self._commit([taken, counter], conditions=2)
        return not failed or 0 in failed

    # ── everybody inside ──────────────────────────────────────────────────────────────────────────────

    def frozen(self, journey: str, shard: int) -> Iterator[str]:
        found = query(
            self._client,
            self._people,
            IndexName=DUE_INDEX.name,
            KeyConditionExpression="ds = :ds",
            ExpressionAttributeValues={":ds": encode(keys.halted_partition(journey, shard))},
        )
        return (keys.journey_place(item["pk"]["S"], item["sk"]["S"]) for item in found)

    def waiting(
        self, journey: str, shard: int, *, after: str = "", limit: int
    ) -> tuple[tuple[str, ...], str]:
        request: dict[str, Any] = {
            "IndexName": DUE_INDEX.name,
            "KeyConditionExpression": "ds = :ds",
            "FilterExpression": "begins_with(sk, :runs)",
            "ExpressionAttributeValues": {
                ":ds": encode(keys.due_partition(shard)),
                ":runs": encode(keys.journey_runs(journey)),
            },
            "Limit": limit,
        }
        if after:
            request["ExclusiveStartKey"] = json.loads(after)
        with in_words_of_the_core("runs of a journey"):
            reply = self._client.query(TableName=self._people, **request)
        places = tuple(keys.journey_place(item["pk"]["S"], item["sk"]["S"]) for item in reply["Items"])
        following = reply.get("LastEvaluatedKey")
        return places, json.dumps(following, sort_keys=True) if following else ""
