"""Consent events in DynamoDB: the port `Ledger`. Append-only; bodies may go at erasure, hashes stay.

item           pk          sk
consent event  c#<part>    e#<number>      b body, h hash, ph hash of the one before; pf its proof
suppression    h#<hash>    e#<erasure>     b what is kept of the No of an address (written by `erasure_table`)
lifting        h#<hash>    l#<millis>      what was kept until then was lifted
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kizuna.adapters.tables.dynamodb import Client, beginning_with, from_item, query, to_item
from kizuna.adapters.tables.people_codec import compact
from kizuna.core.consent import (
    ChainEntry,
    ConsentEvent,
    InvalidConsentEvent,
    consent_event_from_json,
    consent_event_to_json,
)
from kizuna.core.durations import epoch_millis
from kizuna.core.folding import LedgerEntry
from kizuna.core.ids import address_id

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.rights.rights import HashKeys

_PREFIX = "e#"
_LIFTED = "l#"


def sort_key(number: int) -> str:
    return f"{_PREFIX}{number:08d}"


def since(part: str, number: int) -> dict[str, Any]:
    """The parameters of a query for the entries of one chain after a number, in order."""
    return {
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :start AND :end",
        "ExpressionAttributeValues": {
            ":pk": {"S": f"c#{part}"},
            ":start": {"S": sort_key(number + 1)},
            ":end": {"S": _PREFIX + "~"},
        },
        "ConsistentRead": True,
    }


def entry_of(item: Mapping[str, Any]) -> LedgerEntry:
    """One stored entry whose body still stands."""
    row = from_item(item)
    number = int(row["sk"].removeprefix(_PREFIX))
    return LedgerEntry(number, consent_event_from_json(json.loads(row["b"])), row["ph"], row["h"])


def put_action(table: str, part: str, entry: LedgerEntry) -> dict[str, Any]:
    """Append one event, as an action of the transaction that stores the profile. A number is used once."""
    row = {
        "pk": f"c#{part}",
        "sk": sort_key(entry.number),
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


def suppressed(mac: str) -> str:
    """The partition of what is kept of one address."""
    return f"h#{mac}"


def unlifted(rows: Iterable[Mapping[str, Any]]) -> tuple[ConsentEvent, ...]:
    """What is kept of one address: of its rows those that nobody has lifted since."""
    lifted_at = -1
    kept: list[ConsentEvent] = []
    for row in rows:
        sort = row["sk"]["S"]
        if sort.startswith(_LIFTED):
            lifted_at = max(lifted_at, int(sort.removeprefix(_LIFTED)))
        else:
            kept += map(consent_event_from_json, json.loads(row["b"]["S"]))
    return tuple(event for event in kept if epoch_millis(event.at) > lifted_at)


class LedgerTable:
    """Reads consent events; strongly consistent, because a decision rests on them."""

    def __init__(
        self, client: Client, *, table: str, hash_keys: Callable[[], HashKeys] | None = None
    ) -> None:
        """Without `hash_keys` no address is known to be suppressed: for tables in which none ever was."""
        self._client = client
        self._table = table
        self._hash_keys = hash_keys

    def events(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        """A decision rests on them, so one that cannot be read is no silence. Raises InvalidConsentEvent."""
        entries = self.chain(parts)
        if not all(entry.is_readable for entry in entries):
            raise InvalidConsentEvent("a consent event of the ledger cannot be read")
        return tuple(entry.event for entry in entries if entry.event is not None)

    def suppressions(self, channel: str, value: str) -> tuple[ConsentEvent, ...]:
        if self._hash_keys is None:
            return ()
        from kizuna.core.rights.rights import (
            identifier_of_address,  # asked of few: only of addresses new to somebody
        )

        asked = identifier_of_address(channel, value)
        kept = [
            event
            for mac in self._hash_keys().hashes(*asked)
            for event in unlifted(
                query(
                    self._client,
                    self._table,
                    KeyConditionExpression="pk = :pk",
                    ExpressionAttributeValues={":pk": {"S": suppressed(mac)}},
                    ConsistentRead=True,
                )
            )
        ]
        address = address_id(channel, value)
        return tuple(replace(event, endpoint=address) if event.text else event for event in kept)

    def proofs(self, part: str) -> tuple[Mapping[str, Any], ...]:
        """What is left of each consent event of an erased person; empty for one whose body still stands."""
        rows = query(self._client, self._table, ConsistentRead=True, **beginning_with(f"c#{part}", _PREFIX))
        return tuple(json.loads(row["pf"]["S"]) if "pf" in row else {} for row in rows)

    def chain(self, parts: Sequence[str]) -> tuple[ChainEntry, ...]:
        """The entries with their hashes, for proof; the body of an erased one is absent."""
        entries = []
        for part in parts:
            for item in query(
                self._client, self._table, ConsistentRead=True, **beginning_with(f"c#{part}", _PREFIX)
            ):
                entries.append(_chain_entry(from_item(item)))
        return tuple(entries)


def _chain_entry(row: Mapping[str, Any]) -> ChainEntry:
    """A link with whatever became of its body: an audit looks at rows that somebody may have altered."""
    links = str(row.get("h", "")), str(row.get("ph", ""))
    if "b" not in row:
        return ChainEntry(*links, None)
    try:
        return ChainEntry(*links, consent_event_from_json(json.loads(row["b"])))
    except (ValueError, TypeError, RecursionError):  # no text, no JSON, nested without end, no consent event
        return ChainEntry(*links, None, is_readable=False)
