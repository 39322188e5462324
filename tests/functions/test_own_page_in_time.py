"""A person's own page as time goes by: links that end, pauses, rhythms, hours of quiet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from kizuna.core.links import Preferences
from tests.support.clouds import Shop, running_shop
from tests.support.own_pages import DAY, MINUTE, a_token, greeted, links, own_path, post, state_of


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A cloud of each test's own: they move its clock."""
    with running_shop() as made:
        yield made


def test_the_link_goes_to_the_mailbox_on_record_and_opens_the_page_for_a_quarter_of_an_hour(
    shop: Shop, user: str
) -> None:
    path = own_path(shop, user)
    with shop.watching_writes() as writes:
        for method in ("GET", "HEAD", "OPTIONS"):
            assert shop.call(method, path).status == 200
    assert writes == []
    assert "What we know of you" in shop.call("GET", path).text()
    shop.cloud.advance(16 * MINUTE)
    assert shop.call("GET", path).status == 400
    assert post(shop, path, act="save").status == 400


def test_a_mailbox_is_not_flooded_with_links(shop: Shop, user: str) -> None:
    shop.greet(user)
    for _ in range(30):
        post(shop, "/preferences", act="visit", email=f"{user}@people.example")
        shop.cloud.advance(2 * MINUTE)
    assert len(links(shop, user)) == 5


def test_a_topic_is_left_and_taken_up_again_with_proof(shop: Shop, user: str) -> None:
    path = own_path(shop, user)
    told = state_of(shop.call("GET", path).text())
    assert told["topic"] == ["new-releases"]
    left = post(shop, path, **{**told, "topic": []})
    assert "has stopped" in left.text()
    assert greeted(shop, user, 1) == ("DENIED", "topic_opt_out")
    shop.cloud.advance(MINUTE)
    told = state_of(shop.call("GET", path).text())
    assert "topic" not in told
    back = post(shop, path, **told, topic="new-releases")
    assert "You get" in back.text()
    assert greeted(shop, user, 2)[0] == "SENT"
    stopped, grant, confirm = shop.consents(user)
    assert (stopped.action, grant.action, confirm.action) == ("one_click_post", "grant", "confirm")
    assert grant.wording_version == "preferences-1"
    assert "own page" in (grant.proof or "")
    assert grant.identity_verified is True


def test_fewer_messages_are_fewer_messages(shop: Shop, user: str) -> None:
    path = own_path(shop, user)
    told = state_of(shop.call("GET", path).text())
    saved = post(shop, path, **{**told, "rhythm": "monthly"})
    assert "at most once a month" in saved.text()
    assert greeted(shop, user, 1) == ("DENIED", "frequency_cap")  # the greeting before counts
    shop.cloud.advance(31 * DAY)
    assert greeted(shop, user, 2)[0] == "SENT"
    shop.cloud.advance(8 * DAY)
    assert greeted(shop, user, 3) == ("DENIED", "frequency_cap")
    wish = shop.person(user).traits["wish_frequency"].value
    assert wish["ask_again_at"].startswith("2027-11-22")


def test_a_pause_withholds_with_its_reason_and_its_exact_end(shop: Shop, user: str) -> None:
    path = own_path(shop, user)
    told = state_of(shop.call("GET", path).text())
    post(shop, path, **{**told, "pause": "30d"})
    end = shop.now + 30 * DAY
    assert greeted(shop, user, 1) == ("DENIED", "paused")
    message = max(shop.messages(user), key=lambda each: each.created_at)
    until = next(each for each in shop.messages(user) if each.reason == "paused").decision["until"]
    assert datetime.fromisoformat(until) == end
    assert message is not None
    shop.cloud.advance_to(end - MINUTE)
    assert greeted(shop, user, 2) == ("DENIED", "paused")
    shop.cloud.advance_to(end)
    assert greeted(shop, user, 3)[0] == "SENT"


def test_own_hours_of_quiet_let_promotion_wait_until_they_are_over(shop: Shop, user: str) -> None:
    path = own_path(shop, user)  # it is 07:00 in New York
    told = state_of(shop.call("GET", path).text())
    quiet = {**told, "quiet_from": "22:00", "quiet_to": "09:30"}
    assert quiet["zone"] == ["America/New_York"]
    post(shop, path, **quiet)
    state, reason = greeted(shop, user, 1)
    assert (state, reason) == ("DEFERRED", "quiet_hours")
    waiting = next(each for each in shop.messages(user) if each.state == "DEFERRED")
    assert waiting.not_before is not None
    assert waiting.not_before.isoformat() == "2026-11-22T14:30:00+00:00"
    shop.cloud.advance_to(waiting.not_before + 2 * MINUTE)
    assert "DEFERRED" not in {str(each.state) for each in shop.messages(user)}


def test_hearing_less_works_straight_from_the_link_and_never_loosens_what_stands(
    shop: Shop, user: str
) -> None:
    own = own_path(shop, user)
    told = state_of(shop.call("GET", own).text())
    post(shop, own, **{**told, "rhythm": "monthly", "pause": "90d"})
    stands = {name: shop.person(user).traits[name].value for name in ("wish_frequency", "wish_pause")}
    path = f"/preferences/{a_token(shop, Preferences(), user)}"
    shop.cloud.advance(MINUTE)
    for less in ("frequency:weekly", "pause:30d", "frequency:any", "pause:0d"):
        assert post(shop, path, less=less).status == 200
    assert {name: shop.person(user).traits[name].value for name in stands} == stands
