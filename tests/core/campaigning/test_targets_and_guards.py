"""What is aimed and what is a blast, by the way it is written; and how many people a run may be for."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.campaigning.guards import Refused, Size, why_not_launched
from kizuna.core.campaigning.targets import segments_of_everyone, untargeted
from kizuna.core.campaigns import Campaign
from kizuna.core.catalog import build, differences
from kizuna.core.errors import InvalidDefinition
from kizuna.core.restraint.launch_guards import BlastGuard, LaunchGuard
from kizuna.core.segments import Segment
from kizuna.local.memory.definitions import InMemoryCatalog
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents

PRO = {"trait": "plan", "op": "eq", "value": "pro"}
ALL = {"everyone": True}


def a_segment(name: str, when: Any, **more: Any) -> Segment:
    return Segment.model_validate({"id": name, "name": name, "when": when, **more})


@pytest.mark.parametrize(
    ("when", "is_everyone"),
    [
        (ALL, True),
        (PRO, False),
        ({"in_segment": "everyone"}, True),
        ({"in_segment": "pros"}, False),
        ({"in_segment": "anybody"}, True),
        ({"all": [ALL, {"in_segment": "everyone"}]}, True),
        ({"all": [ALL, PRO]}, False),
        ({"any": [PRO, ALL]}, True),
        ({"any": [PRO, {"not": PRO}]}, True),
        ({"any": [PRO, {"in_segment": "pros"}]}, False),
        ({"none": [{"not": ALL}]}, True),
        ({"none": [{"all": [PRO, {"not": ALL}]}]}, True),
        ({"none": [ALL]}, False),
        ({"at_least": 2, "of": [PRO, ALL, {"in_segment": "everyone"}]}, True),
        ({"at_least": 2, "of": [PRO, ALL]}, False),
        ({"xor": [ALL]}, False),
    ],
)
def test_a_segment_is_everyone_by_the_way_it_is_written(when: Any, is_everyone: bool) -> None:
    known = [a_segment("asked", when), a_segment("pros", PRO), a_segment("anybody", ALL)]
    assert ("asked" in segments_of_everyone(known)) is is_everyone


def a_campaign(**changes: Any) -> Campaign:
    return Campaign.model_validate(CAMPAIGN | {"override_reason": ""} | changes)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, "everyone"),
        ({"audience": {"in": ["pros", "all-but-pros"]}}, "all-but-pros"),
        ({"audience": {"in": ["everyone"], "not_in": ["pros"]}}, "everyone"),
        ({"audience": {"in": ["pros"]}}, None),
        ({"when": PRO}, None),
        ({"when": ALL}, "everyone"),
        ({"category": "transactional", "transactional_basis": "what they ordered"}, None),
        ({"trigger": {"type": "event", "event": "Seen"}}, None),
    ],
)
def test_whom_a_campaign_leaves_out_is_no_target(changes: dict[str, Any], found: str | None) -> None:
    segments = [a_segment("pros", PRO), a_segment("all-but-pros", ALL, exclude=PRO)]
    assert untargeted(a_campaign(**changes), segments) == found


def refusals(**changes: Any) -> list[str]:
    try:
        a_catalog(some_documents(CAMPAIGN | {"override_reason": ""} | changes))
    except InvalidDefinition as refused:
        return [str(problem) for problem in refused.problems]
    return []


def test_a_blast_is_refused_as_it_is_saved_unless_somebody_says_why() -> None:
    assert refusals() == [
        "campaign/spring: audience.in: 'everyone' is everyone: narrow it, by a segment or by when,"
        " or say why in override_reason"
    ]
    assert refusals(override_reason="a recall of everything we ever sold") == []
    assert refusals(when=PRO) == []
    (short,) = refusals(override_reason="because")[:1]
    assert "override_reason" in short


def test_a_blast_that_is_stored_already_stops_nothing_else_that_is_in_force() -> None:
    stored = some_documents(CAMPAIGN | {"override_reason": ""})
    assert "spring" in build(stored, linted=True).campaigns
    catalog = InMemoryCatalog(stored)
    assert "spring" in catalog.current().campaigns
    wanted = {**stored, ("topic", "other"): {"id": "other", "name": "Other"}}
    with pytest.raises(InvalidDefinition, match="say why in override_reason"):
        catalog.apply(differences(stored, wanted), wanted, now=NOON, actor="ann")


LAUNCH = LaunchGuard(at_most=50_000, grows_at_most=3, small=100)
BLAST = BlastGuard(share=0.4, small=100)


@pytest.mark.parametrize(
    ("people", "last", "reachable", "reason"),
    [
        (0, None, 10, Refused.EMPTY_AUDIENCE),
        (1, None, 1, None),
        (50_000, None, 10**6, None),
        (50_001, None, 10**6, Refused.AUDIENCE_OVER_LIMIT),
        (300, 100, 10**6, None),
        (301, 100, 10**6, Refused.AUDIENCE_GREW),
        (99, 1, 10**6, None),  # small
        (400, 0, 10**6, Refused.AUDIENCE_GREW),
        (400, None, 1_000, None),
        (401, None, 1_000, Refused.BLAST),
        (99, None, 99, None),  # small
    ],
)
def test_how_many_people_a_run_may_be_for(
    people: int, last: int | None, reachable: int, reason: Refused | None
) -> None:
    found = why_not_launched(
        a_campaign(audience={"in": ["pros"]}),
        Size(people),
        last=last,
        reachable=lambda: Size(reachable, is_exact=False),
        launch=LAUNCH,
        blast=BLAST,
    )
    assert (found.reason if found else None) == reason
    if found is not None and people:
        assert f"{people:,} people" in found.told
