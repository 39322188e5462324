"""Money in whole numbers of the smallest unit; rates by day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.money import UNKNOWN, Rate, Rates, amount_text, currency_code, minor_units, whole_units


@pytest.mark.parametrize(
    ("told", "currency", "minor"),
    [
        (12.5, "USD", 1250),
        ("12.50", "USD", 1250),
        (0.1 + 0.2, "USD", 30),
        (1200, "JPY", 1200),
        ("1200.4", "JPY", 1200),
        (1.2345, "KWD", 1234),
        (0.005, "USD", 0),
        (0.015, "USD", 2),
        (-3, "EUR", -300),
        (7, UNKNOWN, 700),
        (True, "USD", None),
        ("1e3", "USD", None),
        ("１２", "USD", None),
        ("", "USD", None),
        (None, "USD", None),
        ([1], "USD", None),
        (float("nan"), "USD", None),
        (float("inf"), "USD", None),
        (1e300, "USD", None),
        (10**40, "JPY", None),
    ],
)
def test_an_amount_is_read_in_the_smallest_unit_of_its_currency(
    told: Any, currency: str, minor: int | None
) -> None:
    assert minor_units(told, currency) == minor


@pytest.mark.parametrize(
    ("told", "code"),
    [("jpy", "JPY"), (" usd ", "USD"), ("yen", "YEN"), ("¥", UNKNOWN), (None, UNKNOWN), (4, UNKNOWN)],
)
def test_what_is_no_code_of_three_letters_is_an_unknown_currency(told: Any, code: str) -> None:
    assert currency_code(told) == code


@given(st.integers(-(10**12), 10**12), st.sampled_from(["USD", "JPY", "KWD", UNKNOWN]))
def test_an_amount_that_is_shown_and_read_again_is_the_same(minor: int, currency: str) -> None:
    text = amount_text(minor, currency).split()[0].replace(",", "")
    assert minor_units(text, currency) == minor
    assert minor_units(whole_units(minor, currency), currency) == minor


def test_a_rate_holds_from_its_day_until_the_next_one() -> None:
    told = [("2026-02-01", 150.0), ("2026-01-01", 140.0)]
    rates = Rates.of(
        "JPY", [Rate(currency="USD", since=date.fromisoformat(day), worth=worth) for day, worth in told]
    )
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1), date(2027, 1, 1)]
    assert [rates.exchanged(100, "USD", day) for day in days] == [None, 140.0, 140.0, 150.0, 150.0]
    assert rates.exchanged(5, "JPY", days[0]) == 5
    assert rates.exchanged(5, "EUR", days[4]) is None
