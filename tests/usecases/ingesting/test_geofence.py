"""A message that is set off by where somebody's device is goes to who agreed to that, and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.messages import State
from tests.support.builders import NOON, a_catalog, an_event, some_documents
from tests.support.customers import SHOP, TRIGGERED, subscribe
from tests.support.house import House

SHOPFRONT = {"lat": 35.6812, "lon": 139.7671}
NEAR = {"geo": "event", "within": {**SHOPFRONT, "radius_m": 200}}
CATEGORIES = {"consent_categories": {"whereabouts": "location"}}


def a_house(where: Any = NEAR) -> House:
    welcome = {**TRIGGERED, "trigger": {"type": "event", "event": "Area Entered", "where": [where]}}
    house = House(a_catalog({**some_documents(welcome), ("policy", "policy"): CATEGORIES}))
    house.ingest(subscribe("u1"))
    return house


def says(house: House, allowed: bool, number: int) -> None:
    banner = {"consent": {"categoryPreferences": {"whereabouts": allowed}}}
    word = an_event(
        "Banner Answered", number=number, user_id="u1", source=SHOP, at=NOON, received_at=NOON, context=banner
    )
    house.ingest(word)


def comes_by(house: House) -> None:
    at_the_door = an_event(
        "Area Entered", number=50, user_id="u1", source=SHOP, at=NOON, received_at=NOON,
        context={"location": {"latitude": SHOPFRONT["lat"], "longitude": SHOPFRONT["lon"]}},
        properties={"shop": SHOPFRONT},
    )  # fmt: skip
    house.ingest(at_the_door)
    house.settle()


def test_silence_is_no_and_the_record_says_so() -> None:
    house = a_house()
    comes_by(house)
    message = house.only_message()
    assert (message.state, message.reason) == (State.DENIED, "no_location_consent")


def test_who_agreed_hears_of_it() -> None:
    house = a_house()
    says(house, True, 40)
    comes_by(house)
    assert house.only_message().state is State.PENDING


def test_who_takes_it_back_before_the_message_went_out_does_not() -> None:
    house = a_house()
    says(house, True, 40)
    comes_by(house)
    says(house, False, 41)
    house.send()
    message = house.only_message()
    assert (message.state, message.reason, house.email.sent) == (State.DENIED, "no_location_consent", [])


@pytest.mark.parametrize(
    "where", [{"geo": {"property": "shop"}, "within": NEAR["within"]}, {"property": "shop", "op": "exists"}]
)
def test_a_place_that_the_event_is_about_is_nobodys_whereabouts(where: Any) -> None:
    house = a_house(where)
    comes_by(house)
    assert house.only_message().state is State.PENDING
