"""A large run goes out in waves that are the same for whoever asks, however often."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.core.ramp import Wave, never_fits, wave_of, waves_of
from kizuna.core.restraint.guards import Ramp
from tests.support.builders import NOON

HOUR = timedelta(hours=1)
LATE = NOON + timedelta(days=2)


def waves(people: int, **given: Any) -> tuple[Wave, ...]:
    made: dict[str, Any] = {"per_second": None, "begins": NOON, "too_late": LATE, **given}
    return waves_of(Ramp(), people, **made)


@pytest.mark.parametrize(
    ("people", "first"), [(10_000, 0.01), (50_000, 0.01), (100_000, 0.005), (1_000_000, 0.0005)]
)
def test_the_first_wave_is_one_percent_but_at_most_five_hundred(people: int, first: float) -> None:
    found = waves(people)
    assert [wave.share for wave in found] == pytest.approx([first, first + 0.1, 1.0])
    assert [wave.at for wave in found] == [NOON, NOON + HOUR, NOON + 2 * HOUR]


def test_a_run_that_is_not_large_has_none() -> None:
    assert waves(9_999) == ()


def test_a_wave_waits_until_the_one_before_has_gone_out_at_its_pace() -> None:
    first, second, third = waves(100_000, per_second=10.0)
    assert second.at == NOON + timedelta(seconds=50) + HOUR
    assert third.at == second.at + timedelta(seconds=1_000) + HOUR
    assert first.at == NOON


@pytest.mark.parametrize(
    ("life", "never"), [(HOUR, True), (2 * HOUR, True), (2 * HOUR + timedelta(seconds=1), False)]
)
def test_whether_messages_live_long_enough_for_any_waves_is_known_before_anybody_is_counted(
    life: timedelta, never: bool
) -> None:
    assert never_fits(Ramp(), life=life) == never
    assert (waves(1_000_000, too_late=NOON + life) == ()) == never


def test_no_wave_goes_out_so_late_that_its_messages_are_worth_nothing() -> None:
    assert waves(100_000, too_late=NOON + 2 * HOUR) == ()
    assert waves(100_000, too_late=NOON + 2 * HOUR + timedelta(seconds=1))
    assert waves(1_000_000, per_second=1.0) == ()


def test_people_are_spread_by_the_shares_and_always_in_the_same_way() -> None:
    found = waves(20_000)
    drawn = [wave_of(found, campaign="spring", run="r1", person=f"p{number}") for number in range(20_000)]
    again = [wave_of(found, campaign="spring", run="r1", person=f"p{number}") for number in range(20_000)]
    assert drawn == again
    sizes = Counter(drawn)
    assert 150 < sizes[0] < 250
    assert 1_850 < sizes[1] < 2_150
    assert sizes[2] == 20_000 - sizes[0] - sizes[1]
    other = [wave_of(found, campaign="spring", run="r2", person=f"p{number}") for number in range(20_000)]
    assert other != drawn  # the first to hear are not always the same


@pytest.mark.parametrize(
    "wrong",
    [{"gap": "30m"}, {"gap": "2d"}, {"first": 0.2}, {"second": 0.995}, {"large": 9}, {"first_at_most": 9}],
)
def test_a_ramp_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Ramp.model_validate(wrong)
