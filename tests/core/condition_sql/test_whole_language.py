"""Conditions of the whole language, asked as SQL and of the evaluator: the same people."""

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.condition_sql import NotInLake, compile_condition, zones
from tests.support.builders import NOON
from tests.support.condition_strategies import conditions, leaves, taken
from tests.support.lake_people import NOW, people
from tests.support.lake_populations import SNAPSHOT, Somebody, by_evaluation, lake_of

EXAMPLES = int(os.environ.get("KIZUNA_EXAMPLES", "100")) // 10  # each is several conditions, each a query
SLOW = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.function_scoped_fixture,
    HealthCheck.data_too_large,
]
SEGMENTS = ("s0", "s1")
# All that the queries call is in the list of functions of Trino, which Athena engine version 3 is made of:
# https://trino.io/docs/current/functions.html
_FUNCTIONS = """
    abs array asin bool_or cardinality cast chr coalesce contains cos count date_add date_diff day decimal element_at
    exists filter floor json_parse length lower max max_by min min_by mod month nullif radians regexp_like round row
    row_number sha256 sin sqrt starts_with strpos substr substring sum to_hex to_utf8 truncate unnest varchar year
"""
_WORDS = "and as by distinct else from having if in join not on or over select then values when where with"
TRINO = frozenset(f"{_FUNCTIONS} {_WORDS}".split())


@pytest.fixture(autouse=True)
def few_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "_zones", lambda: (("Asia/Tokyo",), ("Europe/Berlin",)))


def _hold(somebodies: Sequence[Somebody], written: Sequence[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(somebodies, Path(folder), now=NOON)
        for each in written:
            condition = taken(each)
            if condition is None:
                continue
            try:
                question = compile_condition(condition, now=NOW)
            except NotInLake as refused:
                pytest.fail(f"{each} is refused: {refused}")
            _speaks_athena(question.count("athena"))
            expected = by_evaluation(condition, somebodies, now=NOW)
            assert sorted(lake.members(question, snapshot=SNAPSHOT)) == expected, each


def _speaks_athena(text: str) -> None:
    sqlglot.parse_one(text, read="athena")
    without_texts = re.sub(r"'(?:[^']|'')*'", "''", text).replace("AS held(part)", "")
    called = {name.lower() for name in re.findall(r"([A-Za-z_0-9]+)\s*\(", without_texts)}
    assert called <= TRINO, called - TRINO


@pytest.mark.slow
@given(people, st.lists(leaves(SEGMENTS, start=NOON), min_size=8, max_size=8))
@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=SLOW)
def test_any_question_finds_the_same_people(
    somebodies: Sequence[Somebody], written: Sequence[dict[str, Any]]
) -> None:
    _hold(somebodies, written)


@pytest.mark.slow
@given(people, st.lists(conditions(SEGMENTS, start=NOON), min_size=3, max_size=3))
@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=SLOW)
def test_any_condition_finds_the_same_people(
    somebodies: Sequence[Somebody], written: Sequence[dict[str, Any]]
) -> None:
    _hold(somebodies, written)
