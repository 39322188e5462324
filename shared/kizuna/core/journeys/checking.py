"""Whether a journey can be walked: every step is reached, every way leads somewhere, and no path goes on for ever.

Each problem names its place, such as `steps.remind.on_timeout`. What a single step says of itself its own model has
checked before; what it names of the workspace `catalog_checks.journeys` looks up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kizuna.core.errors import Problem
from kizuna.core.journeys.definition import Journey, Migrate
from kizuna.core.journeys.graph import Graph, takes_time
from kizuna.core.journeys.knowing import known_names, names_asked
from kizuna.core.journeys.parts import END, EXIT
from kizuna.core.journeys.steps import Exit, Goto, Join, WaitFor

MOST_VISITS = 1_000  # of one step by one run, all loops together


def journey_problems(journey: Journey, place: str) -> list[Problem]:
    """Why nobody can walk it; empty where they can. Of a graph that is no graph only that is told."""
    broken = [*_doubled(journey), *_leading_nowhere(journey)]
    found = broken or [
        *_ambiguous(journey),
        *_unreached(journey),
        *_endless(journey),
        *_joins(journey),
        *_keys(journey),
        *_unknown_values(journey),
        *_ends(journey),
    ]
    return [Problem(f"{place}: {key}", reason) for key, reason in found]


Found = Iterator[tuple[str, str]]  # a key of the definition, and what is wrong there


def _doubled(journey: Journey) -> Found:
    for step, times in Counter(step.id for step in journey.steps).items():
        if times > 1:
            yield f"steps.{step}", f"{times} steps have this id"


def _leading_nowhere(journey: Journey) -> Found:
    for way in journey.graph.ways:
        known = (
            way.target in journey.by_id or way.target == END or (way.kind == "false" and way.target == EXIT)
        )
        if not known:
            yield f"steps.{way.source}.{way.key}", f"there is no step {way.target!r}"
    if isinstance(journey.version_policy, Migrate):
        for old, new in journey.version_policy.migrate.items():
            if new not in journey.by_id and new != END:
                yield f"version_policy.migrate.{old}", f"there is no step {new!r}"


def _ambiguous(journey: Journey) -> Found:
    """A step that says nothing of its way goes on to the one below. Where that is the beginning of another path,
    somebody may have forgotten that it does."""
    order = {step.id: number for number, step in enumerate(journey.steps)}
    named = {
        way.target: way
        for way in journey.graph.ways
        if way.key and order[way.source] < order.get(way.target, 0)
    }
    for way in journey.graph.ways:
        other = named.get(way.target)
        if way.key or other is None or other.source == way.source:
            continue
        if isinstance(journey.by_id.get(way.target), Join):
            continue
        yield (
            f"steps.{way.source}.next",
            f"is not told, and the step below, {way.target!r}, is where {other.source!r} leads: "
            f"say next: {way.target} if it goes on there, or next: {END}",
        )


def _unreached(journey: Journey) -> Found:
    reached = journey.graph.reached([journey.start])
    for step in journey.steps:
        if step.id not in reached:
            yield f"steps.{step.id}", "is never reached: no way leads to it"


def _endless(journey: Journey) -> Found:
    """Paths come back by `goto`, which counts; and never without waiting for something on the way."""
    graph = journey.graph
    loop = graph.onward.loop()
    if loop:
        told = " → ".join((*loop, loop[0]))
        yield (
            f"steps.{loop[-1]}",
            f"comes back to where it was ({told}): close a loop by goto, which has a bound",
        )
        return
    waits = frozenset(step.id for step in journey.steps if takes_time(step))
    for step in journey.steps:
        if not isinstance(step, Goto) or step.node in waits:
            continue
        if step.id in graph.reached([step.node], without=waits):
            yield f"steps.{step.id}.node", f"goes round from {step.node!r} without a wait: put one on the way"
    yield from _too_often(journey, graph)


def _around(graph: Graph, goto: Goto) -> frozenset[str]:
    """The steps that lie on the loop that a goto closes; none where it leads on, and not back."""
    after = graph.reached([goto.node])
    return (
        frozenset(step for step in after if goto.id in graph.reached([step]))
        if goto.id in after
        else frozenset()
    )


def _too_often(journey: Journey, graph: Graph) -> Found:
    """Loops within loops multiply."""
    visits = dict.fromkeys(journey.by_id, 1)
    for step in journey.steps:
        if isinstance(step, Goto):
            for inside in _around(graph, step):
                visits[inside] *= step.max_loops + 1
    most = max(visits, key=lambda step: visits[step])
    if visits[most] > MOST_VISITS:
        yield (
            f"steps.{most}",
            f"is come by up to {visits[most]:,} times, by loops within loops: {MOST_VISITS:,} at most",
        )


def _joins(journey: Journey) -> Found:
    graph = journey.graph
    for step in journey.steps:
        if not isinstance(step, Join):
            continue
        unknown = [each for each in step.of if each not in journey.by_id]
        if unknown:
            yield f"steps.{step.id}.of", f"there is no step {unknown[0]!r}"
            continue
        apart = [each for each in step.of if step.id not in graph.reached([each])]
        if apart:
            yield f"steps.{step.id}.of", f"no way leads here from {apart[0]!r}"
        elif step.mode == "all" and (pair := _never_both(graph, step.of)):
            yield (
                f"steps.{step.id}.of",
                f"can never meet: no path comes by both {pair[0]!r} and {pair[1]!r}; take mode: any",
            )


def _never_both(graph: Graph, steps: tuple[str, ...]) -> tuple[str, str] | None:
    """Two steps of which a path that comes by one cannot come by the other."""
    for number, one in enumerate(steps):
        for other in steps[number + 1 :]:
            if other not in graph.reached([one]) and one not in graph.reached([other]):
                return one, other
    return None


def _keys(journey: Journey) -> Found:
    """`match_key` is about the key of the run: an order, a cart."""
    if journey.is_keyed:
        return
    why = "there is no key to match: say which property it is by reentry: {per_key: …}"
    if journey.goal.match_key is not None:
        yield "goal.match_key", why
    for number, rule in enumerate(journey.exit_rules):
        if rule.match_key is not None:
            yield f"exit_rules.{number}.match_key", why
    for step in journey.steps:
        if isinstance(step, WaitFor) and step.match_key is not None:
            yield f"steps.{step.id}.match_key", why


def _unknown_values(journey: Journey) -> Found:
    """Values of the run that nothing leaves there. People who were moved here have those of the steps they left."""
    known = known_names(journey)
    if isinstance(journey.version_policy, Migrate):
        known |= journey.version_policy.migrate.keys()
    for key, name in names_asked(journey):
        if name not in known:
            yield (
                key,
                f"a run has no values under {name!r}: it has entry, what set_context sets, and what came to a "
                "wait_for or survey, under the id of the step",
            )


def _ends(journey: Journey) -> Found:
    """A journey that does nothing before it is over was meant otherwise."""
    if isinstance(journey.steps[0], Exit):
        yield f"steps.{journey.start}", "the first step ends the run: nobody gets any further"
