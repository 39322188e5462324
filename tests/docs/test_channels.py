"""docs/channels.md: every example is a definition that is accepted."""

from __future__ import annotations

import re

import pytest
import yaml

from kizuna.core.campaigns import Campaign
from kizuna.core.content.templates import Template
from kizuna.core.webhooks.definitions import Webhook
from tests.docs.reading import page
from tests.support.builders import CAMPAIGN

_BLOCKS = re.findall(
    r"```yaml\n(.*?)```", page("docs/channels.md").partition("## One message on several")[2], re.DOTALL
)


@pytest.mark.parametrize("block", _BLOCKS, ids=lambda block: block.split()[0])
def test_an_example_is_accepted_as_it_stands(block: str) -> None:
    told = yaml.safe_load(block)
    if "channels" in told:
        rest = {name: value for name, value in CAMPAIGN.items() if name not in ("channel", "template")}
        assert Campaign.model_validate(rest | told).reaches_by == ("push", "email", "sms")
    elif "channel" in told:
        assert Template.model_validate(told).channel in ("inbox", "task")
    else:
        assert Webhook.model_validate(told).secrets == (1,)


def test_there_is_an_example_of_each() -> None:
    assert len(_BLOCKS) == 4
