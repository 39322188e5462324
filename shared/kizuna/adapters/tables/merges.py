"""The log of merges in DynamoDB, and what undoing one writes: the port `Merges`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from kizuna.adapters.tables import ledger as ledger_table
from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import (
    TRANSACTION,
    Client,
    Item,
    batch_delete,
    batch_get,
    batch_put,
    beginning_with,
    in_words_of_the_core,
    key,
    query,
)
from kizuna.adapters.tables.merge_records import records_from_items, sort_key
from kizuna.adapters.tables.people import event_to_item, page_to_item, put_profile
from kizuna.adapters.tables.people_codec import profile_from_item, profile_to_item
from kizuna.adapters.tables.row_pages import row_page_to_item, with_rows
from kizuna.core.durations import epoch_millis
from kizuna.core.errors import TooLarge
from kizuna.core.folding import Folded, LedgerEntry
from kizuna.core.merges.log import MergeRecord, primary_of
from kizuna.core.people import Profile
from kizuna.core.ports import Claimed, Moved, Parting


class MergesTable:
    """Records of merges beside their primaries."""

    def __init__(self, client: Client, *, table: str, ledger: str) -> None:
        self._client = client
        self._table = table
        self._ledger = ledger

    def get(self, merge_id: str) -> MergeRecord | None:
        found = (record for record in self.of([primary_of(merge_id)]) if record.id == merge_id)
        record = next(found, None)
        if record is None:
            return None
        (before,) = with_rows(self._client, self._table, [record.before])
        return replace(record, before=before)

    def of(self, parts: Sequence[str]) -> tuple[MergeRecord, ...]:
        records = [
            record
            for part in parts
            for record in records_from_items(
                query(
                    self._client,
                    self._table,
                    ConsistentRead=True,
                    **beginning_with(keys.person(part), keys.MERGE_PREFIX),
                )
            )
        ]
        return tuple(sorted(records, key=lambda record: (record.at, record.id), reverse=True))

    def stored(self, ids: Iterable[str]) -> dict[str, Profile]:
        wanted = [key(keys.person(profile_id), keys.PROFILE) for profile_id in dict.fromkeys(ids)]
        found = [profile_from_item(item) for item in batch_get(self._client, self._table, wanted)]
        return {profile.id: profile for profile in with_rows(self._client, self._table, found)}

    def entries_since(self, person: str, number: int) -> tuple[LedgerEntry, ...]:
        rows = query(self._client, self._ledger, **ledger_table.since(person, number))
        return tuple(ledger_table.entry_of(item) for item in rows if "b" in item)

    def move(self, moved: Sequence[Moved], addresses: Sequence[tuple[str, str]]) -> None:
        arriving = [
            event_to_item(each.to, each.entry.event, version=each.version, moved_by=each.moved_by)
            for each in moved
        ]
        batch_put(
            self._client,
            self._table,
            [*arriving, *(key(keys.holders(address), person) for address, person in addresses)],
        )
        leaving = [key(keys.person(part), each.entry.key) for each in moved for part in each.stale]
        batch_delete(self._client, self._table, leaving)

    def claim(self, claimed: Sequence[Claimed]) -> None:
        for each in claimed:
            with in_words_of_the_core(f"identity of {each.to}"):
                self._client.put_item(
                    TableName=self._table,
                    Item=key(keys.identity(*each.key), keys.IDENTITY) | {"p": {"S": each.to}},
                    ConditionExpression="p = :of OR p = :to",
                    ExpressionAttributeValues={":of": {"S": each.of}, ":to": {"S": each.to}},
                )

    def append(self, folded: Folded) -> None:
        self._transact(f"profile {folded.profile.id}", self._side(folded))

    def part(self, parting: Parting) -> None:
        record = parting.record
        if record.undone_at is None:
            raise ValueError("the record of a merge that is undone says when")
        undone = {
            "Update": {
                "TableName": self._table,
                "Key": key(keys.person(record.primary), sort_key(record)),
                "UpdateExpression": "SET un = :now",
                "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(un)",
                "ExpressionAttributeValues": {":now": {"N": str(epoch_millis(record.undone_at))}},
            }
        }
        pages = [page_to_item(*each) for side in parting.sides for each in side.mark_pages.items()]
        pages += [row_page_to_item(*each) for side in parting.sides for each in side.row_pages.items()]
        batch_put(self._client, self._table, pages)
        actions = [action for side in parting.sides for action in self._side(side)]
        self._transact(f"merge {record.id}", [*actions, undone])

    def _side(self, folded: Folded) -> list[dict[str, Any]]:
        profile = folded.profile
        item: Item = profile_to_item(profile, folded.facts)
        appended = [ledger_table.put_action(self._ledger, profile.id, entry) for entry in folded.consents]
        return [put_profile(self._table, item, profile.version - 1), *appended]

    def _transact(self, what: str, actions: list[dict[str, Any]]) -> None:
        if len(actions) > TRANSACTION:
            raise TooLarge(f"{what}: {len(actions)} actions in one transaction")
        with in_words_of_the_core(what):
            self._client.transact_write_items(TransactItems=actions)
