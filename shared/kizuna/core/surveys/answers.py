"""What a form that was posted answers: every question, or which of them are open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from kizuna.core.events import Event, Source
from kizuna.core.ids import digest
from kizuna.core.messages import Message
from kizuna.core.surveys.definition import REMARK_MAX, Question, Remark, Scale, SingleChoice, SurveyDefinition


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers by question, and the ids of questions that want one and have none that is on offer."""

    given: Mapping[str, int | str]
    open: tuple[str, ...] = ()


def answers_of(survey: SurveyDefinition, posted: Mapping[str, Sequence[str]]) -> Answers:
    """Of a form's fields; what is not on offer is no answer. Of several values the last one counts."""
    read = {
        question.id: _answer(question, posted.get(question.id, ("",))[-1]) for question in survey.questions
    }
    missing = tuple(each.id for each in survey.questions if each.required and read[each.id] is None)
    return Answers({name: answer for name, answer in read.items() if answer is not None}, missing)


def _answer(question: Question, value: str) -> int | str | None:
    match question:
        case Scale(lowest=lowest, highest=highest):
            steps = {str(step): step for step in range(lowest, highest + 1)}
            return steps.get(value)
        case SingleChoice(options=options):
            return value if value in {option.id for option in options} else None
        case Remark():
            return " ".join(value.split())[:REMARK_MAX] or None
        case _:
            assert_never(question)


def answer_events(
    survey: SurveyDefinition,
    given: Mapping[str, int | str],
    message: Message,
    *,
    source: Source,
    now: datetime,
) -> tuple[Event, ...]:
    """What the answers to the survey of a message become: one event, and the traits that they are to be.

    Their ids say no more than message and survey, so the first answer stays.
    """
    mark = digest("answered", message.id, survey.id)
    about = {
        "message_id": message.id,
        "campaign": message.campaign,
        "topic": message.topic,
        "channel": message.channel,
        "survey": survey.id,
    }
    told = Event(
        type="track",
        id=f"answered-{mark}",
        source=source,
        at=now,
        received_at=now,
        name=survey.event,
        properties={**about, **given},
        profile_id=message.person,
    )
    traits = {each.trait: given[each.id] for each in survey.questions if each.trait and each.id in given}
    if not traits:
        return (told,)
    known = replace(
        told, type="identify", id=f"answered-traits-{mark}", name="", properties={}, traits=traits
    )
    return known, told
