"""Proofs in the catalog table: the port `Proofs`. All lie in one partition and are gone after a month.

cv    its version: what writes are guarded by
b     everything else, as one JSON text
ttl   when it may be forgotten
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import Client, encode, in_words_of_the_core, key, query
from kizuna.core.durations import epoch_millis
from kizuna.core.errors import Conflict
from kizuna.core.proofs.proof import KEPT_FOR, PREFIX, Proof

_PROOF = TypeAdapter(Proof)


class ProofsTable:
    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, proof: str) -> Proof | None:
        with in_words_of_the_core(proof):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.PROOFS, proof), ConsistentRead=True
            )
        return _PROOF.validate_json(reply["Item"]["b"]["S"]) if "Item" in reply else None

    def save(self, proof: Proof) -> bool:
        """Guarded by the version; a crash right after leaves it stored."""
        body = _PROOF.dump_json(proof).decode()
        values: dict[str, Any] = {
            ":after": encode(proof.version),
            ":b": encode(body),
            ":ttl": encode(int((proof.at + KEPT_FOR).timestamp())),
        }
        condition = "attribute_not_exists(pk)"
        if proof.version > 1:
            condition, values[":before"] = "cv = :before", encode(proof.version - 1)
        try:
            with in_words_of_the_core(proof.id):
                self._client.update_item(
                    TableName=self._table,
                    Key=key(keys.PROOFS, proof.id),
                    UpdateExpression="SET cv = :after, b = :b, #ttl = :ttl",
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#ttl": "ttl"},
                    ExpressionAttributeValues=values,
                )
        except Conflict:
            return self.get(proof.id) == proof
        return True

    def since(self, at: datetime) -> tuple[Proof, ...]:
        found = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk AND sk >= :since",
            ExpressionAttributeValues={
                ":pk": encode(keys.PROOFS),
                ":since": encode(f"{PREFIX}{epoch_millis(at):013d}"),
            },
            ConsistentRead=True,
        )
        return tuple(_PROOF.validate_json(item["b"]["S"]) for item in reversed(list(found)))
