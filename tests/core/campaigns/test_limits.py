"""What a campaign may be worth, cost and last; and what of that cannot be meant."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.core.campaigns import OnApi
from kizuna.core.campaigns.triggers import CAMPAIGN_REQUESTED, event_that_starts
from tests.support.builders import NOON, a_campaign

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a budget of no money": ({"budget": {"money": 0}}, "greater than 0"),
    "a budget of no messages": ({"budget": {"messages": 0}}, "greater than or equal to 1"),
    "a budget of nothing": ({"budget": {}}, "give money, messages or both"),
    "a throttle of nothing": ({"throttle": 0}, "greater than or equal to 0.01"),
    "more than the highest priority": ({"priority": 101}, "less than or equal to 100"),
    "an end without a zone": ({"ends_at": "2026-12-24T00:00:00"}, "timezone"),
    "an end before the first run": ({"ends_at": NOON.isoformat()}, "ends_at is before the first run"),
    "an answer that waits": (
        {
            "trigger": {"type": "asked", "for": "preferences"}, "audience": None, "category": "transactional",
            "transactional_basis": "asked for it", "send_time": {"mode": "local", "local_time": "10:00"},
        },
        "who asked is answered at once",
    ),
    "an answer that ends": (
        {
            "trigger": {"type": "asked", "for": "preferences"}, "audience": None, "category": "transactional",
            "transactional_basis": "asked for it", "ends_at": "2027-01-01T00:00:00Z",
        },
        "whenever they ask",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_limit_that_cannot_be_meant_is_refused(case: str) -> None:
    changes, why = REFUSED[case]
    with pytest.raises(ValidationError, match=why):
        a_campaign(**changes)


def test_without_a_word_a_campaign_has_the_middle_priority_and_no_limits() -> None:
    campaign = a_campaign()
    assert (campaign.priority, campaign.budget, campaign.throttle, campaign.ends_at) == (50, None, None, None)


def test_a_request_of_the_api_starts_a_campaign_as_an_event_does() -> None:
    assert event_that_starts(OnApi()) == CAMPAIGN_REQUESTED
    assert event_that_starts(a_campaign().trigger) is None
