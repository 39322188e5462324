"""Whether an experiment goes on, and if not, what won: by its counts and its plan alone (`rules-spec.md` 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, assert_never

from kizuna.core.experiments.comparing import Compared, at_any_look, at_one_look, with_p
from kizuna.core.experiments.counts import ArmCounts
from kizuna.core.experiments.definition import Experiment, Guardrail
from kizuna.core.experiments.fixed import sample_size
from kizuna.core.experiments.multiple import holm
from kizuna.core.experiments.sequential import UNEVEN_ALPHA, uneven_p
from kizuna.core.experiments.thompson import chances_of_best, posterior
from kizuna.core.restraint.early_warning import THRESHOLD, Signal, bar_of

Why = Literal["empty", "too_few", "open", "planned", "uneven"]
Ended = Literal["significant", "max_n", "time"]

_OF_SIGNALS: Mapping[Guardrail, Signal] = {
    "unsubscribe": Signal.UNSUBSCRIBE,
    "complaint": Signal.COMPLAINT,
    "bounce": Signal.BOUNCE,
}
_PLANNED = 5  # times min_n: how many people each arm of an experiment without a plan is taken to get


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of an experiment at one moment, by arm: of everybody so far, and of those whose time to do something
    is over. `began_at` is when the first person was assigned; `stopped` are arms that harmed before."""

    sofar: Mapping[str, ArmCounts]
    settled: Mapping[str, ArmCounts]
    began_at: datetime | None = None
    stopped: frozenset[str] = frozenset()

    def active(self, experiment: Experiment) -> tuple[str, ...]:
        """The arms that are still compared, the control first."""
        return tuple(arm.name for arm in experiment.arms if arm.name not in self.stopped)


@dataclass(frozen=True, slots=True)
class _Finding:
    """What every verdict tells: each challenger against the control, what harmed, and whether the draw is even.
    `chances` of being the best are told where a bandit decides."""

    compared: tuple[Compared, ...] = ()
    harmed: Mapping[str, tuple[Guardrail, ...]] = field(default_factory=dict)
    uneven: float = 1.0
    chances: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running(_Finding):
    """It goes on, and why."""

    why: Why = "open"


@dataclass(frozen=True, slots=True)
class Winner(_Finding):
    """One arm did better than what it was compared with; the control, where it did better than all others."""

    arm: str = ""
    ended: Ended = "significant"


@dataclass(frozen=True, slots=True)
class NoWinner(_Finding):
    """It is over, and nothing was found. `arm` is what comes now: the control, unless the split is kept."""

    arm: str = ""
    ended: Ended = "time"


@dataclass(frozen=True, slots=True)
class StoppedByGuardrail(_Finding):
    """Every challenger harmed. What comes now is the control."""

    arm: str = ""


Verdict = Running | Winner | NoWinner | StoppedByGuardrail


def planned_n(experiment: Experiment) -> int:
    """How many people each arm is to have."""
    if experiment.max_n is not None:
        return experiment.max_n
    if experiment.baseline is None or experiment.mde is None:
        return _PLANNED * experiment.min_n
    size = sample_size(
        baseline=experiment.baseline / 100,
        mde=experiment.mde / 100,
        alpha=experiment.alpha,
        power=experiment.power,
        comparisons=_comparisons(experiment),
    )
    return max(size, experiment.min_n)


def verdict(experiment: Experiment, counted: Counted, *, now: datetime) -> Verdict:
    """How an experiment stands. Deterministic: the same counts at the same moment give the same verdict."""
    harmed = _harmed(experiment, counted)
    stopping = frozenset(harmed) if "guardrail" in experiment.stop else frozenset()
    counted = Counted(counted.sofar, counted.settled, counted.began_at, counted.stopped | stopping)
    arms = counted.active(experiment)
    if len(arms) < 2:
        return StoppedByGuardrail(harmed=harmed, arm=experiment.control.name)
    uneven = _unevenness(experiment, counted, arms)
    told = _Told(experiment, counted, arms, harmed, uneven)
    if uneven < UNEVEN_ALPHA:
        return told.running("uneven")
    if counted.began_at is None:
        return told.running("empty")
    is_late = "time" in experiment.stop and now >= experiment.max_duration.after(counted.began_at)
    match experiment.method:
        case "sequential":
            return _sequential(told, is_late=is_late)
        case "fixed":
            return _fixed(told, is_late=is_late)
        case "thompson":
            return _thompson(told, is_late=is_late)
        case _:
            assert_never(experiment.method)


