"""Who is in which arm, and who is held out: the same for good, spread as planned, and as conditions say it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kizuna.core.conditions import Condition, evaluate
from kizuna.core.experiments import (
    Arm,
    Asked,
    Experiment,
    HeldOut,
    Holdout,
    Holdouts,
    arm_in,
    arm_name,
    arm_of,
    fingerprint_of,
    held_out,
    variant_of,
)
from kizuna.core.experiments.assignment import arm_at
from kizuna.core.experiments.definition import after_the_draw, is_drawn
from kizuna.core.experiments.sequential import UNEVEN_ALPHA, uneven_p
from kizuna.core.segments import view_of
from tests.support.builders import NOON, a_profile

DAY = timedelta(days=1)
PEOPLE = [f"p{number}" for number in range(10_000)]


def an_experiment(*weights: float, **changes: Any) -> Experiment:
    arms = [{"name": f"arm-{number}", "weight": weight} for number, weight in enumerate(weights or (1, 1))]
    return Experiment.model_validate({"arms": arms, **changes})


def about(**changes: Any) -> Asked:
    given: dict[str, Any] = {
        "level": "campaign",
        "name": "spring",
        "own": None,
        "category": "marketing",
        "brand": "harbour",
        "topic": "news",
        "tags": (),
    }
    return Asked(**(given | changes))


# ── arms ────────────────────────────────────────────────────────────────────────────────────────


def test_arms_get_the_people_that_their_weights_give_them() -> None:
    experiment = an_experiment(5, 3, 2)
    counts = Counter(arm_of(experiment, a_profile(person), named="spring").name for person in PEOPLE)
    assert uneven_p([counts[arm.name] for arm in experiment.arms], (0.5, 0.3, 0.2)) > UNEVEN_ALPHA
    assert counts["arm-0"] / len(PEOPLE) == pytest.approx(0.5, abs=0.02)


def test_two_experiments_draw_independently() -> None:
    one, other = an_experiment(1, 1), an_experiment(1, 1)
    pairs = Counter(
        (arm_of(one, a_profile(person), named="a").name, arm_of(other, a_profile(person), named="b").name)
        for person in PEOPLE
    )
    assert uneven_p(list(pairs.values()), (0.25,) * 4) > UNEVEN_ALPHA


def test_a_merge_moves_nobody_to_another_arm() -> None:
    experiment = an_experiment(1, 1, 1)
    older = a_profile("p1")
    merged = replace(a_profile("p2"), bucket_id=older.bucket_id, parts=("p2", "p1"))
    assert arm_of(experiment, merged, named="spring") == arm_of(experiment, older, named="spring")


def test_a_changed_arm_is_another_experiment_with_other_people_in_it() -> None:
    before, after = an_experiment(1, 1), an_experiment(1, 1.5)
    assert before.fingerprint != after.fingerprint
    assert arm_in(after, variant_of(before, before.arms[0])) is None
    moved = sum(
        arm_of(before, a_profile(person), named="s").name != arm_of(after, a_profile(person), named="s").name
        for person in PEOPLE[:1_000]
    )
    assert moved > 300
    assert an_experiment(1, 1, min_n=500).fingerprint == before.fingerprint  # its plan is not its arms


@given(st.lists(st.floats(0.001, 1_000), min_size=2, max_size=10), st.floats(0, 1, exclude_max=True))
def test_every_place_has_an_arm_and_the_last_arm_ends_where_all_places_end(
    weights: list[float], place: float
) -> None:
    experiment = an_experiment(*weights)
    assert arm_at(experiment, place) in experiment.arms
    assert arm_at(experiment, 0.0) == experiment.arms[0]
    assert arm_at(experiment, 1 - 2**-53) == experiment.arms[-1]


def test_shares_that_move_move_only_whom_a_border_passes_over() -> None:
    experiment = an_experiment(1, 1)
    places = [number / 1_000 for number in range(1_000)]
    before = [arm_at(experiment, place).name for place in places]
    after = [arm_at(experiment, place, shares={"arm-0": 0.6, "arm-1": 0.4}).name for place in places]
    moved = [place for place, one, other in zip(places, before, after, strict=True) if one != other]
    assert len(moved) == 100
    assert {round(place, 1) for place in moved} <= {0.5, 0.6}


def test_an_arm_without_a_share_gets_nobody() -> None:
    experiment = an_experiment(1, 1, 1)
    shares = {"arm-0": 0.5, "arm-1": 0.0, "arm-2": 0.5}
    assert {arm_at(experiment, place / 100, shares=shares).name for place in range(100)} == {"arm-0", "arm-2"}


def test_a_variant_names_its_arm_and_its_experiment() -> None:
    experiment = an_experiment()
    variant = variant_of(experiment, experiment.arms[1])
    assert (arm_name(variant), fingerprint_of(variant)) == ("arm-1", experiment.fingerprint)
    assert arm_in(experiment, variant) == experiment.arms[1]
    after = after_the_draw(variant)
    assert after == variant_of(experiment, experiment.arms[1], after=True) == after_the_draw(after)
    assert (is_drawn(variant), is_drawn(after), is_drawn("")) == (True, False, False)
    assert arm_in(experiment, after) == experiment.arms[1]
    assert arm_in(None, variant) is None
    assert arm_name("") == ""


# ── holdouts ────────────────────────────────────────────────────────────────────────────────────


def test_a_holdout_leaves_out_as_many_as_it_says_and_the_same_at_every_moment() -> None:
    own = Holdout.model_validate(10)
    left = {person for person in PEOPLE if held_out(person, about(own=own), Holdouts(), now=NOON)}
    assert len(left) / len(PEOPLE) == pytest.approx(0.1, abs=0.01)
    later = {
        person for person in PEOPLE if held_out(person, about(own=own), Holdouts(), now=NOON + 900 * DAY)
    }
    assert later == left


def test_who_is_out_of_everything_is_told_so_and_not_by_a_narrower_holdout() -> None:
    holdouts = Holdouts.model_validate(
        {
            "global": {"percent": 15},
            "brands": {"harbour": {"percent": 30}},
            "topics": {"news": {"percent": 50}},
        }
    )
    found = Counter(held_out(person, about(own=Holdout(percent=50)), holdouts, now=NOON) for person in PEOPLE)
    parts = {each.level if each else None: count / len(PEOPLE) for each, count in found.items()}
    assert parts["global"] == pytest.approx(0.15, abs=0.015)
    assert parts["brand"] == pytest.approx(0.85 * 0.3, abs=0.02)
    assert parts["topic"] == pytest.approx(0.85 * 0.7 * 0.5, abs=0.02)
    assert HeldOut("campaign", "spring") in found


@pytest.mark.parametrize("category", ["transactional", "mandatory", "opt_out_confirmation"])
def test_what_is_no_promotion_is_kept_from_nobody(category: str) -> None:
    holdouts = Holdouts.model_validate({"global": {"percent": 15}})
    asked = about(category=category, own=Holdout(percent=50))
    assert not any(held_out(person, asked, holdouts, now=NOON) for person in PEOPLE[:500])


def test_a_campaign_with_an_exclusion_tag_reaches_those_too() -> None:
    holdouts = Holdouts.model_validate({"global": {"percent": 15, "exclusion_tags": ["notice"]}})
    assert not any(held_out(each, about(tags=("notice",)), holdouts, now=NOON) for each in PEOPLE[:500])
    assert any(held_out(each, about(tags=("other",)), holdouts, now=NOON) for each in PEOPLE[:500])


def test_a_holdout_that_is_drawn_anew_leaves_out_others_after_that_time_and_not_before() -> None:
    own = Holdout.model_validate({"percent": 20, "refresh": "90d"})
    begins = NOON - ((NOON - NOON.replace(year=2024, month=1, day=1, hour=0)) % (90 * DAY))

    def left(at: timedelta) -> set[str]:
        return {
            each for each in PEOPLE[:2_000] if held_out(each, about(own=own), Holdouts(), now=begins + at)
        }

    assert left(timedelta()) == left(90 * DAY - timedelta(seconds=1))
    both = left(timedelta()) & left(90 * DAY)
    assert len(both) == pytest.approx(0.04 * 2_000, abs=35)  # a fifth of a fifth: drawn independently


def test_two_holdouts_of_one_salt_leave_out_the_same_people() -> None:
    one = about(name="a", own=Holdout(percent=10, salt="winter"))
    other = about(name="b", own=Holdout(percent=20, salt="winter"))
    for person in PEOPLE[:2_000]:
        if held_out(person, one, Holdouts(), now=NOON):
            assert held_out(person, other, Holdouts(), now=NOON)


@pytest.mark.parametrize(
    "bad",
    [
        {"global": {"percent": 0.5}},
        {"global": {"percent": 16}},
        {"brands": {"harbour": {"percent": 51}}},
        {"topics": {"news": {"percent": 0}}},
        {"global": {"percent": 5, "refresh": "2mo"}},
        {"global": {"percent": 5, "refresh": "1h"}},
        {"global": {"percent": 5, "salt": "a b"}},
        {"everybody": {"percent": 5}},
    ],
)
def test_a_holdout_that_is_none_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Holdouts.model_validate(bad)


@pytest.mark.parametrize("name", ["winter", "spring-2"])
def test_the_condition_holdout_means_the_same_people(name: str) -> None:
    condition = TypeAdapter(Condition).validate_python({"holdout": name, "percent": 10})
    for person in PEOPLE[:500]:
        meant = evaluate(condition, view_of(a_profile(person)), now=NOON).matched
        for own in (Holdout(percent=10, salt=name), Holdout(percent=10)):
            left = held_out(person, about(name=name, own=own), Holdouts(), now=NOON)
            assert meant is (left is not None)


def test_weights_and_names_of_arms_are_checked() -> None:
    for arms in (
        [{"name": "a"}],
        [{"name": "a"}, {"name": "a"}],
        [{"name": "a"}, {"name": "b", "weight": 0}],
    ):
        with pytest.raises(ValidationError):
            Experiment.model_validate({"arms": arms})
    assert Arm(name="a").weight == 1
