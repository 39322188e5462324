"""A hygiene run walks over everybody once, can be gone on with, and tells of the silent exactly once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.events import Source, SourceKind
from kizuna.core.intake.canonical import event_from_canonical
from kizuna.core.quality.hygiene import SUNSET_CANDIDATE, Findings
from kizuna.core.quality.hygiene_report import Report
from kizuna.topology import Queue
from kizuna.usecases.quality.hygiene import NoSuchProgress, Progress, progress_from, walk
from tests.support.builders import NOON, a_catalog, an_event, some_documents
from tests.support.customers import PAGE
from tests.support.house import House

DAY = timedelta(days=1)
PLAN = {"id": "plan", "meaning": {"en": "What they pay for"}, "stale_after": "30d"}
CATALOG = a_catalog(
    {
        **some_documents(),
        ("policy", "policy"): {"id": "policy", "sunset_after": "6mo"},
        ("trait", "plan"): PLAN,
    }
)


def a_house(people: int = 12) -> House:
    """People who were last seen one, two, … months ago, and have a plan since then."""
    house = House(CATALOG)
    for number in range(people):
        at = NOON - (number + 1) * 31 * DAY
        house.ingest(
            an_event(
                "", type="identify", id=f"i{number}", user_id=f"u{number}", traits={"plan": "gold"}, at=at
            ),
            an_event("Seen", id=f"s{number}", user_id=f"u{number}", source=PAGE, at=at),
            now=NOON,
        )
    house.settle()
    return house


def run(house: House, *, begin: Progress | None = None, apply: bool = False, **more: Any) -> Progress:
    progress = begin or Progress(NOON, Report())
    queues = house.queues if apply else None
    for step in walk(house.people, CATALOG, begin=progress, queues=queues, **more):
        progress = step
    return progress


def brought(house: House) -> int:
    """What the ingest function does with what was put on its queue."""
    bodies = house.taken(Queue.INGEST)
    events = [
        event_from_canonical(event, Source(body["source"], SourceKind(body["source_kind"])))
        for body in bodies
        for event in body["events"]
    ]
    return house.ingest(*events).counted


def test_everybody_is_looked_at_once() -> None:
    house = a_house()
    found: list[Findings] = []
    report = run(house, found=found.append).report
    assert sorted(each.person for each in found) == sorted(profile.id for profile in house.living())
    assert (report.people, report.unreachable, report.sunset_candidates) == (12, 12, 7)
    (plan,) = report.body()["traits"]
    assert (plan["trait"], plan["held"], plan["stale"], plan["score"]) == ("plan", 12, 12, 0)


def test_a_run_that_was_stopped_goes_on_where_it_was_and_ends_the_same() -> None:
    house = a_house(20)
    whole = run(house, page=2).report.body()
    steps = list(walk(house.people, CATALOG, begin=Progress(NOON, Report()), page=2))
    for stopped in range(len(steps)):
        walking = walk(house.people, CATALOG, begin=Progress(NOON, Report()), page=2)
        for _ in range(stopped + 1):
            step = next(walking)
        written = json.loads(json.dumps(step.body()))
        assert run(house, begin=progress_from(written), page=2).report.body() == whole


@pytest.mark.parametrize("body", [{}, None, [], {"at": "x", "report": {}}, {"at": "2026-11-22T12:00:00Z"}])
def test_what_is_no_progress_is_refused(body: Any) -> None:
    with pytest.raises(NoSuchProgress):
        progress_from(body)


def test_dry_by_default() -> None:
    house = a_house()
    run(house)
    assert house.queues.sent[Queue.INGEST] == []


def test_the_silent_are_told_of_once_however_often_it_runs() -> None:
    house = a_house()
    first = run(house, apply=True)
    assert (first.report.sunset_candidates, first.report.told) == (7, 0)
    run(house, apply=True)  # before the queue was read: the same events again
    assert brought(house) == 7
    again = run(house, apply=True)
    assert (again.report.sunset_candidates, again.report.told) == (7, 7)
    assert brought(house) == 0
    person = house.person("user_id", "u11")
    told = [
        entry.event for entry in house.people.timeline(person.parts) if entry.event.name == SUNSET_CANDIDATE
    ]
    assert [event.properties["silent_since"][:10] for event in told] == ["2025-11-16"]


def test_who_comes_back_is_silent_no_longer() -> None:
    house = a_house()
    house.ingest(an_event("Seen", id="back", user_id="u11", source=PAGE, at=NOON - DAY))
    assert run(house).report.sunset_candidates == 6


def test_without_a_word_in_the_policy_nobody_is_a_candidate() -> None:
    house = a_house(2)
    bare = a_catalog()
    (*_, last) = walk(house.people, bare, begin=Progress(NOON, Report()))
    assert last.report.sunset_candidates == 0
