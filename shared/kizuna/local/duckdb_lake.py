"""The lake of one machine, asked by DuckDB: the ports `LakeQueries` and `LakeRecords` over a folder of JSON lines."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from kizuna.core.condition_sql import Columns, Question
from kizuna.core.errors import NotFound
from kizuna.core.ports.lake_queries import LakeAnswer, Reading

MEMORY = "1GB"  # beyond it DuckDB works on disk
_LONGEST_LINE = 64 * 1_048_576


class DuckDbLake:
    """Each question is asked at once, in a database of its own; what memory cannot hold goes to a scratch folder."""

    def __init__(
        self, folder: Path, *, memory: str = MEMORY, threads: int = 2, scratch: Path | None = None
    ) -> None:
        self._folder = folder
        self._settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "threads": str(threads),
            "temp_directory": str(scratch or folder / "scratch"),
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
        }
        self._numbers = count(1)
        self._answers: dict[str, LakeAnswer] = {}
        self._readings: dict[str, Reading] = {}

    def start(self, question: Question, *, snapshot: str) -> str:
        began = time.perf_counter()
        people = self.snapshot_files(snapshot)
        events = self.event_files(question.first_day) if question.asks_events else []
        with self._opened(question, people, events) as database:
            (found,) = database.execute(question.count("duckdb")).fetchall()[0]
        query = f"q{next(self._numbers)}"
        read = sum(file.stat().st_size for file in (*people, *events))
        self._answers[query] = LakeAnswer(found, read, time.perf_counter() - began)
        return query

    def answer(self, query: str) -> LakeAnswer | None:
        if query not in self._answers:
            raise NotFound(f"query {query}")
        return self._answers[query]

    def stop(self, query: str) -> None:
        """Nothing is left to be stopped: a question is answered when it is asked."""

    def start_reading(self, reading: Reading) -> str:
        query = f"r{next(self._numbers)}"
        self._readings[query] = reading
        return query

    def records(self, query: str) -> Iterator[Mapping[str, Any]] | None:
        reading = self._readings.get(query)
        if reading is None:
            raise NotFound(f"query {query}")
        return self._rows(reading)

    def _rows(self, reading: Reading) -> Iterator[Mapping[str, Any]]:
        files = self._files("event", reading.first_day)
        files += self._files("message", reading.first_day) if reading.sent else []
        if not files:
            return
        names = ", ".join(_quoted(name) for name in reading.names) or "''"
        wanted = f"(json->>'$.kind' = 'event' AND json->>'$.name' IN ({names}))"
        if reading.sent:
            wanted += " OR (json->>'$.kind' = 'message' AND json->>'$.state' = 'SENT')"
        paths = ", ".join(_quoted(str(file)) for file in files)
        text = (  # names and paths are quoted, and all else is ours
            f"SELECT json FROM read_json_objects([{paths}], format = 'newline_delimited', "  # noqa: S608
            f"maximum_object_size = {_LONGEST_LINE}) WHERE {wanted} LIMIT {reading.most + 1}"
        )
        with quiet_database(self._settings) as database:
            found = database.execute(text)
            while page := found.fetchmany(1_000):
                yield from (json.loads(line) for (line,) in page)

    def members(self, question: Question, *, snapshot: str) -> list[str]:
        """Who matches, in no order."""
        events = self.event_files(question.first_day) if question.asks_events else []
        with self._opened(question, self.snapshot_files(snapshot), events) as database:
            return [person for (person,) in database.execute(question.members("duckdb")).fetchall()]

    def snapshot_files(self, snapshot: str) -> list[Path]:
        """Without what a killed process left half written beside them (`LocalRows`)."""
        files = (self._folder / "people" / f"dt={snapshot}").glob("*.jsonl*")
        return sorted(file for file in files if not file.name.startswith("."))

    def event_files(self, first_day: str | None) -> list[Path]:
        """Files of events from a day on: folders are named by the day on which their events were stored."""
        return self._files("event", first_day)

    def _files(self, kind: str, first_day: str | None) -> list[Path]:
        files = (self._folder / "events").glob(f"dt=*/{kind}.jsonl*")
        return sorted(file for file in files if first_day is None or file.parent.name >= f"dt={first_day}")

    def _opened(
        self, question: Question, people: Sequence[Path], events: Sequence[Path]
    ) -> duckdb.DuckDBPyConnection:
        database = quiet_database(self._settings)
        for name, files in (("lake_people", people), ("lake_events", events)):
            if columns := question.columns(name):
                database.execute(_view(name, columns, files))
        return database


def quiet_database(settings: dict[str, str | bool | int | float | list[str]]) -> duckdb.DuckDBPyConnection:
    """An empty one that never draws its progress: after two seconds it would, into the standard output from which a
    program reads JSON."""
    database = duckdb.connect(":memory:", config=settings)
    database.execute("SET enable_progress_bar = false")
    return database


def _quoted(text: str) -> str:
    return exp.Literal.string(text).sql("duckdb")


def _view(name: str, types: Columns, files: Sequence[Path]) -> str:
    """The rows of files under a name, with the columns that are asked for. These are ours, never guessed."""
    if not files:
        nothing = ", ".join(f"CAST(NULL AS {_type(of)}) AS {column}" for column, of in types.items())
        return f"CREATE VIEW {name} AS SELECT {nothing} WHERE FALSE"
    columns = ", ".join(f"{column}: '{_type(of)}'" for column, of in types.items())
    paths = ", ".join(exp.Literal.string(str(file)).sql("duckdb") for file in files)
    return (  # the paths are quoted, and all else is ours
        f"CREATE VIEW {name} AS SELECT * FROM read_json([{paths}], format = 'newline_delimited', "  # noqa: S608
        f"columns = {{{columns}}}, maximum_object_size = {_LONGEST_LINE})"
    )


def _type(of: str | Mapping[str, str]) -> str:
    if isinstance(of, str):
        return of
    fields = ", ".join(f"{field} {inner}" for field, inner in of.items())
    return f"STRUCT({fields})[]"
