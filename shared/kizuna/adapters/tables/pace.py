"""Whose turn it is, in the catalog table: the port `Pace`.

One row for each channel holds the instant up to which its moments are given out. Whoever wants some moves it on, by
one write that adds and never loses a race; where nobody asked for a while, it begins again at this moment. Moments
that nobody used are not saved up, so there is no burst after a pause.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import Client, encode, in_words_of_the_core, key
from kizuna.core.errors import Unavailable
from kizuna.core.ports.turns import Slots

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TRIES = 5


class PaceTable:
    """Moments by channel."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def reserve(
        self, channel: str, *, every: timedelta, count: int, now: datetime, within: timedelta
    ) -> Slots | None:
        """One write where others are sending too; two, and a read, after a pause. A crash right after loses the
        moments and nothing else."""
        start, span = _micros(now), (every * count) // _MICROSECOND
        latest = start + within // _MICROSECOND
        for _ in range(_TRIES):
            given = self._move(
                channel,
                "ADD n :span",
                "n >= :now AND n <= :latest",
                {":span": span, ":now": start, ":latest": latest},
            )
            if given is None:
                standing = self._standing(channel)
                if standing is not None and standing > latest:
                    return None  # the queue of those before us is too long
                if standing is not None and standing >= start:
                    continue  # somebody began while we looked: behind them there is room
                given = self._move(
                    channel,
                    "SET n = :end",
                    "attribute_not_exists(n) OR n < :now",
                    {":end": start + span, ":now": start},
                )
            if given is not None:
                return Slots(_EPOCH + (given - span) * _MICROSECOND, every, count)
        raise Unavailable(f"pace of {channel}")

    def _move(self, channel: str, moves: str, condition: str, values: dict[str, int]) -> int | None:
        """Up to when moments are given out now; None if the condition does not hold."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": key(keys.pace(channel), keys.PACE),
            "UpdateExpression": moves,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {name: encode(value) for name, value in values.items()},
            "ReturnValues": "UPDATED_NEW",
        }
        with in_words_of_the_core(f"pace of {channel}"):
            try:
                reply = self._client.update_item(**request)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                    return None
                raise
        return int(reply["Attributes"]["n"]["N"])

    def _standing(self, channel: str) -> int | None:
        with in_words_of_the_core(f"pace of {channel}"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.pace(channel), keys.PACE), ConsistentRead=True
            )
        return int(reply["Item"]["n"]["N"]) if "Item" in reply else None


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
