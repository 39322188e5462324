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
