"""The arms of an experiment, and the sides of a holdout, out of the cells in which messages are counted.

Of each person the first message of an experiment is the one that is counted (`variant_of`), so messages of a variant
are persons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta

from kizuna.core.campaigns import Campaign
from kizuna.core.campaigns.arms import moves_the_gate
from kizuna.core.errors import KizunaError
from kizuna.core.experiments.counts import HELD_OUT, ArmCounts
from kizuna.core.experiments.definition import Experiment, arm_name, fingerprint_of, is_drawn
from kizuna.core.experiments.verdict import Counted
from kizuna.core.results import cells
from kizuna.core.results.cells import Cell, Sums
from kizuna.core.results.counted import Sign

_SIGNS: Mapping[str, Sign] = {
    "open": Sign.OPENED,
    "click": Sign.CLICKED,
    "unsubscribe": Sign.LEFT,
    "complaint": Sign.COMPLAINED,
    "bounce": Sign.BOUNCED,
}
_TO_BE_TOLD = frozenset({"told", "held"})
_ASSIGNED = _TO_BE_TOLD | {"withheld"}
_DAY = timedelta(days=1)


class MixedCurrencies(KizunaError):
    """Money of several currencies is not compared: it does not add up."""


def counted_of(
    campaign: Campaign,
    experiment: Experiment,
    found: Iterable[Mapping[Cell, Sums]],
    *,
    began_at: datetime | None,
    stopped: Iterable[str],
    now: datetime,
) -> Counted:
    """The counts of a campaign's experiment, over all of its runs. Raises MixedCurrencies.

    Days are those of the decision (UTC): whose day is over by as much as the goal gives them has had their time.
    """
    mine = [
        (cell, sums)
        for each in found
        for cell, sums in each.items()
        if is_drawn(cell.variant) and fingerprint_of(cell.variant) == experiment.fingerprint
    ]

    def is_settled(cell: Cell) -> bool:
        over = datetime.combine(cell.day, time(), UTC) + _DAY
        return campaign.goal.within.after(over) <= now

    by_draw = moves_the_gate(campaign)
    sofar = _arms(mine, campaign, by_draw=by_draw)
    settled = _arms([each for each in mine if is_settled(each[0])], campaign, by_draw=by_draw)
    return Counted(sofar, settled, began_at, frozenset(stopped))


def sides_of(campaign: Campaign, found: Iterable[Mapping[Cell, Sums]]) -> tuple[ArmCounts, ArmCounts]:
    """Those who were to be told, and those held out, of a campaign without regard to its arms. An arm of nothing
    belongs to neither: it has a control of its own. Raises MixedCurrencies."""
    pairs = [each for cells_of_run in found for each in cells_of_run.items()]
    told = [(cell, sums) for cell, sums in pairs if cell.group == "told"]
    held = [(cell, sums) for cell, sums in pairs if cell.group == "held" and not cell.variant]
    currency = _currency([sums for _, sums in (*told, *held)], campaign.goal.name)
    return _counts("told", told, campaign, currency), _counts(HELD_OUT, held, campaign, currency)


def _arms(found: Iterable[tuple[Cell, Sums]], campaign: Campaign, *, by_draw: bool) -> dict[str, ArmCounts]:
    pairs = list(found)
    currency = _currency([sums for _, sums in pairs], campaign.goal.name)
    return {
        name: _counts(
            name,
            [each for each in pairs if arm_name(each[0].variant) == name],
            campaign,
            currency,
            by_draw=by_draw,
        )
        for name in dict.fromkeys(arm_name(cell.variant) for cell, _ in pairs)
    }


def _counts(
    arm: str,
    found: Iterable[tuple[Cell, Sums]],
    campaign: Campaign,
    currency: str,
    *,
    by_draw: bool = False,
) -> ArmCounts:
    assigned: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    for cell, sums in found:
        if cell.group in _ASSIGNED:
            assigned.update(sums)
        if cell.group in (_ASSIGNED if by_draw else _TO_BE_TOLD):
            compared.update(sums)
    goal = campaign.goal.name
    events = {name: compared[cells.with_sign(sign)] for name, sign in _SIGNS.items()}
    events["goal"] = compared[cells.converted(goal)]
    return ArmCounts(
        arm,
        _messages(assigned),
        _messages(compared),
        events,
        compared[cells.value(goal, currency)] if currency else 0,
        compared[cells.squares(goal, currency)] if currency else 0,
    )


def _messages(sums: Sums) -> int:
    return sum(count for name, count in sums.items() if cells.state_in(name) is not None)


def _currency(found: Iterable[Sums], goal: str) -> str:
    """The one currency of the money; empty where there is none. Raises MixedCurrencies."""
    known = sorted({currency for sums in found for currency in cells.currencies(sums, goal)})
    if len(known) > 1:
        raise MixedCurrencies(f"the goal {goal} brought money in {', '.join(known)}, which does not add up")
    return known[0] if known else ""
