"""docs/policy.md: every example is a policy that is accepted, and shows every kind of rule it speaks of."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from kizuna.core.engagement import EngagementPolicy
from tests.docs.reading import page

_BLOCKS = re.findall(r"```yaml\n(.*?)```", page("docs/policy.md"), re.DOTALL)


@pytest.mark.parametrize("block", _BLOCKS, ids=lambda block: block.partition(":")[0])
def test_an_example_is_accepted_as_it_stands(block: str) -> None:
    shown = yaml.safe_load(block)
    policy = EngagementPolicy.model_validate(shown)
    for key, rules in shown.items():
        found = getattr(policy, key)
        told = found.model_dump(exclude_unset=True) if isinstance(found, BaseModel) else found
        assert told == rules if isinstance(rules, bool) else len(told) == len(rules) > 0


def test_all_examples_together_are_one_policy() -> None:
    whole: dict[str, Any] = {}
    for block in _BLOCKS:
        for key, told in yaml.safe_load(block).items():
            more = isinstance(told, list) and key in whole
            whole[key] = [*whole[key], *told] if more else told
    policy = EngagementPolicy.model_validate(whole)
    assert {hold.id for hold in policy.tone_holds} == {
        "complaint",
        "low-score",
        "refund",
        "bereavement",
        "support-case",
    }
    scopes = [cap.scope for cap in policy.frequency_caps]
    assert (scopes.count("address"), scopes.count("household")) == (1, 1)
    assert {cap.counts for cap in policy.frequency_caps} == {"sent", "delivered"}