@dataclass(frozen=True, slots=True)
class _Told:
    """All that a verdict is made of."""

    experiment: Experiment
    counted: Counted
    arms: tuple[str, ...]
    harmed: Mapping[str, tuple[Guardrail, ...]]
    uneven: float

    def running(self, why: Why, compared: tuple[Compared, ...] | None = None) -> Running:
        told = self.compared() if compared is None else compared
        return Running(told, self.harmed, self.uneven, self.chances(), why)

    def ended(self, ended: Ended, compared: tuple[Compared, ...], arm: str | None) -> Winner | NoWinner:
        rest = (compared, self.harmed, self.uneven, self.chances())
        if arm is not None:
            return Winner(*rest, arm=arm, ended=ended)
        return NoWinner(*rest, arm=self.experiment.control.name, ended=ended)

    def compared(self) -> tuple[Compared, ...]:
        """Each challenger against the control, by the method's own intervals, p values adjusted."""
        by = self.counted.sofar if self.experiment.method == "sequential" else self.counted.settled
        control = _of(by, self.arms[0])
        found = [self._pair(_of(by, name), control) for name in self.arms[1:]]
        ps = [each.p for each in found]
        if self.experiment.multiple == "holm":
            ps = holm(ps)
        return tuple(with_p(each, p) for each, p in zip(found, ps, strict=True))

    def _pair(self, one: ArmCounts, control: ArmCounts) -> Compared:
        if self.experiment.method == "sequential":
            return at_any_look(one, control, self.experiment, planned=planned_n(self.experiment))
        return at_one_look(one, control, self.experiment.metric, alpha=self.experiment.alpha)

    def chances(self) -> dict[str, float]:
        if self.experiment.method != "thompson":
            return {}
        settled, metric = self.counted.settled, self.experiment.metric
        return chances_of_best({name: posterior(_of(settled, name), metric) for name in self.arms})

    def least(self, by: Mapping[str, ArmCounts]) -> int:
        """The persons of the smallest arm."""
        return min(_of(by, name).exposed for name in self.arms)


def _sequential(told: _Told, *, is_late: bool) -> Verdict:
    experiment, compared = told.experiment, told.compared()
    least = told.least(told.counted.sofar)
    is_full = "max_n" in experiment.stop and experiment.max_n is not None and least >= experiment.max_n
    if least < experiment.min_n and not is_late:
        return told.running("too_few", compared)
    best = _best(told, compared) if least >= experiment.min_n else None
    if best is not None and "significant" in experiment.stop:
        return told.ended("significant", compared, best)
    if is_full or is_late:
        return told.ended("max_n" if is_full else "time", compared, best)
    return told.running("open", compared)


def _fixed(told: _Told, *, is_late: bool) -> Verdict:
    """Looked at once: when everybody planned for is in and had their time, or when time is up."""
    is_full = told.least(told.counted.settled) >= planned_n(told.experiment)
    if not is_full and not is_late:
        return told.running("planned")
    compared = told.compared()
    return told.ended("max_n" if is_full else "time", compared, _best(told, compared))


def _thompson(told: _Told, *, is_late: bool) -> Verdict:
    """A bandit ends by time or by its number alone, for its counts bear no looking at again and again."""
    experiment = told.experiment
    total = sum(_of(told.counted.settled, name).exposed for name in told.arms)
    is_full = (
        "max_n" in experiment.stop
        and experiment.max_n is not None
        and total >= experiment.max_n * len(told.arms)
    )
    if not is_full and not is_late:
        return told.running("too_few" if total < experiment.min_n * len(told.arms) else "open")
    chances = told.chances()
    best = max(chances, key=lambda name: chances[name])
    is_sure = total >= experiment.min_n * len(told.arms) and chances[best] >= 1 - experiment.alpha / 2
    return told.ended("max_n" if is_full else "time", told.compared(), best if is_sure else None)


def _best(told: _Told, compared: tuple[Compared, ...]) -> str | None:
    """The best of the challengers that did better than the control; the control, if it did better than each."""
    found = [each for each in compared if each.is_found(told.experiment.alpha)]
    better = [each for each in found if each.value > each.control_value]
    if better:
        return max(better, key=lambda each: each.value).arm
    worse = [each for each in found if each.value < each.control_value]
    return told.arms[0] if len(worse) == len(compared) else None


def _harmed(experiment: Experiment, counted: Counted) -> dict[str, tuple[Guardrail, ...]]:
    """The challengers of which a guardrail has enough evidence, at whatever look: the e-process by which runs are
    paused (`restraint/early_warning`). A control that harms is the run's own brake's business."""
    found = {}
    for name in counted.active(experiment)[1:]:
        arm = _of(counted.sofar, name)
        broken = tuple(rail for rail in experiment.guardrails if _breaks(arm, rail))
        if broken:
            found[name] = broken
    return found


def _breaks(arm: ArmCounts, rail: Guardrail) -> bool:
    bad = min(arm.did(rail), arm.exposed)
    return bool(bad) and bar_of(_OF_SIGNALS[rail]).log_evidence(arm.exposed, bad) >= THRESHOLD


def _unevenness(experiment: Experiment, counted: Counted, arms: tuple[str, ...]) -> float:
    """By those who are compared. Of a bandit nothing can be said: its shares move."""
    if experiment.method == "thompson":
        return 1.0
    shares = [experiment.shares[name] for name in arms]
    return uneven_p(
        [_of(counted.sofar, name).exposed for name in arms], [each / sum(shares) for each in shares]
    )


def _of(counts: Mapping[str, ArmCounts], name: str) -> ArmCounts:
    return counts.get(name) or ArmCounts(name)


def _comparisons(experiment: Experiment) -> int:
    return len(experiment.arms) - 1 if experiment.multiple == "holm" else 1
