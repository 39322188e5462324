"""Consent events in DynamoDB: the port `Ledger`. Append-only; bodies may go at erasure, hashes stay.

item           pk          sk
consent event  c#<part>    e#<number>      b body, h hash, ph hash of the one before
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kizuna.adapters.dynamodb import Client, beginning_with, from_item, query, to_item
from kizuna.adapters.people_codec import compact
from kizuna.core.consent import ChainEntry, ConsentEvent, consent_event_from_json, consent_event_to_json
from kizuna.core.folding import LedgerEntry

_PREFIX = "e#"


def put_action(table: str, part: str, entry: LedgerEntry) -> dict[str, Any]:
    """Append one event, as an action of the transaction that stores the profile. A number is used once."""
    row = {
        "pk": f"c#{part}",
        "sk": f"{_PREFIX}{entry.number:08d}",
        "b": compact(consent_event_to_json(entry.event)),
        "h": entry.hash,
        "ph": entry.previous,
    }
    return {
        "Put": {
            "TableName": table,
            "Item": to_item(row),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }


class LedgerTable:
    """Reads consent events; strongly consistent, because a decision rests on them."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def events(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        return tuple(entry.event for entry in self.chain(parts) if entry.event is not None)

    def chain(self, parts: Sequence[str]) -> tuple[ChainEntry, ...]:
        """The entries with their hashes, for proof; the body of an erased one is absent."""
        entries = []
        for part in parts:
            for item in query(
                self._client, self._table, ConsistentRead=True, **beginning_with(f"c#{part}", _PREFIX)
            ):
                row = from_item(item)
                body = consent_event_from_json(json.loads(row["b"])) if "b" in row else None
                entries.append(ChainEntry(row["h"], row["ph"], body))
        return tuple(entries)
