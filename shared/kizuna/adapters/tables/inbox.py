"""Inboxes in DynamoDB: the port `Inboxes`, and the sender that puts items there.

An item lies in the partition of the person it was put for, so it goes where that part of the person goes: with a
merge, apart again with its undoing, and away with an erasure. DynamoDB forgets it when its time is over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from kizuna.adapters.senders.provider_calls import check_leave
from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import (
    Client,
    Item,
    batch_get,
    encode,
    from_item,
    in_words_of_the_core,
    key,
    query,
)
from kizuna.adapters.tables.messages_codec import message_from_item
from kizuna.adapters.tables.people_codec import compact
from kizuna.core.content.own_content import RenderedInbox
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.gate import Approved
from kizuna.core.inbox import Held, InboxItem
from kizuna.core.messages import Accepted, Message, NotAccepted, Outcome
from kizuna.core.own_channels import INBOX
from kizuna.core.ports import Envelope

_AGAIN_IN = timedelta(minutes=1)


class InboxTable:
    """Reads and puts the items of inboxes."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, item: InboxItem) -> None:
        row = {
            "ex": epoch_millis(item.expires_at),
            "ttl": int(item.expires_at.timestamp()) + 1,
            "b": compact([item.placement, item.language, item.title, item.body, item.link, dict(item.data)]),
        }
        try:
            with in_words_of_the_core(f"inbox item {item.id}"):
                self._client.update_item(
                    TableName=self._table,
                    Key=key(keys.person(item.part), keys.inbox_item(epoch_millis(item.at), item.id)),
                    UpdateExpression="SET ex = :ex, #ttl = :ttl, b = :b",
                    ConditionExpression="attribute_not_exists(pk)",
                    ExpressionAttributeNames={"#ttl": "ttl"},
                    ExpressionAttributeValues={f":{name}": encode(value) for name, value in row.items()},
                )
        except Conflict:
            return  # it is there

    def page(
        self, parts: Sequence[str], *, before: str = "", limit: int = 20
    ) -> tuple[tuple[Held, ...], str | None]:
        rows = [
            item
            for part in dict.fromkeys(parts)
            for item in islice(self._newest(part, before, limit + 2), limit + 2)
            if item["sk"]["S"] != before
        ]
        rows.sort(key=lambda row: row["sk"]["S"], reverse=True)
        page = [_item_from_row(row) for row in rows[:limit]]
        messages = self._messages([item.id for item in page])
        held = tuple(
            Held(item, messages[item.id].state, messages[item.id].facts)
            for item in page
            if item.id in messages
        )
        return held, rows[limit - 1]["sk"]["S"] if len(rows) > limit else None

    def find(self, parts: Sequence[str], ids: Sequence[str]) -> tuple[str, ...]:
        found = self._messages(ids)
        return tuple(
            each for each in ids
            if each in found and found[each].channel == INBOX and found[each].person in parts
        )  # fmt: skip

    def _newest(self, part: str, before: str, limit: int) -> Iterator[Item]:
        """A part's items down from a place (with the one that lies there), or from the newest."""
        return query(
            self._client,
            self._table,
            Limit=limit,
            ScanIndexForward=False,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
            ExpressionAttributeValues={
                ":pk": encode(keys.person(part)),
                ":low": encode(keys.INBOX_PREFIX),
                ":high": encode(before or keys.INBOX_PREFIX + "~"),
            },
        )

    def _messages(self, ids: Sequence[str]) -> Mapping[str, Message]:
        wanted = [key(keys.message(each), keys.MESSAGE) for each in dict.fromkeys(ids)]
        found = map(message_from_item, batch_get(self._client, self._table, wanted))
        return {message.id: message for message in found}


def _item_from_row(item: Mapping[str, Any]) -> InboxItem:
    row = from_item(item)
    millis, message = keys.inbox_place(row["sk"])
    placement, language, title, body, link, data = json.loads(row["b"])
    return InboxItem(
        id=message,
        part=keys.person_id_of(row["pk"]),
        at=from_epoch_millis(millis),
        expires_at=from_epoch_millis(row["ex"]),
        placement=placement,
        language=language,
        title=title,
        body=body,
        link=link,
        data=data,
    )


class InboxSender:
    """The sender of the channel `inbox`. It may be asked again after any doubt: the item is put by its key."""

    def __init__(self, inboxes: InboxTable) -> None:
        self._inboxes = inboxes

    def send(self, approved: Approved, envelope: Envelope, content: RenderedInbox) -> Outcome:
        check_leave(approved, envelope, channel=INBOX)
        message = envelope.message
        item = InboxItem(
            id=message.id,
            part=message.person,
            at=message.created_at,
            expires_at=content.stays.after(message.created_at),
            placement=content.placement,
            language=content.language,
            title=content.title,
            body=content.body,
            link=content.link,
            data=content.data,
        )
        try:
            self._inboxes.put(item)
        except Unavailable:
            return NotAccepted("store_unavailable", _AGAIN_IN)
        return Accepted(message.id)
