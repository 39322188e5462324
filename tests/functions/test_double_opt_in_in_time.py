"""Double opt-in as time goes by: links that end, and mailboxes that nobody floods."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.clouds import Shop, running_shop
from tests.support.double_opt_in import actions, asks, joins, leaves, path_in
from tests.support.own_pages import DAY, FORM, greeted


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A cloud of each test's own: they move its clock."""
    with running_shop() as made:
        yield made


def without_links(page: str) -> str:
    return re.sub(r'href="[^"]*"', "", page)  # the switch of language repeats the path


def test_a_stranger_cannot_be_flooded_by_way_of_the_form(shop: Shop, user: str) -> None:
    for number in range(1, 41):
        joins(shop, user, number=number)
        leaves(shop, user, number)
        shop.cloud.advance(DAY / 2)
    assert len(asks(shop, user)) == 3


def test_after_the_window_a_new_consent_is_asked_about_once_more(shop: Shop, user: str) -> None:
    joins(shop, user)
    leaves(shop, user)
    shop.cloud.advance(2 * DAY)
    joins(shop, user, number=2)
    assert len(asks(shop, user)) == 2


def test_a_link_that_has_had_its_time_confirms_nothing_and_says_no_more_than_a_forged_one(
    shop: Shop, user: str
) -> None:
    joins(shop, user)
    path = path_in(asks(shop, user)[0])
    shop.cloud.advance(8 * DAY)
    late = shop.call("POST", path, headers=FORM)
    forged = shop.call("POST", path[:-1] + ("A" if path[-1] != "A" else "B"), headers=FORM)
    assert (late.status, forged.status) == (400, 400)
    assert without_links(late.text()) == without_links(forged.text())
    assert actions(shop, user) == ["grant"]
    assert greeted(shop, user)[1] == "unconfirmed_opt_in"


# ── the country comes later ─────────────────────────────────────────────────────────────────────


def moves(shop: Shop, user: str, country: str, number: int = 1) -> None:
    shop.cloud.advance(DAY)
    told = {"type": "identify", "userId": user, "messageId": f"{user}-moves-{number}"}
    assert shop.send({**told, "traits": {"country": country}}).status == 200
    shop.settle()


def test_who_turns_out_to_live_in_germany_is_asked_then_and_once(shop: Shop, user: str) -> None:
    joins(shop, user, country="FR")
    assert asks(shop, user) == []
    for number, country in enumerate(("DE", "AT", "FR", "DE")):
        moves(shop, user, country, number)
    (mail,) = asks(shop, user)
    assert shop.call("POST", path_in(mail), headers=FORM).status == 200
    assert greeted(shop, user)[0] == "SENT"


def test_who_moves_elsewhere_has_left_or_is_told_nothing_new_is_not_asked(shop: Shop, user: str) -> None:
    joins(shop, user, country="FR")
    moves(shop, user, "GB")
    leaves(shop, user)
    moves(shop, user, "DE", 2)
    moves(shop, user, "DE", 3)
    assert asks(shop, user) == []


def test_what_was_agreed_to_more_than_a_month_before_is_not_asked_about(shop: Shop, user: str) -> None:
    joins(shop, user, country="FR")
    shop.cloud.advance(30 * DAY)
    moves(shop, user, "DE")
    assert asks(shop, user) == []
    assert greeted(shop, user)[1] == "unconfirmed_opt_in"
