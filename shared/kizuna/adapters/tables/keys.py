"""Write keys, server keys and identity keys in the catalog table: the port `Keys`."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

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
from kizuna.core.sources import Key, KeyKind

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.identity.rsa_keys import RsaPublicKey


class KeysTable:
    """Keys by the hash of their secret. Read strongly consistent: a revoked key is revoked at once."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, hashed: str) -> Key | None:
        with in_words_of_the_core("key"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.KEYS, hashed), ConsistentRead=True
            )
        return _from_item(reply["Item"]) if "Item" in reply else None

    def put(self, key: Key) -> None:
        """Store or replace a key; revoking one is storing it revoked."""
        row = {
            "pk": keys.KEYS,
            "sk": key.hash,
            "px": key.prefix,
            "so": key.source,
            "k": str(key.kind),
            "at": epoch_millis(key.created_at),
            "rv": epoch_millis(key.revoked_at) if key.revoked_at else None,
            "jw": key.public_key.jwk() if key.public_key else None,
        }
        with in_words_of_the_core(f"key {key.prefix}"):
            self._client.put_item(TableName=self._table, Item=to_item(row))

    def list(self) -> tuple[Key, ...]:
        """All keys, revoked ones included, the oldest first."""
        found: builtins.list[Key] = [
            _from_item(item)
            for item in query(
                self._client,
                self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(keys.KEYS)},
                ConsistentRead=True,
            )
        ]
        return tuple(sorted(found, key=lambda stored: (stored.created_at, stored.hash)))


def _from_item(item: Item) -> Key:
    row = from_item(item)
    return Key(
        hash=row["sk"],
        prefix=row["px"],
        source=row["so"],
        kind=KeyKind(row["k"]),
        created_at=from_epoch_millis(row["at"]),
        revoked_at=from_epoch_millis(row["rv"]) if "rv" in row else None,
        public_key=_public_key(row["jw"]) if "jw" in row else None,
    )


def _public_key(jwk: str) -> RsaPublicKey:
    from kizuna.core.identity.rsa_texts import read_public_key  # few keys have one, and no write key does

    return read_public_key(jwk)
