"""The company's own rules: every key has a default, and what is not known is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.core.durations import Duration
from kizuna.core.engagement import EngagementPolicy


def test_a_policy_has_a_default_for_everything_and_refuses_what_it_does_not_know() -> None:
    policy = EngagementPolicy()
    assert (policy.frequency_caps, policy.kill_switch, policy.publish) == ((), False, ())
    assert policy.live_within == Duration(seconds=86_400)
    refused: list[dict[str, Any]] = [
        {"caps": []},
        {"frequency_caps": [{"count": -1, "window": "7d"}]},
        {"id": "other"},
    ]
    for wrong in refused:
        with pytest.raises(ValidationError):
            EngagementPolicy.model_validate(wrong)
