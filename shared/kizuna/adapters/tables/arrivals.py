"""When sources spoke, in the catalog table: the port `Arrivals`.

One row for each source and hour adds up the events of that hour and holds the time of the last one; it is forgotten
after some weeks. One row beside them says how the source stood when it was last looked at.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import Client, encode, from_item, in_words_of_the_core, key, to_item
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.errors import Conflict
from kizuna.core.quality.freshness import HOUR, Arrived, Watched, hour_of

KEPT = timedelta(days=35)


class ArrivalsTable:
    """Arrivals by source and hour."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def note(self, source: str, count: int, *, at: datetime) -> None:
        """One write. Where another instance was here with a later time, a second one adds the count alone."""
        try:
            self._add(source, count, at, moves="SET #at = :at, #ttl = :ttl ADD n :n")
        except Conflict:
            self._add(source, count, at, moves="ADD n :n")

    def _add(self, source: str, count: int, at: datetime, *, moves: str) -> None:
        hour = hour_of(at)
        values = {":n": encode(count)}
        names: dict[str, str] = {}
        guard: dict[str, str] = {}
        if moves.startswith("SET"):
            values |= {":at": encode(epoch_millis(at)), ":ttl": encode(int((hour + KEPT).timestamp()))}
            names = {"#at": "at", "#ttl": "ttl"}
            guard = {"ConditionExpression": "attribute_not_exists(#at) OR #at <= :at"}
        with in_words_of_the_core(f"arrivals of source {source}"):
            self._client.update_item(
                TableName=self._table,
                Key=key(keys.arrivals(source), keys.arrivals_hour(hour)),
                UpdateExpression=moves,
                ExpressionAttributeValues=values,
                **({"ExpressionAttributeNames": names} if names else {}),
                **guard,
            )

    def arrived(self, source: str, *, now: datetime) -> Arrived:
        """Two rows are enough: the newest hour holds the last arrival, and two hours are counted."""
        with in_words_of_the_core(f"arrivals of source {source}"):
            reply = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk < :watch",
                ExpressionAttributeValues={
                    ":pk": encode(keys.arrivals(source)),
                    ":watch": encode(keys.WATCH),
                },
                ScanIndexForward=False,
                Limit=2,
                ConsistentRead=True,
            )
        rows = [from_item(item) for item in reply["Items"]]
        recent = {keys.arrivals_hour(hour): hour for hour in (hour_of(now), hour_of(now) - HOUR)}
        return Arrived(
            last_at=from_epoch_millis(rows[0]["at"]) if rows else None,
            by_hour={recent[row["sk"]]: row["n"] for row in rows if row["sk"] in recent},
        )

    def watched(self, source: str) -> Watched | None:
        with in_words_of_the_core(f"watch of source {source}"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.arrivals(source), keys.WATCH), ConsistentRead=True
            )
        if "Item" not in reply:
            return None
        row = from_item(reply["Item"])
        return Watched(row["st"], from_epoch_millis(row["si"]), from_epoch_millis(row["ws"]))

    def mark(self, source: str, watched: Watched, *, before: Watched | None) -> bool:
        """Guarded by what it stood as; a lost reply to our own write looks like somebody else's."""
        row = {
            "pk": keys.arrivals(source),
            "sk": keys.WATCH,
            "st": watched.state,
            "si": epoch_millis(watched.since),
            "ws": epoch_millis(watched.watched_since),
        }
        guard: dict[str, object] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if before is not None:
            guard = {
                "ConditionExpression": "st = :st AND si = :si",
                "ExpressionAttributeValues": {
                    ":st": encode(before.state),
                    ":si": encode(epoch_millis(before.since)),
                },
            }
        try:
            with in_words_of_the_core(f"watch of source {source}"):
                self._client.put_item(TableName=self._table, Item=to_item(row), **guard)
        except Conflict:
            return False
        return True
