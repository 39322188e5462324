"""Exact counts of messages by state, in memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from kizuna.core.messages import Message
from kizuna.core.results.cells import Cell, Sums, cell_of, counted_run, in_state, sms_parts
from kizuna.local.memory.messages import InMemoryMessages


@dataclass(frozen=True, slots=True)
class _Counted:
    version: int
    name: tuple[str, str, str]


_WENT_OUT = ("SENT", "UNKNOWN")


class InMemoryCounters:
    """The port `Counters`."""

    def __init__(self, messages: InMemoryMessages) -> None:
        self._messages = messages
        self._marks: dict[str, _Counted] = {}
        self._counts: dict[tuple[str, str], Counter[tuple[str, str, str]]] = defaultdict(Counter)
        self._days: dict[str, Counter[str]] = defaultdict(Counter)
        self.cells: dict[tuple[str, str], dict[Cell, Counter[str]]] = defaultdict(
            lambda: defaultdict(Counter)
        )

    def count(self, message: Message, *, of_day: bool = False) -> bool:
        before = self._marks.get(message.id)
        if message.id not in self._messages.stored or (before and before.version >= message.state_version):
            return False
        name = (message.channel, str(message.state), message.reason)
        self._marks[message.id] = _Counted(message.state_version, name)
        counts = self._counts[message.campaign, counted_run(message.campaign, message.run)]
        gains = Counter({in_state(*name[1:]): 1})
        counts[name] += 1
        if before:
            counts[before.name] -= 1
            gains.subtract([in_state(*before.name[1:])])
        moved = (name[1] in _WENT_OUT) - (before is not None and before.name[1] in _WENT_OUT)
        if moved and message.parts:
            gains[sms_parts(message.country)] += moved * message.parts
        self.add_to_cell(message, gains)
        if of_day and moved:
            at = message.changed_at if moved > 0 else message.unknown_since or message.changed_at
            self._days[f"{at:%Y-%m-%d}"][message.channel] += moved
        return True

    def add_to_cell(self, message: Message, gains: Sums) -> None:
        """The cell of a message gains something."""
        run = counted_run(message.campaign, message.run)
        self.cells[message.campaign, run][cell_of(message)].update(gains)

    def sent_on(self, day: str) -> Mapping[str, int]:
        return {channel: count for channel, count in self._days[day].items() if count}

    def read(self, campaign: str, run: str) -> Mapping[tuple[str, str, str], int]:
        return {name: count for name, count in self._counts[campaign, run].items() if count}
