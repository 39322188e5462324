"""What a workspace says about campaigns that a second person has to look at before they speak."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.messages import Category


class ApprovalRule(BaseModel):
    """Campaigns of these categories speak once somebody other than who applied them approved of this very content.

    A planned run for fewer than `from_people` needs no approval; what is triggered has no size, and always does.
    Answers to who asked, and digests of what was approved, need none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    categories: frozenset[Category] = frozenset({"marketing"})
    from_people: Annotated[int, Field(ge=0)] = 0
