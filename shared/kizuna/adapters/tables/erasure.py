"""Erasures in DynamoDB: the port `Erasures`. How far one has come, what it deletes, and what it leaves.

table    item          pk                  sk
people   erasure       p#<person>          erasure        how far an erasure has come; gone when it is over
people   erased mark   x#<hash>            erased         somebody erased was known by this; gone after 60 days
ledger   suppression   h#<hash>            e#<erasure>    what is kept of the No of an address
ledger   lifting       h#<hash>            l#<millis>     a member of staff lifted what was kept until then
ledger   rights log    rights              <millis>#<id>#<kind>

The log and the suppressions lie in the ledger: a restore of the people table from a backup brings erased people
back, and must not take away what says that they are to go again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import (
    Client,
    Item,
    batch_delete,
    batch_get,
    beginning_with,
    encode,
    from_item,
    in_words_of_the_core,
    key,
    query,
    to_item,
)
from kizuna.adapters.tables.ledger import suppressed
from kizuna.adapters.tables.merge_records import records_from_items, sort_key
from kizuna.adapters.tables.messages_codec import message_from_item
from kizuna.adapters.tables.people import event_from_item
from kizuna.adapters.tables.people_codec import compact, profile_from_item, profile_to_item
from kizuna.core.consent import ConsentEvent, consent_event_from_json, consent_event_to_json
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.errors import Conflict
from kizuna.core.messages import Message, held_address
from kizuna.core.people import Profile
from kizuna.core.ports import Cleared, IdentityKey
from kizuna.core.rights.erasure import MARKS_KEPT, Erasure, Step, addresses_of_identifier, mentioned
from kizuna.core.rights.rights import RightsEntry

RIGHTS = "rights"
_PAGE = 100  # items of a partition that one call works through
_STAYS = (keys.PROFILE, keys.ERASURE)


class ErasureTable:
    """Everything that an erasure reads and writes in the tables. Each method may be called twice."""

    def __init__(self, client: Client, *, people: str, ledger: str) -> None:
        self._client = client
        self._people = people
        self._ledger = ledger

    # ── how far it has come ─────────────────────────────────────────────────────────────────────

    def stored(self, ids: Iterable[str]) -> dict[str, Profile]:
        wanted = [key(keys.person(each), keys.PROFILE) for each in dict.fromkeys(ids)]
        found = (profile_from_item(item) for item in batch_get(self._client, self._people, wanted))
        return {profile.id: profile for profile in found}

    def under_way(self, person: str) -> Erasure | None:
        with in_words_of_the_core(f"erasure of {person}"):
            reply = self._client.get_item(
                TableName=self._people, Key=key(keys.person(person), keys.ERASURE), ConsistentRead=True
            )
        return _erasure_from_item(reply["Item"]) if "Item" in reply else None

    def begin(
        self,
        erasure: Erasure,
        profiles: Sequence[Profile],
        *,
        log: RightsEntry | None,
        instead_of: Erasure | None = None,
    ) -> None:
        """All or nothing: a crash leaves the person as they were, or an erasure that somebody goes on with."""
        row = _erasure_to_item(erasure)
        first = self._put(row, "attribute_not_exists(pk)")
        if instead_of is not None:
            first = self._put(row, "sv = :v", {":v": encode(instead_of.version)})
        actions: list[dict[str, Any]] = [
            {"Put": first},
            *(
                {"Put": self._put(profile_to_item(each), "v = :v", {":v": encode(each.version - 1)})}
                for each in profiles
            ),
        ]
        if log is not None:
            actions.append({"Put": self._log_put(log)})
        with in_words_of_the_core(f"erasure of {erasure.person}"):
            self._client.transact_write_items(TransactItems=actions)

    def advance(self, erasure: Erasure) -> None:
        """Guarded by the version of the row: of two who work on one erasure the slower one stops."""
        put = self._put(_erasure_to_item(erasure), "sv = :v", {":v": encode(erasure.version - 1)})
        with in_words_of_the_core(f"erasure {erasure.id}"):
            self._client.put_item(**put)

    def close(self, erasure: Erasure, log: RightsEntry) -> None:
        """The log first: a crash in between closes it once more."""
        self.log(log)
        with in_words_of_the_core(f"erasure {erasure.id}"):
            self._client.delete_item(
                TableName=self._people, Key=key(keys.person(erasure.person), keys.ERASURE)
            )

    # ── what it leaves ──────────────────────────────────────────────────────────────────────────

    def mark(self, hashes: Iterable[str], *, at: datetime) -> None:
        """A later erasure of somebody else with the same identifier moves the instant on, never back."""
        for each in hashes:
            try:
                with in_words_of_the_core("mark of an erased identifier"):
                    self._client.update_item(
                        TableName=self._people,
                        Key=key(keys.erased(each), keys.ERASED),
                        UpdateExpression="SET #at = :at, #ttl = :ttl",
                        ConditionExpression="attribute_not_exists(pk) OR #at < :at",
                        ExpressionAttributeNames={"#at": "at", "#ttl": "ttl"},
                        ExpressionAttributeValues={
                            ":at": encode(epoch_millis(at)),
                            ":ttl": encode(int((at + MARKS_KEPT).timestamp())),
                        },
                    )
            except Conflict:
                continue

    def suppress(self, erasure: Erasure, kept: Mapping[str, Sequence[ConsentEvent]]) -> None:
        for mac, acts in kept.items():
            row = {
                "pk": suppressed(mac),
                "sk": f"e#{erasure.id}",
                "b": compact([consent_event_to_json(act) for act in acts]),
            }
            self._append(to_item(row), f"suppression of erasure {erasure.id}")

    def lift(self, hashes: Iterable[str], log: RightsEntry) -> None:
        """Lifts what was kept before the entry's instant. The log first: no lifting without its reason."""
        self.log(log)
        for mac in hashes:
            row = {
                "pk": suppressed(mac),
                "sk": f"l#{epoch_millis(log.at):013d}",
                "b": compact({"log": log.id}),
            }
            self._append(to_item(row), f"lifting {log.id}")

    def log(self, entry: RightsEntry) -> None:
        self._append(self._log_put(entry)["Item"], f"log of rights {entry.id}")

    def entries(self, *, kind: str | None = None) -> Iterable[RightsEntry]:
        for item in query(
            self._client,
            self._ledger,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(RIGHTS)},
            ConsistentRead=True,
        ):
            entry = _entry_from_item(item)
            if kind in (None, entry.kind):
                yield entry

    def _log_put(self, entry: RightsEntry) -> dict[str, Any]:
        item = _entry_to_item(entry)
        return {"TableName": self._ledger, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}

    def _append(self, item: Item, what: str) -> None:
        """Guarded by "not there yet"; what is there already is the same."""
        try:
            with in_words_of_the_core(what):
                self._client.put_item(
                    TableName=self._ledger, Item=item, ConditionExpression="attribute_not_exists(pk)"
                )
        except Conflict:
            return

    # ── what it deletes ─────────────────────────────────────────────────────────────────────────

    def raise_reach(self, persons: Iterable[str]) -> None:
        """Whoever shares an address is judged anew before the next message; what is claimed on an old look fails."""
        for person in persons:
            try:
                with in_words_of_the_core(f"reach of {person}"):
                    self._client.update_item(
                        TableName=self._people,
                        Key=key(keys.person(person), keys.PROFILE),
                        UpdateExpression="SET v = v + :one, rv = rv + :one REMOVE fx",
                        ConditionExpression="attribute_exists(pk)",
                        ExpressionAttributeValues={":one": encode(1)},
                    )
            except Conflict:
                continue  # erased as well

    def disown(self, identities: Iterable[IdentityKey], parts: Sequence[str]) -> int:
        """Guarded by "it still leads to this person": what another person holds by now stays theirs."""
        names = {f":p{number}": encode(part) for number, part in enumerate(parts)}
        gone = 0
        for identity in identities:
            try:
                with in_words_of_the_core("identity of an erased person"):
                    self._client.delete_item(
                        TableName=self._people,
                        Key=key(keys.identity(*identity), keys.IDENTITY),
                        ConditionExpression=f"p IN ({', '.join(names)})",
                        ExpressionAttributeValues=names,
                    )
            except Conflict:
                continue
            gone += 1
        return gone

    def forget_holders(self, address_ids: Iterable[str], parts: Sequence[str]) -> None:
        addresses = tuple(address_ids)
        rows = [key(keys.holders(address), part) for address in addresses for part in parts]
        batch_delete(self._client, self._people, rows)
        self._forget_pressures(addresses)

    def _forget_pressures(self, addresses: Iterable[str]) -> None:
        """What an address heard is kept for whoever else is reached there, and for nobody."""
        unheld = [address for address in addresses if not self._is_held(address)]
        pressures = [key(keys.address_pressure(address), keys.PRESSURE) for address in unheld]
        batch_delete(self._client, self._people, pressures)

    def _is_held(self, address: str) -> bool:
        with in_words_of_the_core("holders of an address"):
            reply = self._client.query(
                TableName=self._people,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(keys.holders(address))},
                Limit=1,
                ConsistentRead=True,
            )
        return bool(reply["Items"])

    def leave_segments(self, segments: Iterable[str], parts: Sequence[str]) -> None:
        rows = [
            key(keys.membership(segment, keys.membership_shard(part)), part)
            for segment in segments
            for part in parts
        ]
        batch_delete(self._client, self._people, rows)

    def forget_merges(self, others: Iterable[str], parts: Sequence[str]) -> None:
        """Records of merges that were undone lie beside the other person; they name what tied both."""
        for other in others:
            items = list(
                query(
                    self._client,
                    self._people,
                    ConsistentRead=True,
                    **beginning_with(keys.person(other), keys.MERGE_PREFIX),
                )
            )
            named = {
                sort_key(record).rpartition("#")[0]
                for record in records_from_items(items)
                if not set(parts).isdisjoint(record.sides)
            }
            gone = [item for item in items if item["sk"]["S"].rpartition("#")[0] in named]
            rows = [{"pk": item["pk"], "sk": item["sk"]} for item in gone]
            batch_delete(self._client, self._people, rows)

    def clear(self, part: str, parts: Sequence[str]) -> Cleared:
        """One page of a partition, whatever lies in it, with the messages and keys that it alone leads to.

        What is led to goes before what leads there, so that a crash leaves a page that finds it again.
        """
        with in_words_of_the_core(f"partition of {part}"):
            reply = self._client.query(
                TableName=self._people,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(keys.person(part))},
                ConsistentRead=True,
                Limit=_PAGE + len(_STAYS),
            )
        items = [item for item in reply["Items"] if item["sk"]["S"] not in _STAYS]
        if not items and "LastEvaluatedKey" not in reply:
            return Cleared(more=False)
        events = [item for item in items if item["sk"]["S"].startswith(keys.EVENT_PREFIX)]
        named = {identity for item in events for identity in mentioned(event_from_item(item))}
        self.disown(sorted(named), parts)
        self.forget_holders(
            sorted(address for key in named for address in addresses_of_identifier(key)), parts
        )
        guards = [item for item in items if item["sk"]["S"].startswith(keys.SENT_PREFIX)]
        messages = self._clear_messages(sorted({item["m"]["S"] for item in guards if "m" in item}))
        batch_delete(self._client, self._people, [{"pk": item["pk"], "sk": item["sk"]} for item in items])
        other = len(items) - len(events) - len(guards)
        return Cleared(more=True, events=len(events), messages=messages, other=other)

    def _clear_messages(self, ids: Sequence[str]) -> int:
        found = [
            message_from_item(item)
            for item in batch_get(
                self._client, self._people, [key(keys.message(each), keys.MESSAGE) for each in ids]
            )
        ]
        for message in found:
            self._clear_address_guard(message)
        # One that was decided while the erasure began has counted at its address once more.
        self._forget_pressures({message.address_id for message in found if message.address_id})
        rows = [key(keys.message(message.id), keys.MESSAGE) for message in found]
        batch_delete(self._client, self._people, rows)
        return len(rows)

    def _clear_address_guard(self, message: Message) -> None:
        place = (message.campaign, message.run, message.step, message.channel, message.address_id)
        pk = keys.address_guard(*(held_address(message) or place))
        try:
            with in_words_of_the_core(f"guard of message {message.id}"):
                self._client.delete_item(
                    TableName=self._people,
                    Key=key(pk, keys.GUARD),
                    ConditionExpression="m = :m",
                    ExpressionAttributeValues={":m": encode(message.id)},
                )
        except Conflict:
            return  # another message's, or there was none

    def redact(self, part: str, proof: Callable[[ConsentEvent], Mapping[str, Any]]) -> int:
        """The bodies of a part's consent events become proofs; hashes, and so the chain, stay as they are."""
        done = 0
        for item in query(
            self._client, self._ledger, ConsistentRead=True, **beginning_with(f"c#{part}", "e#")
        ):
            if "b" not in item:
                continue
            event = consent_event_from_json(json.loads(item["b"]["S"]))
            with in_words_of_the_core(f"consent event of {part}"):
                self._client.update_item(
                    TableName=self._ledger,
                    Key={"pk": item["pk"], "sk": item["sk"]},
                    UpdateExpression="SET pf = :proof REMOVE b",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues={":proof": encode(compact(proof(event)))},
                )
            done += 1
        return done

    def bury(self, tombstone: Profile) -> None:
        """Guarded by the version of the profile it stands for."""
        put = self._put(profile_to_item(tombstone), "v = :v", {":v": encode(tombstone.version - 1)})
        with in_words_of_the_core(f"profile {tombstone.id}"):
            self._client.put_item(**put)

    def remains(self, part: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for item in query(
            self._client,
            self._people,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(keys.person(part))},
            ConsistentRead=True,
        ):
            sort = item["sk"]["S"]
            if sort not in _STAYS and not sort.startswith(keys.EVENT_PREFIX):
                yield (
                    sort,
                    {name: value for name, value in from_item(item).items() if name not in ("pk", "sk")},
                )

    def _put(self, item: Item, condition: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        put = {"TableName": self._people, "Item": item, "ConditionExpression": condition}
        return put | ({"ExpressionAttributeValues": dict(values)} if values else {})


# ── rows ────────────────────────────────────────────────────────────────────────────────────────


def _erasure_to_item(erasure: Erasure) -> Item:
    pk = keys.person(erasure.person)
    body = {
        "id": erasure.id,
        "p": list(erasure.parts),
        "at": epoch_millis(erasure.at),
        "by": erasure.actor,
        "g": erasure.ground,
        "h": [list(pair) for pair in erasure.hashes],
        "f": epoch_millis(erasure.since),
        "cu": erasure.cursor,
        "n": dict(erasure.counts or {}),
    }
    row = {
        "pk": pk,
        "sk": keys.ERASURE,
        "st": str(erasure.step),
        "sv": erasure.version,
        "du": epoch_millis(erasure.due_at),
        "ds": keys.due_shard(pk),
        "b": compact(body),
    }
    return to_item(row)


def _erasure_from_item(item: Mapping[str, Any]) -> Erasure:
    row = from_item(item)
    body = json.loads(row["b"])
    return Erasure(
        id=body["id"],
        person=keys.person_id_of(row["pk"]),
        parts=tuple(body["p"]),
        at=from_epoch_millis(body["at"]),
        actor=body["by"],
        ground=body["g"],
        hashes=tuple((kind, mac) for kind, mac in body["h"]),
        since=from_epoch_millis(body["f"]),
        due_at=from_epoch_millis(row["du"]),
        step=Step(row["st"]),
        cursor=body["cu"],
        counts=body["n"],
        version=row["sv"],
    )


def _entry_to_item(entry: RightsEntry) -> Item:
    body = {
        "id": entry.id,
        "k": entry.kind,
        "by": entry.actor,
        "g": entry.ground,
        "p": entry.person,
        "ps": list(entry.parts),
        "h": [list(pair) for pair in entry.hashes],
        "n": dict(entry.counts or {}),
        "f": epoch_millis(entry.since) if entry.since else None,
    }
    millis = epoch_millis(entry.at)
    row = {"pk": RIGHTS, "sk": f"{millis:013d}#{entry.id}#{entry.kind}", "at": millis, "b": compact(body)}
    return to_item(row)


def _entry_from_item(item: Mapping[str, Any]) -> RightsEntry:
    row = from_item(item)
    body = json.loads(row["b"])
    return RightsEntry(
        id=body["id"],
        kind=body["k"],
        at=from_epoch_millis(row["at"]),
        actor=body["by"],
        ground=body["g"],
        person=body["p"],
        parts=tuple(body["ps"]),
        hashes=tuple((kind, mac) for kind, mac in body["h"]),
        counts=body["n"],
        since=from_epoch_millis(body["f"]) if body["f"] is not None else None,
    )
