"""What journeys listen to: which events and segments let somebody in, and which a run waits for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kizuna.core.feedback import TASK_DONE
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.entering import EnterByEvent, EnterBySegment
from kizuna.core.journeys.steps import Step, SurveyStep, TaskStep, WaitFor, WaitSegment

Names = Mapping[str, frozenset[str]]  # journeys, by the name of an event or of a segment


@dataclass(frozen=True, slots=True)
class Listening:
    """By the name of an event or a segment: the journeys that it begins, and those whose runs hear of it.

    `watching` are journeys that somebody leaves by what is so of them, whatever made it so: their runs are looked at
    whenever the person changes.
    """

    begins: Names = field(default_factory=dict)
    begins_by_segment: Names = field(default_factory=dict)
    heard: Names = field(default_factory=dict)
    heard_of_segment: Names = field(default_factory=dict)
    watching: frozenset[str] = frozenset()

    @property
    def events(self) -> frozenset[str]:
        """Names of all events that mean something to a journey."""
        return frozenset((*self.begins, *self.heard))


def listening_of(journeys: Iterable[Journey]) -> Listening:
    """What these journeys listen to, older paths of them included."""
    begins, by_segment = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    heard, of_segment = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    watching: set[str] = set()
    for journey in journeys:
        match journey.enter:
            case EnterByEvent(event=event):
                begins[event].add(journey.id)
            case EnterBySegment(segment=segment):
                by_segment[segment].add(journey.id)
            case _:
                pass  # by the clock, or by a call
        for event in events_heard(journey):
            heard[event].add(journey.id)
        for step in journey.steps:
            if isinstance(step, WaitSegment):
                of_segment[step.segment].add(journey.id)
        if any(rule.event is None for rule in journey.exit_rules):
            watching.add(journey.id)
    return Listening(
        _frozen(begins), _frozen(by_segment), _frozen(heard), _frozen(of_segment), frozenset(watching)
    )


def events_heard(journey: Journey) -> frozenset[str]:
    """Names of the events that a run of a journey may hear."""
    return frozenset(_events_heard(journey))


def _events_heard(journey: Journey) -> Iterator[str]:
    yield journey.goal.event
    for rule in journey.exit_rules:
        if rule.event is not None:
            yield rule.event
    for step in journey.steps:
        yield from awaited_at(step)


def awaited_at(step: Step) -> frozenset[str]:
    """Names of the events that a step waits for; none of one that waits for no event."""
    match step:
        case WaitFor(events=awaited):
            return frozenset(each.event for each in awaited)
        case TaskStep(await_=True):
            return frozenset({TASK_DONE})
        case SurveyStep(event=answered):
            return frozenset({answered})
        case _:
            return frozenset()


def _frozen(names: Mapping[str, set[str]]) -> Names:
    return {name: frozenset(journeys) for name, journeys in names.items()}
