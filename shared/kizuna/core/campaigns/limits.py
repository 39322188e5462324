"""What one campaign may cost, and how fast it may go."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from kizuna.core.campaigns.base import Definition

PerSecond = Annotated[float, Field(ge=0.01, le=10_000, allow_inf_nan=False)]


class CampaignBudget(Definition):
    """How much one run may cost (US dollars, at the prices of the workspace's `send_budget`), and how many messages
    it may be; of a triggered campaign, all of it. Once it is spent the run pauses until somebody answers for it; what
    the senders have in hand by then still goes out. A budget of zero is refused: switch the campaign off instead.
    """

    money: Annotated[float, Field(gt=0, le=100_000_000, allow_inf_nan=False)] | None = None
    messages: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> CampaignBudget:
        if self.money is None and self.messages is None:
            raise ValueError("give money, messages or both")
        return self
