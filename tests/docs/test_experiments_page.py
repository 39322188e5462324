"""docs/experiments.md: every example is accepted as it stands, and every parameter is told."""

from __future__ import annotations

import yaml

from kizuna.core.campaigns import Campaign
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.experiments import Experiment
from tests.docs.reading import blocks, codes, page
from tests.support.builders import CAMPAIGN

PAGE = page("docs/experiments.md")
SHOWN = {block.info: yaml.safe_load(block.text) for block in blocks(PAGE) if block.info.startswith("yaml")}


def test_the_policy_is_accepted() -> None:
    holdout = EngagementPolicy.model_validate(SHOWN["yaml policy"]).holdout
    assert holdout.global_ is not None
    assert (len(holdout.brands), holdout.topics["new-releases"].percent) == (1, 10)


def test_the_experiment_is_accepted() -> None:
    campaign = Campaign.model_validate(CAMPAIGN | SHOWN["yaml campaign"])
    assert campaign.experiment is not None
    assert len(campaign.experiment.arms) == 5


def test_every_parameter_is_told() -> None:
    table = [line for line in PAGE.splitlines() if line.startswith("| `")]
    told = {name for line in table for name in codes(line.split("|")[1])}
    assert told == set(Experiment.model_fields) - {"unit"}
