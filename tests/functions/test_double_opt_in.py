"""Double opt-in as a story: one mail, one click, and only then promotion."""

from __future__ import annotations

import pytest

from kizuna.core.links import Confirm, issue
from tests.support.clouds import Shop
from tests.support.double_opt_in import actions, asks, joins, leaves, path_in
from tests.support.own_pages import FORM, greeted


def test_a_consent_in_germany_counts_once_it_is_confirmed_by_the_mailed_link(shop: Shop, user: str) -> None:
    joins(shop, user)
    (mail,) = asks(shop, user)
    assert greeted(shop, user)[1] == "unconfirmed_opt_in"
    path = path_in(mail)
    assert shop.call("POST", path, headers=FORM).status == 200
    shop.settle()
    grant, confirm = shop.consents(user)
    assert (grant.action, confirm.action) == ("grant", "confirm")
    (asking,) = (message for message in shop.messages(user) if message.campaign == "confirm-subscription")
    assert confirm.endpoint == grant.endpoint == asking.address_id
    assert asking.id in (confirm.proof or "")
    assert str(confirm.at) in (confirm.proof or "")
    assert greeted(shop, user, 2)[0] == "SENT"


def test_the_mail_advertises_nothing_names_the_wording_and_has_no_unsubscribe_header(
    shop: Shop, user: str
) -> None:
    joins(shop, user)
    (mail,) = asks(shop, user)
    (grant,) = shop.consents(user)
    assert grant.wording_version
    assert grant.wording_version in (mail.text or "")
    assert mail.header("List-Unsubscribe") is None
    (message,) = shop.messages(user)
    assert (message.category, message.reason) == ("transactional", "transactional")


@pytest.mark.parametrize(
    ("language", "words"),
    [("de", "Bitte bestätigen"), ("ja", "ご確認のお願い"), ("fr", "Please confirm")],
)
def test_it_speaks_the_language_of_whom_it_asks(shop: Shop, user: str, language: str, words: str) -> None:
    joins(shop, user, language=language)
    (mail,) = shop.mails(user)
    assert words in (mail.subject or "")


def test_a_machine_that_follows_the_link_confirms_nothing(shop: Shop, user: str) -> None:
    joins(shop, user)
    path = path_in(asks(shop, user)[0])
    with shop.watching_writes() as writes:
        for number in range(30):
            method = ("GET", "HEAD", "OPTIONS")[number % 3]
            assert shop.call(method, path, ip=f"198.51.100.{number}").status == 200
    assert writes == []
    assert actions(shop, user) == ["grant"]


def test_a_hundred_clicks_are_one_confirmation(shop: Shop, user: str) -> None:
    joins(shop, user)
    path = path_in(asks(shop, user)[0])
    assert {shop.call("POST", path, headers=FORM).status for _ in range(100)} == {200}
    assert actions(shop, user) == ["grant", "confirm"]


@pytest.mark.parametrize("country", ["US", "JP", "FR", "GB"])
def test_where_no_country_asks_for_it_nobody_is_asked(shop: Shop, user: str, country: str) -> None:
    joins(shop, user, country=country)
    assert asks(shop, user) == []


def test_the_same_consent_again_and_again_is_one_mail(shop: Shop, user: str) -> None:
    for number in range(1, 6):
        joins(shop, user, number=2 * number)
        leaves(shop, user, number)
    joins(shop, user, number=99)
    assert len(asks(shop, user)) == 1


def test_who_left_again_before_the_click_stays_away(shop: Shop, user: str) -> None:
    joins(shop, user)
    leaves(shop, user)
    assert shop.call("POST", path_in(asks(shop, user)[0]), headers=FORM).status == 200
    assert greeted(shop, user)[1] == "channel_opt_out"


def test_a_grant_by_a_page_that_nobody_verified_is_not_asked_about(shop: Shop, user: str) -> None:
    mailbox = f"{user}@people.example"
    subscription = {"key": mailbox, "type": "EMAIL", "status": "SUBSCRIBED"}
    told = {
        "type": "identify",
        "anonymousId": f"anon-{user}",
        "messageId": f"{user}-page",
        "traits": {"email": mailbox, "country": "DE"},
        "context": {"messaging_subscriptions": [subscription]},
    }
    assert shop.send(told, key=shop.keys.client).status == 200
    shop.settle()
    assert asks(shop, user) == []


def test_it_works_through_a_merge_that_comes_between_mail_and_click(shop: Shop, user: str) -> None:
    told = {
        "type": "identify",
        "anonymousId": f"anon-{user}",
        "messageId": f"{user}-anon",
        "traits": {"email": f"{user}@people.example", "country": "DE"},
        "context": {
            "messaging_subscriptions": [
                {"key": f"{user}@people.example", "type": "EMAIL", "status": "SUBSCRIBED"}
            ]
        },
    }
    assert shop.send(told).status == 200
    order = {"type": "track", "userId": user, "messageId": f"{user}-o", "event": "Order Completed"}
    assert shop.send(order).status == 200
    shop.settle()
    (mail,) = asks(shop, user)
    both = {"type": "identify", "userId": user, "anonymousId": f"anon-{user}", "messageId": f"{user}-both"}
    assert shop.send(both).status == 200
    shop.settle()
    assert len(shop.person(user).parts) == 2
    assert shop.call("POST", path_in(mail), headers=FORM).status == 200
    assert "confirm" in actions(shop, user)
    assert greeted(shop, user)[0] == "SENT"


def test_a_confirm_token_does_nothing_on_any_other_path(shop: Shop, user: str) -> None:
    joins(shop, user)
    token = path_in(asks(shop, user)[0]).rpartition("/")[2]
    with shop.watching_writes() as writes:
        for path in ("/u/", "/preferences/"):
            assert (
                shop.call("POST", path + token, body=b"act=save&topic=new-releases", headers=FORM).status
                == 403
            )
    assert writes == []


def test_a_confirm_token_of_a_message_that_asks_for_nothing_is_worth_nothing_more_than_a_click(
    shop: Shop, user: str
) -> None:
    shop.greet(user, country="US")
    (message,) = shop.messages(user)
    keys = shop.wired.secrets.link_keys()
    token = issue(send_ref=message.id, scope=Confirm(), issued_at=shop.now, nonce=b"n" * 16, keys=keys)
    shop.call("POST", f"/confirm/{token}", headers=FORM)
    assert "grant" not in actions(shop, user)
