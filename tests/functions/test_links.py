"""Links in messages: machines fetch them and nothing happens, people leave with one click, once (A07 to A10)."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from kizuna.core.links import LinkScope, Preferences, Survey, Unsubscribe, issue
from kizuna.local.gateway import LocalReply
from kizuna.topology import Function
from tests.support.clouds import Shop, a_lambda_event, with_words

SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks",
    "GoogleImageProxy",
    "BarracudaCentral",
    "curl/8",
    "",
)
ONE_CLICK = {"content-type": "application/x-www-form-urlencoded"}


def unsubscribe_path(shop: Shop, user: str) -> str:
    """Where the List-Unsubscribe header of a greeted person's mail leads."""
    shop.greet(user)
    (mail,) = shop.mails(user)
    return urlsplit((mail.header("List-Unsubscribe") or "").strip("<>")).path


def token_of(path: str) -> str:
    return path.rpartition("/")[2]


def a_token(shop: Shop, scope: LinkScope, message: str) -> str:
    keys = shop.wired.secrets.link_keys()
    return issue(send_ref=message, scope=scope, issued_at=shop.now, nonce=os.urandom(16), keys=keys)


def follow(shop: Shop, name: str, token: str) -> dict[str, Any]:
    event = with_words(a_lambda_event(f"links/{name}"), TOKEN=token)
    reply: dict[str, Any] = shop.invoke(Function.PREFERENCES, event)
    return reply


def left(shop: Shop, user: str) -> list[tuple[str, str | None, str | None]]:
    return [(event.action, event.channel, event.topic) for event in shop.consents(user)]


@pytest.mark.parametrize("name", ["page", "prefetch", "preferences"])
def test_a_machine_that_fetches_a_link_changes_nothing(shop: Shop, user: str, name: str) -> None:
    path = unsubscribe_path(shop, user)
    (message,) = shop.messages(user)
    token = token_of(path) if name != "preferences" else a_token(shop, Preferences(), message.id)
    with shop.watching_writes() as writes:
        replies = [follow(shop, name, token) for _ in range(20)]
    assert writes == []
    assert {reply["statusCode"] for reply in replies} == {200}
    assert all(bool(reply["body"]) == (name != "prefetch") for reply in replies)


def test_a_hundred_fetches_from_many_addresses_by_scanners_write_nothing(shop: Shop, user: str) -> None:
    path = unsubscribe_path(shop, user)
    with shop.watching_writes() as writes:
        for number in range(100):
            agent = {"user-agent": SCANNERS[number % len(SCANNERS)], "purpose": "prefetch"}
            method = ("GET", "HEAD", "OPTIONS")[number % 3]
            reply = shop.call(method, path, headers=agent, ip=f"198.51.100.{number}")
            assert reply.status == 200
    assert writes == []
    assert left(shop, user) == []


@pytest.mark.parametrize("name", ["one-click", "one-click-multipart"])
def test_one_click_leaves_the_topic_on_the_channel_and_says_so(shop: Shop, user: str, name: str) -> None:
    reply = follow(shop, name, token_of(unsubscribe_path(shop, user)))
    assert reply["statusCode"] == 200
    assert left(shop, user) == [("one_click_post", "email", "new-releases")]
    shop.send({"type": "track", "userId": user, "event": "Greeting Wanted", "messageId": f"{user}-2"})
    shop.settle()
    assert len(shop.mails(user)) == 1
    assert "topic_opt_out" in {message.reason for message in shop.messages(user)}


def test_the_same_click_a_hundred_times_in_parallel_is_one_ledger_event(shop: Shop, user: str) -> None:
    path = unsubscribe_path(shop, user)

    def click(_: int) -> LocalReply:
        return shop.call("POST", path, body=b"List-Unsubscribe=One-Click", headers=ONE_CLICK)

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(click, range(100)))
    assert [reply.status for reply in replies] == [200] * 100
    assert len(left(shop, user)) == 1
    assert shop.names(user).count("Unsubscribed") == 1


