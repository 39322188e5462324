"""Addresses that SES sends nothing to any more are known here before a message is lost on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest

from kizuna.core.errors import Unavailable
from kizuna.core.people import AddressStatus
from kizuna.core.ports.suppressed import Suppressed
from kizuna.usecases.outcomes.mirroring import Mirrored, mirror
from tests.support.builders import NOON
from tests.support.customers import mail_shop, subscribe
from tests.support.house import House

DAY = timedelta(days=1)


def listed(address: str, because: Literal["bounce", "complaint"] = "bounce") -> Suppressed:
    return Suppressed(address, because, NOON - DAY)


def mirrored(house: House, *found: Suppressed) -> Mirrored:
    return mirror(
        found, people=house.people, ledger=house.ledger, catalog=house.catalog, now=NOON, new_id=house.new_id
    )


def a_house() -> House:
    house = House(mail_shop())
    house.ingest(subscribe("mum", "home@example.com"), subscribe("ann", "ann@example.com"))
    house.ingest(subscribe("dad", "home@example.com"))
    return house


def statuses(house: House) -> dict[str, AddressStatus]:
    users = ("mum", "dad", "ann")
    return {user: held.status for user in users for held in house.person("user_id", user).addresses.values()}


def test_a_mailbox_on_the_list_is_dead_for_everybody_who_is_reached_by_it() -> None:
    house = a_house()
    assert mirrored(house, listed("Home@Example.com"), listed("stranger@example.com")) == Mirrored(2, 1, 1)
    assert statuses(house) == {
        "mum": AddressStatus.HARD_BOUNCED,
        "dad": AddressStatus.HARD_BOUNCED,
        "ann": AddressStatus.OK,
    }


def test_what_is_known_is_no_news_and_nothing_is_written_for_it() -> None:
    house = a_house()
    mirrored(house, listed("ann@example.com"))
    before = dict(house.people.stored)
    assert mirrored(house, listed("ann@example.com")) == Mirrored(1, 1, 0)
    assert house.people.stored == before


def test_a_complaint_on_the_list_is_a_withdrawal_with_its_proof() -> None:
    house = a_house()
    mirrored(house, listed("ann@example.com", "complaint"))
    person = house.person("user_id", "ann")
    assert statuses(house)["ann"] is AddressStatus.COMPLAINED
    assert "withdraw" in {consent.action for consent in house.ledger.events(person.parts)}


def test_a_complaint_of_a_shared_mailbox_stops_it_and_takes_nobodys_consent() -> None:
    house = a_house()
    mirrored(house, listed("home@example.com", "complaint"))
    assert statuses(house)["mum"] is statuses(house)["dad"] is AddressStatus.COMPLAINED
    for user in ("mum", "dad"):
        events = house.ledger.events(house.person("user_id", user).parts)
        assert "withdraw" not in {consent.action for consent in events}


def test_what_is_no_address_is_counted_and_passed_over() -> None:
    assert mirrored(a_house(), listed("not an address")) == Mirrored(1, 0, 0)


def test_a_store_that_is_down_ends_it() -> None:
    house = a_house()
    house.people.down = True
    with pytest.raises(Unavailable):
        mirrored(house, listed("ann@example.com"))
