"""Questions to the lake: conditions asked of everybody at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

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


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows of the lake that are asked for as they are: events of some names, and messages as they went out.

    `first_day` is the first day of which rows are read, by when they were stored (2026-11-22); of more than `most`
    rows, one more is given, so that whoever asks sees that there are too many.
    """

    names: tuple[str, ...]
    first_day: str
    sent: bool = False
    most: int = 200_000


class LakeRecords(Protocol):
    """The same engine, asked for rows."""

    def start_reading(self, reading: Reading) -> str:
        """Begin to read; returns an id. Reads only, and each time anew. Raises Unavailable."""
        ...

    def records(self, query: str) -> Iterator[Mapping[str, Any]] | None:
        """The rows, in no order, some of them twice; None while it runs. Raises QueryFailed, NotFound."""
        ...

    def stop(self, query: str) -> None:
        """Give a query up. One that is over stays as it is."""
        ...


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


class LakeEngine(LakeQueries, LakeRecords, Protocol):
    """Both."""
