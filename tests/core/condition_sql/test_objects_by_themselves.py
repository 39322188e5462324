"""One object where a list of objects might stand: asked by its own values, even where other traits hide them."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kizuna.core.condition_sql import compile_condition
from kizuna.core.people import Trait, new_profile
from tests.support.lake_populations import CONDITION, NOW, SNAPSHOT, Somebody, by_evaluation, lake_of

TRAITS: list[dict[str, Any]] = [
    {"a": {"b": ""}},
    {"a": {}, "a.b": ""},
    {"a": {"b": ""}, "a.b": "another"},
    {"a": [{"b": "x"}, {"b": ""}], "a.b": "another"},
    {"a": [{"c": ""}], "a.b": ""},
    {"a.b": {"b": ""}},
    {"a": {"b": {"b": "x"}}, "a.b": {"b": ""}},
    {"a": {"b": {"b": ""}}, "a.b.b": "another"},
    {"a": {"b": {"b": "another"}}, "a.b.b": ""},
    {"a.b": [{"b": ""}]},
]


@pytest.mark.parametrize("path", ["a", "a.b"])
@pytest.mark.parametrize("value_type", [{}, {"value_type": "list"}], ids=["any", "list"])
def test_an_object_is_asked_by_its_own_values_and_not_by_those_that_hide_them(
    path: str, value_type: dict[str, str]
) -> None:
    question = {
        "trait": path,
        "op": "has_item",
        "where": {"property": "b", "op": "eq", "value": ""},
        **value_type,
    }
    people = [
        Somebody(
            replace(
                new_profile(f"p{number}", now=NOW),
                version=1,
                traits={name: Trait(value, NOW, "shop") for name, value in traits.items()},
            ),
            (),
        )
        for number, traits in enumerate(TRAITS)
    ]
    condition = CONDITION.validate_python(question)
    expected = by_evaluation(condition, people, now=NOW)
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(people, Path(folder))
        assert sorted(lake.members(compile_condition(condition, now=NOW), snapshot=SNAPSHOT)) == expected
