"""Definitions that were saved before a rule of ours: in force they go on, saved anew they are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kizuna.core.catalog import Catalog, build
from kizuna.core.errors import InvalidDefinition
from kizuna.core.journeys.versions import path_of
from kizuna.core.segments.index import SegmentIndex
from kizuna.local.memory.definitions import InMemoryCatalog
from kizuna.usecases.segments.drafts import drafted
from tests.support.builders import some_documents
from tests.support.journeys_running import a_journey, with_journeys

WITH_P = {"property": "p", "op": "exists"}
YOUNGER: Mapping[str, tuple[dict[str, Any], str]] = {
    "a number for who just did": ({"event": "A", "verb": "did", "op": "gte", "value": 5}, "compares nothing"),
    "a number for who did not": ({"event": "A", "verb": "did_not", "op": "eq", "value": 0}, "compares nothing"),
    "a count of nothing said": ({"event": "A", "verb": "count", "op": "gte"}, "needs `value`"),
    "a sum of nothing said": ({"event": "A", "verb": "sum", "of": "p", "op": "gte"}, "needs `value`"),
    "a part from its end": ({"random_bucket": "s", "from": 50, "to": 10}, "nobody lies between"),
    "more than there are": ({"at_least": 3, "of": [{"trait": "a", "op": "exists"}] * 2}, "can never hold"),
    "more than a filter has": (
        {"event": "A", "where": {"any": [{"at_least": 2, "of": [WITH_P]}]}},
        "can never hold",
    ),
    "more than a step's filter has": (
        {"sequence": [{"event": "A"}, {"event": "B", "where": {"at_least": 2, "of": [WITH_P]}}]},
        "can never hold",
    ),
}  # fmt: skip
each_younger = pytest.mark.parametrize(("when", "reason"), YOUNGER.values(), ids=YOUNGER)


def a_segment(when: Any) -> dict[str, Any]:
    return {"id": "old", "name": "Old", "when": {"any": [{"not": when}, {"trait": "plan", "op": "exists"}]}}


def with_segment(when: Any) -> dict[tuple[str, str], Any]:
    return {**some_documents(), ("segment", "old"): a_segment(when)}


@each_younger
def test_what_is_in_force_stays_in_force_when_a_rule_comes_that_refuses_it(when: Any, reason: str) -> None:
    catalog: Catalog = InMemoryCatalog(with_segment(when)).current()
    assert "old" in {segment.id for segment in catalog.segments}
    assert isinstance(catalog.segment_index, SegmentIndex)  # and can be compiled


@each_younger
def test_saved_again_it_is_refused_at_its_place(when: Any, reason: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        build(with_segment(when))
    (problem,) = refused.value.problems
    assert problem.path == "segment/old: when.any.0.not"
    assert reason in problem.reason


def test_what_can_just_hold_is_taken() -> None:
    exists = {"trait": "a", "op": "exists"}
    filtered = {"event": "A", "where": {"at_least": 1, "of": [WITH_P]}}
    counted = {"event": "A", "verb": "count", "op": "gte", "value": 1}
    just = {
        "all": [{"at_least": 2, "of": [exists, exists]}, filtered, counted, {"event": "A", "verb": "did_not"}]
    }
    bucket = {"random_bucket": "s", "from": 10, "to": 10}
    assert build(with_segment({"any": [just, bucket, {"xor": [exists]}]})).segments


@each_younger
def test_a_draft_beside_it_is_held_to_the_rule_that_the_stored_one_is_spared(when: Any, reason: str) -> None:
    stored = with_segment(when)
    fine = drafted({"trait": "plan", "op": "exists"}, stored)
    assert fine.segments
    with pytest.raises(InvalidDefinition, match=reason):
        drafted(when, stored)


@each_younger
def test_whoever_walks_by_an_older_path_that_asks_it_walks_on(when: Any, reason: str) -> None:
    now = a_journey()
    asking = {"id": "which", "type": "branch", "cases": [{"when": when, "next": "end"}], "else": "end"}
    older = {**path_of(now), "steps": [*now["steps"], asking]}
    stored = with_journeys(now)
    catalog = build(stored, versions={"journey/trial": 2}, paths={"trial": [(1, 1, older)]}, linted=True)
    assert [path.journey.steps[-1].id for path in catalog.old_paths["trial"]] == ["which"]
