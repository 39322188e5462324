"""Questions to the lake: conditions asked of everybody at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from kizuna.core.errors import KizunaError

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.condition_sql import Question


class QueryFailed(KizunaError):
    """A question was begun and not answered: it was stopped, read too much, or broke down."""


@dataclass(frozen=True, slots=True)
class LakeAnswer:
    """How many people matched, what was read for it (bytes as they are stored), and how long it took."""

    people: int
    scanned_bytes: int
    seconds: float


class LakeQueries(Protocol):
    """The engine that reads the lake: Athena where it is deployed, DuckDB on one machine."""

    def start(self, question: Question, *, snapshot: str) -> str:
        """Begin to count who matches; returns an id. `snapshot` is the id of that of people (`usecases/snapshot`).

        Reads only. The same question again starts another query, which costs as much again. Raises Unavailable, and
        NotInLake for a question that is too long for the engine.
        """
        ...

    def answer(self, query: str) -> LakeAnswer | None:
        """What came of it, None while it runs. Raises QueryFailed with its kind, NotFound for no such id."""
        ...

    def stop(self, query: str) -> None:
        """Give a query up. One that is over stays as it is."""
        ...
