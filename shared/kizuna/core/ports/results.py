"""What became of messages, summed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.messages import Message
    from kizuna.core.results.cells import Cell, Sums
    from kizuna.core.results.counted import Counted


class Results(Protocol):
    """Sums of what became of messages, by cell. Their states come here by way of `Counters.count`."""

    def counted(self, message_id: str) -> Counted | None:
        """What is counted of a message; None if there is no such message (any more)."""
        ...

    def count(self, message: Message, before: Counted, after: Counted) -> bool:
        """Move the mark of a message and the sums of its cell, in one transaction.

        False if the mark is not what was read, or somebody is writing it or the sums at this moment: read it again.
        """
        ...

    def sums(self, campaign: str, run: str) -> Mapping[Cell, Sums]:
        """What is counted of a run, by cell, without what adds up to nothing."""
        ...
