"""A run on paper: costs add up, the slowest part sets the time, and no quota is passed without being told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.campaigning.paper import ACCOUNT_LAMBDAS, TABLE_WRITES, on_paper
from kizuna.core.costs import engine_cost

RATES = st.floats(0.5, 5_000)


@given(st.integers(1, 50_000_000), st.floats(0, 1), RATES)
def test_the_engine_costs_what_its_messages_cost(people: int, heard: float, rate: float) -> None:
    paper = on_paper(people, heard=heard, provider_rate=rate)
    withheld = people - paper.sent
    engine = paper.sent * engine_cost("sent") + withheld * engine_cost("withheld")
    assert paper.dynamodb + paper.rest == pytest.approx(engine)
    assert paper.total == pytest.approx(engine + paper.sent * 0.0001)
    assert paper.lambdas < ACCOUNT_LAMBDAS


@given(st.integers(1, 50_000_000), st.floats(0.01, 1), RATES)
def test_the_slowest_part_sets_the_time_and_the_table_keeps_its_quota(
    people: int, heard: float, rate: float
) -> None:
    paper = on_paper(people, heard=heard, provider_rate=rate)
    slowest = paper.limits[0].per_second
    assert all(limit.per_second >= slowest for limit in paper.limits)
    assert paper.takes.total_seconds() == pytest.approx(people / slowest, abs=1e-5)
    assert paper.write_units / people * slowest <= TABLE_WRITES * 1.000_001


@given(st.integers(1, 10_000_000), RATES)
def test_twice_as_many_people_take_and_cost_twice_as_much(people: int, rate: float) -> None:
    once, twice = on_paper(people, provider_rate=rate), on_paper(2 * people, provider_rate=rate)
    assert twice.total == pytest.approx(2 * once.total)
    assert twice.takes.total_seconds() == pytest.approx(2 * once.takes.total_seconds(), abs=1e-5)


def test_a_million_wait_for_the_provider_first_and_for_the_fan_out_then() -> None:
    new, raised, large = (on_paper(1_000_000, provider_rate=rate) for rate in (14, 100, 2_000))
    assert (new.limits[0].what, round(new.takes / timedelta(hours=1), 1)) == ("the provider", 19.8)
    assert (raised.limits[0].what, round(raised.takes / timedelta(hours=1), 1)) == ("the provider", 2.8)
    assert large.limits[0].what == "sending"
    assert large.takes < timedelta(hours=3)


@pytest.mark.parametrize(
    ("people", "wrong"), [(0, {}), (1, {"heard": 1.1}), (1, {"heard": -0.1}), (1, {"provider_rate": 0})]
)
def test_nonsense_is_refused(people: int, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        on_paper(people, **wrong)
