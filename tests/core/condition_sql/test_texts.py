"""The SQL itself: no value becomes more than a value, what cannot be said is refused by name, and a change shows.

After a change that is meant: `KIZUNA_GOLDEN=write pytest` of this file, and read the difference.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from sqlglot import exp

from kizuna.core.condition_sql import Dialect, NotInLake, compile_condition, zones
from kizuna.core.condition_sql.thresholds import BUCKETS, amount_edge, bucket_edge
from kizuna.core.condition_sql.zones import by_zone
from kizuna.core.conditions import Condition
from kizuna.core.ids import bucket

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden"
CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
WRITTEN: dict[str, Any] = {
    "traits": {
        "all": [
            {"trait": "plan", "op": "in", "value": ["pro", 5, True]},
            {"trait": "name", "op": "like", "value": "a%_", "case": "insensitive"},
            {"trait": "code", "op": "regex", "value": r"[A-Z]{2}\d+"},
            {"trait": "cart", "op": "has_item", "where": {"property": "price", "op": "gte", "value": 10.5}},
            {"none": [{"trait": "seen", "op": "within_last", "value": "7d"}]},
        ]
    },
    "events": {
        "any": [
            {"event": "Order", "verb": "count", "op": "gte", "value": 3, "window": {"last": "30d"}},
            {"event": "Order", "verb": "sum", "of": "total", "op": "between", "value": [1, 99.5]},
            {"event": "View", "verb": "last", "where": [{"property": "page", "op": "eq", "value": "home"}]},
            {"event": "View", "window": {"since_last": "Order"}},
            {"event": "View", "verb": "distinct", "of": "page", "op": "gte", "value": 2},
            {"event": "View", "verb": "mode", "of": "page", "op": "eq", "value": "home"},
            {"event": "View", "where": {"context": "page.path", "op": "starts_with", "value": "/cart"}},
            {"event": "View", "where": {"property": "until", "op": "within_next", "value": "1mo"}},
        ]
    },
    "sequences": {
        "any": [
            {
                "sequence": [
                    {"event": "View"},
                    {"event": "Order", "within": "1h"},
                    {"not": "Refund", "within": "2d"},
                ]
            },
            {
                "sequence": [
                    {"event": "Cart", "as": "cart"},
                    {"not": "Order", "within": "1h", "join": {"cart": "cart.cart"}},
                ],
                "window": {"last": "30d"},
            },
        ]
    },
    "standing": {
        "all": [
            {"consent": "granted", "channel": "email", "topic": "news"},
            {"reachable": "email", "purpose": "promotional"},
            {"geo": "home", "within": {"lat": 35.0, "lon": 135.75, "radius_m": 5000}},
            {"trait": "shipped", "op": "on", "value": {"trait": "ordered"}},
            {"trait": "born", "op": "anniversary", "zone": "Asia/Tokyo"},
        ]
    },
    "people": {
        "type": "at_least",
        "n": 2,
        "of": [
            {"in_segment": "vip"},
            {"reachable": "email"},
            {"random_bucket": "winter", "from": 0, "to": 12.5},
            {"entered_segment": "vip", "window": {"last": "7d"}},
        ],
    },
}


_INSIDE = {"property": "b", "op": "eq", "value": 1}


def _text(written: Any, dialect: Dialect) -> str:
    return compile_condition(CONDITION.validate_python(written), now=NOW).count(dialect)


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("dialect", ["duckdb", "athena"])
def test_the_text_is_the_one_that_was_read(name: str, dialect: Dialect) -> None:
    tree = sqlglot.parse_one(_text(WRITTEN[name], dialect), read=dialect)
    text = tree.sql(dialect=dialect, pretty=True) + "\n"
    file = GOLDEN / f"{name}.{dialect}.sql"
    if os.environ.get("KIZUNA_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_value_is_ever_more_than_a_value(value: str) -> None:
    for dialect in ("duckdb", "athena"):
        plain = sqlglot.parse_one(_text({"trait": "plan", "op": "eq", "value": "x"}, dialect), read=dialect)
        hostile = sqlglot.parse_one(
            _text({"trait": "plan", "op": "eq", "value": value}, dialect), read=dialect
        )
        texts = [node.this for node in hostile.find_all(exp.Literal) if node.is_string]
        assert value in texts
        assert len(list(hostile.walk())) == len(list(plain.walk()))


@pytest.mark.parametrize(
    ("written", "named"),
    [
        (
            {"trait": "a", "op": "has_item", "where": {"property": "b", "op": "has_item", "where": _INSIDE}},
            "has_item",
        ),
        ({"trait": "a", "op": "has_item", "where": _INSIDE | {"property": "b.c"}}, "value_type: list"),
        (
            {"trait": "a", "op": "has_item", "where": _INSIDE | {"value_type": "list", "value": [1]}},
            "a list compared as a whole",
        ),
        ({"trait": "plan", "op": "eq", "value": "a\0b"}, "NUL"),
    ],
)
def test_what_the_lake_cannot_answer_is_refused_by_name_also_deep_inside(written: Any, named: str) -> None:
    for condition in (written, {"any": [{"everyone": True}, {"none": [written]}]}):
        with pytest.raises(NotInLake, match=named):
            _text(condition, "duckdb")


@given(st.floats(0, 100), st.text(max_size=5), st.text(max_size=5))
def test_the_edge_of_a_bucket_is_where_the_evaluator_turns(percent: float, salt: str, person: str) -> None:
    edge = bucket_edge(percent)
    assert edge == 0 or 100 * ((edge - 1) / BUCKETS) < percent
    assert edge == BUCKETS or 100 * (edge / BUCKETS) >= percent
    number = round(bucket("s", "p") * BUCKETS)
    assert 0 <= number <= BUCKETS


@given(st.floats(-1e9, 1e9), st.booleans())
def test_the_edge_of_a_sum_is_where_the_evaluator_turns(value: float, above: bool) -> None:
    edge = amount_edge(value, above=above)
    below, at = (edge - 1) / 10**6, edge / 10**6
    assert (below <= value < at) if above else (below < value <= at)


def test_an_answer_by_the_persons_clock_names_every_zone_that_differs() -> None:
    told = by_zone(
        exp.column("zone"),
        lambda zone: NOW.astimezone(zone).utcoffset() or timedelta(),
        lambda offset: exp.Literal.number(int(offset.total_seconds())),
    )
    assert "'Asia/Tokyo'" in told.sql()
    assert "32400" in told.sql()
    assert sum(len(group) for group in zones._zones()) > 400


def test_only_the_days_of_the_windows_are_read() -> None:
    def first(written: Any) -> str | None:
        return compile_condition(CONDITION.validate_python(written), now=NOW).first_day

    week = {"event": "A", "window": {"last": "7d"}}
    assert first(week) == "2026-11-14"
    assert first({"any": [week, {"event": "B"}]}) is None
    assert first({"any": [week, {"event": "B", "window": {"last": "30d"}}]}) == "2026-10-22"
