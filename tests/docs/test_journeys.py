"""docs/journeys.md: its journey can be saved, its tests pass, and every kind of step and key is told."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
import yaml
from pydantic import TypeAdapter

from kizuna.core.catalog import build
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.steps import NOT_BUILT, Step
from kizuna.local.time_travel.cases import TestFile
from kizuna.local.time_travel.judging import differences
from kizuna.local.time_travel.playing import play
from tests.docs.reading import codes, page
from tests.support.clouds import sample_documents

PAGE = page("docs/journeys.md")
BLOCKS: list[dict[str, Any]] = [
    yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
]
JOURNEY, TESTS, *STEPS = BLOCKS
PARSED: TypeAdapter[Any] = TypeAdapter(Step)


def test_its_journey_can_be_saved_and_its_tests_pass() -> None:
    catalog = build({**sample_documents(), ("journey", JOURNEY["id"]): JOURNEY}, linted=True)
    file = TestFile.model_validate(TESTS)
    for case in file.tests:
        assert differences(case, file, play(file.story_of(case), catalog)) == (), case.name


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["id"])
def test_every_step_on_the_page_is_one(step: dict[str, Any]) -> None:
    assert PARSED.validate_python(step).id == step["id"]


def test_every_kind_of_step_and_every_key_of_a_journey_is_told() -> None:
    told = set(codes(PAGE))
    models = get_args(get_args(Step)[0])
    assert {model.model_fields["type"].default for model in models} <= told
    assert set(NOT_BUILT) <= told
    known = {"id", "name", "description", "steps"}
    assert set(Journey.model_fields) - known <= told


def test_the_library_on_the_page_is_the_one_in_the_workspace() -> None:
    table = PAGE.partition("## The library")[2].partition("## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in codes(row)]
    assert set(named) == {name for kind, name in sample_documents() if kind == "journey"}
