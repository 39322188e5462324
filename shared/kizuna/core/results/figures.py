"""The figures of a report (`rules-spec.md` 7): one definition each, here and nowhere else.

A figure of messages counts those that were told something (`Cell.group` told and again); people who were held out,
and what was withheld, stand beside them. On a channel that never says that a message arrived `sent` is taken for
`delivered`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kizuna.core.costs import CostRules, cost_of
from kizuna.core.messages import State
from kizuna.core.results import cells
from kizuna.core.results.cells import Cell, Sums
from kizuna.core.results.counted import Sign
from kizuna.core.results.rates import Share

SAYS_DELIVERED = frozenset({"email", "sms", "whatsapp"})
_ON_THE_WAY = (State.PENDING, State.DEFERRED, State.SENDING)


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of some messages of a campaign. Money in the smallest units of the report's currency."""

    counts: Mapping[str, int] = field(default_factory=dict)
    withheld_by: Mapping[str, int] = field(default_factory=dict)
    revenue: float = 0.0
    cost: float = 0.0
    margin: float | None = None
    money: Mapping[str, int] = field(default_factory=dict)  # as it was paid, by currency
    unpriced_parts: int = 0
    unexchanged: frozenset[str] = frozenset()  # currencies of which no rate was known: not in `revenue`

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)

    @property
    def shares(self) -> dict[str, Share]:
        """Every rate by its name, which says what it is a share of."""
        return {name: Share(self[part], self[whole]) for name, (part, whole) in RATES.items()}

    @property
    def revenue_per_delivered(self) -> float | None:
        return self.revenue / self["delivered"] if self["delivered"] else None

    @property
    def roi(self) -> float | None:
        """(revenue, or its margin, − cost) ÷ cost. None where nothing was paid."""
        earned = self.revenue if self.margin is None else self.revenue * self.margin
        return (earned - self.cost) / self.cost if self.cost else None


COUNTS = (
    "intended", "in_progress", "withheld", "held_out", "sent", "unknown", "failed", "expired",
    "delivered", "bounced", "bounced_soft", "rejected", "opened", "opened_by_machine", "clicked", "converted",
    "conversions", "unsubscribed", "complained",
)  # fmt: skip
RATES: Mapping[str, tuple[str, str]] = {
    "sent_of_intended": ("sent", "intended"),
    "delivered_of_sent": ("delivered", "sent"),
    "bounced_of_sent": ("bounced", "sent"),
    "rejected_of_sent": ("rejected", "sent"),
    "opened_of_delivered": ("opened", "delivered"),
    "opened_by_machine_of_delivered": ("opened_by_machine", "delivered"),
    "clicked_of_delivered": ("clicked", "delivered"),
    "clicked_of_opened": ("clicked", "opened"),
    "converted_of_delivered": ("converted_and_delivered", "delivered"),
    "converted_of_assigned": ("assigned_and_converted", "assigned"),
    "unsubscribed_of_delivered": ("unsubscribed", "delivered"),
    "complained_of_delivered": ("complained", "delivered"),
}
_SIGNS = {
    "bounced": Sign.BOUNCED,
    "bounced_soft": Sign.BOUNCED_FOR_NOW,
    "rejected": Sign.REJECTED,
    "opened": Sign.OPENED,
    "opened_by_machine": Sign.OPENED_BY_MACHINE,
    "clicked": Sign.CLICKED,
    "unsubscribed": Sign.LEFT,
    "complained": Sign.COMPLAINED,
}


def figures_of(found: Iterable[tuple[Cell, Sums]], *, goal: str, rules: CostRules) -> Figures:
    """The figures of some cells, by one goal of their campaign."""
    counts: Counter[str] = Counter()
    withheld_by: Counter[str] = Counter()
    money: Counter[str] = Counter()
    revenue = cost = 0.0
    unpriced, missing, rates = 0, set[str](), rules.exchange
    for cell, sums in found:
        counted = _counts(cell, sums, goal)
        counts.update(counted)
        withheld_by.update(_withheld_by(sums) if cell.group != "held" else {})
        spent = cost_of(
            rules,
            cell.channel,
            sent=counted["sent"] + counted["unknown"],
            withheld=counted["withheld"],
            parts=_parts(sums),
        )
        unpriced += spent.unpriced_parts
        paid: dict[tuple[str, str], float] = {("cost", "USD"): spent.total * 100}
        if cell.group in ("told", "again"):
            for currency in cells.currencies(sums, goal):
                amount = sums[cells.value(goal, currency)]
                money[currency] += amount
                paid["revenue", currency] = amount
        for (kind, currency), minor in paid.items():
            exchanged = rates.exchanged(minor, currency, cell.day)
            if exchanged is None:
                missing |= {currency} if minor else set()
            elif kind == "cost":
                cost += exchanged
            else:
                revenue += exchanged
    return Figures(
        counts={name: count for name, count in counts.items() if count},
        withheld_by=dict(sorted(withheld_by.items())),
        revenue=revenue,
        cost=cost,
        margin=rules.margin,
        money={currency: amount for currency, amount in sorted(money.items()) if amount},
        unpriced_parts=unpriced,
        unexchanged=frozenset(missing),
    )


def _counts(cell: Cell, sums: Sums, goal: str) -> Counter[str]:
    of = Counter[str]()
    all_of_them = cells.total_in(sums, *State)
    of["intended"] = all_of_them
    if cell.group == "held":
        of["held_out"] = all_of_them
        return of
    of["in_progress"] = cells.total_in(sums, *_ON_THE_WAY)
    of["withheld"] = cells.total_in(sums, State.DENIED)
    for name, state in (
        ("sent", State.SENT),
        ("unknown", State.UNKNOWN),
        ("failed", State.FAILED),
        ("expired", State.EXPIRED),
    ):
        of[name] = cells.total_in(sums, state)
    if cell.group == "withheld":
        return of
    for name, sign in _SIGNS.items():
        of[name] = sums.get(cells.with_sign(sign), 0)
    says = cell.channel in SAYS_DELIVERED
    of["delivered"] = sums.get(cells.with_sign(Sign.DELIVERED), 0) if says else of["sent"]
    of["converted"] = sums.get(cells.converted(goal), 0)
    arrived = cells.converted_and_delivered(goal) if says else cells.converted(goal)
    of["converted_and_delivered"] = sums.get(arrived, 0)
    of["conversions"] = sums.get(cells.conversions(goal), 0)
    if cell.group == "told":
        of["assigned"] = all_of_them
        of["assigned_and_converted"] = of["converted"]
    return of


def _withheld_by(sums: Sums) -> Counter[str]:
    found = Counter[str]()
    for name, count in sums.items():
        told = cells.state_in(name)
        if told and told[0] == State.DENIED and count:
            found[told[1]] += count
    return found


def _parts(sums: Sums) -> Mapping[str, int]:
    return {name.removeprefix(_PARTS): number for name, number in sums.items() if name.startswith(_PARTS)}


_PARTS = cells.sms_parts("")
