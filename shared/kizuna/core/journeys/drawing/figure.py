"""What is drawn of a journey: a box for each step and each end, an arrow for each way between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, assert_never

from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.parts import END, EXIT
from kizuna.core.journeys.steps import (
    Branch,
    EmitEvent,
    Exit,
    ExperimentStep,
    Gate,
    Goto,
    HoldoutStep,
    Join,
    MessageStep,
    SetContext,
    Split,
    StartJourney,
    Step,
    SurveyStep,
    TaskStep,
    Throttle,
    UpdateProfile,
    Wait,
    WaitFor,
    WaitSegment,
    WebhookStep,
)
from kizuna.core.journeys.way_words import way_in_words
from kizuna.core.journeys.words import enters_in_words, step_in_words
from kizuna.core.sentences import Language, Words

if TYPE_CHECKING:
    from kizuna.core.journeys.counting import Counts, StepCount

Look = Literal["enter", "wait", "choice", "message", "work", "meet", "over"]

ENTER = "enter"  # the box above the first step; no step can have this id twice, for it is drawn apart

_ENDS = {END: Words("completed", "完了"), EXIT: Words("leaves", "離脱")}
_BEGUN = Words("{begun:,} entered, {inside:,} inside, {converted:,} reached the goal",
               "開始{begun:,}・進行中{inside:,}・目標達成{converted:,}")  # fmt: skip
_COUNT = Words("{entered:,} came, {here:,} here", "到達{entered:,}・滞在中{here:,}")
_LEFT = Words("{left:,} left", "離脱{left:,}")


@dataclass(frozen=True, slots=True)
class Box:
    """One thing that is drawn. `title` is its name, `text` what it does, `figures` how many people it has seen."""

    id: str
    look: Look
    title: str
    text: str = ""
    figures: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one box to another; several ways between the same two are one arrow with all their labels."""

    source: str
    target: str
    label: str = ""
    back: bool = False  # it closes a loop


@dataclass(frozen=True, slots=True)
class Figure:
    """All of it. The first box is the one where everybody enters."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def figure_of(journey: Journey, language: Language, *, counts: Counts | None = None) -> Figure:
    """What is to be drawn of a journey that was checked; with the figures of its steps where they are given."""
    begun = ""
    if counts is not None:
        words: str = getattr(_BEGUN, language)
        begun = words.format(begun=counts.begun, inside=counts.inside, converted=counts.converted)
    entry = Box(f"{ENTER}:", "enter", journey.named(language), enters_in_words(journey, language), begun)
    steps = [_box(step, language, counts) for step in journey.steps]
    arrows = [Arrow(entry.id, journey.start), *_arrows(journey, language)]
    used = {arrow.target for arrow in arrows}
    ends = [Box(end, "over", getattr(words, language)) for end, words in _ENDS.items() if end in used]
    return Figure((entry, *steps, *ends), tuple(arrows))


def _box(step: Step, language: Language, counts: Counts | None) -> Box:
    count = counts.steps.get(step.id) if counts is not None else None
    return Box(
        step.id, _look(step), step.named(language), step_in_words(step, language), _figures(count, language)
    )


def _figures(count: StepCount | None, language: Language) -> str:
    if count is None:
        return ""
    words: str = getattr(_COUNT, language)
    told = words.format(entered=count.entered, here=count.here)
    if not count.dropped:
        return told
    left: str = getattr(_LEFT, language)
    return f"{told}{', ' if language == 'en' else '・'}{left.format(left=count.dropped)}"


def _arrows(journey: Journey, language: Language) -> Iterator[Arrow]:
    for source, ways in journey.graph.of.items():
        labels: dict[tuple[str, bool], list[str]] = {}
        for way in ways:
            told = labels.setdefault((way.target, way.kind == "again"), [])
            label = way_in_words(journey, way, language)
            if label and label not in told:
                told.append(label)
        for (target, back), told in labels.items():
            yield Arrow(source, target, " / ".join(told), back)


def _look(step: Step) -> Look:
    match step:
        case Wait() | WaitFor() | WaitSegment() | Throttle():
            return "wait"
        case Branch() | Gate() | Split() | ExperimentStep() | HoldoutStep():
            return "choice"
        case MessageStep() | SurveyStep():
            return "message"
        case WebhookStep() | TaskStep() | UpdateProfile() | SetContext() | EmitEvent() | StartJourney():
            return "work"
        case Join() | Goto():
            return "meet"
        case Exit():
            return "over"
        case _:
            assert_never(step)
