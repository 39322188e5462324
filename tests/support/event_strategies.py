"""Any question about events, and any history of somebody who did things around a change of clocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from kizuna.core.events import Event
from tests.support.builders import an_event

NAMES = ("Viewed", "Carted", "Bought")
MINUTE = timedelta(minutes=1)

# Zones, and a moment in each near which a day is not 24 hours long, or a month or week ends.
PLACES: Sequence[tuple[str, datetime]] = (
    ("Europe/Berlin", datetime(2026, 3, 28, 22, tzinfo=UTC)),  # 02:00 becomes 03:00 on the 29th
    ("Europe/Berlin", datetime(2026, 10, 24, 21, tzinfo=UTC)),  # 03:00 becomes 02:00 on the 25th
    ("America/New_York", datetime(2026, 11, 1, 3, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 4, 5, 2, tzinfo=UTC)),  # 24:00 becomes 23:00: that hour comes twice
    ("America/Santiago", datetime(2026, 9, 6, 3, tzinfo=UTC)),  # there is no midnight
    ("Asia/Beirut", datetime(2026, 3, 28, 21, tzinfo=UTC)),  # nor here
    ("America/Havana", datetime(2026, 11, 1, 3, tzinfo=UTC)),  # midnight comes twice
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 12, tzinfo=UTC)),  # half an hour
    ("America/St_Johns", datetime(2010, 11, 7, 1, tzinfo=UTC)),  # 00:01 becomes 23:01 of the day before
    ("Asia/Tokyo", datetime(2026, 11, 29, 13, tzinfo=UTC)),  # a month and a week that end
    ("UTC", datetime(2026, 2, 28, 21, tzinfo=UTC)),
)

LENGTHS = ("7m", "30m", "1h", "3h", "1d", "1mo")
AGO = (("1h", "10m"), ("3h", "1h"), ("1d", "2h"))
VALUES: Sequence[Any] = ("a", "b", 1, 2.5, 10, True, None)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event, and when we heard of it."""

    event: Event
    heard_at: datetime


# ── questions ───────────────────────────────────────────────────────────────────────────────────


def windows(start: datetime) -> st.SearchStrategy[dict[str, Any] | None]:
    def dates(first: int, length: int) -> dict[str, Any]:
        begin = start + first * MINUTE
        end = begin + length * MINUTE
        return {"absolute": {"from": begin.isoformat(), "to": end.isoformat()}}

    return st.one_of(
        st.none(),
        st.sampled_from(LENGTHS).map(lambda length: {"last": length}),
        st.sampled_from(AGO).map(lambda ago: {"between_ago": {"from": ago[0], "to": ago[1]}}),
        st.builds(dates, st.integers(-60, 240), st.integers(5, 300)),
        st.builds(
            lambda name, never: {"since_last": name, **({"if_never": "all"} if never else {})},
            st.sampled_from(NAMES),
            st.booleans(),
        ),
        st.builds(
            lambda period, zone: {"calendar": period, **({"zone": zone} if zone else {})},
            st.sampled_from(["day", "week", "month"]),
            st.sampled_from([None, None, "Asia/Tokyo"]),
        ),
    )


def filters() -> st.SearchStrategy[Any]:
    one = st.sampled_from(
        [
            {"property": "total", "op": "gte", "value": 2},
            {"property": "total", "op": "exists"},
            {"property": "kind", "op": "eq", "value": "a"},
        ]
    )
    return st.one_of(
        st.none(), one, st.builds(lambda a, b: {"any": [a, b]}, one, one), one.map(lambda a: [a])
    )


@st.composite
def event_leaves(draw: st.DrawFn, start: datetime) -> dict[str, Any]:
    """A question of any verb in any window."""
    verb = draw(
        st.sampled_from(
            ["did", "did_not", "first", "last", "count", "sum", "avg", "min", "max", "distinct", "mode"]
        )
    )
    leaf: dict[str, Any] = {"event": draw(st.sampled_from(NAMES)), "verb": verb}
    where, window = draw(filters()), draw(windows(start))
    if where is not None:
        leaf["where"] = where
    if window is not None:
        leaf["window"] = window
    match verb:
        case "did" | "did_not":
            return leaf
        case "first" | "last":
            return leaf | draw(_ends(start, needed=where is None))
        case "mode":
            asked = st.sampled_from(
                [("eq", "a"), ("not_eq", "a"), ("in", ["a", 1]), ("gte", 2), ("exists", None)]
            )
            op, value = draw(asked)
            of = draw(st.sampled_from(["kind", "total"]))
            return leaf | {"of": of, "op": op, "value": value, "min_times": draw(st.integers(1, 2))}
        case _:
            leaf |= draw(_numbers(verb))
            return leaf if verb == "count" else leaf | {"of": draw(st.sampled_from(["total", "kind"]))}


