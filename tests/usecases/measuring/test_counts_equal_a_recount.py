"""Conversions against a plain recount: two campaigns, goals of every kind, two currencies and refunds; merges in the
middle, late clicks and events, repeats, and workers that die at any write of a count."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.catalog import Catalog
from kizuna.core.errors import Unavailable
from kizuna.core.events import Event
from kizuna.core.messages import Message
from kizuna.core.provider_reports import MessageReport
from kizuna.core.results import cells
from kizuna.core.results.counted import Counted
from kizuna.local.memory.results import InMemoryResults
from kizuna.usecases.reacting import react
from tests.support.builders import CAMPAIGN, NOON, a_catalog, an_event, some_documents
from tests.support.customers import DAILY, subscribe
from tests.support.house import House

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATE = NOON + 6 * DAY  # one clock for all that is worked off: a repeat is known for two days
WITHIN = 3 * DAY
NAMES = ("u1", "u2", "v1", "v2", "v3")  # v: visitors, who may turn out to be u1 or u2
PAID = {"event": "Order Completed", "value_of": "total", "within": "3d"}
GOALS = {
    "goal": PAID,
    "further_goals": [
        {**PAID, "name": "clicked", "needs": "click"},
        {**PAID, "name": "each", "count": "each"},
        {**PAID, "name": "seen", "count": "each", "needs": "click"},
    ],
}


def two_campaigns() -> Catalog:
    spring: dict[str, Any] = CAMPAIGN | DAILY | GOALS
    documents = some_documents(spring)
    return a_catalog({**documents, ("campaign", "autumn"): {**spring, "id": "autumn", "name": "Autumn"}})


CATALOG = two_campaigns()


@dataclass(frozen=True)
class Bought:
    who: str
    number: int
    after: int  # hours after noon
    late: int  # hours until we heard of it
    total: int
    currency: str

    @property
    def at(self) -> datetime:
        return NOON + self.after * HOUR + timedelta(seconds=self.number)  # no two at one instant

    @property
    def event(self) -> Event:
        who: dict[str, Any] = {"user_id": self.who, "anonymous_id": None}
        if self.who.startswith("v"):
            who = {"user_id": None, "anonymous_id": self.who}
        told = {"total": self.total, "currency": self.currency}
        at, heard = self.at, self.at + self.late * HOUR
        return an_event(number=self.number, at=at, received_at=heard, properties=told, **who)


@dataclass(frozen=True)
class Clicked:
    who: str
    campaign: str
    after: int


@dataclass(frozen=True)
class Merged:
    visitor: str
    user: str


class DyingResults:
    """A store of results whose worker dies just before a write, or just after it, as chance has it."""

    def __init__(self, results: InMemoryResults, chance: Random) -> None:
        self._results, self._chance = results, chance
        self.dies, self.deaths = True, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._results, name)

    def count(self, message: Message, before: Counted, after: Counted) -> bool:
        fate = self._chance.random() if self.dies else 1.0
        self.deaths += fate < 0.5
        if fate < 0.25:
            raise Unavailable("killed before the write")
        counted = self._results.count(message, before, after)
        if fate < 0.5:
            raise Unavailable("killed after the write")
        return counted


@dataclass
class Shop:
    """A house whose two campaigns were mailed to everybody, and the story of it in plain words."""

    chance: Random
    dying: bool = False
    house: House = field(init=False)
    results: DyingResults = field(init=False)
    told: list[react.Change] = field(default_factory=list)
    one: dict[str, frozenset[str]] = field(
        default_factory=lambda: {name: frozenset({name}) for name in NAMES}
    )
    orders: dict[int, tuple[Bought, frozenset[str]]] = field(default_factory=dict)
    clicks: dict[tuple[str, str], int] = field(default_factory=dict)
    mails: dict[tuple[str, str], Message] = field(default_factory=dict)

    def __post_init__(self) -> None:
        house = self.house = House(CATALOG)
        for name in NAMES:
            who: dict[str, Any] = {"user_id": None, "anonymous_id": name} if name.startswith("v") else {}
            house.ingest(subscribe(name, **who))
        house.settle()
        for campaign in ("spring", "autumn"):
            house.start(campaign, NOON)
            house.walk()
            house.settle()
        house.send()
        house.settle()
        people = {
            house.person("anonymous_id" if name.startswith("v") else "user_id", name).id: name
            for name in NAMES
        }
        self.mails = {(people[each.person], each.campaign): each for each in house.messages.stored.values()}
        assert len(self.mails) == 2 * len(NAMES)
        self.results = DyingResults(house.results, self.chance)

    def act(self, act: Bought | Clicked | Merged) -> None:
        match act:
            case Bought():
                self.house.ingest(act.event, now=LATE)
                self.orders.setdefault(act.number, (act, self.one[act.who]))
            case Clicked():
                mail, at = self.mails[act.who, act.campaign], NOON + act.after * HOUR
                report = MessageReport(
                    f"c-{mail.id}-{at}", mail.id, at, "accepted", "clicked", "Email Clicked", link="https://a"
                )
                self.house.hear(report, now=LATE)
                known = self.clicks.get((act.who, act.campaign), act.after)
                self.clicks[act.who, act.campaign] = min(known, act.after)
            case Merged():
                if any(name != act.user and name.startswith("u") for name in self.one[act.visitor]):
                    return  # is the other one already
                same = an_event(
                    "", type="identify", id=f"{act.visitor}-is-{act.user}", user_id=act.user,
                    anonymous_id=act.visitor, at=NOON + HOUR, received_at=NOON + HOUR,
                )  # fmt: skip
                self.house.ingest(same, now=LATE)
                both = self.one[act.visitor] | self.one[act.user]
                self.one |= dict.fromkeys(both, both)

    def settle(self) -> None:
        """The stream brings what is new. Whatever fails comes again, later and out of its order."""
        while changes := list(self.house.changes()):
            for change in changes:
                self.told.append(change)
                self._react(change)
        if self.dying and self.told:
            for change in self.chance.sample(self.told, min(6, len(self.told))):
                self._react(change)

    def _react(self, change: react.Change) -> None:
        with suppress(Unavailable):
            react.react(change, self._reactor(), self.house.catalog, now=LATE)

    def _reactor(self) -> react.Reactor:
        if not self.dying:
            return self.house.reactor
        noter = replace(self.house.noter, results=self.results)
        return replace(self.house.reactor, noter=noter)

    def bring_all_again(self) -> None:
        self.results.dies = False
        self.settle()
        self.chance.shuffle(self.told)
        for change in self.told:
            react.react(change, self.house.reactor, self.house.catalog, now=LATE)

    def sums(self) -> dict[str, Counter[str]]:
        found = {"spring": Counter[str](), "autumn": Counter[str]()}
        for (campaign, _), by_cell in self.house.counters.cells.items():
            for each in by_cell.values():
                found[campaign].update({name: n for name, n in each.items() if name[0] in "xyzq" and n})
        return {campaign: _plain(sums) for campaign, sums in found.items()}

    def recounted(self) -> dict[str, Counter[str]]:
        """By the story alone: who bought what when, whose it was by then, and when which mail was clicked."""
        found = {"spring": Counter[str](), "autumn": Counter[str]()}
        for who, campaign in self.mails:
            click = self.clicks.get((who, campaign))
            theirs = sorted(
                (
                    order
                    for order, of in self.orders.values()
                    if who in of and NOON < order.at <= NOON + WITHIN and order.late < 24
                ),
                key=lambda order: order.at,
            )
            clicked = [order for order in theirs if click is not None and NOON + click * HOUR <= order.at]
            counts = {"goal": theirs[:1], "clicked": clicked[:1], "each": theirs, "seen": clicked}
            for goal, orders in counts.items():
                found[campaign].update(_summed(goal, orders))
        return {campaign: _plain(sums) for campaign, sums in found.items()}


def _summed(goal: str, orders: list[Bought]) -> Counter[str]:
    sums = Counter({cells.converted(goal): int(bool(orders)), cells.conversions(goal): len(orders)})
    for currency, unit in (("USD", 100), ("JPY", 1)):
        money = sum(order.total * unit for order in orders if order.currency == currency)
        sums[cells.value(goal, currency)] += money
        sums[cells.squares(goal, currency)] += money**2
    return sums


def _plain(sums: Counter[str]) -> Counter[str]:
    return Counter({name: n for name, n in sums.items() if n})


who = st.sampled_from(NAMES)
act = st.one_of(
    st.builds(
        Bought,
        who,
        st.just(0),
        st.integers(-6, 80),
        st.sampled_from([0, 1, 20, 30]),
        st.integers(-90, 90),  # below nothing: a refund
        st.sampled_from(["USD", "JPY"]),
    ),
    st.builds(Clicked, who, st.sampled_from(["spring", "autumn"]), st.integers(1, 60)),
    st.builds(Merged, st.sampled_from(["v1", "v2", "v3"]), st.sampled_from(["u1", "u2"])),
)


def numbered(acts: list[Any]) -> list[Any]:
    """Each order has an id of its own."""
    return [
        replace(each, number=number) if isinstance(each, Bought) else each
        for number, each in enumerate(acts, start=10)
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(act, min_size=1, max_size=12), st.sets(st.integers(0, 11)), st.integers(0, 999))
def test_the_counters_equal_a_plain_recount(acts: list[Any], repeated: set[int], seed: int) -> None:
    chance = Random(seed)
    shop = Shop(chance)
    story = numbered(acts)
    for number, each in enumerate(story):
        shop.act(each)
        if number in repeated:
            shop.act(chance.choice(story[: number + 1]))
        if chance.random() < 0.6:
            shop.settle()
    shop.settle()
    assert shop.sums() == shop.recounted()
    shop.bring_all_again()
    assert shop.sums() == shop.recounted()


@pytest.mark.parametrize("seed", range(12))
def test_workers_killed_at_any_count_leave_no_gap_and_no_double(seed: int) -> None:
    chance = Random(seed)
    shop = Shop(chance, dying=True)
    story: list[Any] = []
    for number in range(30):
        roll, name = chance.random(), chance.choice(NAMES)
        if roll < 0.6:
            story.append(
                Bought(
                    name,
                    10 + number,
                    chance.randrange(-5, 80),
                    chance.choice([0, 1, 20, 30]),
                    chance.randrange(-90, 90),
                    chance.choice(["USD", "JPY"]),
                )
            )
        elif roll < 0.85:
            story.append(Clicked(name, chance.choice(["spring", "autumn"]), chance.randrange(1, 60)))
        else:
            story.append(Merged(chance.choice(["v1", "v2", "v3"]), chance.choice(["u1", "u2"])))
    for each in story:
        shop.act(each)
        if chance.random() < 0.5:
            shop.settle()
    shop.bring_all_again()
    assert shop.sums() == shop.recounted()
    assert shop.results.deaths > 10


@pytest.mark.parametrize("merged_first", [True, False])
def test_a_late_click_takes_no_order_along_from_before_a_merge(merged_first: bool) -> None:
    """Whether the click is heard of before the order of somebody else, or after the two turned out to be one."""
    shop = Shop(Random(0))
    order, same = Bought("v1", 10, 2, 0, 30, "USD"), Merged("v1", "u1")
    click = Clicked("u1", "spring", 1)
    for each in (order, same, click) if merged_first else (click, order, same):
        shop.act(each)
        shop.settle()
    assert shop.sums()["spring"][cells.conversions("each")] == 1  # of v1's own mail
    assert shop.sums()["spring"][cells.conversions("clicked")] == 0
    after = replace(order, number=11, after=3)
    shop.act(after)
    shop.settle()
    assert shop.sums()["spring"][cells.conversions("clicked")] == 1  # now they are one, and u1 had clicked
    assert shop.sums() == shop.recounted()
