"""The ways between steps in a few words, as drawings show them beside their arrows, English and Japanese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kizuna.core.condition_words import in_words
from kizuna.core.condition_words.events import filter_in_words
from kizuna.core.condition_words.values import length_in_words
from kizuna.core.journeys.steps import (
    Branch,
    ExperimentStep,
    Gate,
    Goto,
    Split,
    SurveyStep,
    TaskStep,
    WaitFor,
    WaitSegment,
)
from kizuna.core.sentences import Language, Words

if TYPE_CHECKING:
    from kizuna.core.journeys.definition import Journey
    from kizuna.core.journeys.graph import Way
    from kizuna.core.journeys.parts import Question

_OUTCOMES: dict[str, Words] = {
    "reached": Words("reached", "つながった"),
    "answered": Words("answered yes", "前向きな返答"),
    "not_reached": Words("not reached", "つながらない"),
    "wrong_address": Words("wrong address", "連絡先違い"),
    "do_not_call": Words("no more calls", "今後の連絡は不要"),
}
_WORDS: dict[str, Words] = {
    "else": Words("otherwise", "それ以外"),
    "false": Words("no", "いいえ"),
    "true": Words("yes", "はい"),
    "overflow": Words("branch full", "定員超過"),
    "otherwise": Words("not by all", "未通過あり"),
    "again": Words("again, up to {times} times", "最大{times}回くり返す"),
    "after": Words("then", "その後"),
    "late": Words("not within {length}", "{length}以内になし"),
    "inside": Words("in “{segment}”", "「{segment}」に入る"),
    "done": Words("done", "完了"),
    "answered": Words("answered", "回答あり"),
}


def say(key: str, language: Language, **more: object) -> str:
    words: str = getattr(_WORDS[key], language)
    return words.format(**more)


def question_in_words(question: Question, language: Language) -> str:
    """What a case, a gate or an exit rule asks, in one sentence."""
    told = []
    if question.when is not None:
        told.append(in_words(question.when, language))
    if question.context is not None:
        told.append(filter_in_words(question.context, language))
    return (" and " if language == "en" else "、かつ").join(told)


def event_in_words(event: str, where: object, language: Language) -> str:
    """An event that is waited for, such as `“Order Completed” (its total is at least 50)`."""
    filtered = filter_in_words(where, language)
    quoted = f"“{event}”" if language == "en" else f"「{event}」"
    if not filtered:
        return quoted
    return f"{quoted} ({filtered})" if language == "en" else f"{quoted}（{filtered}）"


def way_in_words(journey: Journey, way: Way, language: Language) -> str:
    """When a way is taken; empty for a way that is always taken."""
    step = journey.by_id.get(way.source)
    match step:
        case Branch(cases=cases) if way.kind == "case":
            return question_in_words(cases[int(way.mark)], language)
        case WaitFor(events=events) if way.kind == "event":
            awaited = events[int(way.mark)]
            return event_in_words(awaited.event, awaited.where, language)
        case WaitFor(timeout=timeout) | WaitSegment(timeout=timeout) | SurveyStep(timeout=timeout) if (
            way.kind == "timeout"
        ):
            return say("late", language, length=length_in_words(timeout, language))
        case TaskStep(timeout=limit) if way.kind == "timeout" and limit is not None:
            return say("late", language, length=length_in_words(limit, language))
        case WaitSegment(segment=segment) if way.kind == "done":
            return say("inside", language, segment=segment)
        case TaskStep() if way.kind == "outcome":
            words: str = getattr(_OUTCOMES[way.mark], language)
            return words
        case TaskStep(await_=True) if way.kind == "done":
            return say("done", language)
        case SurveyStep() if way.kind == "answered":
            return say("answered", language)
        case Split(weights=weights) if way.kind == "share":
            return f"{way.mark} {weights[way.mark]:g}%"
        case ExperimentStep() if way.kind == "arm":
            return f"{way.mark} {100 * step.shares[way.mark]:.3g}%"
        case Gate() if way.kind == "next":
            return say("true", language)
        case Goto(max_loops=times) if way.kind == "again":
            return say("again", language, times=times)
        case Goto():
            return say("after", language)
        case _:
            return say(way.kind, language) if way.kind in ("else", "false", "overflow", "otherwise") else ""
