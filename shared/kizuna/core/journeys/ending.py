"""When a run is over before its path is: the goal, exit rules, the end of the journey, a person who is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kizuna.core.durations import Duration
from kizuna.core.events import Event
from kizuna.core.journeys.moves import End
from kizuna.core.journeys.run import JourneyRun, RunState, Station, with_station
from kizuna.core.journeys.scene import Scene, is_about, is_such
from kizuna.core.people import GONE


def end_before_step(run: JourneyRun, scene: Scene) -> End | None:
    """Why a run may not come to its next step, if it may not. Looked at before each, and when a person changes."""
    if scene.profile.status in GONE:
        return cut(RunState.EXITED, "erased")
    if scene.is_over:
        return cut(RunState.EXITED, "journey_ended")
    for rule in scene.journey.exit_rules:
        if rule.event is None and scene.holds(rule, run):
            return cut(RunState.EXITED, rule.reason)
    return None


def end_by_event(event: Event, run: JourneyRun, scene: Scene) -> End | None:
    """Whether an event ends a run: by the goal first, then by a rule. What happened before it began is none of its
    business."""
    if event.at < run.began_from:
        return None
    goal = scene.journey.goal
    in_time = event.at < _last_of(goal.within, run)
    if in_time and is_such(event, goal.event, goal.where) and is_about(event, run, goal.match_key):
        return cut(RunState.CONVERTED, "goal")
    for rule in scene.journey.exit_rules:
        if (
            rule.event is not None
            and is_such(event, rule.event, rule.where)
            and is_about(event, run, rule.match_key)
        ):
            return cut(RunState.EXITED, rule.reason)
    return None


def cut(state: RunState, reason: str) -> End:
    """An end that the path knows nothing of: what the run still has to say is not said any more."""
    return End(state, reason, cuts=True)


def _last_of(within: Duration, run: JourneyRun) -> datetime:
    return within.after(run.began_from)


def ended(run: JourneyRun, end: End, *, now: datetime) -> JourneyRun:
    """The run, over. It asks for nothing any more, and no alarm of it rings."""
    ghost = run.held_out and end.state is RunState.COMPLETED
    state = RunState.HELD_OUT if ghost else end.state
    return replace(
        run,
        state=state,
        reason=end.reason,
        changed_at=now,
        due_at=None,
        limit_at=None,
        armed_at=None,
        frozen=False,
        ahead="",
        todo=None,
        is_cut=end.cuts,
        path=with_station(run.path, Station(now, run.node, f"{state}.{end.reason}")),
    )
