"""The last simulation of each campaign in the catalog table: the port `Simulations`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import Client, in_words_of_the_core, key, to_item


class SimulationsTable:
    """Rows of a few KB. Samples are left out: nothing in this table is about a person."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def last(self, campaign: str) -> Mapping[str, Any] | None:
        with in_words_of_the_core(f"simulation of {campaign}"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.SIMULATIONS, campaign), ConsistentRead=True
            )
        if "Item" not in reply:
            return None
        body: dict[str, Any] = json.loads(reply["Item"]["b"]["S"])
        return body

    def keep(self, campaign: str, body: Mapping[str, Any]) -> None:
        kept = {name: value for name, value in body.items() if name != "samples"}
        row = {"pk": keys.SIMULATIONS, "sk": campaign, "b": json.dumps(kept, ensure_ascii=False)}
        with in_words_of_the_core(f"simulation of {campaign}"):
            self._client.put_item(TableName=self._table, Item=to_item(row))
