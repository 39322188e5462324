"""A tone hold on its whole way: promotion waits, the matter is settled, and what follows is said once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.errors import NotFound
from kizuna.core.messages import Message
from kizuna.usecases.consents import staff_acts
from kizuna.usecases.consents.staff_acts import NotForStaff, StaffDesk
from tests.core.restraint.test_hold_releases import SORRY, a_hold, documents
from tests.support.builders import NOON, a_catalog, an_event
from tests.support.customers import subscribe
from tests.support.house import House

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
THEN = {"apology": "sorry"}


def a_shop(**hold: Any) -> Catalog:
    return a_catalog(documents(SORRY, **hold))


def a_complainer(**hold: Any) -> House:
    house = House(a_shop(**{"then": THEN, **hold}))
    house.ingest(subscribe("u1"))
    happens(house, "Complaint Received", NOON)
    return house


def happens(house: House, name: str, at: Any, number: int = 0) -> None:
    house.ingest(an_event(name, number=number, user_id="u1", at=at, received_at=at), now=at)
    go_on(house, at)


def go_on(house: House, now: Any) -> None:
    house.settle(now=now)
    house.ring(now=now)
    house.settle(now=now)
    house.send(now=now)
    house.settle(now=now)


def said(house: House) -> list[Message]:
    return sorted(house.messages.stored.values(), key=lambda each: each.created_at)


def release(house: House, *, hold: str = "complaint", now: Any = NOON + DAY) -> None:
    desk = StaffDesk(house.people, house.ledger, house.new_id)
    person = house.person("user_id", "u1")
    staff_acts.release(person, desk, house.catalog, now=now, by="mika", reason="we called", hold=hold)
    go_on(house, now)


@pytest.mark.parametrize("how", ["event", "staff", "time"])
def test_the_apology_goes_out_once_when_the_hold_is_over_however_it_ended(how: str) -> None:
    house = a_complainer(release={"event": "Complaint Resolved", "staff": True})
    go_on(house, NOON + HOUR)
    assert said(house) == []
    match how:
        case "event":
            happens(house, "Complaint Resolved", NOON + DAY, 1)
        case "staff":
            release(house)
        case _:
            go_on(house, NOON + 60 * DAY)
    for _ in range(2):
        go_on(house, NOON + 61 * DAY)
    (sorry,) = said(house)
    assert (sorry.campaign, sorry.state, sorry.reason) == ("sorry", "SENT", "transactional")
    assert sorry.decision["keys"][0][1] == "is_over"


def test_staff_end_a_hold_only_where_the_policy_lets_them_and_while_it_stands() -> None:
    house = a_complainer(release={"event": "Complaint Resolved"})
    with pytest.raises(NotForStaff, match=r"release: \{ staff: true \}"):
        release(house)
    with pytest.raises(NotFound, match="no hold 'refund'"):
        release(house, hold="refund")
    settled = a_complainer(release={"event": "Complaint Resolved", "staff": True})
    happens(settled, "Complaint Resolved", NOON + DAY, 1)
    with pytest.raises(NotFound, match="no hold 'complaint'"):
        release(settled, now=NOON + DAY + HOUR)


def test_a_release_raises_the_reach_version_so_that_what_is_on_its_way_is_judged_anew() -> None:
    house = a_complainer(release={"staff": True})
    before = house.person("user_id", "u1").reach_version
    release(house)
    assert house.person("user_id", "u1").reach_version == before + 1


def test_a_policy_that_takes_a_hold_away_apologises_to_nobody() -> None:
    house = a_complainer()
    shorter = {**a_hold()["when"], "window": {"last": "1h"}}
    house.put_in_force(a_shop(when=shorter, then=THEN), now=NOON + DAY)
    house.fill(now=NOON + DAY)
    go_on(house, NOON + 2 * DAY)
    assert said(house) == []
