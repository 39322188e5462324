"""People and what they did, with every kind of value that a condition can meet, and the same as rows of the lake."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kizuna.adapters.batches import json_text
from kizuna.core.aggregates import needs_of, tallied
from kizuna.core.conditions import Condition, evaluate
from kizuna.core.durations import epoch_millis
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.lake_rows import event_row, person_row
from kizuna.core.people import Address, AddressStatus, Profile, Trait, new_profile
from kizuna.core.segments import view_of
from kizuna.local.duckdb_lake import DuckDbLake

NOW = datetime(2026, 3, 29, 1, 30, 0, 123_456, tzinfo=UTC)  # an hour that Europe's clocks leave out
SNAPSHOT = "2026-03-29"
SOURCE = Source("shop", SourceKind.SERVER)
CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
ZONES = ["Asia/Tokyo", "Europe/Berlin", "America/Los_Angeles", "Pacific/Apia", "Asia/Beirut", "Nowhere/Land"]


@dataclass(frozen=True, slots=True)
class Somebody:
    """A profile without what is remembered of events, and the events themselves by partition."""

    profile: Profile
    events: tuple[tuple[str, Event], ...]


# ── values ──────────────────────────────────────────────────────────────────────────────────────

texts = st.one_of(
    st.sampled_from(
        [
            "",
            "pro",
            "Pro",
            "PRO",
            "a.b",
            "5",
            "5.0",
            "%",
            "_",
            "\\",
            "a%b_c\\",
            "it's",
            "ß",
            "SS",
            "İ",
            "日本",
            "ＡＢ",
        ]
    ),
    st.sampled_from(
        [
            "é",
            "e\u0301",
            "😀",
            "\ufeffpro",
            "pro ",
            "\n",
            "true",
            "null",
            "1.2.10",
            "1.2.9",
            "10.0.0.7",
            "::ffff:10.0.0.7",
            "v2.0-rc.1",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)
instants = st.one_of(
    st.integers(-3, 3).map(lambda millis: NOW + timedelta(milliseconds=millis)),
    st.integers(-3, 3).map(lambda micros: NOW - timedelta(days=7) + timedelta(microseconds=micros)),
    st.integers(-3, 3).map(lambda hours: NOW + timedelta(hours=hours)),
    st.datetimes(datetime(1971, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001
)
millis = st.none() | instants.map(lambda at: epoch_millis(min(at, NOW)))
instant_texts = st.one_of(
    instants.map(lambda at: at.isoformat()),
    instants.map(lambda at: at.isoformat(timespec="milliseconds").replace("+00:00", "Z")),
    instants.map(lambda at: f"{at:%Y-%m-%d}"),
    instants.map(
        lambda at: (at + timedelta(hours=9)).isoformat(timespec="seconds").replace("+00:00", "+09:00")
    ),
    st.sampled_from(
        ["9999-12-31T23:59:59+00:00", "0001-01-01", "2026-W13-7", "20260329", "2026-02-30", "24:00"]
    ),
)
whole_numbers = st.one_of(
    st.integers(-3, 12),
    st.sampled_from([2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63, 2**64 + 1, 10**20, 10**20 + 1]),
)
reals = st.one_of(
    st.sampled_from(
        [0.0, -0.0, 0.1, 0.1 + 0.2, 0.3, 5.0, 1e-7, 5e-7, 2.5e-6, 1e20, 2.0**53, 1.5, 2.675, 1e-320]
    ),
    st.floats(-1e6, 1e6, allow_nan=False),
)
scalars = st.one_of(texts, instant_texts, whole_numbers, reals, st.booleans())
names = st.sampled_from(["plan", "a", "b", "a.b", "x.y", "home", "address", "country", "region"])
places = st.one_of(
    st.sampled_from(
        [
            {"lat": 35.0, "lon": 135.75, "country": "jp", "region": "26"},
            {"latitude": -89.999, "lng": 179.999, "region": "NZ-AUK"},
            {"lat": 35.001, "longitude": 135.75},
            {"lat": 91, "lon": 0, "country": " JP "},
            {"lat": True, "lon": 0, "region": "JP-26"},
        ]
    ),
    st.builds(
        lambda lat, lon: {"lat": lat, "lon": lon},
        st.floats(-90, 90),
        st.one_of(st.floats(-180, 180), st.just(0)),
    ),
)
values = st.recursive(
    st.one_of(scalars, scalars, scalars, st.none(), places),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "b", "c", "a.b"]), inner, max_size=3),
    ),
    max_leaves=6,
)
paths = st.sampled_from(["plan", "a", "b", "a.b", "a.b.c", "a.a", "x.y", "b.a", "nothing"])


# ── people and what they did ────────────────────────────────────────────────────────────────────


@st.composite
def histories(draw: st.DrawFn, parts: Sequence[str], start: int) -> tuple[tuple[str, Event], ...]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        at = min(draw(instants), NOW)  # nothing that is stored lies ahead
        event = Event(
            type=draw(st.sampled_from(["track", "track", "track", "page"])),
            id=f"e{start}-{number}",
            source=SOURCE,
            at=at,
            received_at=max(at, NOW),
            name=draw(st.sampled_from(["Order", "View"])),
            properties=draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "amount": st.one_of(whole_numbers.filter(lambda n: abs(n) < 100), reals),
                        "a": values,
                    },
                )
            ),
            context=draw(
                st.fixed_dictionaries({}, optional={"a": values, "location": st.one_of(values, places)})
            ),
        )
        found.append((draw(st.sampled_from(parts)), event))
    return tuple(found)


@st.composite
def somebody(draw: st.DrawFn, number: int) -> Somebody:
    made = new_profile(f"p{number:03}", now=NOW)
    parts = (made.id, f"q{number:03}") if draw(st.booleans()) else (made.id,)
    traits = draw(st.dictionaries(names, values, max_size=4))
    status = draw(st.sampled_from(AddressStatus))
    address = Address("email", f"{number}@example.com", NOW, status)
    return Somebody(
        replace(
            made,
            version=1,
            parts=parts,
            bucket_id=draw(st.sampled_from(parts)),
            traits={name: Trait(value, draw(instants), "shop") for name, value in traits.items()},
            zone=draw(st.none() | st.sampled_from(ZONES)),
            moves=draw(
                st.dictionaries(st.sampled_from(["vip", "new"]), st.tuples(millis, millis), max_size=2)
            ),
            segments=draw(st.frozensets(st.sampled_from(["vip", "new"]))) | {"everyone"},
            addresses={address.key: address} if draw(st.booleans()) else {},
        ),
        draw(histories(parts, number)),
    )


populations = st.tuples(*(somebody(number) for number in range(5)))


# ── the two answers ─────────────────────────────────────────────────────────────────────────────


def by_evaluation(condition: Condition, people: Sequence[Somebody], *, now: datetime) -> list[str]:
    """Who matches, by the meaning of conditions; by their ids."""
    needs = needs_of([condition])
    found = []
    for each in people:
        told = [event for _, event in each.events]
        profile = replace(each.profile, aggregates=tallied({}, told, needs, now=now))
        if evaluate(condition, view_of(profile), now=now).matched:
            found.append(profile.id)
    return sorted(found)


def lake_of(
    people: Sequence[Somebody], folder: Path, *, repeats: bool = True, now: datetime = NOW
) -> DuckDbLake:
    """The rows as the functions write them, in files; with `repeats` some lie there twice, as may happen."""
    rows = [person_row(each.profile, now=now) for each in people]
    older = [{**row, "version": 0, "cells": [], "segments": []} for row in rows[:2]]
    _write(folder / "people" / f"dt={SNAPSHOT}" / "0-.jsonl", [*older, *rows] if repeats else rows)
    told = [
        event_row(part, event, stored=event.received_at + timedelta(seconds=1))
        for each in people
        for part, event in each.events
    ]
    moved = [{**row, "person": "somebody-else", "stored": 0} for row in told[:3]]
    by_day: dict[str, list[dict[str, Any]]] = {}
    for row in [*told, *(moved + told[-2:] if repeats else [])]:
        by_day.setdefault(row["receivedAt"][:10], []).append(row)
    for day, of_day in by_day.items():
        _write(folder / "events" / f"dt={day}" / "event.jsonl", of_day)
    return DuckDbLake(folder)


def taken(written: Any) -> Condition | None:
    """The condition, or None for one that is refused when it is saved."""
    try:
        return CONDITION.validate_python(written)
    except ValidationError:
        return None


def _write(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [json_text(row) + "\n" for row in rows]
    assert all(json.loads(line) == row for line, row in zip(lines, rows, strict=True))
    file.write_text("".join(lines), encoding="utf-8")
