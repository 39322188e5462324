"""Budgets of errors and of money, to the last message and the last cent."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.prices import MILLION, US_EAST_1
from kizuna.core.restraint.guards import ErrorBudget, SendBudget

BUDGET = ErrorBudget()  # 2 % of the first 500


@pytest.mark.parametrize(
    ("failed", "tried", "rejected", "spent"),
    [
        (10, 500, 0, False),
        (11, 500, 0, True),
        (11, 20, 0, True),  # at once: of the first 500 no more than 10 may fail
        (0, 500, 11, True),
        (0, 500, 10, False),
        (5, 100, 6, True),
        (5, 100, 5, False),
        (499, 501, 10, False),  # later failures say nothing of the first 500
        (0, 501, 10, False),
        (0, 501, 11, True),
        (0, 1_000, 20, False),
        (0, 1_000, 21, True),
    ],
)
def test_an_error_budget_is_spent_by_one_more_than_its_share(
    failed: int, tried: int, rejected: int, spent: bool
) -> None:
    assert BUDGET.is_spent(failed=failed, tried=tried, rejected=rejected) is spent


def test_who_tells_of_no_rejects_had_none() -> None:
    assert not BUDGET.is_spent(failed=10, tried=500)
    assert not ErrorBudget(of_first=50, share=0.02).is_spent(failed=1, tried=1)


@pytest.mark.parametrize(
    ("day", "category", "counted"),
    [
        (500, "marketing", True),
        (500, "transactional", False),
        (500, "mandatory", False),
        (None, "marketing", False),
        (None, "transactional", False),
    ],
)
def test_only_promotion_is_counted_by_the_day(day: Any, category: str, counted: bool) -> None:
    assert SendBudget(day=day).counts(category) is counted


@pytest.mark.parametrize(
    ("prices", "channel", "price"),
    [
        ({"sms": 0.07}, "sms", 0.07),
        ({"email": 0.5}, "email", 0.5),
        ({"push": 0}, "push", 0),
        ({"sms": 0.07}, "email", US_EAST_1.emails / MILLION),
        ({}, "push", US_EAST_1.push_messages / MILLION),
        ({"email": 0.5}, "sms", 0),
        ({}, "whatsapp", 0),
    ],
)
def test_a_message_costs_what_is_told_else_what_the_list_says(
    prices: dict[str, float], channel: str, price: float
) -> None:
    assert SendBudget.model_validate({"prices": prices}).price_of(channel) == price
