"""Progress of campaign runs in the catalog table: the port `Runs`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import (
    Client,
    Item,
    encode,
    from_item,
    in_words_of_the_core,
    key,
    query,
    to_item,
)
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.errors import Conflict
from kizuna.core.ports import Parts, Run, RunState
from kizuna.core.ramp import Wave


class RunsTable:
    """Runs by campaign, and how far each shard of one has come."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def start(self, run: Run) -> bool:
        """False as well where the reply to the first try was lost: hand out the work whatever it says."""
        row = {
            "pk": keys.runs(run.campaign),
            "sk": run.id,
            "c": run.campaign,
            "cv": run.campaign_version,
            "sa": epoch_millis(run.scheduled_at),
            "at": epoch_millis(run.started_at),
            "sh": run.shards,
            "n": run.people,
            **_ending(run.state, run.reason, run.ended_at),
            "wv": json.dumps([[wave.until, epoch_millis(wave.at)] for wave in run.waves])
            if run.waves
            else None,
            "ur": run.unramped or None,
        }
        try:
            with in_words_of_the_core(f"run {run.id} of {run.campaign}"):
                self._client.put_item(
                    TableName=self._table, Item=to_item(row), ConditionExpression="attribute_not_exists(pk)"
                )
        except Conflict:
            return False
        return True

    def get(self, campaign: str, run: str) -> Run | None:
        with in_words_of_the_core(f"run {run} of {campaign}"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.runs(campaign), run), ConsistentRead=True
            )
        return _from_item(reply["Item"]) if "Item" in reply else None

    def list(self, campaign: str) -> tuple[Run, ...]:
        """In the order of their ids; those of scheduled runs sort by time."""
        found = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(keys.runs(campaign))},
            ConsistentRead=True,
        )
        return tuple(_from_item(item) for item in found)

    def checkpoint(self, campaign: str, run: str, shard: str) -> str | None:
        with in_words_of_the_core(f"checkpoint of run {run} of {campaign}"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.checkpoints(campaign, run), shard), ConsistentRead=True
            )
        return str(reply["Item"]["a"]["S"]) if "a" in reply.get("Item", {}) else None

    def advance(self, campaign: str, run: str, shard: str, after: str) -> None:
        """A checkpoint never goes back: a slower worker on the same shard changes nothing."""
        try:
            with in_words_of_the_core(f"checkpoint of run {run} of {campaign}"):
                self._client.update_item(
                    TableName=self._table,
                    Key=key(keys.checkpoints(campaign, run), shard),
                    UpdateExpression="SET a = :a",
                    ConditionExpression="attribute_not_exists(a) OR a < :a",
                    ExpressionAttributeValues={":a": encode(after)},
                )
        except Conflict:
            return  # as far or further already

    def set_aside(self, campaign: str, run: str, page: str) -> None:
        row = {"pk": keys.checkpoints(campaign, run), "sk": page}
        try:
            with in_words_of_the_core(f"page of run {run} of {campaign}"):
                self._client.put_item(
                    TableName=self._table, Item=to_item(row), ConditionExpression="attribute_not_exists(pk)"
                )
        except Conflict:
            return  # known, and maybe done

    def finish(self, campaign: str, run: str, part: str) -> None:
        """Unconditional: a shard without anybody has no checkpoint yet. A crash leaves it done or not done."""
        with in_words_of_the_core(f"part of run {run} of {campaign}"):
            self._client.update_item(
                TableName=self._table,
                Key=key(keys.checkpoints(campaign, run), part),
                UpdateExpression="SET d = :one",
                ExpressionAttributeValues={":one": encode(1)},
            )

    def parts(self, campaign: str, run: str) -> Parts:
        known = {
            item["sk"]["S"]: "d" in item
            for item in query(
                self._client,
                self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(keys.checkpoints(campaign, run))},
                ConsistentRead=True,
            )
        }
        pages = {part: done for part, done in known.items() if "@" in part}
        shards = sum(done for part, done in known.items() if part not in pages)
        return Parts(shards, tuple(part for part, done in pages.items() if not done))

    def end(self, campaign: str, run: str, state: RunState, *, reason: str = "", at: datetime) -> bool:
        """Guarded by the row, and by its having no end yet. A crash leaves the run ended or running."""
        ending = {f":{name}": encode(value) for name, value in _ending(state, reason, at).items()}
        try:
            with in_words_of_the_core(f"run {run} of {campaign}"):
                self._client.update_item(
                    TableName=self._table,
                    Key=key(keys.runs(campaign), run),
                    UpdateExpression="SET st = :st, re = :re, ea = :ea",
                    ConditionExpression="attribute_exists(pk) AND attribute_not_exists(ea)",
                    ExpressionAttributeValues=ending,
                )
        except Conflict:
            return False
        return True


def _ending(state: RunState, reason: str, at: datetime | None) -> dict[str, Any]:
    return {} if at is None else {"st": str(state), "re": reason, "ea": epoch_millis(at)}


def _from_item(item: Item) -> Run:
    row = from_item(item)
    return Run(
        campaign=row["c"],
        id=row["sk"],
        campaign_version=row["cv"],
        scheduled_at=from_epoch_millis(row["sa"]),
        started_at=from_epoch_millis(row["at"]),
        shards=row["sh"],
        waves=tuple(Wave(until, from_epoch_millis(at)) for until, at in json.loads(row.get("wv", "[]"))),
        people=row.get("n"),
        state=RunState(row.get("st", RunState.RUNNING)),
        reason=row.get("re", ""),
        ended_at=from_epoch_millis(row["ea"]) if "ea" in row else None,
        unramped=row.get("ur", False),
    )
