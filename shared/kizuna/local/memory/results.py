"""What became of messages, summed, in memory."""

from __future__ import annotations

from collections.abc import Mapping

from kizuna.core.messages import Message
from kizuna.core.results.cells import Cell, Sums
from kizuna.core.results.counted import Counted, gained
from kizuna.local.memory.counters import InMemoryCounters
from kizuna.local.memory.messages import InMemoryMessages


class InMemoryResults:
    """The port `Results`; states come to its cells by way of the counters."""

    def __init__(self, messages: InMemoryMessages, counters: InMemoryCounters) -> None:
        self._messages = messages
        self._counters = counters
        self._marks: dict[str, Counted] = {}

    def counted(self, message_id: str) -> Counted | None:
        return self._marks.get(message_id, Counted()) if message_id in self._messages.stored else None

    def count(self, message: Message, before: Counted, after: Counted) -> bool:
        if self.counted(message.id) != before:
            return False
        self._marks[message.id] = after
        self._counters.add_to_cell(message, gained(before, after))
        return True

    def sums(self, campaign: str, run: str) -> Mapping[Cell, Sums]:
        found = {
            cell: {name: count for name, count in sums.items() if count}
            for cell, sums in self._counters.cells[campaign, run].items()
        }
        return {cell: sums for cell, sums in sorted(found.items()) if sums}
