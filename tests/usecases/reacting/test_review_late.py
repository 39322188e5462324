"""What comes days late, out of a queue where it was kept, is not sent as if nothing had happened."""

from __future__ import annotations

from datetime import timedelta

from tests.support.builders import NOON
from tests.support.customers import CATALOG, mail_shop, order, subscribe
from tests.support.house import House

DAYS = timedelta(days=5)


def test_a_run_that_is_handed_out_days_late_expires_instead_of_going_out() -> None:
    house = House(mail_shop())
    house.ingest(subscribe("u1"), subscribe("u2"))
    house.settle()
    house.start("spring", NOON)
    house.walk(now=NOON + DAYS)
    house.settle(now=NOON + DAYS)
    house.send(now=NOON + DAYS)
    assert house.states() == {"EXPIRED": 2}
    assert house.email.sent == []


def test_a_change_that_a_repair_brings_back_days_later_greets_nobody() -> None:
    house = House(CATALOG)
    house.ingest(subscribe("u1", at=NOON - timedelta(hours=1)), order(1), order(2), order(3))
    house.settle(now=NOON + DAYS)
    house.send(now=NOON + DAYS)
    assert house.states("welcome") == {"EXPIRED": 1}
    assert house.email.sent == []
