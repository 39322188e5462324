"""Golden records in DynamoDB: the port `People`."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kizuna.adapters.pace import Pace
from kizuna.adapters.tables import ledger as ledger_table
from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import (
    BATCH_WRITE,
    ITEM_BYTES,
    TRANSACTION,
    TRANSACTION_BYTES,
    Client,
    Item,
    batch_delete,
    batch_get,
    batch_put,
    bytes_of,
    from_item,
    in_words_of_the_core,
    key,
    query,
    to_item,
)
from kizuna.adapters.tables.members_index import MembersIndex
from kizuna.adapters.tables.people_codec import compact, profile_from_item, profile_to_item
from kizuna.adapters.tables.row_pages import row_page_to_item, with_rows
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.errors import Conflict, TooLarge
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.folding import Folded
from kizuna.core.intake.canonical import canonical_json, event_from_canonical
from kizuna.core.merges.recounting import TIMELINE_KEPT
from kizuna.core.people import GONE, Identity, Profile
from kizuna.core.ports import Due, IdentityKey, PersonWrite, TimelineEntry
from kizuna.core.seen import KNOWN_FOR, MarkPage, Marks, packed, unpacked
from kizuna.core.timeline import timeline_key
from kizuna.topology import DUE_INDEX

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.consent import ConsentEvent
    from kizuna.core.identity.reviews import Review, Verdict
    from kizuna.core.journeys.run import JourneyRun
    from kizuna.core.merges.log import MergeRecord
    from kizuna.core.rights.rights import HashKeys

_LATE_KEPT = timedelta(days=2)  # history older than that still passes through the stream, to the lake
_MERGE_STEPS = 100  # nobody is merged so often; more is a circle
_KEPT_FREE = 16 * 1024  # of a profile's item: a record full of traits still takes the person's No
_OUR_OWN = (SourceKind.PROVIDER, SourceKind.SYSTEM)


@dataclass(frozen=True, slots=True)
class _Staged:
    """A write as requests: rows that go ahead, and what is done then under its conditions."""

    write: PersonWrite
    what: str
    ahead: list[Item]
    actions: list[dict[str, Any]]


class PeopleTable:
    """Golden records, owners of identifiers, timelines and the indexes over them."""

    def __init__(
        self,
        client: Client,
        *,
        table: str,
        ledger: str,
        hash_keys: Callable[[], HashKeys] | None = None,
    ) -> None:
        """Without `hash_keys` nobody can be told to have been erased: for tables in which nobody ever was."""
        self._client = client
        self._table = table
        self._ledger = ledger
        self._hash_keys = hash_keys
        self._pace = Pace()
        self._index = MembersIndex(client, table=table)

    def owners(self, wanted: Iterable[IdentityKey], *, consistent: bool = True) -> dict[IdentityKey, str]:
        by_pk = {keys.identity(*identity): identity for identity in wanted}
        rows = [key(pk, keys.IDENTITY) for pk in by_pk]
        with self._pace.measured():
            found = list(batch_get(self._client, self._table, rows, consistent=consistent))
        held = ((by_pk[item["pk"]["S"]], item["p"]["S"]) for item in found)
        return {identity: owner for identity, owner in held if owner != keys.NOBODY}

    def profiles(self, ids: Iterable[str], *, consistent: bool = True) -> dict[str, Profile]:
        found = self._present(ids, consistent=consistent)
        merged = {asked: profile for asked, profile in found.items() if profile.merged_into}
        for _ in range(_MERGE_STEPS):
            if not merged:
                break
            targets = self._present(
                {profile.merged_into for profile in merged.values() if profile.merged_into},
                consistent=consistent,
            )
            for asked, profile in list(merged.items()):
                target = targets.get(profile.merged_into or "")
                del merged[asked]
                if target is None:
                    del found[asked]  # whom it was merged into has been erased
                    continue
                found[asked] = target
                if target.merged_into:
                    merged[asked] = target
        if merged:
            raise Conflict(f"profiles {', '.join(sorted(merged))} were merged into each other")
        return found

    def _present(self, ids: Iterable[str], *, consistent: bool = True) -> dict[str, Profile]:
        """As they are stored, merged or not; whoever is erased, or about to be, is not there."""
        wanted = [key(keys.person(profile_id), keys.PROFILE) for profile_id in dict.fromkeys(ids)]
        items = batch_get(self._client, self._table, wanted, consistent=consistent)
        found = [profile_from_item(item) for item in items]
        there = [each for each in found if each.status not in GONE]
        living = with_rows(self._client, self._table, [each for each in there if not each.merged_into])
        return {profile.id: profile for profile in (*there, *living)}

    def erased(self, wanted: Iterable[IdentityKey]) -> dict[IdentityKey, datetime]:
        asked = tuple(dict.fromkeys(wanted))
        if not asked or self._hash_keys is None:
            return {}
        known = self._hash_keys()
        by_pk = {keys.erased(mac): identity for identity in asked for mac in known.hashes(*identity)}
        latest: dict[IdentityKey, datetime] = {}
        for item in batch_get(self._client, self._table, [key(pk, keys.ERASED) for pk in by_pk]):
            identity, at = by_pk[item["pk"]["S"]], from_epoch_millis(int(item["at"]["N"]))
            latest[identity] = max(latest.get(identity, at), at)
        return latest

    def commit(self, write: PersonWrite) -> None:
        """One write for a plain change; one transaction where identifiers, consent or a merge come along.

        The events of a person who is stored already go first and alone: they are put under keys that a repeat
        meets again, and count for nothing until the profile that counted them is stored. Those that might turn out
        to be somebody else's (`write.bound`) go into the transaction. The rows that lead from an address to those
        who hold it go first too, for whoever reads one asks the profile whether it does; and pages of marks and of
        rows, which nobody reads before a stored profile lists them.
        """
        staged = self._staged(write)
        batch_put(self._client, self._table, staged.ahead)
        self._put_guarded(staged)

    def commit_all(self, writes: Sequence[PersonWrite], *, workers: int = 1) -> list[Exception | None]:
        """Each as `commit` does it. What goes ahead of the writes shares requests: of 25 people with an event each
        the rows are one call instead of 25. A crash between leaves rows that count for nothing.

        Threads are started only where calls wait for their replies; else they would wait for each other.
        """
        outcomes: list[Exception | None] = [None] * len(writes)
        staged: dict[int, _Staged] = {}
        for number, write in enumerate(writes):
            try:
                staged[number] = self._staged(write)
            except Exception as error:  # of this one alone; the caller knows what to make of it
                outcomes[number] = error
        rows = [(number, row) for number, each in staged.items() for row in each.ahead]
        portions = [rows[start : start + BATCH_WRITE] for start in range(0, len(rows), BATCH_WRITE)]

        def finish(number: int) -> None:
            try:
                self._put_guarded(staged[number])
            except Exception as error:  # likewise
                outcomes[number] = error

        most = min(workers, max(len(staged), len(portions))) if self._pace.waits else 1
        with ThreadPoolExecutor(max_workers=most) if most > 1 else nullcontext() as pool:
            at_once = pool.map if pool else map
            for refused in at_once(self._put_ahead, portions):
                for number, refusal in refused.items():
                    outcomes[number] = refusal
            list(at_once(finish, [number for number in staged if outcomes[number] is None]))
        return outcomes

    def _put_ahead(self, rows: Sequence[tuple[int, Item]]) -> dict[int, Exception]:
        """Store rows that go ahead of writes, in one request, and tell of which writes that was refused."""
        try:
            batch_put(self._client, self._table, [row for _, row in rows])
        except Exception:  # whose rows were refused is not told: once more, everybody's alone
            return dict(self._refused_alone(rows))
        return {}

    def _refused_alone(self, rows: Sequence[tuple[int, Item]]) -> Iterator[tuple[int, Exception]]:
        for number in dict.fromkeys(number for number, _ in rows):
            try:
                batch_put(self._client, self._table, [row for owner, row in rows if owner == number])
            except Exception as error:  # likewise
                yield number, error

    def _staged(self, write: PersonWrite) -> _Staged:
        """The write as the requests that make it. Raises TooLarge before anything is stored."""
        profile = write.folded.profile
        what = f"profile {profile.id} at version {write.expected_version}"
        item = profile_to_item(profile, write.folded.facts)
        room = ITEM_BYTES if _must_be_kept(write.folded) else ITEM_BYTES - _KEPT_FREE
        if bytes_of(item) > room:  # found out before its events are in the timeline
            raise TooLarge(f"{what}: an item of more than {room} bytes")
        ahead = [event_to_item(profile.id, event, version=profile.version) for event in write.ahead]
        ahead += [key(keys.holders(address), profile.id) for address in write.new_addresses]
        ahead += [page_to_item(page, marks) for page, marks in write.folded.mark_pages.items()]
        ahead += [row_page_to_item(page, rows) for page, rows in write.folded.row_pages.items()]
        bound = [event_to_item(profile.id, event, version=profile.version) for event in write.bound]
        actions = [
            put_profile(self._table, item, write.expected_version),
            *(put_profile(self._table, profile_to_item(gone), gone.version - 1) for gone in write.absorbed),
            *(self._put_record(write.merge) if write.merge else ()),
            *(self._put_identity(identity, profile.id) for identity in write.new_identities),
            *(self._free_identity(released, profile) for released in write.released),
            *(ledger_table.put_action(self._ledger, profile.id, entry) for entry in write.folded.consents),
            *({"Put": {"TableName": self._table, "Item": item}} for item in bound),
        ]
        _check_room(what, actions)
        return _Staged(write, what, ahead, actions)

    def _put_guarded(self, staged: _Staged) -> None:
        try:
            with in_words_of_the_core(staged.what):
                if len(staged.actions) == 1:
                    self._client.put_item(**staged.actions[0]["Put"])
                else:
                    self._client.transact_write_items(TransactItems=staged.actions)
        except Conflict:
            self._withdraw(staged.write, staged.ahead)
            raise

    def _withdraw(self, write: PersonWrite, ahead: Sequence[Item]) -> None:
        """Take back what went ahead if the person was erased meanwhile: nobody would come to remove it.

        Of a person who still is, it stays: the next try, or somebody else's, may have counted it.
        """
        person = write.folded.profile.id
        if ahead and write.expected_version > 0 and person not in self._present([person]):
            batch_delete(self._client, self._table, [{"pk": row["pk"], "sk": row["sk"]} for row in ahead])

    def marks(self, pages: Iterable[MarkPage]) -> dict[MarkPage, Marks]:
        by_key = {(keys.person(page.part), keys.mark_page(page.name)): page for page in pages}
        found = batch_get(self._client, self._table, [key(*place) for place in by_key])
        return {by_key[item["pk"]["S"], item["sk"]["S"]]: unpacked(from_item(item)["sn"]) for item in found}

    def recorded_consents(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        return ledger_table.LedgerTable(self._client, table=self._ledger).events(parts)

    def runs_in(self, parts: Sequence[str], journeys: Collection[str]) -> tuple[JourneyRun, ...]:
        from kizuna.adapters.tables.journey_runs import runs_of_journeys  # where some condition asks for it

        return runs_of_journeys(self._client, self._table, parts, journeys)

    def _put_identity(self, identity: Identity, owner: str) -> dict[str, Any]:
        row = {"pk": keys.identity(*identity.key), "sk": keys.IDENTITY, "p": owner}
        return {
            "Put": {
                "TableName": self._table,
                "Item": to_item(row),
                "ConditionExpression": "attribute_not_exists(pk) OR p = :p OR p = :nobody",
                "ExpressionAttributeValues": {":p": {"S": owner}, ":nobody": {"S": keys.NOBODY}},
            }
        }

    def _free_identity(self, released: IdentityKey, holder: Profile) -> dict[str, Any]:
        """Leads to nobody, and is gone a day later unless somebody takes it. The holder's version guards it: while
        that stands the row leads to the holder, perhaps by way of a profile that was merged into it."""
        row = {
            "pk": keys.identity(*released),
            "sk": keys.IDENTITY,
            "p": keys.NOBODY,
            "ttl": int((holder.updated_at + timedelta(days=1)).timestamp()),
        }
        return {"Put": {"TableName": self._table, "Item": to_item(row)}}

    def _put_record(self, record: MergeRecord) -> Iterable[dict[str, Any]]:
        from kizuna.adapters.tables.merge_records import put_actions  # rare, like the reviews below

        return put_actions(self._table, record)

    def keep_reviews(self, reviews: Iterable[Review]) -> None:
        from kizuna.adapters.tables import reviews as reviews_table

        reviews_table.keep(self._client, self._table, reviews)

    def reviews(self, *, verdict: Verdict = "open") -> tuple[Review, ...]:
        from kizuna.adapters.tables import reviews as reviews_table

        return reviews_table.read(self._client, self._table, verdict=verdict)

    def settle_review(self, review: Review) -> bool:
        from kizuna.adapters.tables import reviews as reviews_table

        return reviews_table.settle(self._client, self._table, review)

    def holders(self, address_id: str) -> dict[str, Profile]:
        rows = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.holders(address_id)}},
            ConsistentRead=True,
        )
        living = {profile.id: profile for profile in self.profiles([row["sk"]["S"] for row in rows]).values()}
        return {person: profile for person, profile in living.items() if profile.holds(address_id)}

    def timeline(self, parts: Sequence[str], *, since: datetime | None = None) -> Iterable[TimelineEntry]:
        start = keys.EVENT_PREFIX + (f"{epoch_millis(since):013d}" if since else "")
        for part in parts:
            for item in query(
                self._client,
                self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :start AND :end",
                ExpressionAttributeValues={
                    ":pk": {"S": keys.person(part)},
                    ":start": {"S": start},
                    ":end": {"S": keys.EVENT_PREFIX + "~"},
                },
                ConsistentRead=True,
            ):
                yield _entry(part, item)

    def recent(self, parts: Sequence[str], *, before: str = "", page: int = 100) -> Iterable[TimelineEntry]:
        backwards = [self._backwards(part, before, page) for part in parts]
        return heapq.merge(*backwards, key=lambda entry: entry.key, reverse=True)

    def _backwards(self, part: str, before: str, page: int) -> Iterator[TimelineEntry]:
        """One part's events, the newest first; a page is read when its first event is asked for."""
        for item in query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :start AND :end",
            ExpressionAttributeValues={
                ":pk": {"S": keys.person(part)},
                ":start": {"S": keys.EVENT_PREFIX},
                ":end": {"S": before or keys.EVENT_PREFIX + "~"},
            },
            ScanIndexForward=False,
            Limit=page,
            ConsistentRead=True,
        ):
            if item["sk"]["S"] != before:
                yield _entry(part, item)

    def timeline_event(self, part: str, event_key: str) -> Event | None:
        with in_words_of_the_core("event"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.person(part), event_key), ConsistentRead=True
            )
        return event_from_item(reply["Item"]) if "Item" in reply else None

    def members(
        self, segment: str, shard: int, *, after: str | None = None, limit: int = 100
    ) -> tuple[tuple[str, ...], str | None]:
        return self._index.page(segment, shard, after=after, limit=limit)

    def members_at(
        self, segment: str, shard: int, *, at: datetime, after: str | None = None, limit: int = 100
    ) -> tuple[tuple[str, ...], str | None]:
        return self._index.page_at(segment, shard, at=at, after=after, limit=limit)

    def member_count(self, segment: str, shard: int) -> int:
        return self._index.count(segment, shard)

    def index_membership(
        self, person: str, entered: Iterable[str], exited: Iterable[str], *, at: datetime
    ) -> None:
        self._index.note(person, entered, exited, at=at)

    def due(self, shard: int, *, now: datetime, limit: int = 1000) -> tuple[Due, ...]:
        found: list[Due] = []
        for item in query(
            self._client,
            self._table,
            IndexName=DUE_INDEX.name,
            KeyConditionExpression="ds = :ds AND du <= :now",
            ExpressionAttributeValues={
                ":ds": {"S": keys.due_partition(shard)},
                ":now": {"N": str(epoch_millis(now))},
            },
        ):
            row = from_item(item)
            if row["sk"] == keys.MESSAGE:
                found.append(Due("message", keys.message_id_of(row["pk"])))
            elif row["sk"] == keys.ERASURE:
                found.append(Due("erasure", keys.person_id_of(row["pk"])))
            elif keys.is_journey_run(row["sk"]):
                found.append(Due("journey", keys.journey_place(row["pk"], row["sk"])))
            else:
                found.append(Due("profile", keys.person_id_of(row["pk"])))
            if len(found) >= limit:
                break
        return tuple(found)

    def next_due(self) -> datetime | None:
        """The earliest alarm of all; used where a virtual clock jumps from alarm to alarm."""
        from kizuna.core.durations import from_epoch_millis
        from kizuna.topology import DUE_SHARDS

        earliest: list[int] = []
        for shard in range(DUE_SHARDS):
            reply = self._client.query(
                TableName=self._table,
                IndexName=DUE_INDEX.name,
                KeyConditionExpression="ds = :ds",
                ExpressionAttributeValues={":ds": {"S": keys.due_partition(shard)}},
                Limit=1,
            )
            earliest += [int(item["du"]["N"]) for item in reply["Items"]]
        return from_epoch_millis(min(earliest)) if earliest else None


