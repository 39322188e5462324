"""What became of messages, summed exactly: the port `Results`, over the rows of cells and a mark on each message.

The mark (`cr`) says what is counted of the message. It moves in the transaction of the sums, on the condition that it
is what was read, as in `counters_table`. A crash right after leaves both moved; whoever repeats it finds so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from kizuna.adapters.tables import people_keys
from kizuna.adapters.tables.dynamodb import Client, in_words_of_the_core, key
from kizuna.adapters.tables.people_codec import compact
from kizuna.adapters.tables.result_rows import added_to_cell, moved_mark, run_cells
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.errors import Conflict
from kizuna.core.messages import Message
from kizuna.core.results.cells import Cell, Sums
from kizuna.core.results.counted import Conversion, Counted, Sign, gained


class ResultsTable:
    def __init__(self, client: Client, *, people: str, catalog: str) -> None:
        self._client = client
        self._people = people
        self._catalog = catalog

    def counted(self, message_id: str) -> Counted | None:
        with in_words_of_the_core(f"message {message_id}"):
            reply = self._client.get_item(
                TableName=self._people,
                Key=key(people_keys.message(message_id), people_keys.MESSAGE),
                ProjectionExpression="pk, cr",
                ConsistentRead=True,
            )
        item = reply.get("Item")
        if item is None:
            return None
        return _counted(item["cr"]["S"]) if "cr" in item else Counted()

    def count(self, message: Message, before: Counted, after: Counted) -> bool:
        """False as well where a lost reply hid that the mark had moved: then it is what was wanted."""
        known = _text(before) if before != Counted() else None
        moves = [{"Update": moved_mark(self._people, message.id, "cr", known, _text(after))}]
        gains = gained(before, after)
        if gains:
            moves.append({"Update": added_to_cell(self._catalog, message, gains)})
        try:
            with in_words_of_the_core(f"result of message {message.id}"):
                self._client.transact_write_items(TransactItems=moves)
        except Conflict:
            return False
        return True

    def sums(self, campaign: str, run: str) -> Mapping[Cell, Sums]:
        found = {
            cell: {name: count for name, count in sums.items() if count}
            for cell, sums in run_cells(self._client, self._catalog, campaign, run).items()
        }
        return {cell: sums for cell, sums in sorted(found.items()) if sums}


def _text(counted: Counted) -> str:
    told = [
        [epoch_millis(each.at), each.event, each.goal, each.amount, each.currency]
        for each in counted.conversions
    ]
    return compact([sorted(counted.signs), told])


def _counted(text: str) -> Counted:
    signs, told = json.loads(text)
    conversions = (Conversion(from_epoch_millis(at), *rest) for at, *rest in told)
    return Counted(frozenset(map(Sign, signs)), tuple(conversions))
