"""The leave that functions have is the leave they take: all of it is enough, and none of it is idle.

Every function runs in the environment that it has when it is deployed, and what it asks of AWS is held against its
`FunctionSpec` and against the policies as they were reviewed (`tests/infra/policies.json`).
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kizuna.runtime.settings import Settings, from_environment
from kizuna.topology import ENVIRONMENT, FUNCTIONS, Function, FunctionSpec, queue_variable, variables
from tests.support.access import Leave, coarse, given, reviewed
from tests.support.access_plays import the_rest, the_story

Taken = Mapping[Function, frozenset[Leave]]

# What is given and not taken, and why it is given all the same.
IDLE: Mapping[tuple[Function, Leave], str] = {
    (
        Function.AUDIENCE,
        Leave("dynamodb:BatchWriteItem", "people"),
    ): "scores are stored with what the record remembers, whose pages go first; none comes to be in these paths",
    (
        Function.TASKS,
        Leave("dynamodb:Query", "people"),
    ): "storing what came of a task asks who else holds an address, where an event brings one; these bring none",
}
_GLUE = "arn:<Partition>:glue:<Region>:<AccountId>"
_OF_ATHENA = (
    *(
        Leave(f"glue:{action}", f"{_GLUE}:{place}")
        for action in ("GetDatabase", "GetTable")
        for place in (
            "catalog", "database/kizuna_test", "table/kizuna_test/people", "table/kizuna_test/events",
        )
    ),
    Leave("s3:GetBucketLocation", "archive"),
    *(Leave("s3:GetObject", f"archive {folder}") for folder in ("events", "people")),
    *(Leave(f"s3:{action}", "answers") for action in ("AbortMultipartUpload", "GetObject", "PutObject")),
)  # fmt: skip
_OF_SNAPSHOTS = tuple(Leave(f"s3:{action}Object", "archive people") for action in ("Put", "Delete"))
# Likewise, where one grant of the topology is several of IAM's.
IDLE_IN_IAM: Mapping[Leave, str] = {
    Leave(
        "ses:SendRawEmail", "ses"
    ): "the mails of these stories have no attachments, which make SES ask for it",
    Leave("sms-voice:SendMediaMessage", "sms-voice"): "the shop of these stories sends no pictures by text",
    Leave("s3:GetObject", "mms"): "likewise; End User Messaging reads them by the caller's leave",
    Leave("s3:GetObject", "anchors"): "only a worker who comes second reads one",
    **dict.fromkeys(
        _OF_SNAPSHOTS, "whoever is erased here is in no snapshot yet; test_lake_counts has somebody who is"
    ),
    **dict.fromkeys(
        _OF_ATHENA, "Athena takes the caller's leave to find the tables and rows, and to keep answers"
    ),
}

by_function = pytest.mark.parametrize("spec", FUNCTIONS, ids=lambda spec: spec.name.value)


@pytest.fixture(scope="module")
def taken() -> Taken:
    """What each function needed leave for, in the story and on every path beside it."""
    watches = (the_story(), the_rest())
    return {name: frozenset().union(*(watch.taken[name] for watch in watches)) for name in Function}


@by_function
def test_a_function_asks_for_nothing_that_its_spec_does_not_give(spec: FunctionSpec, taken: Taken) -> None:
    assert {coarse(leave) for leave in taken[spec.name]} - given(spec) == set()


@by_function
def test_a_function_uses_everything_that_its_spec_gives(spec: FunctionSpec, taken: Taken) -> None:
    excused = {leave for name, leave in IDLE if name is spec.name}
    assert given(spec) - {coarse(leave) for leave in taken[spec.name]} == excused


@by_function
def test_the_reviewed_policies_let_a_function_do_all_it_does(spec: FunctionSpec, taken: Taken) -> None:
    assert taken[spec.name] - reviewed(spec.name) == set()


@by_function
def test_the_reviewed_policies_give_a_function_no_more_than_that(spec: FunctionSpec, taken: Taken) -> None:
    excused = {leave for name, leave in IDLE if name is spec.name} | set(IDLE_IN_IAM)
    assert reviewed(spec.name) - taken[spec.name] <= excused


def test_every_excuse_is_needed(taken: Taken) -> None:
    idle = {leave for name in Function for leave in reviewed(name) - taken[name]}
    assert set(IDLE_IN_IAM) <= idle


@by_function
def test_every_variable_of_a_function_is_documented(spec: FunctionSpec) -> None:
    queues = {queue_variable(name) for name in spec.sends_to}
    assert variables(spec) - queues <= set(ENVIRONMENT)


def test_every_setting_comes_from_a_variable_that_some_function_is_given() -> None:
    settings = from_environment({name: name for spec in FUNCTIONS for name in variables(spec)})
    assert [field for field in Settings.__dataclass_fields__ if getattr(settings, field) == ""] == []