def _check_room(what: str, actions: Sequence[Mapping[str, Any]]) -> None:
    """Found out before anything is stored: a transaction takes so many actions, and so many bytes."""
    if len(actions) > TRANSACTION:
        raise TooLarge(f"{what}: {len(actions)} actions in one transaction")
    total = sum(bytes_of(action["Put"]["Item"]) for action in actions)
    if total > TRANSACTION_BYTES:
        raise TooLarge(f"{what}: {total} bytes in one transaction")


def page_to_item(page: MarkPage, marks: Marks) -> Item:
    """A page of marks. It may go a day after the last profile that could need it has forgotten it."""
    over = timedelta(minutes=page.newest) + KNOWN_FOR + timedelta(days=1)
    return to_item(
        {
            "pk": keys.person(page.part),
            "sk": keys.mark_page(page.name),
            "sn": packed(marks),
            "ttl": int(over.total_seconds()),
        }
    )


def _must_be_kept(folded: Folded) -> bool:
    """Whether this is more than history: an opt-out, news of an address, an alarm."""
    return bool(folded.consents) or all(event.source.kind in _OUR_OWN for event in folded.counted)


def put_profile(table: str, item: Item, expected_version: int) -> dict[str, Any]:
    """A profile as an action of a transaction, guarded by the version that was read (0: nobody yet)."""
    put: dict[str, Any] = {"TableName": table, "Item": item}
    if expected_version == 0:
        put["ConditionExpression"] = "attribute_not_exists(pk)"
    else:
        put["ConditionExpression"] = "v = :v"
        put["ExpressionAttributeValues"] = {":v": {"N": str(expected_version)}}
    return {"Put": put}


