"""Steps that only choose a way, and take no time: branches, gates, splits, experiments, holdouts, joins, loops."""

from __future__ import annotations

from typing import assert_never

from kizuna.core.experiments import arm_of
from kizuna.core.experiments.holdout import Holdout
from kizuna.core.ids import bucket
from kizuna.core.journeys.effects import TakePlace
from kizuna.core.journeys.moves import Act, End, Go, Move
from kizuna.core.journeys.parts import EXIT
from kizuna.core.journeys.run import JourneyRun, RunState
from kizuna.core.journeys.scene import Scene
from kizuna.core.journeys.steps import Branch, Exit, ExperimentStep, Gate, Goto, HoldoutStep, Join, Split

Choosing = Branch | Gate | Split | ExperimentStep | HoldoutStep | Join | Goto | Exit


def choose_way(step: Choosing, run: JourneyRun, scene: Scene) -> Move:
    """Where a run goes that has come to one of these steps."""
    onward = scene.journey.after(step)
    match step:
        case Branch(cases=cases):
            found = next((n for n, case in enumerate(cases, 1) if scene.holds(case, run)), None)
            return Go(step.else_, "else") if found is None else Go(cases[found - 1].next, f"case.{found}")
        case Gate(on_false=on_false):
            if scene.holds(step, run):
                return Go(onward, "passed")
            return End(RunState.EXITED, "gate") if on_false == EXIT else Go(on_false, "not_passed")
        case Split():
            return _split(step, branch_of(step, run, scene))
        case ExperimentStep():
            arm = arm_of(step, scene.profile, named=named(step.id, scene))
            target = next(each.target for each in step.arms if each.name == arm.name)
            return Go(target, f"arm.{arm.name}")
        case HoldoutStep(percent=percent, salt=salt):
            rule = Holdout(percent=percent, salt=salt)
            out = rule.leaves_out(run.bucket_id, name=named(step.id, scene), now=scene.now)
            return Go(onward, "held_out" if out else "not_held_out", holds_out=out)
        case Join(mode="any"):
            return Go(onward, "met")
        case Join(of=needed, otherwise=otherwise):
            came = all(run.visits.get(name, 0) for name in needed)
            return Go(onward, "all_met") if came else Go(otherwise or onward, "not_all")
        case Goto(node=node, max_loops=most):
            loops = run.visits.get(step.id, 0)
            return Go(node, f"loop.{loops}") if loops <= most else Go(onward, "loops_over")
        case Exit(reason=reason):
            return End(RunState.EXITED, reason)
        case _:
            assert_never(step)


def named(step: str, scene: Scene) -> str:
    """A step as everything outside of its journey knows it."""
    return f"{scene.journey.id}.{step}"


def branch_of(step: Split, run: JourneyRun, scene: Scene) -> str:
    """The branch that chance has for a run: of a sticky split by the person alone, else drawn anew at each visit."""
    salt = step.salt or named(step.id, scene)
    drawn = f"{salt}|{run.visits.get(step.id, 0)}"
    place = bucket(salt, run.bucket_id) if step.sticky else bucket(drawn, run.id)
    until = 0.0
    last = ""
    for branch, percent in step.weights.items():
        if percent > 0:
            until, last = until + percent, branch
            if 100 * place < until:
                return branch
    return last  # what rounding leaves behind the last border


def _split(step: Split, branch: str) -> Move:
    limit = step.limits.get(branch)
    if limit is None:
        return Go(step.target(branch), f"branch.{branch}")
    return Act(TakePlace(branch, limit.count, limit.per or ""))


def placed(step: Split, branch: str, *, granted: bool) -> Go:
    """Where a run goes once it is known whether its branch had a place left."""
    if granted or step.overflow is None:
        return Go(step.target(branch), f"branch.{branch}")
    return Go(step.overflow, f"full.{branch}")
