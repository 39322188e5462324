"""The library of journeys in the sample workspace: each is tested, in English and Japanese, and its tests pass."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kizuna.cli.workspace_files import read_workspace
from kizuna.core.catalog import Catalog, build
from kizuna.core.journeys.drawing import mermaid_of, svg_of
from kizuna.core.journeys.messages import campaigns_of
from kizuna.local.time_travel.cases import Case, TestFile
from kizuna.local.time_travel.judging import differences
from kizuna.local.time_travel.playing import Played, play
from kizuna.local.time_travel.reading import found_in, read_tests
from kizuna.local.time_travel.stories import Story

WORKSPACE = Path(__file__).resolve().parents[3] / "shared" / "workspace"
FILES = {path.name.partition(".")[0]: read_tests(path) for path in found_in([WORKSPACE])}
LIBRARY = (
    "welcome", "cart-left", "pickup", "after-purchase", "replenish", "win-back-rfm", "birthday", "nps", "nps-answer",
    "cancellation", "ask-again", "sunset",
)  # fmt: skip


@cache
def catalog() -> Catalog:
    workspace = read_workspace(WORKSPACE)
    return build(workspace.documents, origin=workspace.origin(), linted=True)


@pytest.mark.parametrize(
    ("file", "case"),
    [(file, case) for file in FILES.values() for case in file.tests],
    ids=[f"{name}: {case.name}" for name, file in FILES.items() for case in file.tests],
)
def test_it_goes_as_its_tests_say(file: TestFile, case: Case) -> None:
    played = play(file.story_of(case), catalog())
    assert differences(case, file, played) == ()


def test_the_library_is_all_there_and_each_of_it_is_tested() -> None:
    assert set(catalog().journeys) == set(LIBRARY)
    assert {file.journey for file in FILES.values()} >= set(LIBRARY)


@pytest.mark.parametrize("name", LIBRARY)
def test_each_speaks_english_and_japanese_and_can_be_drawn(name: str) -> None:
    journey = catalog().journeys[name]
    for campaign in campaigns_of(journey).values():
        for channel in campaign.reaches_by:
            assert {"en", "ja"} <= set(catalog().templates[campaign.template_on(channel)].languages)
    for step in journey.steps:
        assert step.name, f"{step.id} has a name that a marketer would use"
    assert svg_of(journey, "ja").startswith("<svg")
    assert mermaid_of(journey).startswith("flowchart TD")


# ── what no story can say: a run of RFM ─────────────────────────────────────────────────────────

BEST: dict[str, Any] = {
    "starts": "2026-11-23 10:00",
    "zone": "Europe/London",
    "people": {
        "ann": {
            "user_id": "ann",
            "traits": {"email": "ann@example.com", "country": "GB", "best": True},
            "zone": "Europe/London",
            "consents": {"email": "granted", "task": "granted"},
        }
    },
    "until": "60d",
}


def win_back(*more: dict[str, Any], best: bool = True) -> Played:
    """The journey of who drifts away, entered by a call, and with a trait in the place of the bucket."""
    documents = read_workspace(WORKSPACE).documents
    journey = dict(documents["journey", "win-back-rfm"])
    case = {"when": {"trait": "best", "op": "eq", "value": True}, "next": "call"}
    first = {**journey["steps"][0], "cases": [case]}
    journey |= {"enter": {"api": True}, "holdout": None, "steps": [first, *journey["steps"][1:]]}
    story = {**BEST, "events": [{"at": "0m", "enter": "win-back-rfm"}, *more]}
    story["people"] = {
        "ann": {**BEST["people"]["ann"], "traits": {**BEST["people"]["ann"]["traits"], "best": best}}
    }
    return play(
        Story.model_validate(story), build({**documents, ("journey", "win-back-rfm"): journey}, linted=True)
    )


@pytest.mark.parametrize(
    ("more", "best", "spoken", "ends"),
    [
        ([], False, ["letter"], "end"),
        ([{"at": "1d", "task_done": "reached", "step": "call"}], True, ["call"], "end"),
        ([{"at": "1d", "task_done": "not_reached", "step": "call"}], True, ["call", "letter"], "end"),
        ([{"at": "1d", "task_done": "do_not_call", "step": "call"}], True, ["call"], "asked_for_silence"),
        ([], True, ["call", "letter"], "end"),
        ([{"at": "2d", "event": "Complaint Received"}], True, ["call"], "complaint"),
    ],
    ids=["written to", "spoken with", "not reached", "wants no calls", "nobody called", "complained"],
)
def test_the_best_are_called_first_and_nobody_is_pressed(
    more: list[dict[str, Any]], best: bool, spoken: list[str], ends: str
) -> None:
    played = win_back(*more, best=best)
    assert [sent.message.campaign.partition(".")[2] for sent in played.sent] == spoken
    (run,) = played.runs
    assert run.reason == ends