def event_to_item(part: str, event: Event, *, version: int, moved_by: str = "") -> Item:
    """An event in the timeline, with the version of the profile's write that counts it.

    History that is older than the timeline keeps is stored for a short while only.
    """
    expires = max(event.at + TIMELINE_KEPT, event.received_at + _LATE_KEPT)
    item = {  # as `to_item` would make it: there are as many of these as events
        "pk": {"S": keys.person(part)},
        "sk": {"S": timeline_key(event)},
        "b": {"S": compact(canonical_json(event))},
        "so": {"S": event.source.id},
        "sk2": {"S": event.source.kind.value},
        "pv": {"N": str(version)},
        "ttl": {"N": str(int(expires.timestamp()))},
    }
    if event.name:
        item["n"] = {"S": event.name}
    if moved_by:
        item["mv"] = {"S": moved_by}
    return item


def _entry(part: str, item: Mapping[str, Any]) -> TimelineEntry:
    counted_at = int(item["pv"]["N"]) if "pv" in item else 0
    moved_by = item["mv"]["S"] if "mv" in item else ""
    return TimelineEntry(part, item["sk"]["S"], event_from_item(item), counted_at, moved_by)


def event_from_item(item: Mapping[str, Any]) -> Event:
    row = from_item(item)
    return event_from_canonical(json.loads(row["b"]), Source(row["so"], SourceKind(row["sk2"])))
