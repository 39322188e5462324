"""How the last check of the way out ended, in the catalog table: the port `FlightLog`."""

from __future__ import annotations

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import Client, from_item, in_words_of_the_core, key, to_item
from kizuna.core.canary import Flight
from kizuna.core.durations import epoch_millis, from_epoch_millis


class FlightLogTable:
    """One item, put whole each time: the last one wins, whoever was first."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def last_flight(self) -> Flight | None:
        with in_words_of_the_core("the last check of the way out"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.CANARY, keys.CANARY), ConsistentRead=True
            )
        if "Item" not in reply:
            return None
        row = from_item(reply["Item"])
        return Flight(from_epoch_millis(row["at"]), row["fa"], row["se"])

    def note_flight(self, flight: Flight) -> None:
        row = {
            "pk": keys.CANARY,
            "sk": keys.CANARY,
            "at": epoch_millis(flight.at),
            "fa": flight.failed_at,
            "se": flight.seen,
        }
        with in_words_of_the_core("the last check of the way out"):
            self._client.put_item(TableName=self._table, Item=to_item(row))