def test_every_page_is_private_and_holds_no_third_party(shop: Shop, user: str) -> None:
    path = unsubscribe_path(shop, user)
    for method, body in (("GET", b""), ("POST", b"List-Unsubscribe=One-Click")):
        reply = shop.call(method, path, body=body, headers=ONE_CLICK)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        assert headers["referrer-policy"] == "no-referrer"
        assert "no-store" in headers["cache-control"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert f"{user}@people.example" not in reply.text()


@pytest.mark.parametrize(("asked", "language"), [("ja,en;q=0.5", "ja"), ("en-GB", "en")])
def test_the_page_speaks_the_language_of_the_browser(
    shop: Shop, user: str, asked: str, language: str
) -> None:
    path = unsubscribe_path(shop, user)
    page = shop.call("GET", path, headers={"accept-language": asked}).text()
    assert f'lang="{language}"' in page
    japanese = shop.call("GET", path, query="lang=ja").text()
    assert 'lang="ja"' in japanese


def forgeries(token: str) -> list[str]:
    version, kid, payload, mac = token.split(".")
    flipped = payload[:10] + ("A" if payload[10] != "A" else "B") + payload[11:]
    return [
        f"{version}.{kid}.{flipped}.{mac}",
        f"{version}.{kid}.{payload}.{'A' * len(mac)}",
        f"{version}.{kid}.{payload}.",
        f"{version}.{kid}.{payload}",
        f"{version}.k2.{payload}.{mac}",
        f"v2.{kid}.{payload}.{mac}",
        token[:-1],
        token + "A",
        "x",
        "%00",
        "..%2f..%2fadmin",
        "v1." + "A" * 5_000,
    ]


def test_a_forged_link_has_no_effect_and_always_the_same_answer(shop: Shop, user: str) -> None:
    token = token_of(unsubscribe_path(shop, user))
    pages = set()
    with shop.watching_writes() as writes:
        for forged in forgeries(token):
            reply = shop.call("POST", f"/u/{forged}", body=b"List-Unsubscribe=One-Click", headers=ONE_CLICK)
            assert reply.status == 400
            pages.add(re.sub(r'href="[^"]*"', "", reply.text()))  # the switch of language repeats the path
    assert writes == []
    assert len(pages) == 1
    assert left(shop, user) == []


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/preferences", Unsubscribe("new-releases", "email")),
        ("/u", Preferences()),
        ("/preferences", Survey("nps")),
    ],
)
def test_a_link_of_one_scope_does_nothing_elsewhere(
    shop: Shop, user: str, path: str, scope: LinkScope
) -> None:
    unsubscribe_path(shop, user)
    (message,) = shop.messages(user)
    with shop.watching_writes() as writes:
        for method in ("GET", "POST"):
            body = b"List-Unsubscribe=One-Click&topic=*&channel=*"
            reply = shop.call(
                method, f"{path}/{a_token(shop, scope, message.id)}", body=body, headers=ONE_CLICK
            )
            assert reply.status == 403
    assert writes == []


@pytest.mark.parametrize("body", [b"subscribe=new-releases", b"grant=*&channel=email", b"action=subscribe"])
def test_no_link_ever_grants_anything(shop: Shop, user: str, body: bytes) -> None:
    path = unsubscribe_path(shop, user)
    (message,) = shop.messages(user)
    for target in (path, f"/preferences/{a_token(shop, Preferences(), message.id)}"):
        shop.call("POST", target, body=body, headers=ONE_CLICK)
    assert {event.action for event in shop.consents(user)} <= {"one_click_post", "withdraw"}


def test_a_link_about_a_message_that_is_gone_changes_nothing_and_is_polite(shop: Shop) -> None:
    token = a_token(shop, Unsubscribe("new-releases", "email"), "erased-since")
    with shop.watching_writes() as writes:
        reply = shop.call("POST", f"/u/{token}", body=b"List-Unsubscribe=One-Click", headers=ONE_CLICK)
    assert reply.status == 200
    assert writes == []


def test_an_opt_out_that_could_not_be_stored_is_not_confirmed(shop: Shop, user: str) -> None:
    path = unsubscribe_path(shop, user)
    with shop.refusing_dynamodb():
        reply = shop.call("POST", path, body=b"List-Unsubscribe=One-Click", headers=ONE_CLICK)
    assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
    assert left(shop, user) == []
    assert shop.call("POST", path, body=b"List-Unsubscribe=One-Click", headers=ONE_CLICK).status == 200
    assert len(left(shop, user)) == 1


def test_a_browser_is_told_on_a_page_that_nothing_works_now_and_a_program_as_programs_are(
    shop: Shop, user: str
) -> None:
    path = unsubscribe_path(shop, user)
    asked = {**ONE_CLICK, "accept": "text/html,application/xhtml+xml"}
    shop.call("GET", path)  # what is cached for some seconds is cached now
    with shop.refusing_dynamodb(
        operations=frozenset({"GetItem", "Query"}), when=lambda text: "people" in text
    ):
        shown = shop.call("GET", path, query="lang=ja", headers=asked)
        posted = shop.call("POST", path, body=b"lang=en", headers=asked)
        machine = shop.call("POST", path, body=b"List-Unsubscribe=One-Click", headers=ONE_CLICK)
    assert {reply.status for reply in (shown, posted, machine)} == {503}
    assert "ただいま表示できません" in shown.text()
    assert "Not saved yet" in posted.text()
    assert shown.headers["Retry-After"] == posted.headers["Retry-After"] == "5"
    assert machine.headers["Content-Type"].startswith("application/json")
    assert left(shop, user) == []
