"""Standings of experiments in the catalog table: the port `Trials`.

All lie in one partition, so that one strongly consistent read gives whatever stands: there are as many rows as
experiments ever ran.

cv    its version: what writes are guarded by
b     everything else, as one JSON text
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import Client, encode, in_words_of_the_core, key, query, to_item
from kizuna.core.errors import Conflict
from kizuna.core.experiments.standing import Standing, Standings

_STANDING = TypeAdapter(Standing)


class TrialsTable:
    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def current(self) -> Standings:
        with in_words_of_the_core("experiments"):
            found = query(
                self._client,
                self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(keys.TRIALS)},
                ConsistentRead=True,
            )
            standings = [_STANDING.validate_json(item["b"]["S"]) for item in found]
        return {standing.key: standing for standing in standings}

    def save(self, standing: Standing) -> bool:
        """Guarded by the version; a crash right after leaves the experiment as it is to be."""
        sort, body = keys.trial(*standing.key), _STANDING.dump_json(standing).decode()
        guard: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if standing.version > 1:
            before = {":before": encode(standing.version - 1)}
            guard = {"ConditionExpression": "cv = :before", "ExpressionAttributeValues": before}
        row = {"pk": keys.TRIALS, "sk": sort, "cv": standing.version, "b": body}
        try:
            with in_words_of_the_core(f"experiment {sort}"):
                self._client.put_item(TableName=self._table, Item=to_item(row), **guard)
        except Conflict:
            return self._is_stored(sort, body)
        return True

    def _is_stored(self, sort: str, body: str) -> bool:
        """The reply to a write that was stored may have been lost, and its repeat refused."""
        with in_words_of_the_core(f"experiment {sort}"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.TRIALS, sort), ConsistentRead=True
            )
        return bool(reply.get("Item", {}).get("b", {}).get("S") == body)
