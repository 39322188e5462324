"""The page of a survey.

    GET  /s/{token}   survey_page    shows the questions; a number in the link may be ticked already
    POST /s/{token}   answers_of ▶ one event ▶ answered_page

It shows nothing of the person, and what was answered before is not told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import assert_never

from kizuna.core.content.templates import Brand
from kizuna.core.pages.layout import Page, page
from kizuna.core.pages.less import named
from kizuna.core.pages.markup import described_by, form, option, problem, problem_id, problems, switch
from kizuna.core.pages.texts import TEXTS, PageLanguage
from kizuna.core.surveys.definition import REMARK_MAX, Question, Remark, Scale, SingleChoice, SurveyDefinition


@dataclass(frozen=True, slots=True)
class _Texts:
    button: str
    optional: str
    missing: str
    some_missing: str
    thanks_heading: str
    thanks_intro: str


_TEXTS: Mapping[PageLanguage, _Texts] = {
    "en": _Texts(
        button="Send my answers",
        optional="{question} (if you like)",
        missing="Please answer this question as well.",
        some_missing="Nothing was sent yet. These questions are still open:",
        thanks_heading="Thank you",
        thanks_intro="Your answers have reached us. We read them.",
    ),
    "ja": _Texts(
        button="回答を送信する",
        optional="{question}（任意）",
        missing="こちらの質問にもお答えください。",
        some_missing="まだ送信されていません。次の質問にもお答えください。",
        thanks_heading="ご回答ありがとうございました",
        thanks_intro="いただいたご意見は、大切に拝見いたします。",
    ),
}


def survey_page(
    survey: SurveyDefinition,
    *,
    brand: Brand,
    language: PageLanguage,
    action: str,
    ticked: Mapping[str, Sequence[str]] = {},
    missing: Collection[str] = (),
) -> Page:
    """The form, which posts to `action`. `ticked` is what is filled in already, by question; `missing` are questions
    that were left open."""
    texts, name = _TEXTS[language], brand.voice(language).name
    questions = "\n".join(
        _question(each, texts, language, (ticked.get(each.id) or ("",))[-1], is_missing=each.id in missing)
        for each in survey.questions
    )
    intro = f"<p>{escape(named(survey.intro, language))}</p>\n" if survey.intro else ""
    open_ones = [(each.id, named(each.text, language)) for each in survey.questions if each.id in missing]
    summary = problems(texts.some_missing, open_ones) if open_ones else ""
    body = (
        f"<h1>{escape(named(survey.title, language))}</h1>\n{summary}{intro}"
        f"{form(action, language, questions, button=texts.button)}"
    )
    title = f"{named(survey.title, language)} – {name}"
    return page(
        language=language,
        title=TEXTS[language].error.format(title=title) if open_ones else title,
        brand=name,
        body=body,
        switch=switch(action, language),
    )


def answered_page(survey: SurveyDefinition, *, brand: Brand, language: PageLanguage) -> Page:
    """Only after the record has the answers; the same for somebody who had answered before."""
    texts, name = _TEXTS[language], brand.voice(language).name
    said = named(survey.thanks, language) if survey.thanks else texts.thanks_intro
    body = f"<h1>{escape(texts.thanks_heading)}</h1>\n<p>{escape(said)}</p>"
    return page(
        language=language, title=f"{texts.thanks_heading} – {name}", brand=name, body=body, switch=None
    )


def _question(
    question: Question, texts: _Texts, language: PageLanguage, value: str, *, is_missing: bool
) -> str:
    asked = named(question.text, language)
    legend = asked if question.required else texts.optional.format(question=asked)
    said = problem(question.id, texts.missing) if is_missing else ""
    wrong = [problem_id(question.id)] if is_missing else []
    if isinstance(question, Remark):
        marked = ' aria-invalid="true"' if is_missing else ""
        return (
            f'<div class="field"><label for="{question.id}">{escape(legend)}</label>{said}'
            f'<textarea id="{question.id}" name="{question.id}" rows="4" maxlength="{REMARK_MAX}"'
            f"{marked}{described_by(*wrong)}>{escape(value)}</textarea></div>"
        )
    means = [_ends_id(question)] if isinstance(question, Scale) and _has_ends(question) else []
    return (
        f'<fieldset id="{question.id}"{described_by(*wrong, *means)}>\n<legend>{escape(legend)}</legend>\n'
        f"{said}{_choices(question, language, value)}\n</fieldset>"
    )


def _has_ends(scale: Scale) -> bool:
    return bool(scale.lowest_means or scale.highest_means)


def _ends_id(question: Question) -> str:
    return f"{question.id}-ends"


def _choices(question: Scale | SingleChoice, language: PageLanguage, value: str) -> str:
    match question:
        case SingleChoice(options=options):
            return "\n".join(
                option("radio", question.id, each.id, named(each.text, language), checked=each.id == value)
                for each in options
            )
        case Scale(lowest=lowest, highest=highest):
            steps = "".join(
                option("radio", question.id, str(step), str(step), checked=str(step) == value)
                for step in range(lowest, highest + 1)
            )
            means = [question.lowest_means, question.highest_means]
            told = "".join(f"<span>{escape(named(each, language)) if each else ''}</span>" for each in means)
            about = f' id="{_ends_id(question)}"'
            ends = f'<p class="ends soft"{about}>{told}</p>' if _has_ends(question) else ""
            return f'<div class="scale">{steps}</div>{ends}'
        case _:
            assert_never(question)
