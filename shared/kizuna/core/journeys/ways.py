"""Steps at which the path divides, meets, turns back or ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from kizuna.core.experiments.definition import Arm, Experiment
from kizuna.core.experiments.holdout import Holdout
from kizuna.core.journeys.base import Definition
from kizuna.core.journeys.parts import EXIT, Case, Question, Reason, StepId
from kizuna.core.journeys.step_base import MOST_BRANCHES, Onward, StepBase

MOST_LOOPS = 100

Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
BranchName = StepId


class Branch(StepBase):
    """The first case that holds; otherwise `else`."""

    type: Literal["branch"] = "branch"
    cases: tuple[Case, ...] = Field(min_length=1, max_length=MOST_BRANCHES)
    else_: StepId = Field(alias="else")


class Gate(Question, Onward):
    """Lets through who satisfies it. The others leave (`gate`), or go on at another step."""

    type: Literal["gate"] = "gate"
    on_false: StepId = EXIT

    @model_validator(mode="after")
    def _asks_something(self) -> Gate:
        if self.asks_nothing:
            raise ValueError("a gate asks something: give when, context, or both")
        return self


class BranchLimit(Definition):
    """At most so many runs take a branch: in each day, week or month (UTC), or without `per` for good."""

    count: int = Field(ge=0, le=1_000_000_000)
    per: Literal["day", "week", "month"] | None = None


class Split(StepBase):
    """People by chance: `weights` are percents that sum to 100.

    A branch leads to the step that `branches` names for it, or to the step of its own name. `sticky`: a person comes
    to the same branch each time, in each run, for good (by `salt`, which is `<journey>.<step>` unless told);
    otherwise it is drawn anew at each visit. Who finds a branch full goes to `overflow`.
    """

    type: Literal["split"] = "split"
    weights: dict[BranchName, Percent] = Field(min_length=2, max_length=MOST_BRANCHES)
    branches: dict[BranchName, StepId] = Field(default_factory=dict)
    sticky: bool = True
    salt: str | None = Field(default=None, min_length=1, max_length=100)
    limits: dict[BranchName, BranchLimit] = Field(default_factory=dict)
    overflow: StepId | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Split:
        total = round(sum(self.weights.values()), 6)
        if total != 100:
            raise ValueError(f"weights sum to {total:g}, not to 100")
        for key in ("branches", "limits"):
            strange = sorted(set(getattr(self, key)) - set(self.weights))
            if strange:
                raise ValueError(f"{key} names {strange[0]!r}, which has no weight")
        if bool(self.limits) != (self.overflow is not None):
            raise ValueError("limits and overflow belong together: who finds a branch full goes to overflow")
        return self

    def target(self, branch: str) -> str:
        """The step that a branch leads to."""
        return self.branches.get(branch, branch)


class PathArm(Arm):
    """One arm: its path begins at `next`, or at the step of its own name."""

    next: StepId | None = None

    @property
    def target(self) -> str:
        return self.next or self.name


class ExperimentStep(Experiment, StepBase):
    """Which of several paths serves people best (`rules-spec.md` 6.2): each arm is one, and a person's is theirs for
    good. What came of each path is in the journey's counts; nothing follows from it by itself, so a plan that says
    otherwise is refused.
    """

    type: Literal["experiment"] = "experiment"
    arms: tuple[PathArm, ...] = Field(min_length=2, max_length=10)

    @model_validator(mode="after")
    def _leads_somewhere(self) -> ExperimentStep:
        if self.metric in ("click", "open"):
            raise ValueError(
                "arms that are paths are compared by the goal, or by revenue: a path is no mail to open"
            )
        if self.winner != "report_only" or self.method == "thompson":
            raise ValueError(
                "paths are drawn and not judged by themselves: take winner: report_only, and method: sequential or "
                "fixed; an experiment of a campaign gives the rest the best arm"
            )
        return self


class HoldoutStep(Holdout, Onward):
    """From here on so many percent are held out: they walk the same path, and hear nothing."""

    type: Literal["holdout"] = "holdout"


class Join(Onward):
    """Paths meet. `any`: whoever comes goes on; `of` says by which steps, each of which must lead here.

    `all`: who has come by every one of these steps goes on, everybody else at `otherwise`. A run walks one path at a
    time, so that there is nothing to wait for.
    """

    type: Literal["join"] = "join"
    of: tuple[StepId, ...] = Field(min_length=1, max_length=20)
    mode: Literal["any", "all"] = "any"
    otherwise: StepId | None = None

    @model_validator(mode="before")
    @classmethod
    def _waits_for_nobody(cls, raw: Any) -> Any:
        if isinstance(raw, Mapping) and "timeout" in raw:
            raise ValueError("a run walks one path at a time: there is nothing that a join could wait for")
        return raw

    @model_validator(mode="after")
    def _fits_together(self) -> Join:
        if len(set(self.of)) < len(self.of):
            raise ValueError("of names a step twice")
        if (self.mode == "all") != (self.otherwise is not None):
            raise ValueError(
                "otherwise is where those go who have not come by all of them: with mode all, and only there"
            )
        return self


class Goto(Onward):
    """Back to another step, at most `max_loops` times in a run; then on to `next`."""

    type: Literal["goto"] = "goto"
    node: StepId
    max_loops: int = Field(default=10, ge=1, le=MOST_LOOPS)


class Exit(StepBase):
    """The run leaves, for a reason that reports count."""

    type: Literal["exit"] = "exit"
    reason: Reason
