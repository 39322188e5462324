"""What is kept of our account at the providers: the port `AccountNotes`. Only the sweep of every hour writes it.

In the catalog table all lie in one partition, each put whole as one JSON text (`b`). Of which mailbox the provider
was told lies with the person in the people table, and is erased with them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pydantic import TypeAdapter

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables import people_keys
from kizuna.adapters.tables.dynamodb import (
    Client,
    batch_get,
    encode,
    from_item,
    in_words_of_the_core,
    key,
    query,
    to_item,
)
from kizuna.core.accounts import Checkpoint, ListName, Reading

_READING = TypeAdapter(Reading)
_CHECKPOINT = TypeAdapter(Checkpoint)


class AccountsTable:
    def __init__(self, client: Client, *, table: str, people: str) -> None:
        self._client = client
        self._table = table
        self._people = people

    def readings(self) -> Mapping[str, Reading]:
        found = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={
                ":pk": encode(keys.PROVIDERS),
                ":prefix": encode(keys.QUOTA_PREFIX),
            },
            ConsistentRead=True,
        )
        readings = [_READING.validate_json(item["b"]["S"]) for item in found]
        return {reading.channel: reading for reading in readings}

    def note_reading(self, reading: Reading) -> None:
        """Unguarded, for each is newer than the last. A crash before leaves the last."""
        self._put(keys.quota(reading.channel), _READING.dump_json(reading).decode())

    def checkpoint(self, name: ListName) -> Checkpoint:
        with in_words_of_the_core(f"how far {name} is"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.PROVIDERS, keys.listed(name)), ConsistentRead=True
            )
        return _CHECKPOINT.validate_json(reply["Item"]["b"]["S"]) if "Item" in reply else Checkpoint(name)

    def note_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Unguarded. A crash before it reads a page once more."""
        self._put(keys.listed(checkpoint.list), _CHECKPOINT.dump_json(checkpoint).decode())

    def told(self, person: str, addresses: Collection[str]) -> Mapping[str, str]:
        pk = people_keys.person(person)
        wanted = [key(pk, people_keys.told(each)) for each in addresses]
        rows = (from_item(item) for item in batch_get(self._client, self._people, wanted))
        return {row["sk"].removeprefix(people_keys.TOLD_PREFIX): row["w"] for row in rows}

    def note_told(self, person: str, address: str, what: str) -> None:
        """Unguarded. A crash before it tells the same once more."""
        row = {"pk": people_keys.person(person), "sk": people_keys.told(address), "w": what}
        with in_words_of_the_core(f"what was told of {person}"):
            self._client.put_item(TableName=self._people, Item=to_item(row))

    def _put(self, sort: str, body: str) -> None:
        with in_words_of_the_core(f"providers {sort}"):
            self._client.update_item(
                TableName=self._table,
                Key=key(keys.PROVIDERS, sort),
                UpdateExpression="SET b = :b",
                ExpressionAttributeValues={":b": encode(body)},
            )
