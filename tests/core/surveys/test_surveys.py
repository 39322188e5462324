"""Surveys: what may be asked, what counts as an answer, and the page that asks."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.content.templates import Brand
from kizuna.core.pages.survey_page import answered_page, survey_page
from kizuna.core.surveys.answers import answers_of
from kizuna.core.surveys.definition import REMARK_MAX, SurveyDefinition
from tests.support.content import a_brand

BRAND = a_brand()

NPS: dict[str, Any] = {
    "id": "nps",
    "title": {"en": "How are we doing?", "ja": "ご利用はいかがでしたか"},
    "questions": [
        {
            "type": "scale",
            "id": "score",
            "text": {"en": "Would you recommend us?", "ja": "すすめたいと思いますか"},
            "lowest_means": {"en": "Not at all", "ja": "まったく思わない"},
        },
        {
            "type": "choice",
            "id": "reason",
            "text": {"en": "Because of"},
            "options": [
                {"id": "price", "text": {"en": "Price"}},
                {"id": "service", "text": {"en": "Service"}},
            ],
            "required": False,
        },
        {"type": "remark", "id": "why", "text": {"en": "Why?", "ja": "理由"}},
    ],
}
SURVEY = SurveyDefinition.model_validate(NPS)


def changed(**changes: Any) -> dict[str, Any]:
    return {**NPS, **changes}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (changed(questions=[]), "questions"),
        (changed(questions=[NPS["questions"][0]] * 2), "two have the same id"),
        (changed(questions=[{**NPS["questions"][2], "id": "campaign"}]), "told with every answer"),
        (changed(questions=[{**NPS["questions"][2], "required": True}]), "required"),
        (changed(questions=[{**NPS["questions"][0], "highest": 11}]), "highest"),
        (
            changed(questions=[{**NPS["questions"][1], "options": NPS["questions"][1]["options"][:1]}]),
            "options",
        ),
        (
            changed(questions=[{**NPS["questions"][1], "options": NPS["questions"][1]["options"][:1] * 2}]),
            "same id",
        ),
        (changed(questions=[{"type": "essay", "id": "a", "text": {"en": "?"}}]), "essay"),
        (changed(title={}), "title"),
        (changed(title={"fr": "Comment ?"}), "title"),
        (changed(colour="red"), "colour"),
    ],
)
def test_a_survey_that_cannot_be_asked_is_refused_with_the_reason(
    document: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        SurveyDefinition.model_validate(document)


@pytest.mark.parametrize(
    ("posted", "given", "missing"),
    [
        ({"score": ["9"], "why": ["  Good\n records "]}, {"score": 9, "why": "Good records"}, ()),
        ({"score": ["0"], "reason": ["price"]}, {"score": 0, "reason": "price"}, ()),
        ({"score": ["3", "10"]}, {"score": 10}, ()),
        ({"score": ["11"]}, {}, ("score",)),
        ({"score": ["-1"]}, {}, ("score",)),
        ({"score": ["９"]}, {}, ("score",)),
        ({"score": ["09"]}, {}, ("score",)),
        ({"score": ["5"], "reason": ["free beer"], "why": ["  "]}, {"score": 5}, ()),
        ({}, {}, ("score",)),
        ({"score": ["5"], "campaign": ["another"], "survey": ["another"]}, {"score": 5}, ()),
    ],
)
def test_only_what_is_on_offer_is_an_answer(
    posted: dict[str, list[str]], given: dict[str, Any], missing: tuple[str, ...]
) -> None:
    answers = answers_of(SURVEY, posted)
    assert (dict(answers.given), answers.open) == (given, missing)


@given(st.dictionaries(st.sampled_from(["score", "reason", "why", "x"]), st.lists(st.text(), min_size=1)))
def test_whatever_is_posted_the_answers_are_those_of_the_survey(posted: dict[str, list[str]]) -> None:
    given = answers_of(SURVEY, posted).given
    assert set(given) <= {"score", "reason", "why"}
    assert given.get("score", 0) in range(11)
    assert given.get("reason", "price") in ("price", "service")
    assert len(str(given.get("why", ""))) <= REMARK_MAX


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_asks_every_question_by_name_and_ticks_nothing(language: Any) -> None:
    html = survey_page(SURVEY, brand=BRAND, language=language, action="/s/token").html
    assert f'<html lang="{language}">' in html
    assert html.count('type="radio" name="score"') == 11
    assert " checked" not in html
    for question in SURVEY.questions:
        words = question.text.get(language) or question.text["en"]
        assert escape(words) in html
    assert 'role="alert"' not in html
    assert "<script" not in html


def test_a_number_that_the_link_brings_is_ticked_and_a_question_left_open_is_named() -> None:
    html = survey_page(
        SURVEY,
        brand=BRAND,
        language="en",
        action="/s/token",
        ticked={"score": ("7",), "why": ("<b>it & me</b>",)},
        missing=("score",),
    ).html
    assert re.findall(r'name="score" value="(\d+)" checked', html) == ["7"]
    assert "&lt;b&gt;it &amp; me&lt;/b&gt;" in html
    assert html.count('role="alert"') == 1


def test_the_thanks_are_those_of_the_survey_or_ours() -> None:
    own = SurveyDefinition.model_validate(changed(thanks={"en": "You made our day & more."}))
    assert "You made our day &amp; more." in answered_page(own, brand=BRAND, language="en").html
    assert "大切に拝見いたします" in answered_page(SURVEY, brand=BRAND, language="ja").html


def test_a_brand_is_needed_and_shown() -> None:
    brand: Brand = BRAND
    assert (
        escape(brand.voice("en").name) in survey_page(SURVEY, brand=brand, language="en", action="/s/t").html
    )
