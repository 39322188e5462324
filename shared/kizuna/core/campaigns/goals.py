"""What counts as success of a campaign, and until when after it turned to somebody (`rules-spec.md` 6.3)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from kizuna.core.campaigns.base import SLUG, Definition
from kizuna.core.conditions.properties import EventWhere
from kizuna.core.durations import FIRST, Duration

MOST_GOALS = 4  # of one campaign, the first among them
LONGEST = Duration(seconds=30 * 86_400)

Property = Annotated[str, Field(min_length=1, max_length=200)]


class Goal(Definition):
    """An event that counts as success if it happens within so long after the campaign turned to the person.

    It counts whether or not the person opened anything, so that those of whom nothing was wanted (a holdout) can be
    compared; with `needs: click` only after a human click on the message. `once` counts the first such event of each
    message, `each` counts all. `value_of` is the property with the money, as a number in whole units of the currency
    that stands in `currency_of`; without one the money is kept apart as of unknown currency.
    """

    event: Annotated[str, Field(min_length=1, max_length=200)]
    name: str = Field(default="goal", pattern=SLUG)
    where: EventWhere = None
    within: Duration = Duration(seconds=3 * 86_400)
    count: Literal["once", "each"] = "once"
    needs: Literal["nothing", "click"] = "nothing"
    value_of: Property | None = None
    currency_of: Property = "currency"

    @field_validator("within")
    @classmethod
    def _ends_in_time(cls, within: Duration) -> Duration:
        if not FIRST < within.after(FIRST) <= LONGEST.after(FIRST):
            raise ValueError(f"at most {LONGEST}, and longer than nothing")
        return within
