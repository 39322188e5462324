"""An experiment as it is planned: its arms, what they are compared by, and when it is over (`rules-spec.md` 6.2).

What an arm is differs: in a campaign it says the same in another way, in a journey it is a path. Both inherit from
here, and whatever draws arms or compares them knows no more than this.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any, Literal, Self, assert_never

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kizuna.core.durations import Duration
from kizuna.core.ids import digest

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$"

Metric = Literal["goal", "click", "open", "revenue"]
Guardrail = Literal["unsubscribe", "complaint", "bounce"]
Method = Literal["fixed", "sequential", "thompson"]
Stop = Literal["significant", "max_n", "time", "guardrail"]


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Arm(_Definition):
    """One way in which it is done; of all weights its own is its share of people."""

    name: str = Field(pattern=NAME)
    weight: float = Field(default=1, gt=0, le=1_000, allow_inf_nan=False)


class Experiment(_Definition):
    """A comparison of arms. The first is the control: as it is done today.

    metric      goal, click or open: persons who did; revenue: money of the goal's event for each person. Machine
                opens and clicks count nowhere. Until when it counts is the goal's `within`
    method      sequential: looked at as often as one likes. fixed: looked at once, when everybody planned for is
                in. thompson: ever more people get what does well
    baseline    the control's rate as it is known from before, in percent; mde the smallest relative change, in
                percent, that is worth finding: both together give the sample of a fixed experiment
    min_n       people for each arm before anything is decided; max_n those after which the arms stop being compared
    winner      rest_gets_best: whoever comes after the decision gets the best arm. report_only: it is just told
    no_winner   what comes after an experiment that found no difference: the control, or the split as before
    """

    arms: tuple[Arm, ...] = Field(min_length=2, max_length=10)
    unit: Literal["person"] = "person"
    metric: Metric = "goal"
    guardrails: tuple[Guardrail, ...] = ("unsubscribe", "complaint")
    method: Method = "sequential"
    alpha: float = Field(default=0.05, gt=0, le=0.2)
    power: float = Field(default=0.8, ge=0.5, lt=1)
    baseline: float | None = Field(default=None, gt=0, lt=100)
    mde: float | None = Field(default=None, gt=0, le=1_000)
    min_n: int = Field(default=200, ge=1, le=100_000_000)
    max_n: int | None = Field(default=None, ge=1, le=100_000_000)
    max_duration: Duration = Duration(seconds=14 * 86_400)
    stop: frozenset[Stop] = frozenset({"significant", "max_n", "time", "guardrail"})
    winner: Literal["rest_gets_best", "report_only"] = "report_only"
    no_winner: Literal["control", "keep_split"] = "control"
    multiple: Literal["holm", "none"] = "holm"

    @field_validator("winner", mode="before")
    @classmethod
    def _is_no_model(cls, value: Any) -> Any:
        if value == "per_person":
            raise ValueError(
                "per_person needs a model of what suits whom, and there is none: take rest_gets_best, or branch on "
                "a condition"
            )
        return value

    @field_validator("unit", mode="before")
    @classmethod
    def _is_a_person(cls, value: Any) -> Any:
        if value == "household":
            raise ValueError("who belongs to one household is not known here: the unit is person")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [arm.name for arm in self.arms]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"arms: more than one is called {', '.join(twice)}")
        if self.max_n is not None and self.max_n < self.min_n:
            raise ValueError("max_n is below min_n: it would end before anything may be decided")
        match self.method:
            case "fixed" if self.max_n is None and self.metric == "revenue":
                raise ValueError(
                    "a fixed experiment on revenue needs max_n: how many people each arm is to have"
                )
            case "fixed" if self.max_n is None and (self.baseline is None or self.mde is None):
                raise ValueError(
                    "a fixed experiment is sized before it begins: give baseline and mde, or max_n "
                    "(kizuna experiment size helps)"
                )
            case "thompson" if self.metric == "revenue":
                raise ValueError("thompson compares rates: take the metric goal, click or open")
            case "fixed" | "thompson" | "sequential":
                return self
            case _:
                assert_never(self.method)

    @property
    def control(self) -> Arm:
        return self.arms[0]

    @property
    def shares(self) -> dict[str, float]:
        """The part of all people that each arm is to have."""
        whole = sum(arm.weight for arm in self.arms)
        return {arm.name: arm.weight / whole for arm in self.arms}

    @property
    def is_rate(self) -> bool:
        """Whether persons are counted, and not their money."""
        return self.metric != "revenue"

    @cached_property
    def fingerprint(self) -> str:
        """Names exactly these arms: a changed one is another experiment, with other people in each arm."""
        arms = [arm.model_dump(mode="json", exclude_defaults=True, by_alias=True) for arm in self.arms]
        return digest("experiment", json.dumps(arms, sort_keys=True, ensure_ascii=False), length=8)


_AFTER = "+"  # behind the fingerprint: drawn by nobody, so it counts in no comparison


def variant_of(experiment: Experiment, arm: Arm, *, after: bool = False) -> str:
    """An arm of just this experiment, as messages and counts carry it: `<arm>~<fingerprint>`. Arms of one name in two
    experiments, one after the other in one campaign, are never counted together. `after`: the person got the arm
    because something was decided, and not by the draw."""
    return f"{arm.name}~{experiment.fingerprint}{_AFTER if after else ''}"


def arm_name(variant: str) -> str:
    """The arm's name in what `variant_of` gave; empty for nothing."""
    return variant.partition("~")[0]


def fingerprint_of(variant: str) -> str:
    """The experiment's fingerprint in what `variant_of` gave."""
    return variant.partition("~")[2].removesuffix(_AFTER)


def after_the_draw(variant: str) -> str:
    """The same arm, for what counts in no comparison: a person's second message, say."""
    return variant if not is_drawn(variant) else variant + _AFTER


def is_drawn(variant: str) -> bool:
    """Whether the draw gave a person this arm: then the person counts in the comparison."""
    return bool(variant) and not variant.endswith(_AFTER)


def arm_in(experiment: Experiment | None, variant: str) -> Arm | None:
    """The arm that a variant names; None where the experiment is another by now, or there is none."""
    if experiment is None or not variant or fingerprint_of(variant) != experiment.fingerprint:
        return None
    return next((arm for arm in experiment.arms if arm.name == arm_name(variant)), None)
