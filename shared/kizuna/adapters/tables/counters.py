"""Exact counts of messages: the port `Counters`, over the counts of runs and cells and a mark on each message.

The mark (`ct`) says which state the counters hold of the message. It moves in the same transaction as the
counters do, on the condition that it is what was read: a repeat, an older state that comes late and a crash
between any two steps leave every sum right. The rows of a counter share its load; a message stays with one.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from kizuna.adapters.tables import catalog_keys, people_keys
from kizuna.adapters.tables.dynamodb import Client, encode, in_words_of_the_core, key, query
from kizuna.adapters.tables.people_codec import compact
from kizuna.adapters.tables.result_rows import added_to_cell, added_to_run, moved_mark, run_counts
from kizuna.core.errors import Conflict
from kizuna.core.ids import shard_of
from kizuna.core.messages import Message, State
from kizuna.core.results.cells import in_state, sms_parts, state_in
from kizuna.topology import COUNTER_SHARDS

_TRIES = 8  # counters are hot: two transactions on one row at one moment refuse each other
_WENT_OUT = frozenset({State.SENT, State.UNKNOWN})
_DAYS_KEPT = timedelta(days=40)
_PAUSE = 0.01  # seconds, longer with each try


@dataclass(frozen=True, slots=True)
class _Mark:
    """The state that a message is counted in."""

    version: int
    state: str
    reason: str

    @property
    def went_out(self) -> int:
        return int(self.state in _WENT_OUT)

    def text(self) -> str:
        return compact([self.version, self.state, self.reason])


class CountersTable:
    """Counts by campaign, run, channel, state and reason."""

    def __init__(
        self, client: Client, *, people: str, catalog: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._people = people
        self._catalog = catalog
        self._pause = pause

    def count(self, message: Message, *, of_day: bool = False) -> bool:
        """False as well if the message is no longer stored. Raises Conflict if the counters stay contended."""
        now = _Mark(message.state_version, str(message.state), message.reason)
        for attempt in range(_TRIES):
            stored = self._stored_mark(message.id)
            if stored is None:
                return False
            before = _Mark(*json.loads(stored)) if stored else None
            if before is not None and before.version >= now.version:
                return False
            try:
                with in_words_of_the_core(f"count of message {message.id}"):
                    self._move(message, before, now, of_day=of_day)
            except Conflict:
                self._pause(_PAUSE * (attempt + 1))
                continue
            return True
        raise Conflict(f"count of message {message.id}")

    def _stored_mark(self, message_id: str) -> str | None:
        """The mark's text, empty where nothing is counted yet; None if there is no such message."""
        with in_words_of_the_core(f"message {message_id}"):
            reply = self._client.get_item(
                TableName=self._people,
                Key=key(people_keys.message(message_id), people_keys.MESSAGE),
                ProjectionExpression="pk, ct",
                ConsistentRead=True,
            )
        return reply["Item"].get("ct", {"S": ""})["S"] if "Item" in reply else None

    def _move(self, message: Message, before: _Mark | None, now: _Mark, *, of_day: bool) -> None:
        mark = moved_mark(self._people, message.id, "ct", before.text() if before else None, now.text())
        gains = _gains(before, now)
        if not gains:
            self._client.update_item(**mark)  # counted where it belongs: only the version moves on
            return
        went_out = now.went_out - (before.went_out if before else 0)
        parts = {sms_parts(message.country): went_out * message.parts} if went_out and message.parts else {}
        moves = [
            {"Update": mark},
            {"Update": added_to_run(self._catalog, message, gains)},
            {"Update": added_to_cell(self._catalog, message, {**gains, **parts})},
        ]
        if of_day and went_out:
            moves.append({"Update": self._add_to_day(message, went_out)})
        self._client.transact_write_items(TransactItems=moves)

    def _add_to_day(self, message: Message, amount: int) -> dict[str, Any]:
        """One that turns out not to have gone out is taken off the day on which it was lost sight of."""
        at = message.changed_at if amount > 0 else message.unknown_since or message.changed_at
        shard = shard_of(message.id, COUNTER_SHARDS)
        return {
            "TableName": self._catalog,
            "Key": key(
                catalog_keys.spent(f"{at.astimezone(UTC):%Y-%m-%d}"),
                catalog_keys.spent_on(message.channel, shard),
            ),
            "UpdateExpression": "SET #ttl = :ttl ADD n :amount",
            "ExpressionAttributeNames": {"#ttl": "ttl"},
            "ExpressionAttributeValues": {
                ":amount": encode(amount),
                ":ttl": encode(int((at + _DAYS_KEPT).timestamp())),
            },
        }

    def sent_on(self, day: str) -> Mapping[str, int]:
        counts: Counter[str] = Counter()
        for item in query(
            self._client,
            self._catalog,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(catalog_keys.spent(day))},
            ConsistentRead=True,
        ):
            counts[catalog_keys.channel_spent_on(item["sk"]["S"])] += int(item["n"]["N"])
        return {channel: count for channel, count in counts.items() if count}

    def read(self, campaign: str, run: str) -> Mapping[tuple[str, str, str], int]:
        """What nothing is counted in any more is left out."""
        return {
            (channel, *told): count
            for channel, sums in run_counts(self._client, self._catalog, campaign, run).items()
            for name, count in sums.items()
            if count and (told := state_in(name)) is not None
        }


def _gains(before: _Mark | None, now: _Mark) -> Counter[str]:
    """What the counts gain by a step; nothing where both are counted as the same."""
    gains = Counter({in_state(now.state, now.reason): 1})
    if before is not None:
        gains.subtract([in_state(before.state, before.reason)])
    return Counter({name: gain for name, gain in gains.items() if gain})
