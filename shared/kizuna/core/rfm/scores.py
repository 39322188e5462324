"""RFM: how recently, how often and for how much people bought, as scores, and ten named buckets made of them.

    what each person did in the date range ─▶ quantiles over everybody ─▶ scores 1 to 5 ─▶ a bucket by the grid

Scores go by thresholds and never by rank, so that equal values have equal scores: where half of all bought once,
half of them have the lowest score. The bucket is a total function of recency and frequency; money is told beside it
(`rules-spec.md` 8).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kizuna.core.campaigns import OnSchedule
from kizuna.core.durations import Duration

Bucket = Literal[
    "champions",
    "loyal",
    "potential_loyalists",
    "new",
    "promising",
    "needing_attention",
    "about_to_sleep",
    "cannot_lose_them",
    "at_risk",
    "hibernating",
]
BUCKETS: tuple[Bucket, ...] = get_args(Bucket)

# By recency from the highest down, each row by frequency from the lowest up: as `rules-spec.md` 8 shows it.
GRID: Mapping[int, tuple[Bucket, ...]] = {
    5: ("new", "potential_loyalists", "potential_loyalists", "champions", "champions"),
    4: ("promising", "potential_loyalists", "potential_loyalists", "loyal", "loyal"),
    3: ("about_to_sleep", "about_to_sleep", "needing_attention", "loyal", "loyal"),
    2: ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose_them"),
    1: ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose_them"),
}

LONGEST = timedelta(days=400)  # as long as the timeline is kept: nothing older could be counted again

NAMES: Mapping[str, Mapping[Bucket, str]] = {
    "en": {
        "champions": "Champions",
        "loyal": "Loyal",
        "potential_loyalists": "Potential Loyalists",
        "new": "New",
        "promising": "Promising",
        "needing_attention": "Needing Attention",
        "about_to_sleep": "About to Sleep",
        "cannot_lose_them": "Cannot Lose Them",
        "at_risk": "At Risk",
        "hibernating": "Hibernating",
    },
    "ja": {
        "champions": "最優良顧客",
        "loyal": "優良顧客",
        "potential_loyalists": "優良候補",
        "new": "新規顧客",
        "promising": "有望顧客",
        "needing_attention": "要フォロー",
        "about_to_sleep": "休眠間近",
        "cannot_lose_them": "失えない顧客",
        "at_risk": "離反危機",
        "hibernating": "休眠顧客",
    },
}


class RfmDefinition(BaseModel):
    """One way of scoring customers. Only people with at least one such event in the date range are scored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    name: str = ""
    event: str = Field(default="Order Completed", min_length=1, max_length=200)
    date_range: Duration = Duration(seconds=365 * 86_400)
    value_of: str = Field(default="revenue", min_length=1, max_length=200)
    monetary: Literal["average", "sum"] = "sum"
    quantiles: int = Field(default=5, ge=2, le=9)
    grid: Mapping[int, tuple[Bucket, ...]] | None = Field(
        default=None,
        description="For each recency score the buckets by frequency score, from the lowest up",
    )
    schedule: OnSchedule | None = Field(default=None, description="When it is worked out again")
    enabled: bool = True

    @model_validator(mode="after")
    def _total(self) -> RfmDefinition:
        scores = range(1, self.quantiles + 1)
        if self.grid is None and self.quantiles != 5:
            raise ValueError(
                f"the grid of ten buckets is for 5 quantiles; {self.quantiles} need a grid of their own"
            )
        rows = self.buckets
        if missing := [score for score in scores if score not in rows]:
            raise ValueError(f"grid: has no row for recency {', '.join(map(str, missing))}")
        if unknown := sorted(set(rows) - set(scores)):
            raise ValueError(f"grid: there is no recency {', '.join(map(str, unknown))}")
        for recency, row in rows.items():
            if len(row) != self.quantiles:
                raise ValueError(
                    f"grid: recency {recency} has {len(row)} buckets for {self.quantiles} frequencies"
                )
        if not timedelta(days=1) <= self.length <= LONGEST:
            raise ValueError(
                f"date_range: is not between 1 and {LONGEST.days} days, as long as events are kept"
            )
        return self

    @property
    def buckets(self) -> Mapping[int, tuple[Bucket, ...]]:
        """The grid in force: a row for every recency, a bucket for every frequency."""
        return GRID if self.grid is None else self.grid

    @property
    def length(self) -> timedelta:
        """The date range; a month counts 31 days."""
        return timedelta(seconds=self.date_range.seconds, days=31 * self.date_range.months)

    def bucket(self, scores: Scores) -> Bucket:
        """The one bucket of a scored person: a total function of recency and frequency."""
        return self.buckets[scores.recency][scores.frequency - 1]


class Inputs(NamedTuple):
    """What one person did in the date range: whole days since the last event, how many, and hundredths of money."""

    days: int
    times: int
    money: int


class Scores(NamedTuple):
    """From 1 to the number of quantiles; the highest is the most recent, the most often, the most money."""

    recency: int
    frequency: int
    monetary: int


@dataclass(frozen=True, slots=True)
class Cuts:
    """The values that part everybody's days, counts and hundredths of money, each ascending."""

    days: tuple[int, ...]
    counts: tuple[int, ...]
    money: tuple[int, ...]

    def scores(self, inputs: Inputs) -> Scores:
        """A value that equals a threshold belongs to the part below it. Of days fewer are better."""
        return Scores(
            len(self.days) + 1 - bisect_left(self.days, inputs.days),
            1 + bisect_left(self.counts, inputs.times),
            1 + bisect_left(self.money, inputs.money),
        )


def inputs_of(
    happened: Sequence[tuple[int, float]], definition: RfmDefinition, *, at: datetime
) -> Inputs | None:
    """The inputs of a person at an instant, from the events that are remembered as (milliseconds, amount).

    None for whoever has none in the date range: `at − date_range < event ≤ at`.
    """
    end = int(at.timestamp() * 1000)
    start = end - int(definition.length.total_seconds() * 1000)
    inside = [(moment, amount) for moment, amount in happened if start < moment <= end]
    if not inside:
        return None
    total = sum(amount for _, amount in inside)
    money = total / len(inside) if definition.monetary == "average" else total
    last = max(moment for moment, _ in inside)
    return Inputs((end - last) // 86_400_000, len(inside), round(100 * money))


# ── what is kept on the person ──────────────────────────────────────────────────────────────────

TRAIT = "rfm"  # holds, by definition, what `standing_of` gives; nobody but a run may tell it
SOURCE = "kizuna"  # of the trait


def standing_of(scores: Scores, definition: RfmDefinition) -> dict[str, Any]:
    """What conditions see of a scored person under `rfm.<definition>`."""
    return {
        "recency": scores.recency,
        "frequency": scores.frequency,
        "monetary": scores.monetary,
        "bucket": definition.bucket(scores),
    }


def scores_in(bucket: Bucket, definition: RfmDefinition) -> Scores | None:
    """Some scores that a grid has in a bucket, the most recent first; None where it has none there."""
    for recency in sorted(definition.buckets, reverse=True):
        row = definition.buckets[recency]
        if bucket in row:
            return Scores(recency, row.index(bucket) + 1, row.index(bucket) + 1)
    return None


def bucket_segment(definition: str, bucket: Bucket) -> str:
    """The id of the segment of a bucket, such as `rfm-orders-at-risk`: nobody writes it by hand."""
    return f"rfm-{definition}-{bucket.replace('_', '-')}"
