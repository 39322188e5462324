"""Messages in DynamoDB: the port `Messages`.

A message is decided once, because three other items are put with it, all or nothing:

    sent guard     one a run, step, channel and person, and one a slot where a slot is given, in the partition of
                   every part of the person: a profile that is merged in later, or was merged away a moment ago,
                   meets it too
    address guard  one a run, step, channel and address; not for a message that is refused or has no address, so
                   that whoever else shares the mailbox may still be written to. A guard that was taken stays,
                   even if its message is refused later: the doubtful case falls on the side of silence
    pressure       the person's, one version on, where the message counts for the frequency caps; and that of the
                   address and of the household, where a cap counts them
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from heapq import merge
from typing import Any

from botocore.exceptions import ClientError

from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import (
    Client,
    batch_get,
    beginning_with,
    encode,
    in_words_of_the_core,
    key,
    query,
    reasons_of,
    to_item,
)
from kizuna.adapters.tables.messages_codec import (
    clicks_of,
    delivered_of,
    early_attribute,
    early_of,
    early_text,
    fact_attribute,
    link_attribute,
    message_from_item,
    message_to_item,
    pressure_from_item,
    pressure_to_item,
    state_row,
)
from kizuna.core.durations import epoch_millis
from kizuna.core.errors import AddressTaken, Conflict, NotFound, Unavailable
from kizuna.core.machine_reactions import Early
from kizuna.core.messages import Message, State, held_address
from kizuna.core.ports import Gathered, NewMessage, Pressed
from kizuna.core.restraint.caps import LONGEST_WINDOW
from kizuna.core.restraint.pressure import Pressure
from kizuna.topology import DECIDED_INDEX, DECIDED_SHARDS

__all__ = ["MessagesTable", "message_from_item", "message_to_item"]

_GUARDED_PARTS = 25  # a person of more parts is guarded in these, and the guards of the others are read first
_UNDECIDED = "attribute_not_exists(pk)"
_PLACES_READ = 100  # of one shard of the index of decisions, with each request
_PLACES_LOOKED_AT = 2_000  # for one page of decisions
_KEPT = LONGEST_WINDOW + timedelta(days=3)  # three calendar months may be 92 days


class MessagesTable:
    """Messages, what guards them against being decided twice, and the pressure on each person."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def pressure(self, person: str) -> Pressure:
        item = self._item(keys.person(person), keys.PRESSURE, f"pressure of {person}")
        return pressure_from_item(item) if item else Pressure()

    def pressure_at(self, place: str) -> Pressure:
        item = self._item(
            keys.address_pressure(place), keys.PRESSURE, "pressure on an address or a household"
        )
        return pressure_from_item(item) if item else Pressure()

    def press(self, pressed: Pressed) -> None:
        """Guarded by the versions. A crash right after leaves what another attempt finds done."""
        with in_words_of_the_core(f"pressure of {pressed.person}"):
            self._client.transact_write_items(TransactItems=self._pressure_puts(pressed))

    def create(self, new: NewMessage) -> bool:
        message = new.message
        about = (message.campaign, message.run, message.step)
        guards = [keys.sent_guard(*about, name) for name in (message.channel, new.slot) if name]
        parts = tuple(dict.fromkeys((message.person, *new.person_parts)))
        guarded, older = parts[:_GUARDED_PARTS], parts[_GUARDED_PARTS:]
        older_guards = [key(keys.person(part), guard) for part in older for guard in guards]
        if any(True for _ in batch_get(self._client, self._table, older_guards)):
            return False
        decides = [
            self._put(message_to_item(message), _UNDECIDED),
            *(
                self._put(_sent_guard(part, guard, message), _UNDECIDED)
                for part in guarded
                for guard in guards
            ),
        ]
        addresses = self._address_guard(message)
        others = [*self._pressure_puts(new.pressed), *map(self._gathering, new.gathered)]
        with in_words_of_the_core(f"message {message.id}"):
            try:
                self._client.transact_write_items(TransactItems=[*decides, *addresses, *others])
            except ClientError as error:
                failed = _failed_conditions(error)
                if any(index < len(decides) for index in failed):
                    return False
                if addresses and len(decides) in failed:
                    raise AddressTaken(f"message {message.id}") from error
                raise
        return True

    def first_of(self, person: str, experiment: str, message_id: str) -> bool:
        row = {"pk": keys.person(person), "sk": keys.trial(experiment), "m": message_id}
        try:
            with in_words_of_the_core(f"experiment {experiment} of {person}"):
                self._client.put_item(
                    TableName=self._table,
                    Item=to_item(row),
                    ConditionExpression=f"{_UNDECIDED} OR m = :m",
                    ExpressionAttributeValues={":m": encode(message_id)},
                )
        except Conflict:
            return False
        return True

    def _gathering(self, one: Gathered) -> dict[str, Any]:
        update = self._update(one.after, "sv = :expected")
        update["ExpressionAttributeValues"][":expected"] = encode(one.expected)
        return {"Update": update}

    def _address_guard(self, message: Message) -> list[dict[str, Any]]:
        held = held_address(message)
        if not held:
            return []
        mine = {":m": encode(message.id)}
        guard = _guard(keys.address_guard(*held), keys.GUARD, message)
        return [self._put(guard, f"{_UNDECIDED} OR m = :m", mine)]

    def _pressure_puts(self, pressed: Pressed | None) -> list[dict[str, Any]]:
        if pressed is None:
            return []
        puts = []
        if pressed.on_person is not None:
            puts.append(self._pressure_put(keys.person(pressed.person), pressed.on_person))
        for place, heard in ((pressed.address, pressed.on_address), (pressed.home, pressed.on_home)):
            if heard is None:
                continue
            last = max((touch.at for touch in heard.touches), default=None)
            ttl = int((last + _KEPT).timestamp()) if last else None
            puts.append(self._pressure_put(keys.address_pressure(place), heard, ttl=ttl))
        return puts

    def _pressure_put(self, pk: str, pressure: Pressure, *, ttl: int | None = None) -> dict[str, Any]:
        item, read = pressure_to_item(pk, pressure, ttl=ttl), pressure.version - 1
        if read == 0:
            return self._put(item, _UNDECIDED)
        if pressure.touches:
            return self._put(item, "v = :v", {":v": encode(read)})
        # Nothing is left to tell when an address may be forgotten: it goes when it would have gone.
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"pk": item["pk"], "sk": item["sk"]},
                "UpdateExpression": "SET v = :after, b = :b",
                "ConditionExpression": "v = :v",
                "ExpressionAttributeValues": {":after": item["v"], ":b": item["b"], ":v": encode(read)},
            }
        }

    def _put(
        self, item: dict[str, Any], condition: str, values: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        put = {"TableName": self._table, "Item": item, "ConditionExpression": condition}
        return {"Put": put | ({"ExpressionAttributeValues": values} if values else {})}

    def get(self, message_id: str) -> Message | None:
        item = self._item(keys.message(message_id), keys.MESSAGE, f"message {message_id}")
        return message_from_item(item) if item else None

    def claim(
        self,
        message: Message,
        *,
        person: str,
        reach_version: int,
        expected: int,
        pressed: Pressed | None = None,
    ) -> bool:
        """Whoever calls must have an owner of its own for every attempt: "mine already" means this very attempt.

        False also when somebody is writing the person or the message at this moment: read and judge again.
        """
        update = self._update(
            message, "st = :pending AND sv = :expected AND (attribute_not_exists(ex) OR ex > :now)"
        )
        update["ExpressionAttributeValues"] |= {
            ":pending": encode(str(State.PENDING)),
            ":expected": encode(expected),
            ":now": encode(epoch_millis(message.changed_at)),
        }
        check = {
            "TableName": self._table,
            "Key": key(keys.person(person), keys.PROFILE),
            "ConditionExpression": "rv = :rv AND attribute_not_exists(mi)",
            "ExpressionAttributeValues": {":rv": encode(reach_version)},
        }
        try:
            with in_words_of_the_core(f"claim of message {message.id}"):
                self._client.transact_write_items(
                    TransactItems=[
                        {"ConditionCheck": check},
                        {"Update": update},
                        *self._pressure_puts(pressed),
                    ]
                )
        except (Conflict, Unavailable) as refusal:
            # The reply to a write that was stored may have been lost, and a repeat of it refused.
            if self._is_stored(message):
                return True
            if isinstance(refusal, Conflict):
                return False
            raise
        return True

    def save(
        self, message: Message, *, expected: int, owner: str = "", pressed: Pressed | None = None
    ) -> bool:
        """True as well if exactly this state is stored already."""
        update = self._update(message, "sv = :expected AND ow = :owner" if owner else "sv = :expected")
        update["ExpressionAttributeValues"][":expected"] = encode(expected)
        if owner:
            update["ExpressionAttributeValues"][":owner"] = encode(owner)
        try:
            with in_words_of_the_core(f"message {message.id} at version {expected}"):
                if pressed is None:
                    self._client.update_item(**update)
                else:
                    puts = self._pressure_puts(pressed)
                    self._client.transact_write_items(TransactItems=[{"Update": update}, *puts])
        except Conflict:
            if self._is_stored(message):
                return True
            if pressed is not None and self._stands_at(message.id, expected):
                raise  # it was the pressure that changed
            return False
        return True

    def _stands_at(self, message_id: str, expected: int) -> bool:
        stored = self.get(message_id)
        return stored is not None and stored.state_version == expected

    def _is_stored(self, message: Message) -> bool:
        stored = self.get(message.id)
        return stored is not None and state_row(stored) == state_row(message)

    def _update(self, message: Message, condition: str) -> dict[str, Any]:
        """A change of state, as an update that leaves facts and counts alone."""
        row = state_row(message)
        written = {f":{name}": encode(value) for name, value in row.items() if value is not None}
        return {
            "TableName": self._table,
            "Key": key(keys.message(message.id), keys.MESSAGE),
            "UpdateExpression": _update_expression(tuple(row), frozenset(written)),
            "ConditionExpression": condition,
            "ExpressionAttributeValues": written,
        }

    def add_fact(self, message_id: str, fact: str, at: datetime) -> None:
        """Raises NotFound if there is no such message (any more)."""
        if self._note_earlier(message_id, fact_attribute(fact), at, wanted="NONE") is None:
            self._row(message_id)

    def note_click(self, message_id: str, link: str, at: datetime) -> Mapping[str, datetime]:
        """Guarded by what is known of the link. It has few links, and others are not reported: SES signs them."""
        found = self._note_earlier(message_id, link_attribute(link), at)
        return clicks_of(found if found is not None else self._row(message_id))

    def note_delivery(self, message_id: str, at: datetime) -> tuple[Early, ...]:
        """Guarded as `add_fact` is; a crash right after leaves the fact, and the report comes again."""
        found = self._note_earlier(message_id, fact_attribute("delivered"), at)
        if found is not None:
            return early_of(found)
        row = self._row(message_id)
        # The very report that moved it may come again, after a crash before its consequences were drawn.
        return early_of(row) if delivered_of(row) == at else ()

    def note_early(self, message_id: str, early: Early) -> datetime | None:
        """Guarded by the message's being there; a crash right after leaves it noted."""
        name = early_attribute(early.report)
        try:
            with in_words_of_the_core(f"message {message_id}"):
                reply = self._client.update_item(
                    TableName=self._table,
                    Key=key(keys.message(message_id), keys.MESSAGE),
                    UpdateExpression=f"SET {name} = :early",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues={":early": encode(early_text(early))},
                    ReturnValues="ALL_NEW",
                )
        except Conflict:
            raise NotFound(f"message {message_id}") from None
        return delivered_of(reply["Attributes"])

    def _note_earlier(
        self, message_id: str, name: str, at: datetime, *, wanted: str = "ALL_NEW"
    ) -> Mapping[str, Any] | None:
        """Set an instant unless an earlier one is there; the item as it is then, None where nothing was written."""
        try:
            with in_words_of_the_core(f"message {message_id}"):
                reply = self._client.update_item(
                    TableName=self._table,
                    Key=key(keys.message(message_id), keys.MESSAGE),
                    UpdateExpression=f"SET {name} = :at",
                    ConditionExpression=f"attribute_exists(pk) AND (attribute_not_exists({name}) OR {name} > :at)",
                    ExpressionAttributeValues={":at": encode(epoch_millis(at))},
                    ReturnValues=wanted,
                )
        except Conflict:
            return None
        found: Mapping[str, Any] = reply.get("Attributes", {})
        return found

    def _row(self, message_id: str) -> Mapping[str, Any]:
        """Raises NotFound if there is no such message (any more)."""
        with in_words_of_the_core(f"message {message_id}"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.message(message_id), keys.MESSAGE), ConsistentRead=True
            )
        if "Item" not in reply:
            raise NotFound(f"message {message_id}")
        found: Mapping[str, Any] = reply["Item"]
        return found

    def renderings(
        self, parts: Sequence[str], *, campaign: str, run: str, step: str, channels: Sequence[str]
    ) -> tuple[Message, ...]:
        guards = [keys.sent_guard(campaign, run, step, channel) for channel in channels]
        places = [key(keys.person(part), guard) for part in dict.fromkeys(parts) for guard in guards]
        found = batch_get(self._client, self._table, places)
        ids = sorted({item["m"]["S"] for item in found})
        wanted = [key(keys.message(message_id), keys.MESSAGE) for message_id in ids]
        messages = map(message_from_item, batch_get(self._client, self._table, wanted))
        return tuple(sorted(messages, key=lambda each: (channels.index(each.channel), each.id)))

    def of_person(self, parts: Sequence[str]) -> tuple[Message, ...]:
        """The oldest first."""
        ids = {
            item["m"]["S"]
            for part in parts
            for item in query(
                self._client,
                self._table,
                ConsistentRead=True,
                **beginning_with(keys.person(part), keys.SENT_PREFIX),
            )
        }
        wanted = [key(keys.message(message_id), keys.MESSAGE) for message_id in sorted(ids)]
        found = (message_from_item(item) for item in batch_get(self._client, self._table, wanted))
        return tuple(sorted(found, key=lambda message: (message.created_at, message.id)))

    def recent(
        self, parts: Sequence[str], *, before: str = "", limit: int = 20
    ) -> tuple[tuple[Message, ...], str | None]:
        """Goes by the instants that the sent guards carry; they are small, and all of them are looked at."""
        places = {
            f"{int(item['at']['N']) if 'at' in item else 0:013d}#{item['m']['S']}": item["m"]["S"]
            for part in parts
            for item in query(
                self._client,
                self._table,
                ConsistentRead=True,
                **beginning_with(keys.person(part), keys.SENT_PREFIX),
            )
        }
        there = sorted((place for place in places if not before or place < before), reverse=True)
        page = there[:limit]
        wanted = [key(keys.message(places[place]), keys.MESSAGE) for place in page]
        found = {
            message.id: message
            for message in map(message_from_item, batch_get(self._client, self._table, wanted))
        }
        messages = tuple(found[places[place]] for place in page if places[place] in found)
        return messages, page[-1] if len(there) > limit else None

    def decided(
        self,
        campaign: str,
        *,
        run: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        before: str = "",
        limit: int = 20,
    ) -> tuple[tuple[Message, ...], str | None]:
        """By the index of decisions: its shards are read side by side, the newest place of all first."""
        first = f"{epoch_millis(since):013d}" if since else "0"
        last = before or (f"{epoch_millis(until) - 1:013d}#~" if until else "~")
        shards = (self._places(campaign, shard, first, last) for shard in range(DECIDED_SHARDS))
        page: list[str] = []
        seen, following = "", None
        for number, place in enumerate(merge(*shards, reverse=True)):
            if place == before:
                continue
            if len(page) == limit or number > _PLACES_LOOKED_AT:
                following = seen
                break
            seen = place
            if not run or place.split("#")[1] == run:
                page.append(place)
        ids = [each.rpartition("#")[2] for each in page]
        wanted = [key(keys.message(message_id), keys.MESSAGE) for message_id in ids]
        found = {
            each.id: each for each in map(message_from_item, batch_get(self._client, self._table, wanted))
        }
        return tuple(found[each] for each in ids if each in found), following

    def _places(self, campaign: str, shard: int, first: str, last: str) -> Iterator[str]:
        """The places of one shard between two, the newest first."""
        found = query(
            self._client,
            self._table,
            IndexName=DECIDED_INDEX.name,
            KeyConditionExpression="cs = :cs AND ck BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":cs": {"S": keys.decided_partition(campaign, shard)},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            ScanIndexForward=False,
            Limit=_PLACES_READ,
        )
        return (item["ck"]["S"] for item in found)

    def _item(self, pk: str, sk: str, what: str) -> dict[str, Any] | None:
        with in_words_of_the_core(what):
            reply = self._client.get_item(TableName=self._table, Key=key(pk, sk), ConsistentRead=True)
        item: dict[str, Any] | None = reply.get("Item")
        return item


@lru_cache(maxsize=64)
def _update_expression(names: tuple[str, ...], written: frozenset[str]) -> str:
    """Which attributes are set, each to the value of its name, and which are gone."""
    given = [f"{name} = :{name}" for name in names if f":{name}" in written]
    removed = [name for name in names if f":{name}" not in written]
    return f"SET {', '.join(given)}" + (f" REMOVE {', '.join(removed)}" if removed else "")


def _sent_guard(part: str, sk: str, message: Message) -> dict[str, Any]:
    """With the instant of the decision, so that the newest of somebody's messages are found without reading all."""
    row = {"pk": keys.person(part), "sk": sk, "m": message.id, "at": epoch_millis(message.created_at)}
    return to_item(row)


def _guard(pk: str, sk: str, message: Message) -> dict[str, Any]:
    return to_item({"pk": pk, "sk": sk, "m": message.id})


def _failed_conditions(error: ClientError) -> list[int]:
    """Which actions of a transaction met something else than they expected."""
    reasons = enumerate(reasons_of(error))
    return [index for index, reason in reasons if reason.get("Code") == "ConditionalCheckFailed"]
