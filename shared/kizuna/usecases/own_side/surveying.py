"""A survey behind a signed link: its page, and the answers as one event of the person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from kizuna.core.intake.http import HttpReply
from kizuna.core.links import Survey
from kizuna.core.pages.layout import Page
from kizuna.core.pages.markup import fields
from kizuna.core.pages.survey_page import answered_page, survey_page
from kizuna.core.surveys.answers import answer_events, answers_of
from kizuna.core.surveys.definition import Scale, SurveyDefinition
from kizuna.usecases.own_side.front_desk import LINK, Call, FrontDesk, html, later, recorded

SURVEYS = "/s/"


def survey(call: Call, scope: Survey, on: FrontDesk) -> HttpReply | None:
    """Answer one request for a survey; None where the workspace has none of that name any more.

    GET changes nothing, however often and by whatever machine. The first answer to a message stays: the same link
    answered again says thank you, and no more. Answers without a message (its person was erased) are nobody's.
    """
    asked = call.catalog.surveys.get(scope.survey)
    if asked is None:
        return None
    if not call.is_post:
        return html(200, _page(asked, call, ticked=_ticked(asked, call)))
    posted = fields(call.body)
    answers = answers_of(asked, posted)
    if answers.open:
        return html(400, _page(asked, call, ticked=posted, missing=answers.open))
    message = call.message
    if message is not None and not recorded(
        answer_events(asked, answers.given, message, source=LINK, now=call.now), message.person, on, call
    ):
        return later(call)
    return html(200, answered_page(asked, brand=call.brand, language=call.language))


def _ticked(asked: SurveyDefinition, call: Call) -> dict[str, tuple[str, ...]]:
    """Numbers that the link itself brings: a mail may show the steps of a scale, each a link of its own."""
    brought = {
        each.id: call.request.query_value(each.id) for each in asked.questions if isinstance(each, Scale)
    }
    return {name: (value,) for name, value in brought.items() if value}


def _page(
    asked: SurveyDefinition,
    call: Call,
    *,
    ticked: Mapping[str, Sequence[str]],
    missing: Collection[str] = (),
) -> Page:
    return survey_page(
        asked,
        brand=call.brand,
        language=call.language,
        action=call.action,
        ticked=ticked,
        missing=missing,
    )
