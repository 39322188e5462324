"""What a form that was posted answers: every question, or which of them are open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

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
