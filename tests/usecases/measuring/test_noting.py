"""What people do with messages and after them is counted once, in whatever order and however often it is told."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from kizuna.core import feedback
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.messages import Message, State
from kizuna.core.provider_reports import MessageReport
from kizuna.core.results import cells
from kizuna.core.results.cells import group_of
from kizuna.usecases.reacting import react
from tests.support.builders import NOON, an_event
from tests.support.customers import decided, identify, mail_shop
from tests.support.house import House

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PAID = {"event": "Order Completed", "value_of": "total", "within": "3d"}
EVENTS = {
    "delivered": "Email Delivered",
    "opened": "Email Opened",
    "clicked": "Email Clicked",
    "bounced": "Email Bounced",
    "complained": "Email Complained",
}


def bought(
    at: datetime, *, user: str = "u1", number: int = 1, heard: datetime | None = None, **told: Any
) -> Event:
    properties = {"total": 12.5, "currency": "USD", **told}
    return an_event(number=number, user_id=user, at=at, received_at=heard or at, properties=properties)


def sent(goal: dict[str, Any] | None = None, *users: str, **more: Any) -> House:
    """A house whose campaign has been mailed to everybody."""
    house = decided(mail_shop({"goal": goal or PAID, **more}), *users)
    house.send()
    house.settle()
    return house


def tell(
    house: House, message: Message, fact: str, at: datetime, *, now: datetime | None = None, **more: Any
) -> None:
    report = MessageReport(
        f"{fact}-{message.id}-{at}", message.id, at, "accepted", fact, EVENTS[fact], **more
    )
    house.hear(report, now=now or at)
    house.settle(now=now or at)


def sums(house: House, group: str = "told") -> Counter[str]:
    found = Counter[str]()
    for (campaign, _), by_cell in house.counters.cells.items():
        for cell, each in by_cell.items():
            if campaign == "spring" and cell.group == group:
                found.update(each)
    return Counter({name: count for name, count in found.items() if count and not name.startswith("s_")})


def conversions(house: House, group: str = "told") -> tuple[int, int]:
    found = sums(house, group)
    return found[cells.conversions("goal")], found[cells.value("goal", "USD")]


def told_again(house: House) -> None:
    """The stream repeats everything that it ever held."""
    for change in house.changes_told:
        react.react(change, house.reactor, house.catalog, now=NOON + 5 * DAY)


def test_an_order_within_the_deadline_is_a_conversion_with_its_money() -> None:
    house = sent()
    house.ingest(bought(NOON + HOUR), now=NOON + HOUR)
    house.settle(now=NOON + HOUR)
    assert conversions(house) == (1, 1250)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (bought(NOON - MINUTE), "before the message"),
        (bought(NOON + 3 * DAY + MINUTE), "after the deadline"),
        (bought(NOON + HOUR, user="u9"), "somebody else"),
        (an_event("Product Viewed", user_id="u1", at=NOON + HOUR, received_at=NOON + HOUR), "another event"),
        (bought(NOON + HOUR, heard=NOON + 2 * DAY), "history that comes late"),
    ],
)
def test_what_is_no_conversion(event: Event, why: str) -> None:
    house = sent()
    house.ingest(event, now=event.received_at)
    house.settle(now=event.received_at)
    assert conversions(house) == (0, 0), why


def test_an_event_that_comes_late_counts_by_when_it_happened() -> None:
    house = sent()
    at = NOON + 3 * DAY - HOUR
    house.ingest(bought(at, heard=at + 12 * HOUR), now=at + 12 * HOUR)
    house.settle(now=at + 12 * HOUR)
    assert conversions(house) == (1, 1250)


def test_of_several_orders_the_first_one_counts_whichever_is_heard_of_first() -> None:
    house = sent()
    later, earlier = bought(NOON + 5 * HOUR, number=1, total=99), bought(NOON + HOUR, number=2, total=10)
    for event in (later, earlier, later):
        house.ingest(event, now=NOON + 6 * HOUR)
        house.settle(now=NOON + 6 * HOUR)
    assert conversions(house) == (1, 1000)


def test_each_order_counts_where_the_goal_says_so() -> None:
    house = sent({**PAID, "count": "each"})
    for number in range(1, 4):
        house.ingest(bought(NOON + number * HOUR, number=number), now=NOON + 4 * HOUR)
    house.settle(now=NOON + 4 * HOUR)
    assert conversions(house) == (3, 3750)
    assert sums(house)[cells.converted("goal")] == 1
    assert sums(house)[cells.squares("goal", "USD")] == 3750**2


def test_a_filter_of_the_goal_leaves_other_orders_out() -> None:
    house = sent({**PAID, "where": [{"property": "total", "op": "gte", "value": 50}]})
    house.ingest(bought(NOON + HOUR), bought(NOON + 2 * HOUR, number=2, total=60), now=NOON + 3 * HOUR)
    house.settle(now=NOON + 3 * HOUR)
    assert conversions(house) == (1, 6000)


@pytest.mark.parametrize("first", ["click", "order"])
def test_a_goal_that_needs_a_click_counts_what_comes_after_it_whichever_is_heard_of_first(first: str) -> None:
    house = sent({**PAID, "needs": "click"})
    message, heard = house.only_message(), NOON + 2 * HOUR
    tell(house, message, "delivered", NOON + MINUTE)

    def order() -> None:
        house.ingest(bought(NOON + 30 * MINUTE, number=1), bought(NOON + HOUR, number=2, total=7), now=heard)
        house.settle(now=heard)

    steps = [lambda: tell(house, message, "clicked", NOON + 45 * MINUTE, now=heard, link="https://a"), order]
    for step in steps if first == "click" else reversed(steps):
        step()
    assert conversions(house) == (1, 700)
    told_again(house)
    assert conversions(house) == (1, 700)


def test_without_the_click_nothing_is_a_conversion() -> None:
    house = sent({**PAID, "needs": "click"})
    house.ingest(bought(NOON + HOUR), now=NOON + HOUR)
    house.settle(now=NOON + HOUR)
    assert conversions(house) == (0, 0)


def test_money_of_an_unknown_currency_is_kept_apart() -> None:
    house = sent()
    house.ingest(bought(NOON + HOUR, currency=None), now=NOON + HOUR)
    house.settle(now=NOON + HOUR)
    assert sums(house)[cells.value("goal", "XXX")] == 1250
    assert conversions(house) == (1, 0)


def test_a_person_of_whom_a_message_was_withheld_converts_in_a_group_apart() -> None:
    house = House(mail_shop({"goal": PAID}))
    house.ingest(identify(user="u1", email="u1@example.com", country="JP"))
    house.settle()
    house.start("spring", NOON)
    house.walk()
    house.settle()
    assert house.only_message().state is State.DENIED
    house.ingest(bought(NOON + HOUR), now=NOON + HOUR)
    house.settle(now=NOON + HOUR)
    assert conversions(house) == (0, 0)
    assert conversions(house, "withheld") == (1, 1250)


def test_signs_count_once_each_and_machines_apart() -> None:
    house = sent()
    message = house.only_message()
    tell(house, message, "delivered", NOON + MINUTE)
    tell(house, message, "opened", NOON + MINUTE + timedelta(seconds=2))  # a scanner
    tell(house, message, "opened", NOON + 9 * MINUTE)
    tell(house, message, "opened", NOON + 10 * MINUTE)
    tell(house, message, "clicked", NOON + 11 * MINUTE, link="https://a")
    tell(house, message, "complained", NOON + HOUR)
    told_again(house)
    assert sums(house) == {"f_delivered": 1, "f_machine": 1, "f_opened": 1, "f_clicked": 1, "f_complained": 1}


@pytest.mark.parametrize(("hard", "name"), [(True, "f_bounced"), (False, "f_soft")])
def test_a_bounce_for_good_is_told_from_one_for_now(hard: bool, name: str) -> None:
    house = sent()
    tell(house, house.only_message(), "bounced", NOON + MINUTE, hard=hard)
    told_again(house)
    assert sums(house) == {name: 1}


def recounted(house: House) -> Counter[str]:
    """What the rows of messages and timelines say, counted by another way."""
    found = Counter[str]()
    for message in house.messages.stored.values():
        if group_of(message) != "told":
            continue
        found.update(
            f"f_{fact}" for fact in ("delivered", "opened", "clicked", "complained") if fact in message.facts
        )
        orders = sorted(
            (event.at, event.properties["total"])
            for events in house.people.events.values()
            for event in events.values()
            if event.name == "Order Completed"
            and event.profile_id in (None, message.person)
            and house.person("user_id", str(event.user_id)).id == message.person
            and message.created_at < event.at <= message.created_at + 3 * DAY
            and event.at > event.received_at - DAY
        )
        if orders:
            cents = round(orders[0][1] * 100)
            found.update({"x_goal": 1, "y_goal": 1, "z_goal_USD": cents, "q_goal_USD": cents**2})
            if "delivered" in message.facts:
                found["w_goal"] += 1
    return found


@pytest.mark.parametrize("seed", range(6))
def test_the_sums_equal_a_recount_whatever_is_repeated_late_or_out_of_order(seed: int) -> None:
    chance = Random(seed)
    users = [f"u{number}" for number in range(8)]
    house = sent(None, *users)
    acts: list[tuple[str, Any]] = []
    for message in house.messages.stored.values():
        acts += [
            ("tell", (message, fact)) for fact in ("delivered", "opened", "clicked") if chance.random() < 0.6
        ]
    for number in range(24):
        at = NOON + chance.uniform(-5, 90) * HOUR
        late = chance.choice([0, 0, 1, 20, 40]) * HOUR
        event = bought(
            at, user=chance.choice(users), number=number, heard=at + late, total=chance.randrange(1, 90)
        )
        acts.append(("buy", event))
    acts += [act for act in acts if chance.random() < 0.3]
    chance.shuffle(acts)
    for kind, about in acts:
        if kind == "buy":
            house.ingest(about, now=about.received_at)
        else:
            message, fact = about
            house.messages.add_fact(message.id, fact, NOON + HOUR)
        if chance.random() < 0.5:
            house.settle(now=NOON + 4 * DAY)
    house.settle(now=NOON + 4 * DAY)
    told_again(house)
    assert sums(house) == recounted(house)


def test_somebody_who_leaves_by_the_link_of_a_mail_is_counted_for_it() -> None:
    house = sent()
    message = house.only_message()
    left = an_event(
        feedback.UNSUBSCRIBED, id="left", user_id=None, profile_id=message.person, at=NOON + HOUR,
        received_at=NOON + HOUR, source=Source("preferences", SourceKind.SYSTEM),
        properties={"message_id": message.id, "address_id": message.address_id},
    )  # fmt: skip
    house.ingest(left, now=NOON + HOUR)
    house.settle(now=NOON + HOUR)
    told_again(house)
    assert sums(house) == {"f_left": 1}
