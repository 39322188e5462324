"""A draft count over everybody in the lake of one machine: DuckDB over the files that the functions write.

The population is made once, by the functions that write the lake's rows, and kept in a folder of the system's own for
temporary files; its rows are repeated under other ids up to a million people, for what is timed is the reading.
Before anything is timed the same query over the first people is held against the evaluator.
"""

from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from pydantic import TypeAdapter
from rich.table import Table

from benchmarks.sides import WrongAnswer
from kizuna.core.aggregates import needs_of, tallied
from kizuna.core.condition_sql import compile_condition
from kizuna.core.conditions import Condition, evaluate
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.lake_rows import event_row, person_row
from kizuna.core.people import Address, Profile, Trait, new_profile
from kizuna.core.segments import view_of
from kizuna.local.duckdb_lake import DuckDbLake

PEOPLE = 1_000_000
MODELS = 2_000  # people that are made; the others are the same under other ids
SHARDS = 8
SEED = 20_261_122
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SNAPSHOT = "2026-11-22T03-00"
MEMORY = "1GB"
_VERSION = 2  # of the population: another one is made anew
_CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)

_PRO = {"trait": "plan", "op": "eq", "value": "pro"}
_BOUGHT = {"event": "Order Completed", "verb": "count", "op": "gte", "value": 2, "window": {"last": "7d"}}
_SPENT = {"event": "Order Completed", "verb": "sum", "of": "total", "value": 100, "window": {"last": "30d"}}
_CAME_BACK = {
    "sequence": [{"event": "Product Viewed"}, {"event": "Order Completed", "within": "1d"}],
    "window": {"last": "30d"},
}
_SOME = [
    {"trait": "plan", "op": "in", "value": ["pro", "team"]},
    {"trait": "age", "op": "between", "value": [20, 35]},
    {"trait": "city", "op": "contains", "value": "kyo"},
    {"trait": "tags", "op": "has_any", "value": ["vip"]},
    {"trait": "signed_up", "op": "within_last", "value": "30d"},
    {"reachable": "email"},
    {"trait": "spent", "op": "gt", "value": 500.5},
    {"trait": "address.country", "op": "eq", "value": "JP"},
]
QUESTIONS: dict[str, Any] = {
    "two traits": {"all": [_PRO, {"trait": "age", "op": "gte", "value": 40}]},
    "at least three of eight": {"type": "at_least", "n": 3, "of": _SOME},
    "bought twice in 7 days": _BOUGHT,
    "spent 100 in 30 days, on the plan pro": {"all": [_PRO, _SPENT]},
    "viewed, then bought within a day": _CAME_BACK,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: how many matched, the median of some rounds in seconds, and the peak of the process in MB."""

    question: str
    matched: int
    seconds: float
    peak_mb: float
    read_mb: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


# ── the population ──────────────────────────────────────────────────────────────────────────────


def _model(number: int, draw: Random) -> tuple[Profile, list[Event]]:
    made = new_profile(f"p{number:025d}", now=NOW)
    traits: dict[str, Any] = {
        "plan": draw.choice(["free", "free", "free", "team", "pro"]),
        "age": draw.randint(16, 90),
        "city": draw.choice(["Tokyo", "Kyoto", "Osaka", "Berlin", "Lisbon"]),
        "signed_up": (NOW - timedelta(minutes=draw.randint(0, 500_000))).isoformat(),
        "spent": round(draw.expovariate(1 / 200), 2),
        "tags": draw.sample(["vip", "new", "beta", "press"], draw.randint(0, 3)),
        "address": {
            "country": draw.choice(["JP", "DE", "PT", "US"]),
            "zip": str(draw.randint(10_000, 99_999)),
        },
    }
    address = Address("email", f"{number}@example.com", NOW)
    profile = replace(
        made,
        version=draw.randint(1, 40),
        traits={name: Trait(value, NOW, "shop") for name, value in traits.items()},
        addresses={address.key: address} if draw.random() < 0.8 else {},
    )
    events = [
        Event(
            type="track",
            id=f"m{number}-{count}",
            source=Source("shop", SourceKind.SERVER),
            at=at,
            received_at=at,
            name=draw.choice(["Order Completed", "Product Viewed", "Product Viewed"]),
            properties={"total": round(draw.uniform(1, 120), 2), "sku": f"S{draw.randint(1, 500)}"},
        )
        for count in range(draw.randint(0, 6))
        for at in [NOW - timedelta(seconds=draw.randint(1, 60 * 86_400))]
    ]
    return profile, events


def models() -> list[tuple[Profile, list[Event]]]:
    draw = Random(SEED)  # noqa: S311  (a population that repeats itself)
    return [_model(number, draw) for number in range(MODELS)]


def _put(folder: Path, made: list[tuple[Profile, list[Event]]], people: int) -> None:
    """The rows of everybody: those of the models, under as many ids as there are people."""
    rows = [_text(person_row(profile, now=NOW)) for profile, _ in made]
    told = [
        [_text(event_row(profile.id, event, stored=event.received_at)) for event in events]
        for profile, events in made
    ]
    by_day: dict[str, list[tuple[int, str]]] = {}
    for model, (_, events) in enumerate(made):
        for event, line in zip(events, told[model], strict=True):
            by_day.setdefault(f"{event.received_at:%Y-%m-%d}", []).append((model, line))
    copies = people // MODELS
    for shard in range(SHARDS):
        lines = (
            _renamed(rows[model], model, copy)
            for copy in range(shard, copies, SHARDS)
            for model in range(MODELS)
        )
        _write(folder / "people" / f"dt={SNAPSHOT}" / f"{shard}-.jsonl.gz", lines)
    for day, of_day in by_day.items():
        lines = (_renamed(line, model, copy) for copy in range(copies) for model, line in of_day)
        _write(folder / "events" / f"dt={day}" / "event.jsonl.gz", lines)


def _text(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":")) + "\n"


def _renamed(line: str, model: int, copy: int) -> str:
    """Another person with the same traits, or the same event of another."""
    return line.replace(f"p{model:025d}", f"p{copy:010d}{model:015d}").replace('"id":"', f'"id":"{copy}-', 1)


def _write(file: Path, lines: Iterator[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(file, "wt", encoding="utf-8", compresslevel=1) as opened:
        opened.writelines(lines)


def population(people: int = PEOPLE, *, progress: Callable[[str], None]) -> Path:
    """The folder of a lake of so many people, made if it is not there yet."""
    folder = Path(tempfile.gettempdir()) / f"kizuna-lake-{_VERSION}-{people}"
    if not (folder / "done").is_file():
        progress(f"lake: writing {people:,} people, once")
        _put(folder, models(), people)
        (folder / "done").touch()
    return folder


# ── asking ──────────────────────────────────────────────────────────────────────────────────────


def expected(name: str, people: int = PEOPLE) -> int:
    """How many match by the meaning of conditions: those of the models, as often as there are copies."""
    condition = _CONDITION.validate_python(QUESTIONS[name])
    needs = needs_of([condition])
    found = 0
    for profile, events in models():
        known = replace(profile, aggregates=tallied({}, events, needs, now=NOW))
        found += evaluate(condition, view_of(known), now=NOW).matched
    return found * (people // MODELS)


def ask(folder: Path, name: str, rounds: int) -> Asked:
    """In this process, whose peak of memory is what DuckDB took."""
    lake = DuckDbLake(folder, memory=MEMORY)
    question = compile_condition(_CONDITION.validate_python(QUESTIONS[name]), now=NOW)
    seconds = []
    matched, read = 0, 0
    for _ in range(rounds):
        began = time.perf_counter()
        answer = lake.answer(lake.start(question, snapshot=SNAPSHOT))
        seconds.append(time.perf_counter() - began)
        if answer is not None:
            matched, read = answer.people, answer.scanned_bytes
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Asked(name, matched, sorted(seconds)[len(seconds) // 2], peak, read / 1e6)


def measure(*, rounds: int = 3, people: int = PEOPLE, progress: Callable[[str], None]) -> list[Asked]:
    """Every question in a fresh process of its own. Raises WrongAnswer if one differs from the evaluator's."""
    folder = population(people, progress=progress)
    found = []
    for name in QUESTIONS:
        progress(f"lake: {name}")
        code = f"from benchmarks import lake; lake.tell({str(folder)!r}, {name!r}, {rounds})"
        output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
        asked = Asked(**json.loads(output.stdout))
        if asked.matched != expected(name, people):
            raise WrongAnswer(f"lake: {name}: {asked.matched} instead of {expected(name, people)}")
        found.append(asked)
    return found


def table(rows: Sequence[Asked]) -> Table:
    shown = Table(
        "a count over 1,000,000 people",
        "matched",
        "seconds",
        "peak MB",
        "read MB",
        title="the lake, in DuckDB",
    )
    for row in rows:
        figures = (f"{row.matched:,}", f"{row.seconds:.1f}", f"{row.peak_mb:,.0f}", f"{row.read_mb:,.0f}")
        shown.add_row(row.question, *figures)
    return shown


def tell(folder: str, name: str, rounds: int) -> None:
    sys.stdout.write(json.dumps(ask(Path(folder), name, rounds).to_json()))
