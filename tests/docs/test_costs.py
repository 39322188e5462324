"""docs/costs.md: what is said to be counted is counted, and what is added up adds up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import boto3
import pytest

from kizuna.core import costs
from kizuna.core.messages import State
from kizuna.topology import FUNCTIONS, QUEUES
from tests.docs.reading import page, rows, section
from tests.docs.units import Meter, Units
from tests.support.clouds import GREETING_WANTED, Shop, a_user, running_shop

WRITE_PRICE = 0.625  # dollars per million units
READ_PRICE = 0.125
# Lag of the stream, server errors, bounces, complaints; sources that are quiet, flooding or not watched; the way out;
# runs paused, promotion stopped or close to it, brakes not watched; experiments that are uneven or not looked at.
ALARMS_BESIDES = 19


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(authorizer=lambda _: {"sub": "manager", "cognito:groups": ["viewer"]}) as running:
        yield running


def come_in(shop: Shop, *, country: str = "US") -> str:
    """Somebody whose profile is between 1 and 2 KB, as most are."""
    user = a_user()
    traits = {
        "email": f"{user}@people.example",
        "country": country,
        "timezone": "America/New_York",
        "note": "n" * 450,
    }
    shop.send({"type": "identify", "userId": user, "messageId": f"{user}-in", "traits": traits})
    shop.settle()
    return user


def look_around(shop: Shop, user: str, *, times: int) -> None:
    viewed = {"product_id": "cd-12", "name": "Blue Train", "price": 14.5, "url": "https://shop.example/cd-12"}
    told: list[dict[str, Any]] = [
        {
            "type": "track",
            "userId": user,
            "messageId": f"{user}-{number}",
            "event": "Product Viewed",
            "properties": viewed,
        }
        for number in range(times)
    ]
    shop.send(*told)
    shop.settle()


def ask_for_a_mail(shop: Shop, user: str) -> None:
    shop.send({"type": "track", "userId": user, "messageId": f"{user}-asked", "event": GREETING_WANTED})
    shop.settle()


def look_at(shop: Shop, user: str) -> None:
    reply = shop.call("GET", f"/admin/people/{user}", headers={"authorization": "Bearer x"})
    assert reply.status == 200


def counted(shop: Shop, act: Callable[[], object]) -> Units:
    with Meter(shop.wired._dynamodb, boto3.client("dynamodb")).running() as units:
        act()
    return units


def shown(units: Units) -> list[str]:
    dollars = units.writes * WRITE_PRICE + units.reads * READ_PRICE
    return [f"{units.writes:g}", f"{units.reads:g}", f"{dollars:.2f}"]


def test_the_units_of_the_table_are_those_of_the_calls_that_are_made(shop: Shop) -> None:
    ask_for_a_mail(shop, come_in(shop))  # what an instance looks up once a minute is known from here on
    asks = [come_in(shop, country=country) for country in ("US", "DE")]
    views = {
        times: counted(shop, partial(look_around, shop, come_in(shop), times=times)) for times in (1, 5, 20)
    }
    mail, withheld = (counted(shop, partial(ask_for_a_mail, shop, user)) for user in asks)
    assert [shop.messages(user)[0].state for user in asks] == [State.SENT, State.DENIED]
    known = come_in(shop)
    look_around(shop, known, times=20)
    ask_for_a_mail(shop, known)
    expected = {
        "one event of a known person, alone in its request": views[1],
        "five events of one person in one request": views[5],
        "twenty events of one person in one request": views[20],
        "a new person with an e-mail address": counted(shop, partial(come_in, shop)),
        "an e-mail, from the decision to the report of its delivery": mail.less(views[1]),
        "a message withheld by the gate": withheld.less(views[1]),
        "the 360° view of a person by user id": counted(shop, partial(look_at, shop, known)),
    }
    told = {name: figures for name, *figures in rows(section(page("docs/costs.md"), "## DynamoDB, counted"))}
    assert told == {name: shown(units) for name, units in expected.items()}


def test_reports_charge_for_the_engine_what_the_page_counts() -> None:
    told = {name: figures for name, *figures in rows(section(page("docs/costs.md"), "## DynamoDB, counted"))}
    names = {
        "sent": "an e-mail, from the decision to the report of its delivery",
        "withheld": "a message withheld by the gate",
    }
    for fate, name in names.items():
        assert [f"{costs.WRITE_UNITS[fate]:g}", f"{costs.READ_UNITS[fate]:g}"] == told[name][:2]


def test_what_is_paid_while_nothing_happens_is_what_the_topology_has() -> None:
    idle = section(page("docs/costs.md"), "## While nothing happens")
    polled = sum(spec.consumer is not None for spec in QUEUES)
    resting_places = len(QUEUES) + 1  # each queue's last resort (some are one themselves), and lost starts
    assert f"polling of {polled} queues" in idle
    assert f"{2 * len(FUNCTIONS) + resting_places + ALARMS_BESIDES} alarms" in idle


@pytest.mark.parametrize("column", [1, 2])
def test_the_idle_sum_is_the_sum(column: int) -> None:
    *items, (_, *sums, _) = rows(section(page("docs/costs.md"), "## While nothing happens"))
    total = sum(float(row[column].strip("$")) for row in items if row[column] != "–")
    assert sums[column - 1] == f"**about ${total:.0f}**"
