"""docs/campaigns.md: every example is a campaign or a policy that is accepted as it stands."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kizuna.core.campaigning.states import CampaignState
from kizuna.core.campaigns import Campaign
from kizuna.core.engagement import EngagementPolicy
from tests.docs.reading import blocks, page
from tests.support.builders import CAMPAIGN

PAGE = page("docs/campaigns.md")
_BLOCKS = blocks(PAGE)


def shown(kind: str) -> list[dict[str, Any]]:
    return [yaml.safe_load(block.text) for block in _BLOCKS if block.info == f"yaml {kind}"]


@pytest.mark.parametrize("example", shown("campaign"), ids="-".join)
def test_a_campaign_is_accepted_with_it(example: dict[str, Any]) -> None:
    document = CAMPAIGN | example
    if example.get("trigger", {}).get("type") == "api":
        document.pop("audience")
    campaign = Campaign.model_validate(document)
    told = campaign.model_dump(mode="json", exclude_unset=True)
    assert set(example) <= set(told)


def test_the_policies_are_one_policy() -> None:
    whole: dict[str, Any] = {}
    for example in shown("policy"):
        whole |= example
    policy = EngagementPolicy.model_validate(whole)
    assert policy.approval is not None
    assert policy.precedence is not None


def test_every_state_is_told() -> None:
    rows = {line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("| ")}
    assert {str(state) for state in CampaignState} <= rows
