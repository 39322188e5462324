"""How the steps of a journey lead to each other: its ways, what can be reached, and where paths come back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, assert_never

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

if TYPE_CHECKING:
    from kizuna.core.journeys.definition import Journey

Kind = Literal[
    "next", "case", "else", "false", "event", "timeout", "share", "overflow", "arm", "outcome", "otherwise", "again",
    "done", "answered",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a step to another, or to `end` or `exit`. `mark` tells it from others of its kind: the number of a
    case or an event, the name of a branch, an arm or an outcome. `key` is where the definition names it, empty where
    it names none and the way leads to the step below."""

    source: str
    target: str
    kind: Kind = "next"
    mark: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """The ways of a journey: of each step those that lead away from it, in the order in which they are looked at."""

    start: str
    of: Mapping[str, tuple[Way, ...]]

    @property
    def ways(self) -> Iterator[Way]:
        return (way for ways in self.of.values() for way in ways)

    def reached(self, start: Iterable[str], *, without: Collection[str] = ()) -> frozenset[str]:
        """Everything that can be reached from these steps, themselves included, on paths that come by none of the
        steps `without`."""
        waiting = list(start)
        found = set(waiting)
        while waiting:
            for way in self.of.get(waiting.pop(), ()):
                if way.target not in found and way.target not in without:
                    found.add(way.target)
                    waiting.append(way.target)
        return frozenset(found)

    @property
    def onward(self) -> Graph:
        """The same without the ways back of `goto`."""
        kept = {source: tuple(way for way in ways if way.kind != "again") for source, ways in self.of.items()}
        return Graph(self.start, kept)

    def loop(self) -> tuple[str, ...]:
        """The steps of one loop, in the order of its path; empty where no path comes back to a step."""
        left = {source: [way.target for way in ways] for source, ways in self.of.items()}
        while ends := [
            node for node, targets in left.items() if not any(target in left for target in targets)
        ]:
            for node in ends:  # from a step whose every way leads out of what is left, no path comes back
                del left[node]
        if not left:
            return ()
        path: list[str] = [next(iter(left))]
        while True:
            onward = next(target for target in left[path[-1]] if target in left)
            if onward in path:
                return tuple(path[path.index(onward) :])
            path.append(onward)


def graph_of(journey: Journey) -> Graph:
    """The graph of a journey, ways to steps that do not exist included."""
    return Graph(journey.start, {step.id: tuple(_ways(step, journey)) for step in journey.steps})


def _ways(step: Step, journey: Journey) -> Iterator[Way]:
    told = getattr(step, "next", None) is not None
    onward = Way(step.id, journey.after(step), key="next" if told else "")
    match step:
        case Branch() | Split() | ExperimentStep():
            yield from _divided(step)
        case WaitFor() | WaitSegment() | SurveyStep() | TaskStep(await_=True):
            yield from _waited(step, onward)
        case Gate(on_false=otherwise):
            yield onward
            yield Way(step.id, otherwise, "false", key="on_false")
        case Join(otherwise=otherwise):
            yield onward
            if otherwise is not None:
                yield Way(step.id, otherwise, "otherwise", key="otherwise")
        case Goto(node=node):
            yield Way(step.id, node, "again", key="node")
            yield onward
        case Exit():
            return
        case (
            Wait() | Throttle() | HoldoutStep() | MessageStep() | WebhookStep() | TaskStep() | UpdateProfile()
            | SetContext() | EmitEvent() | StartJourney()
        ):  # fmt: skip
            yield onward
        case _:
            assert_never(step)


def _divided(step: Branch | Split | ExperimentStep) -> Iterator[Way]:
    match step:
        case Branch(cases=cases):
            for number, case in enumerate(cases):
                yield Way(step.id, case.next, "case", str(number), f"cases.{number}.next")
            yield Way(step.id, step.else_, "else", key="else")
        case Split(weights=weights):
            for name in weights:
                yield Way(step.id, step.target(name), "share", name, f"branches.{name}")
            if step.overflow is not None:
                yield Way(step.id, step.overflow, "overflow", key="overflow")
        case ExperimentStep(arms=arms):
            for arm in arms:
                yield Way(step.id, arm.target, "arm", arm.name, f"arms.{arm.name}")
        case _:
            assert_never(step)


def _waited(step: WaitFor | WaitSegment | SurveyStep | TaskStep, onward: Way) -> Iterator[Way]:
    """The ways on from a step that waits for something: by what came, and by time-out."""
    match step:
        case WaitFor(events=events):
            for number, event in enumerate(events):
                key = f"events.{number}.branch" if event.branch else onward.key
                yield Way(step.id, event.branch or onward.target, "event", str(number), key)
        case WaitSegment():
            yield Way(step.id, onward.target, "done", key=onward.key)
        case SurveyStep():
            yield Way(step.id, onward.target, "answered", key=onward.key)
        case TaskStep(outcomes=outcomes):
            for outcome, target in outcomes.items():
                yield Way(step.id, target, "outcome", str(outcome), f"outcomes.{outcome}")
            yield Way(step.id, onward.target, "done", key=onward.key)
        case _:
            assert_never(step)
    late = step.on_timeout
    yield Way(step.id, late or onward.target, "timeout", key="on_timeout" if late else onward.key)


def takes_time(step: Step) -> bool:
    """Whether nobody comes by a step twice in one moment: each time it waits for something that is still to come."""
    match step:
        case Wait():
            moment = step.until_trait
            return (
                step.for_ is not None
                or step.until_local is not None
                or (moment is not None and moment.yearly)
            )
        case WaitFor():
            return True
        case TaskStep():
            return step.await_
        case (
            WaitSegment() | Throttle() | Branch() | Gate() | Split() | ExperimentStep() | HoldoutStep() | Join()
            | Goto() | Exit() | MessageStep() | SurveyStep() | WebhookStep() | UpdateProfile() | SetContext()
            | EmitEvent() | StartJourney()
        ):  # fmt: skip
            return False
        case _:
            assert_never(step)
