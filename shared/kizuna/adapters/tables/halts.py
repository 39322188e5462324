"""Which journeys are paused, in the catalog table: the port `Halts`.

All lie in one partition: one small, strongly consistent read gives whatever stands.

cv    its version: what writes are guarded by
b     everything else, as one JSON text
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import TypeAdapter

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import Client, encode, query
from kizuna.adapters.tables.versioned_rows import put_version
from kizuna.core.journeys.halts import Halt

_HALT = TypeAdapter(Halt)


class HaltsTable:
    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def current(self) -> Mapping[str, Halt]:
        found = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(keys.HALTS)},
            ConsistentRead=True,
        )
        halts = [_HALT.validate_json(item["b"]["S"]) for item in found]
        return {halt.journey: halt for halt in halts}

    def save(self, halt: Halt) -> bool:
        """Guarded by the version; a crash right after leaves the journey as it is to be."""
        return put_version(
            self._client,
            self._table,
            pk=keys.HALTS,
            sk=halt.journey,
            version=halt.version,
            body=_HALT.dump_json(halt).decode(),
        )
