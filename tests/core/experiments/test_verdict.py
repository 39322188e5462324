"""What comes of an experiment: by its plan and its counts alone, and what that changes once and for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.core.experiments import ArmCounts, Experiment
from kizuna.core.experiments.settling import settled
from kizuna.core.experiments.standing import Standing, settled_arm
from kizuna.core.experiments.verdict import (
    Counted,
    NoWinner,
    Running,
    StoppedByGuardrail,
    Winner,
    planned_n,
    verdict,
)
from kizuna.core.experiments.words import sentence
from tests.support.builders import NOON
from tests.support.draws import binomial

DAY = timedelta(days=1)


def an_experiment(**changes: Any) -> Experiment:
    given: dict[str, Any] = {"arms": [{"name": "plain"}, {"name": "short"}]}
    return Experiment.model_validate(given | changes)


def arm(name: str, n: int, goal: int = 0, **bad: int) -> ArmCounts:
    """An arm with persons who did, and persons who did what a guardrail counts."""
    return ArmCounts(name, n, n, {"goal": goal, **bad})


def counted(
    *arms: ArmCounts, stopped: frozenset[str] = frozenset(), began_at: datetime | None = NOON
) -> Counted:
    """As if everybody had had their time."""
    by_name: Mapping[str, ArmCounts] = {each.arm: each for each in arms}
    return Counted(by_name, by_name, began_at, stopped)


PLAIN, BETTER, WORSE = arm("plain", 2_000, 100), arm("short", 2_000, 180), arm("short", 2_000, 40)


# ── sequential ──────────────────────────────────────────────────────────────────────────────────


def test_an_arm_that_does_clearly_better_wins_at_once() -> None:
    found = verdict(an_experiment(), counted(PLAIN, BETTER), now=NOON + DAY)
    assert isinstance(found, Winner)
    assert (found.arm, found.ended) == ("short", "significant")
    (compared,) = found.compared
    assert compared.change == pytest.approx(0.8)
    assert 0 < compared.difference.low < 0.04 < compared.difference.high
    assert 0 < compared.relative.low < 0.8 < compared.relative.high


def test_a_control_that_does_better_than_every_other_arm_wins() -> None:
    found = verdict(an_experiment(), counted(PLAIN, WORSE), now=NOON + DAY)
    assert isinstance(found, Winner)
    assert found.arm == "plain"
    three = an_experiment(arms=[{"name": "plain"}, {"name": "short"}, {"name": "long"}])
    open_ = verdict(three, counted(PLAIN, WORSE, arm("long", 2_000, 101)), now=NOON + DAY)
    assert isinstance(open_, Running)


def test_nothing_is_decided_before_each_arm_has_its_least_number() -> None:
    few = counted(arm("plain", 199, 2), arm("short", 199, 90))
    found = verdict(an_experiment(), few, now=NOON + DAY)
    assert isinstance(found, Running)
    assert found.why == "too_few"
    late = verdict(an_experiment(), few, now=NOON + 14 * DAY)
    assert isinstance(late, NoWinner)
    assert late.ended == "time"


def test_without_a_difference_it_ends_by_number_or_by_time() -> None:
    even = counted(PLAIN, arm("short", 2_000, 103))
    assert isinstance(verdict(an_experiment(), even, now=NOON + 13 * DAY), Running)
    by_time = verdict(an_experiment(), even, now=NOON + 14 * DAY)
    assert isinstance(by_time, NoWinner)
    assert (by_time.arm, by_time.ended) == ("plain", "time")
    by_number = verdict(an_experiment(max_n=2_000), even, now=NOON + DAY)
    assert isinstance(by_number, NoWinner)
    assert by_number.ended == "max_n"
    assert isinstance(verdict(an_experiment(stop=["significant"]), even, now=NOON + 400 * DAY), Running)


def test_what_may_not_stop_it_does_not() -> None:
    patient = an_experiment(stop=["time"])
    assert isinstance(verdict(patient, counted(PLAIN, BETTER), now=NOON + DAY), Running)
    found = verdict(patient, counted(PLAIN, BETTER), now=NOON + 14 * DAY)
    assert isinstance(found, Winner)
    assert found.ended == "time"


def test_with_several_arms_each_has_to_be_clearer() -> None:
    names = ["plain", "short", "b", "c", "d", "e"]
    arms = [{"name": name} for name in names]
    edge = counted(PLAIN, arm("short", 2_000, 150), *(arm(name, 2_000, 100) for name in names[2:]))
    alone = counted(PLAIN, arm("short", 2_000, 150))
    by_holm = verdict(an_experiment(arms=arms), edge, now=NOON + DAY)
    one = verdict(an_experiment(), alone, now=NOON + DAY)
    assert by_holm.compared[0].p > one.compared[0].p
    without = verdict(an_experiment(arms=arms, multiple="none"), edge, now=NOON + DAY)
    assert without.compared[0].p < by_holm.compared[0].p


def test_of_two_better_arms_the_best_one_wins() -> None:
    three = an_experiment(arms=[{"name": "plain"}, {"name": "short"}, {"name": "long"}])
    found = verdict(three, counted(PLAIN, BETTER, arm("long", 2_000, 220)), now=NOON + DAY)
    assert isinstance(found, Winner)
    assert found.arm == "long"


def test_arms_that_do_not_have_their_people_decide_nothing() -> None:
    lost = counted(PLAIN, replace(BETTER, assigned=1_500, exposed=1_500))
    found = verdict(an_experiment(), lost, now=NOON + 30 * DAY)
    assert isinstance(found, Running)
    assert found.why == "uneven"
    after = settled(an_experiment(), Standing("spring", "x"), lost, now=NOON + DAY)
    assert after.uneven
    assert after.outcome is None


def test_an_experiment_that_nobody_is_in_yet_just_goes_on() -> None:
    found = verdict(an_experiment(), counted(began_at=None), now=NOON)
    assert isinstance(found, Running)
    assert found.why == "empty"
    standing = Standing("spring", "x")
    assert settled(an_experiment(), standing, counted(began_at=None), now=NOON) is standing


def test_the_whole_rule_finds_a_winner_among_equals_no_more_often_than_alpha() -> None:
    """Three arms, looked at after every hundred people of each, to the end."""
    experiment = an_experiment(arms=[{"name": "plain"}, {"name": "short"}, {"name": "long"}], max_n=2_000)
    random, tries, won = Random(23), 300, 0
    for _ in range(tries):
        did = [0, 0, 0]
        for look in range(1, 21):
            did = [each + binomial(random, 100, 0.08) for each in did]
            names = ("plain", "short", "long")
            now = counted(*(arm(name, look * 100, each) for name, each in zip(names, did, strict=True)))
            found = verdict(experiment, now, now=NOON + DAY)
            if not isinstance(found, Running):
                won += isinstance(found, Winner)
                break
    assert won / tries <= 0.05 + 3 * (0.05 * 0.95 / tries) ** 0.5


# ── money ───────────────────────────────────────────────────────────────────────────────────────


def test_money_is_compared_for_each_person() -> None:
    experiment = an_experiment(metric="revenue")
    poor = ArmCounts("plain", 1_000, 1_000, {}, 100_000, 30_000_000)
    rich = ArmCounts("short", 1_000, 1_000, {}, 150_000, 60_000_000)
    found = verdict(experiment, counted(poor, rich), now=NOON + DAY)
    assert isinstance(found, Winner)
    assert (found.compared[0].value, found.compared[0].control_value) == (150, 100)
    assert "150.0" in sentence(found, experiment, "en")


# ── fixed ───────────────────────────────────────────────────────────────────────────────────────

FIXED = {"method": "fixed", "baseline": 5, "mde": 20}


def test_a_fixed_experiment_is_looked_at_once_when_all_who_were_planned_had_their_time() -> None:
    experiment = an_experiment(**FIXED)
    assert planned_n(experiment) == 8_158
    in_time = counted(arm("plain", 8_158, 400), arm("short", 8_158, 500))
    early = counted(arm("plain", 8_157, 400), arm("short", 8_158, 500))
    found = verdict(experiment, early, now=NOON + DAY)
    assert isinstance(found, Running)
    assert found.why == "planned"
    unsettled = replace(in_time, settled=early.settled)
    assert isinstance(verdict(experiment, unsettled, now=NOON + DAY), Running)
    assert isinstance(verdict(experiment, in_time, now=NOON + DAY), Winner)
    assert isinstance(verdict(experiment, early, now=NOON + 14 * DAY), Winner)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"method": "fixed"}, "sized before"),
        ({"method": "fixed", "metric": "revenue", "baseline": 5, "mde": 3}, "needs max_n"),
        ({"method": "thompson", "metric": "revenue"}, "compares rates"),
        ({"winner": "per_person"}, "there is none"),
        ({"unit": "household"}, "the unit is person"),
        ({"min_n": 500, "max_n": 400}, "below min_n"),
        ({"arms": [{"name": "a"}] * 2}, "more than one is called a"),
        ({"alpha": 0}, "greater than 0"),
        ({"guardrails": ["gossip"]}, "unsubscribe"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused_with_the_reason(bad: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        an_experiment(**bad)


# ── guardrails ──────────────────────────────────────────────────────────────────────────────────


def test_an_arm_that_harms_is_stopped_and_the_others_go_on() -> None:
    three = an_experiment(arms=[{"name": "plain"}, {"name": "short"}, {"name": "long"}])
    harmful = counted(PLAIN, arm("short", 2_000, 300, complaint=40), arm("long", 2_000, 101))
    found = verdict(three, harmful, now=NOON + DAY)
    assert isinstance(found, Running)
    assert found.harmed == {"short": ("complaint",)}
    assert [each.arm for each in found.compared] == ["long"]
    after = settled(three, Standing("spring", "x"), harmful, now=NOON + DAY)
    assert after.stopped == {"short": NOON + DAY}
    again = settled(three, after, replace(harmful, stopped=frozenset(after.stopped)), now=NOON + 2 * DAY)
    assert again is after
    assert "short" in sentence(found, three, "en")
    assert "迷惑メール" in sentence(found, three, "ja")


def test_when_every_other_arm_harms_the_control_comes() -> None:
    found = verdict(
        an_experiment(), counted(PLAIN, arm("short", 2_000, 300, unsubscribe=200)), now=NOON + DAY
    )
    assert isinstance(found, StoppedByGuardrail)
    assert found.arm == "plain"
    kept = an_experiment(stop=["time"])
    assert isinstance(
        verdict(kept, counted(PLAIN, arm("short", 2_000, unsubscribe=200)), now=NOON + DAY), Running
    )


# ── thompson ────────────────────────────────────────────────────────────────────────────────────


def test_a_bandit_gives_more_people_to_what_does_well_and_ends_by_time() -> None:
    bandit = an_experiment(method="thompson", max_n=5_000)
    standing = Standing("spring", "x")
    after = settled(bandit, standing, counted(PLAIN, BETTER), now=NOON + DAY)
    assert after.version == 1
    assert after.shares is not None
    assert after.shares["short"] > 0.9
    assert sum(after.shares.values()) == pytest.approx(1, abs=0.001)
    assert settled(bandit, after, counted(PLAIN, BETTER), now=NOON + 2 * DAY) is after
    ended = settled(bandit, after, counted(PLAIN, BETTER), now=NOON + 14 * DAY)
    assert ended.outcome is not None
    assert (ended.outcome.result, ended.outcome.arm) == ("winner", "short")
    assert ended.outcome.reason["en"]


def test_a_bandit_that_is_not_sure_names_no_winner() -> None:
    found = verdict(
        an_experiment(method="thompson"), counted(PLAIN, arm("short", 2_000, 104)), now=NOON + 14 * DAY
    )
    assert isinstance(found, NoWinner)
    assert sum(found.chances.values()) == pytest.approx(1)


# ── what stands ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rules", "short", "arms"),
    [
        ({"winner": "rest_gets_best"}, 180, "short"),
        ({"winner": "report_only"}, 180, None),
        ({"winner": "rest_gets_best", "no_winner": "control"}, 103, "plain"),
        ({"winner": "rest_gets_best", "no_winner": "keep_split"}, 103, None),
    ],
)
def test_what_comes_afterwards_follows_from_the_rules(
    rules: dict[str, Any], short: int, arms: str | None
) -> None:
    experiment = an_experiment(**rules)
    counts = counted(PLAIN, arm("short", 2_000, short))
    before = Standing("spring", experiment.fingerprint)
    after = settled(experiment, before, counts, now=NOON + 14 * DAY)
    assert after.outcome is not None
    assert settled_arm(experiment, after) == arms
    later = settled(experiment, after, counted(PLAIN, WORSE), now=NOON + 20 * DAY)
    assert later is after  # what was decided once stays decided
    for language in ("en", "ja"):
        assert after.outcome.reason[language]
