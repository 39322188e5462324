"""A person's own page as stories: a mailed link opens it, everything can be changed there, and nothing without it."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from kizuna.core.links import LinkScope, Preferences, Unsubscribe, Visit, issue
from tests.support.clouds import GREETING_WANTED, Shop
from tests.support.own_pages import FORM, a_token, greeted, links, own_path, post, state_of

# ── the way in ──────────────────────────────────────────────────────────────────────────────────


def test_whoever_asks_sees_the_same_page_whether_or_not_the_address_is_known(shop: Shop, user: str) -> None:
    shop.greet(user)
    with shop.watching_writes() as writes:
        known = post(shop, "/preferences", act="visit", email=f"{user}@people.example")
        for_known = list(writes)
        unknown = post(shop, "/preferences", act="visit", email=f"nobody-like-{user}@people.example")
    assert known.text() == unknown.text()
    assert writes[len(for_known) :] == for_known
    shop.settle()
    assert len(links(shop, user)) == 1
    stranger = f"nobody-like-{user}@people.example"
    assert shop.cloud.providers.outbox.messages(channel="email", to=stranger) == ()


@pytest.mark.parametrize(
    "email", ["", "no address", "a@b@c", "x" * 300, "a@people.example\r\nBcc: b@c.example"]
)
def test_what_is_no_address_gets_the_form_again(shop: Shop, email: str) -> None:
    with shop.watching_writes() as writes:
        assert "<form" in post(shop, "/preferences", act="visit", email=email).text()
    assert writes == []


def test_the_entrance_itself_writes_nothing(shop: Shop) -> None:
    with shop.watching_writes() as writes:
        assert {shop.call(method, "/preferences").status for method in ("GET", "HEAD", "OPTIONS")} == {200}
    assert writes == []


def test_one_caller_cannot_write_to_many(shop: Shop) -> None:
    users = [f"many-{number}" for number in range(25)]
    for each in users:
        shop.greet(each, settle=False)
    shop.settle()
    for each in users:
        body = urlencode({"act": "visit", "email": f"{each}@people.example"}).encode()
        assert shop.call("POST", "/preferences", body=body, headers=FORM, ip="192.0.2.99").status == 200
    shop.settle()
    assert sum(len(links(shop, each)) for each in users) == 20


# ── A10: no other link opens it ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("act", ["save", "export", "erase", "erase-now"])
@pytest.mark.parametrize(
    ("scope", "path"), [(Unsubscribe("new-releases", "email"), "/u/"), (Preferences(), "/preferences/")]
)
def test_a10_a_link_that_reduces_neither_shows_nor_grants_nor_exports_nor_erases(
    shop: Shop, user: str, scope: LinkScope, path: str, act: str
) -> None:
    shop.greet(user)
    reply = post(
        shop, path + a_token(shop, scope, user), act=act, topic="new-releases", rhythm="any", pause="none"
    )
    assert reply.status == 200
    assert f"{user}@people.example" not in reply.text()
    assert "What we know" not in reply.text()
    assert {consent.action for consent in shop.consents(user)} <= {"one_click_post"}
    assert shop.person(user).status == "active"


def test_a10_a_visit_token_works_on_no_other_path(shop: Shop, user: str) -> None:
    shop.greet(user)
    token = a_token(shop, Visit(), user)
    with shop.watching_writes() as writes:
        for path in ("/u/", "/confirm/"):
            for method in ("GET", "POST"):
                assert shop.call(method, path + token, headers=FORM).status == 403
    assert writes == []


def test_a_visit_token_from_the_future_opens_nothing(shop: Shop, user: str) -> None:
    shop.greet(user)
    message = shop.messages(user)[0]
    keys = shop.wired.secrets.link_keys()
    ahead = shop.now + timedelta(days=300)
    token = issue(send_ref=message.id, scope=Visit(), issued_at=ahead, nonce=b"n" * 16, keys=keys)
    assert shop.call("GET", f"/preferences/{token}").status == 400


# ── what it shows ───────────────────────────────────────────────────────────────────────────────


def test_it_shows_what_is_known_with_where_it_is_from_and_what_for(shop: Shop, user: str) -> None:
    shop.greet(user)
    told = {"first_name": "Mika", "favorite_genre": "Jazz <b>", "vip": True}
    shop.send({"type": "identify", "userId": user, "messageId": f"{user}-more", "traits": told})
    page = shop.call("GET", own_path(shop, user)).text()
    assert "First name" in page
    assert "Mika" in page
    assert "From your orders and your account, " in page
    assert "Used for: to address you by your name." in page
    assert "Jazz &lt;b&gt;" in page
    assert f"{user}@people.example" not in page
    assert f"{user[:1]}•••@people.example" in page
    assert "win-back" not in page
    assert "lapsing" not in page


def test_what_nobody_declared_is_told_in_words_and_its_key_as_english(shop: Shop, user: str) -> None:
    shop.greet(user)
    traits = {"last_order_total": 12000.0, "shoe<size>": "24"}
    shop.send({"type": "identify", "userId": user, "messageId": f"{user}-more", "traits": traits})
    path = own_path(shop, user)
    page = shop.call("GET", path, query="lang=ja").text()
    assert "<dt>直近のご注文金額</dt><dd><bdi>12000</bdi>" in page
    assert '<dt>そのほかの情報（<span lang="en">shoe&lt;size&gt;</span>）</dt>' in page
    assert "<dt>Shoe&lt;size&gt;</dt>" in shop.call("GET", path).text()
    assert "last_order_total" not in page


def test_it_speaks_japanese_to_whom_we_write_in_japanese(shop: Shop, user: str) -> None:
    shop.greet(user)
    path = own_path(shop, user)
    page = shop.call("GET", path, query="lang=ja").text()
    assert '<html lang="ja"' in page
    assert "お預かりしている情報" in page
    assert "グルーヴ・ハーバー" in page


def test_pressing_save_without_a_change_changes_nothing(shop: Shop, user: str) -> None:
    path = own_path(shop, user)
    told = state_of(shop.call("GET", path).text())
    with shop.watching_writes() as writes:
        reply = post(shop, path, **told)
    assert "Nothing was changed" in reply.text()
    assert writes == []


@pytest.mark.parametrize(
    ("lang", "name", "zone"), [("en", "Germany", "America/New York"), ("ja", "ドイツ", "ニューヨーク時間")]
)
def test_a_country_and_a_zone_are_called_by_their_names_in_the_language_of_the_page(
    shop: Shop, user: str, lang: str, name: str, zone: str
) -> None:
    path = own_path(shop, user, country="DE")
    page = shop.call("GET", path, query=f"lang={lang}").text()
    assert f">{name}<" in page
    assert page.count(f">{zone}<") == 2  # among the zones to choose from, and as what is known


# ── what it changes ─────────────────────────────────────────────────────────────────────────────


def test_in_germany_a_consent_on_the_page_needs_no_second_mail(shop: Shop, user: str) -> None:
    path = own_path(shop, user, country="DE")
    told = state_of(shop.call("GET", path).text())
    assert "topic" not in told
    post(shop, path, **told, topic="new-releases")
    shop.settle()
    assert greeted(shop, user, 1)[0] == "SENT"
    assert not [each for each in shop.messages(user) if each.campaign == "confirm-subscription"]


def test_a_message_on_its_way_meets_the_pause(shop: Shop, user: str) -> None:
    path = own_path(shop, user)
    told = state_of(shop.call("GET", path).text())
    asked = {"type": "track", "userId": user, "messageId": f"{user}-x", "event": GREETING_WANTED}
    before = len(shop.mails(user))
    shop.send(asked)
    post(shop, path, **{**told, "pause": "30d"})
    shop.settle()
    assert len(shop.mails(user)) == before


def test_the_language_of_the_messages_is_chosen(shop: Shop, user: str) -> None:
    path = own_path(shop, user)
    told = state_of(shop.call("GET", path).text())
    assert "今後は日本語でお送りします" in post(shop, path, **{**told, "language": "ja"}).text()
    assert greeted(shop, user, 1)[0] == "SENT"
    assert "試聴機" in (shop.mails(user)[-1].subject or "")


def test_nothing_is_read_from_the_form_that_was_not_offered(shop: Shop, user: str) -> None:
    path = own_path(shop, user)
    told = state_of(shop.call("GET", path).text())
    evil = {
        "topic": ["new-releases", "orders", "*", "secret"],
        "channel": ["sms", "*"],
        "rhythm": "hourly",
        "pause": "100y",
        "zone": "../../etc/passwd",
        "quiet_from": "99:99",
        "language": "xx",
        "wish_pause": "x",
    }
    assert "Nothing was changed" in post(shop, path, **{**told, **evil}).text()


def test_what_could_not_be_stored_is_not_said_to_be(shop: Shop, user: str) -> None:
    path = own_path(shop, user)
    told = state_of(shop.call("GET", path).text())
    with shop.refusing_dynamodb():
        reply = post(shop, path, **{**told, "topic": [], "pause": "30d"})
    assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
    assert shop.consents(user) == ()
    assert post(shop, path, **{**told, "topic": []}).status == 200
    assert len(shop.consents(user)) == 1


# ── taking along, and being erased ──────────────────────────────────────────────────────────────


def test_everything_is_handed_out_as_one_file(shop: Shop, user: str) -> None:
    path = own_path(shop, user)
    reply = post(shop, path, act="export")
    assert "attachment" in reply.headers["Content-Disposition"]
    document = json.loads(reply.text())
    assert document["profile"]["id"] == shop.person(user).id
    assert document["traits"]["email"]["value"] == f"{user}@people.example"
    post(shop, path, act="export")
    log = [
        entry
        for entry in shop.wired.erasures.entries(kind="exported")
        if entry.person == document["profile"]["id"]
    ]
    assert len(log) == 1
    assert log[0].actor == "self"


def test_erasing_asks_once_more_and_then_nobody_finds_the_person(shop: Shop, user: str) -> None:
    path = own_path(shop, user)
    person = shop.person(user).id
    asked = post(shop, path, act="erase")
    assert "cannot be undone" in asked.text()
    assert shop.person(user).status == "active"
    assert "being erased" in post(shop, path, act="erase-now").text()
    assert shop.holder("user_id", user) is None
    assert post(shop, path, act="erase-now").status == 200
    log = [entry for entry in shop.wired.erasures.entries(kind="erased") if entry.person == person]
    assert [(entry.actor, entry.ground) for entry in log] == [("self", "request")]


# ── straight from the token ─────────────────────────────────────────────────────────────────────


def test_instead_of_leaving_somebody_pauses(shop: Shop, user: str) -> None:
    shop.greet(user)
    path = f"/u/{a_token(shop, Unsubscribe('new-releases', 'email'), user)}"
    assert "Pause everything for 30 days" in shop.call("GET", path).text()
    replies = [post(shop, path, scope="pause:30d") for _ in range(20)]
    assert {reply.status for reply in replies} == {200}
    assert shop.consents(user) == ()
    assert shop.names(user).count("Preferences Changed") == 1
    assert greeted(shop, user, 1) == ("DENIED", "paused")


def test_the_reason_for_leaving_is_asked_and_becomes_an_event_once(shop: Shop, user: str) -> None:
    shop.greet(user)
    path = f"/u/{a_token(shop, Unsubscribe('new-releases', 'email'), user)}"
    assert "Would you tell us why?" in post(shop, path, scope="topic").text()
    for reason in ("too-many", "never-asked", "too-many"):
        assert post(shop, path, act="reason", reason=reason).status == 200
    assert post(shop, path, act="reason", reason="made up").status == 200
    told = [event for event in shop.timeline(user) if event.name == "Reason For Leaving Given"]
    assert [event.properties["reason"] for event in told] == ["too-many"]
    assert len(shop.consents(user)) == 1
