"""A survey: a few questions behind a signed link, answered once for each message that asked.

The answers become one event of the person, so segments, tone holds and journeys see them as they see everything else.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kizuna.core.people import COMPUTED_TRAITS

ANSWERED = "Survey Answered"
"""What answers become, unless a survey says otherwise."""

QUESTIONS_MAX = 10
REMARK_MAX = 500
"""Letters of a free answer: what a form may post in Japanese within its limit."""

TOLD_WITH_ANSWERS = frozenset({"survey", "message_id", "campaign", "topic", "channel"})
"""Properties that the event has beside the answers."""

_Text = Annotated[str, Field(min_length=1, max_length=500)]
Words = Annotated[dict[Annotated[str, Field(pattern=r"^(en|ja)$")], _Text], Field(min_length=1)]
"""What is written, by language. In a language that is not there, the first one is read."""

AnswerName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Question(_Definition):
    """`trait`: the trait of the person that the answer becomes, beside the event; none, unless told."""

    id: AnswerName
    text: Words
    trait: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")


class Scale(_Question):
    """A whole number, such as 0 to 10 for the Net Promoter question (Reichheld, HBR 12/2003) or 1 to 5."""

    type: Literal["scale"] = "scale"
    lowest: int = Field(default=0, ge=0, le=1)
    highest: int = Field(default=10, ge=2, le=10)
    lowest_means: Words | None = None
    highest_means: Words | None = None
    required: bool = True


class ChoiceOption(_Definition):
    id: AnswerName
    text: Words


class SingleChoice(_Question):
    """One of a few answers; the event holds its id."""

    type: Literal["choice"] = "choice"
    options: tuple[ChoiceOption, ...] = Field(min_length=2, max_length=12)
    required: bool = True

    @model_validator(mode="after")
    def _told_apart(self) -> SingleChoice:
        if len({option.id for option in self.options}) < len(self.options):
            raise ValueError("options: two have the same id")
        return self


class Remark(_Question):
    """A free text, as the person writes it. Nobody has to write one."""

    type: Literal["remark"] = "remark"
    required: Literal[False] = False


Question = Annotated[Scale | SingleChoice | Remark, Field(discriminator="type")]


class SurveyDefinition(_Definition):
    """One survey of the workspace. `event` is what the answers become: for the Net Promoter question the policy's
    tone hold may listen to it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    title: Words
    intro: Words | None = None
    questions: tuple[Question, ...] = Field(min_length=1, max_length=QUESTIONS_MAX)
    thanks: Words | None = None
    event: str = Field(default=ANSWERED, min_length=1, max_length=200)

    @model_validator(mode="after")
    def _told_apart(self) -> SurveyDefinition:
        names = [question.id for question in self.questions]
        if len(set(names)) < len(names):
            raise ValueError("questions: two have the same id")
        taken = sorted(TOLD_WITH_ANSWERS & set(names))
        if taken:
            raise ValueError(f"questions: {', '.join(taken)} is told with every answer; choose another id")
        traits = [question.trait for question in self.questions if question.trait is not None]
        if len(set(traits)) < len(traits):
            raise ValueError("questions: two become the same trait")
        if computed := sorted(COMPUTED_TRAITS & set(traits)):
            raise ValueError(f"questions: the trait {computed[0]!r} is worked out by us: nothing sets it")
        return self
