"""Circuit breakers in the catalog table: the port `Circuits`.

cv    its version: what writes are guarded by
b     everything else, as one JSON text
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import Client, encode, from_item, in_words_of_the_core, key
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.errors import Conflict
from kizuna.core.webhooks.circuits import Circuit


class CircuitsTable:
    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, webhook: str) -> Circuit | None:
        with in_words_of_the_core(f"circuit of {webhook}"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.circuit(webhook), keys.CIRCUIT), ConsistentRead=True
            )
        item = reply.get("Item")
        return _circuit(webhook, from_item(item)) if item else None

    def save(self, circuit: Circuit) -> bool:
        expected = circuit.version - 1
        condition = "attribute_not_exists(pk)" if expected == 0 else "cv = :before"
        values: dict[str, Any] = {":after": encode(circuit.version), ":b": encode(_body(circuit))}
        if expected:
            values[":before"] = encode(expected)
        try:
            with in_words_of_the_core(f"circuit of {circuit.webhook}"):
                self._client.update_item(
                    TableName=self._table,
                    Key=key(keys.circuit(circuit.webhook), keys.CIRCUIT),
                    UpdateExpression="SET cv = :after, b = :b",
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                )
        except Conflict:
            return False
        return True


def _body(circuit: Circuit) -> str:
    instants = [_millis(each) for each in (circuit.open_until, circuit.disabled_at, circuit.last_at)]
    return json.dumps([circuit.definition, circuit.failures, circuit.last, *instants])


def _circuit(webhook: str, row: dict[str, Any]) -> Circuit:
    definition, failures, last, open_until, disabled_at, last_at = json.loads(row["b"])
    return Circuit(
        webhook=webhook,
        definition=definition,
        version=row["cv"],
        failures=failures,
        open_until=_instant(open_until),
        disabled_at=_instant(disabled_at),
        last=last,
        last_at=_instant(last_at),
    )


def _millis(instant: datetime | None) -> int | None:
    return None if instant is None else epoch_millis(instant)


def _instant(millis: int | None) -> datetime | None:
    return None if millis is None else from_epoch_millis(millis)
