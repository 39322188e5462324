"""A step that asks a survey waits for the answers to its own question, and knows them from then on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.errors import InvalidDefinition
from kizuna.core.events import Source, SourceKind
from kizuna.core.journeys.drawing import mermaid_of
from kizuna.core.journeys.effects import Told
from kizuna.core.journeys.occurrences import EventHappened
from kizuna.core.journeys.run import RunState
from kizuna.core.journeys.words import step_in_words
from kizuna.core.messages import State
from kizuna.core.people import COMPUTED_TRAITS
from tests.support.builders import some_documents
from tests.support.travels import ANN, a_shop_with, tell
from tests.support.walks import Walk, a_document, leave, say

PAGE = Source("preferences", SourceKind.SYSTEM)
ASK = {"id": "ask", "type": "survey", "survey": "nps", "channel": "email", "template": "nps", "timeout": "7d"}
QUESTION = {"id": "score", "type": "scale", "text": {"en": "How likely?"}, "trait": "nps_score"}
SURVEY = {"id": "nps", "title": {"en": "How was it?"}, "questions": [QUESTION]}
COMPUTED = min(COMPUTED_TRAITS)
LOW = {"context": [{"property": "ask.score", "op": "lte", "value": 6}], "next": "care"}
STEPS = (
    {**ASK, "on_timeout": "silence"},
    {"id": "score", "type": "branch", "cases": [LOW], "else": "end"},
    say("care", next="end"),
    leave("silence", "no_answer"),
)


def answered(walk: Walk, score: int, **more: Any) -> None:
    told = {"survey": "nps", "message_id": "m-ask", "score": score, **more}
    event = replace(walk.event("Survey Answered", **told), source=PAGE)
    walk.bring(EventHappened(event))


def test_the_answers_are_known_to_the_steps_behind_it() -> None:
    walk = Walk(*STEPS)
    assert (walk.run.node, walk.run.state) == ("ask", RunState.WAITING)
    walk.pass_time(days=2)
    answered(walk, 4)
    assert walk.path[:3] == ["ask sent", "ask answered", "score case.1"]
    assert walk.told == ["spring.ask", "spring.care"]


@pytest.mark.parametrize(
    "other", [{"survey": "another"}, {"message_id": "m-of-somebody-else"}], ids=["survey", "message"]
)
def test_the_answer_to_something_else_is_not_waited_for(other: dict[str, Any]) -> None:
    walk = Walk(*STEPS)
    answered(walk, 4, **other)
    assert walk.run.node == "ask"


def test_what_a_page_says_that_anybody_may_write_is_no_answer() -> None:
    walk = Walk(*STEPS)
    walk.happen("Survey Answered", survey="nps", message_id="m-ask", score=4)
    assert walk.run.node == "ask"


def test_without_an_answer_the_walk_goes_on_when_the_time_is_over() -> None:
    walk = Walk(*STEPS)
    walk.pass_time(days=7)
    assert (walk.run.state, walk.run.reason) == (RunState.EXITED, "no_answer")


def test_who_may_not_be_asked_is_not_waited_for() -> None:
    walk = Walk(*STEPS, answers={"ask": [Told(("m-ask",), State.DENIED, "no_consent")]})
    assert (walk.run.state, walk.run.reason) == (RunState.EXITED, "no_answer")


# ── in a workspace ──────────────────────────────────────────────────────────────────────────────


def a_workspace(step: dict[str, Any] | None = None, **survey: Any) -> Catalog:
    mail = some_documents()["template", "spring-email"]
    words = {
        name: {**each, "text": each["text"] + " {{ links.survey }}"}
        for name, each in mail["languages"].items()
    }
    template = {**mail, "id": "nps", "survey": "nps", "languages": words}
    steps = ({**STEPS[0], **(step or {})}, *STEPS[1:])
    more = {"survey/nps": {**SURVEY, **survey}, "template/nps": template}
    return a_shop_with(a_document(*steps), **more)


def test_in_a_story_somebody_answers_and_it_is_known_of_them() -> None:
    played = tell(
        a_workspace(),
        {"at": "0m", "event": "Cart Viewed", "properties": {"cart": "c1"}},
        {"at": "2d", "answered": {"score": 3}, "step": "ask"},
        people={"ann": ANN},
        until="9d",
    )
    (run,) = played.runs
    assert (run.state, run.visits) == (RunState.COMPLETED, {"ask": 1, "score": 1, "care": 1})
    assert played.people["ann"].trait("nps_score") == 3


@pytest.mark.parametrize(
    ("step", "survey", "problem"),
    [
        ({"survey": "nothing"}, {}, "steps.ask.survey: there is no survey 'nothing'"),
        ({}, {"event": "NPS Answered"}, "say event: NPS Answered"),
        ({"survey": "other"}, {}, "template 'nps' asks 'nps'"),
        ({}, {"questions": [{**QUESTION, "trait": COMPUTED}]}, "is worked out by us: nothing sets it"),
        ({}, {"questions": [QUESTION, {**QUESTION, "id": "again"}]}, "two become the same trait"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    step: dict[str, Any], survey: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidDefinition, match=problem):
        a_workspace(step, **survey)


def test_it_is_told_in_words_and_drawn() -> None:
    journey = Walk(*STEPS).journey
    assert step_in_words(journey.by_id["ask"], "en") == (
        "asks the survey “nps” by e-mail, and waits for the answers, 1 week at most"
    )
    assert step_in_words(journey.by_id["ask"], "ja") == "メールでアンケート「nps」を送り、回答を最長1週間待つ"
    assert "answered" in mermaid_of(journey)
