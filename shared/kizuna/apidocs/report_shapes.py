"""The report of a campaign, as types. Names of counts, rates and money are those of `core/results/figures.py`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from kizuna.apidocs.reply_parts import Shape
from kizuna.core.bus_events import Instant
from kizuna.core.results.report import By

Count = Annotated[int, Field(ge=0)]
Ends = Annotated[
    list[float | None], Field(min_length=2, max_length=2, description="From where to where; null: no end.")
]


class ReportRate(Shape):
    """So many of so many. `few`: of fewer than 30, which says next to nothing."""

    value: float | None
    part: Count
    of: Count
    interval: list[float] | None = Field(description="95 % (Wilson).")
    few: bool


class ReportFigures(Shape):
    """Counts, and rates that name what they are of. Money is in whole units of the report's currency."""

    counts: dict[str, Count]
    withheldBy: dict[str, Count]  # noqa: N815  (as the API says it; so below)
    rates: dict[str, ReportRate]
    money: dict[str, float | None]
    paid: dict[str, float] = Field(description="Revenue as it was paid, by currency.")
    roi: float | None
    unpricedParts: Count  # noqa: N815  (as it is called outside)
    unexchanged: list[str] = Field(description="Currencies without a rate: in no sum.")


class ReportRow(ReportFigures):
    """One part of the report."""

    label: str


class ReportSide(Shape):
    people: Count
    converted: Count
    revenue: float | None


class ReportDifference(Shape):
    """Each person's, those told minus those held out, with its 95 % interval; `more` is over all who were told."""

    told: float
    heldOut: float  # noqa: N815  (as it is called outside)
    difference: float
    interval: Ends
    relative: Ends
    more: float


class ReportLift(Shape):
    """What sending did: everybody counts who was to be told, and who was held out."""

    told: ReportSide
    heldOut: ReportSide  # noqa: N815  (as it is called outside)
    rate: ReportDifference
    moneyPerPerson: ReportDifference | None  # noqa: N815  (as it is called outside)
    enough: bool
    sentence: str


class CreditByModel(Shape):
    """What one source is owed: successes in parts, and their money by currency."""

    successes: float
    money: dict[str, float]


class SourceCredit(Shape):
    """One source of successes; without a campaign those that no message of ours had a part in."""

    campaign: str
    variant: str
    channel: str
    models: dict[str, CreditByModel]


class CampaignAttribution(Shape):
    """Who was there before each success of a goal. It says nothing of who made the difference: `incremental` does."""

    campaign: str
    goal: str
    since: Instant
    until: Instant
    successes: Count
    organic: Count = Field(description="Successes before which nobody had heard from us.")
    incremental: str = Field(description="What the holdout says, if there is one.")
    credits: list[SourceCredit]


class ReportHead(Shape):
    """What every report says before its runs."""

    campaign: str
    goal: str
    by: By
    currency: str
    asOf: Instant  # noqa: N815  (as it is called outside)
    rows: list[ReportRow]
    total: ReportFigures
    lift: ReportLift | None = Field(description="Null without a holdout, and of a journey.")
    notes: list[str]


def example_of_attribution(at: str) -> dict[str, Any]:
    credit = {"last_touch": {"successes": 2.0, "money": {"USD": 84.5}}}
    source = {"campaign": "win-back", "variant": "", "channel": "email", "models": credit}
    found = {"successes": 2, "organic": 0, "incremental": "", "credits": [source]}
    return {"campaign": "win-back", "goal": "Order Completed", "since": at, "until": at, **found}


def example_of_report(run: dict[str, Any], at: str) -> dict[str, Any]:
    """A report as somebody may get it, with one run."""
    rate = {"value": 0.0488, "part": 2, "of": 41, "interval": [0.0135, 0.1614], "few": False}
    figures = {
        "counts": {"intended": 43, "withheld": 2, "sent": 41, "delivered": 41, "converted": 2},
        "withheldBy": {"no_consent": 2},
        "rates": {"converted_of_delivered": rate},
        "money": {"revenue": 84.5, "revenue_per_delivered": 2.061, "cost": 0.0062},
        "paid": {"USD": 84.5},
        "roi": 13628.0323,
        "unpricedParts": 0,
        "unexchanged": [],
    }
    head = {"campaign": "win-back", "goal": "goal", "by": "channel", "currency": "USD", "asOf": at}
    rows = [{"label": "email", **figures}]
    return {**head, "rows": rows, "total": figures, "lift": None, "notes": [], "runs": [run]}


ATTRIBUTION_SHAPES: tuple[type[BaseModel], ...] = (CampaignAttribution,)
