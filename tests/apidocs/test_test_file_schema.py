"""The published schema of test files takes what `kizuna test` takes, and refuses what its shape rules out."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.apidocs.files import test_file_schema as schema_of_test_files
from kizuna.cli.paths import WORKSPACE
from kizuna.local.time_travel.reading import found_in
from kizuna.local.yaml_files import read_yaml
from tests.support.json_schemas import problems, unknown_keywords

SCHEMA = schema_of_test_files()
TEST = {"name": "it", "expect": {"messages": []}}


def test_it_uses_only_keywords_that_are_checked() -> None:
    assert not unknown_keywords(SCHEMA)


@pytest.mark.parametrize("path", found_in([WORKSPACE]), ids=lambda path: path.name)
def test_the_tests_of_the_workspace_fit(path: Any) -> None:
    assert problems(read_yaml(path), SCHEMA, SCHEMA) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"tests": []},
        {"tests": [{"name": "it"}]},
        {"tests": [{**TEST, "expct": {}}]},
        {"tests": [{**TEST, "events": [{"event": "Cart Viewed"}]}]},
        {"tests": [{**TEST, "expect": {"runs": [{"state": "over"}]}}]},
        {"people": {"ann": {"consents": {"email": "maybe"}}}},
        {"journeys": "spring"},
    ],
)
def test_what_its_shape_rules_out_is_refused(changes: dict[str, Any]) -> None:
    assert problems({"tests": [TEST], **changes}, SCHEMA, SCHEMA)
