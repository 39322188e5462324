"""A report: the figures of a campaign, cut in some way, and what sending did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal, assert_never, get_args

from kizuna.core.campaigns import Campaign
from kizuna.core.costs import CostRules
from kizuna.core.experiments.counts import ArmCounts
from kizuna.core.experiments.definition import arm_name
from kizuna.core.experiments.lift import Lift, lift
from kizuna.core.messages import State
from kizuna.core.results import cells
from kizuna.core.results.arms import sides_of
from kizuna.core.results.cells import Cell, Sums
from kizuna.core.results.figures import Figures, figures_of

By = Literal["channel", "variant", "day", "run", "campaign"]
WAYS: tuple[By, ...] = get_args(By)


@dataclass(frozen=True, slots=True)
class Counted:
    """The sums of one cell of one run of one campaign."""

    campaign: str
    run: str
    cell: Cell
    sums: Sums


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a campaign, or of all message steps of a journey, by one goal."""

    name: str
    goal: str
    by: By
    rows: tuple[Row, ...]
    total: Figures
    sides: tuple[ArmCounts, ArmCounts] | None  # who were told, and who were held out; None of a journey
    currency: str
    as_of: datetime
    unsettled: int = 0  # people who may still reach the goal in time
    is_fair: bool = True  # whether those who were held out could reach the goal as well

    @property
    def lift(self) -> Lift | None:
        """What sending did to how many reached the goal; None without a holdout."""
        return lift(*self.sides) if self.sides else None

    @property
    def lift_of_money(self) -> Lift | None:
        """What sending did to the money of each person, in smallest units of the report's currency."""
        spent = self.sides and any(side.value_sum for side in self.sides)
        return lift(*self.sides, "revenue") if self.sides and spent else None


def report_of(
    name: str,
    found: Iterable[Counted],
    *,
    goal: str,
    by: By,
    rules: CostRules,
    now: datetime,
    campaign: Campaign | None = None,
) -> Report:
    """The report of what is counted so far, rows in the order of their labels.

    With `campaign`, whose only cells these are, it says what sending did by its first goal, unless that needs a
    click, which nobody who is held out can make. Money of other currencies
    than the report's takes no part in that.
    """
    every = list(found)
    parts: Mapping[str, list[tuple[Cell, Sums]]] = defaultdict(list)
    for each in every:
        parts[_label(each, by)].append((each.cell, each.sums))
    pairs = [(each.cell, each.sums) for each in every]
    alone = [{each.cell: _in_one_currency(each.sums, goal, rules.currency)} for each in every]
    return Report(
        name=name,
        goal=goal,
        by=by,
        rows=tuple(Row(label, figures_of(parts[label], goal=goal, rules=rules)) for label in sorted(parts)),
        total=figures_of(pairs, goal=goal, rules=rules),
        sides=sides_of(campaign, alone) if campaign is not None and _is_fair(campaign) else None,
        currency=rules.currency,
        as_of=now,
        unsettled=0 if campaign is None else _unsettled(pairs, campaign, now),
        is_fair=campaign is None or _is_fair(campaign),
    )


def _is_fair(campaign: Campaign) -> bool:
    """Whether both sides of a holdout can reach the goal: nobody who was sent nothing can click on it."""
    return campaign.goal.needs == "nothing"


def _unsettled(found: Iterable[tuple[Cell, Sums]], campaign: Campaign, now: datetime) -> int:
    """Those of both sides whose day was over less than the goal's `within` ago."""
    return sum(
        cells.total_in(sums, *State)
        for cell, sums in found
        if cell.group in ("told", "held")
        and campaign.goal.within.after(datetime.combine(cell.day, time(), UTC) + timedelta(days=1)) > now
    )


def _in_one_currency(sums: Sums, goal: str, currency: str) -> Sums:
    left_out = {
        name(goal, other)
        for other in cells.currencies(sums, goal)
        if other != currency
        for name in (cells.value, cells.squares)
    }
    return {name: count for name, count in sums.items() if name not in left_out}


def _label(counted: Counted, by: By) -> str:
    match by:
        case "channel":
            return counted.cell.channel
        case "variant":
            variant = counted.cell.variant
            return arm_name(variant) if variant else "-"
        case "day":
            return counted.cell.day.isoformat()
        case "run":
            return counted.run
        case "campaign":
            return counted.campaign
        case _:
            assert_never(by)


def trend(rows: Sequence[Row], figure: str) -> list[int]:
    """One figure over the rows, as they stand: of a report by day its course."""
    return [row.figures[figure] for row in rows]