def _numbers(verb: str) -> st.SearchStrategy[dict[str, Any]]:
    few = st.sampled_from([0, 1, 2, 3] if verb in ("count", "distinct") else [0, 1, 2.5, 5, 12.5])
    single = st.builds(
        lambda op, value: {"op": op, "value": value}, st.sampled_from(["eq", "gt", "gte", "lt", "lte"]), few
    )
    pair = st.builds(lambda low, high: {"op": "between", "value": sorted((low, high))}, few, few)
    return st.one_of(single, pair)


def _ends(start: datetime, *, needed: bool) -> st.SearchStrategy[dict[str, Any]]:
    of_value = st.sampled_from(
        [
            {"of": "total", "op": "gte", "value": 2},
            {"of": "kind", "op": "not_eq", "value": "a"},
            {"of": "when", "op": "within_last", "value": "1h"},
            {"of": "when", "op": "not_within_last", "value": "30m"},
            {"of": "when", "op": "before_last", "value": "1h"},
        ]
    )
    of_time = st.one_of(
        st.sampled_from([{"op": "within_last", "value": "30m"}, {"op": "before_last", "value": "1h"}]),
        st.integers(0, 300).map(
            lambda minutes: {"op": "before", "value": (start + minutes * MINUTE).isoformat()}
        ),
    )
    some: st.SearchStrategy[dict[str, Any]] = st.one_of(of_value, of_time)
    return some if needed else st.one_of(st.just({}), some)


@st.composite
def sequence_leaves(draw: st.DrawFn, start: datetime) -> dict[str, Any]:
    """Two to four steps, some of which must not be; joined, timed and strict, or not."""
    steps: list[dict[str, Any]] = []
    known: list[str] = []
    for number in range(draw(st.integers(2, 4))):
        is_not = number > 0 and draw(st.integers(0, 2)) == 0
        step: dict[str, Any] = {("not" if is_not else "event"): draw(st.sampled_from(NAMES))}
        if draw(st.integers(0, 3)) == 0:
            step["where"] = {"property": "total", "op": "gte", "value": 2}
        if number and draw(st.booleans()):
            step["within"] = draw(st.sampled_from(["0s", "20m", "1h", "3h"]))
        if known and bool(draw(st.booleans())):
            step["join"] = {"kind": f"{draw(st.sampled_from(known))}.kind"}
        if not is_not and draw(st.booleans()):
            step["as"] = f"s{number}"
            known.append(step["as"])
        steps.append(step)
    leaf: dict[str, Any] = {"sequence": steps}
    window = draw(windows(start))
    if window is not None:
        leaf["window"] = window
    if draw(st.integers(0, 3)) == 0:
        leaf["strict"] = True
    return leaf


def grouped(leaves: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """One question, or a group of some."""

    def group(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        some = st.lists(parts, min_size=1, max_size=3)
        kinds = st.sampled_from(["all", "any", "none", "xor"])
        enough = st.builds(lambda n, of: {"type": "at_least", "n": n, "of": of}, st.integers(1, 3), some)
        return st.one_of(st.builds(lambda kind, of: {kind: of}, kinds, some), enough)

    return st.recursive(leaves, group, max_leaves=4)


# ── histories ───────────────────────────────────────────────────────────────────────────────────


@st.composite
def histories(draw: st.DrawFn, start: datetime) -> list[Happened]:
    """What somebody did within some hours, each at a millisecond of its own; some of it heard of late."""
    told: list[Happened] = []
    for number in range(draw(st.integers(0, 8))):
        minutes, late = draw(st.integers(0, 240)), draw(st.sampled_from([0, 0, 0, 1, 45, 200]))
        at = start + minutes * MINUTE + timedelta(milliseconds=number)
        properties: dict[str, Any] = {
            "total": draw(st.sampled_from(VALUES)),
            "kind": draw(st.sampled_from(["a", "b", 1, None])),
            "when": (start + draw(st.integers(-120, 400)) * MINUTE).isoformat(),
        }
        properties = {name: value for name, value in properties.items() if value is not None}
        name = draw(st.sampled_from(NAMES))
        heard = at + late * MINUTE
        event = an_event(name, number=number, at=at, received_at=heard, properties=properties)
        told.append(Happened(event, heard))
    return sorted(told, key=lambda each: (each.heard_at, each.event.id))
