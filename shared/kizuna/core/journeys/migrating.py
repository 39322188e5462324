"""People inside a journey that changes, where they do not finish on the version that they began."""

from __future__ import annotations

from dataclasses import replace

from kizuna.core.journeys.ending import cut, end_before_step, ended
from kizuna.core.journeys.run import JourneyRun, RunState, Station, with_station
from kizuna.core.journeys.scene import Scene
from kizuna.core.journeys.steps import SpeakingStep
from kizuna.core.journeys.walking import come_to, follow, what_it_says, with_alarm

REDEFINED = "redefined"


def moved_over(run: JourneyRun, scene: Scene) -> JourneyRun:
    """The run on the path of the new version (`scene`), at the step that stands for the one where it was.

    What it has waited there counts, and nothing is said twice: somebody who stands at a message that has been decided
    stays there. Whoever has no place in the new version leaves, and so does whoever it would not let on.
    """
    target = scene.journey.moved(run.ahead or run.node)
    here = replace(
        run,
        version=scene.version,
        path=with_station(run.path, Station(scene.now, run.node, f"version.{scene.version}")),
        changed_at=scene.now,
    )
    if target is None:
        return ended(here, cut(RunState.MIGRATED_OUT, REDEFINED), now=scene.now)
    step = scene.journey.by_id.get(target)
    if run.ahead or step is None:
        return come_to(here, target, scene)
    stands = replace(here, node=target, visits={**run.visits, target: max(1, run.visits.get(target, 0))})
    if run.told and isinstance(step, SpeakingStep):
        return with_alarm(stands, scene)
    end = end_before_step(stands, scene)
    if end is not None:
        return ended(stands, end, now=scene.now)
    if scene.is_paused:
        return replace(here, ahead=target, frozen=True, due_at=scene.journey.ends_at)
    return follow(replace(stands, told=()), what_it_says(step, stands, scene), scene)
