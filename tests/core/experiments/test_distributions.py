"""The distributions that comparisons need, against values of scipy 1.17."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.experiments.distributions import (
    beta_cdf,
    log_beta,
    normal_cdf,
    normal_quantile,
    student_cdf,
    student_quantile,
)


@pytest.mark.parametrize(
    ("t", "freedom", "share"),
    [
        (-2.5, 3.7, 0.03591101145591339),
        (0.4, 12, 0.6519073473036664),
        (1.96, 100_000, 0.9750007184028492),
        (7, 2, 0.9900980294098034),
        (1.96, math.inf, 0.9750021048517795),
    ],
)
def test_shares_of_students_t(t: float, freedom: float, share: float) -> None:
    assert student_cdf(t, freedom) == pytest.approx(share, abs=1e-10)


@pytest.mark.parametrize(
    ("share", "freedom", "t"),
    [
        (0.975, 1.5, 6.016663104427929),
        (0.975, 30, 2.0422724563012378),
        (0.9999, 8.25, 6.319985761819295),
        (0.025, 4, -2.7764451051977943),
    ],
)
def test_quantiles_of_students_t(share: float, freedom: float, t: float) -> None:
    assert student_quantile(share, freedom) == pytest.approx(t, rel=1e-10)


@pytest.mark.parametrize(
    ("x", "a", "b", "share"),
    [
        (0.01, 0.5, 60, 0.7268840595189313),
        (0.2, 3.2, 2, 0.020641724821540763),
        (0.05, 80, 1_500, 0.467815410684998),
        (0.041, 4_000, 100_000, 0.9999851168788936),
        (0, 2, 3, 0),
        (1, 2, 3, 1),
    ],
)
def test_shares_of_the_beta_distribution(x: float, a: float, b: float, share: float) -> None:
    assert beta_cdf(x, a, b) == pytest.approx(share, abs=1e-10)


@given(st.floats(0.0001, 0.9999))
def test_the_normal_quantile_is_the_inverse_of_its_share(share: float) -> None:
    assert normal_cdf(normal_quantile(share)) == pytest.approx(share, rel=1e-9)


@given(st.floats(0.001, 0.999), st.floats(1.1, 500))
def test_the_quantile_of_students_t_is_the_inverse_of_its_share(share: float, freedom: float) -> None:
    assert student_cdf(student_quantile(share, freedom), freedom) == pytest.approx(share, abs=1e-9)


@given(st.floats(0.01, 0.99), st.floats(0.5, 200), st.floats(0.5, 200))
def test_the_two_tails_of_a_beta_distribution_make_one(x: float, a: float, b: float) -> None:
    assert beta_cdf(x, a, b) + beta_cdf(1 - x, b, a) == pytest.approx(1, abs=1e-9)


def test_the_beta_function_of_many_parts() -> None:
    assert log_beta(2, 3) == pytest.approx(math.log(1 / 12))
    assert log_beta(1, 1, 1) == pytest.approx(math.log(1 / 2))
