"""Signed links in the hands of an attacker: less contact, once, by a POST, and nothing else (A07 to A10)."""

from __future__ import annotations

import os
import random
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from kizuna.core.clicks.tokens import issue_click
from kizuna.core.links import Confirm, LinkKeys, LinkScope, Preferences, Survey, Unsubscribe, Visit, issue
from tests.support.clouds import Shop, a_user

SCOPES: dict[str, LinkScope] = {
    "/u/": Unsubscribe("new-releases", "email"),
    "/preferences/": Preferences(),
    "/s/": Survey("nps"),
    "/confirm/": Confirm(),
}
OVERRIDES = {
    "x-http-method-override": "POST",
    "x-http-method": "POST",
    "x-method-override": "POST",
    "x-original-method": "POST",
}
ONE_CLICK = b"List-Unsubscribe=One-Click"


def a_link(shop: Shop, user: str, scope: LinkScope, *, keys: LinkKeys | None = None) -> str:
    shop.greet(user)
    (message,) = shop.messages(user)
    keys = keys or shop.wired.secrets.link_keys()
    return issue(send_ref=message.id, scope=scope, issued_at=shop.now, nonce=os.urandom(16), keys=keys)


def left(shop: Shop, user: str) -> list[str]:
    return [event.action for event in shop.consents(user)]


def test_only_a_post_acts_whatever_method_or_header_comes(shop: Shop, user: str) -> None:
    shop.greet(user)
    (message,) = shop.messages(user)
    keys = shop.wired.secrets.link_keys()
    with shop.watching_writes() as writes:
        for path, scope in [*SCOPES.items(), ("/preferences/", Visit())]:
            token = issue(send_ref=message.id, scope=scope, issued_at=shop.now, nonce=b"n" * 16, keys=keys)
            for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
                shop.call(
                    method,
                    path + token,
                    query="_method=POST&method=post",
                    headers=OVERRIDES | {"content-type": "application/x-www-form-urlencoded"},
                    body=ONE_CLICK + b"&_method=POST&act=save&scope=all",
                )
    assert writes == []


DRESSES: tuple[tuple[str, bytes], ...] = (
    ("application/x-www-form-urlencoded", ONE_CLICK),
    ("application/x-www-form-urlencoded; charset=utf-16", ONE_CLICK),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--"),
    ("multipart/form-data", b"--"),
    ("application/json", b'{"List-Unsubscribe":"One-Click"}'),
    ("application/json", b"{"),
    ("text/plain", b"no thanks"),
    ("", b""),
    ("application/octet-stream", bytes(range(256))),
    ("application/x-www-form-urlencoded", b"a=b&" * 50_000),
    ("application/x-www-form-urlencoded", b"List-Unsubscribe=Two-Clicks&scope=nothing&act=subscribe"),
)


def test_a_one_click_is_one_opt_out_however_a_mail_program_dresses_it(shop: Shop) -> None:
    users = [a_user() for _ in DRESSES]
    for user in users:
        shop.greet(user, settle=False)
    shop.settle()
    keys = shop.wired.secrets.link_keys()
    for user, (kind, body) in zip(users, DRESSES, strict=True):
        (message,) = shop.messages(user)
        token = issue(
            send_ref=message.id, scope=SCOPES["/u/"], issued_at=shop.now, nonce=b"n" * 16, keys=keys
        )
        headers = {"content-type": kind} if kind else {}
        replies = [shop.call("POST", f"/u/{token}", body=body, headers=headers) for _ in range(2)]
        assert [reply.status for reply in replies] == [200, 200], (kind, body[:40])
        assert "location" not in {name.lower() for name in replies[0].headers}
        told = [(event.action, event.topic) for event in shop.consents(user)]
        assert told == [("one_click_post", "new-releases")], (kind, body[:40])


def disguised(token: str) -> list[str]:
    """Paths that are not the link, or are it in another spelling."""
    version, kid, payload, mac = token.split(".")
    return [
        f"/u//{token}",
        f"//u/{token}",
        f"/u/{token}/",
        f"/u/{token}//",
        f"/u/{token}.",
        f"/u/{token}%00",
        f"/u/{token}%20",
        f"/u/{token}%0d%0aX-A:%20b",
        f"/u/{token};a=b",
        f"/u/.{token}",
        f"/u/./{token}",
        f"/u/x/{token}",
        f"/u/..%2fpreferences%2f{token}",
        f"/preferences/../u/{token}",
        f"/u/%2e%2e/preferences/{token}",
        f"/U/{token}",
        f"/u/{quote(token, safe='').replace('.', '%2E')}",
        f"/u/%76{token[1:]}",
        f"/u/{version}.{kid}.{payload}=.{mac}",
        f"/u/{version}.{kid}.{payload}.{mac}=",
        f"/u/{version}.{kid}.{payload}.{mac[:-1]}{chr(ord(mac[-1]) + 1)}",
        f"/u/{token.upper()}",
        f"/u/{token}{token}",
        f"/u/{token},{token}",
        f"/u/{token.translate(str.maketrans('.', '．'))}",
        f"/u/\u202e{token}",
        f"/c/{token}",
        f"/s/{token}",
        f"/confirm/{token}",
        f"/preferences/{token}",
    ]


def test_another_spelling_of_a_link_is_no_link(shop: Shop, user: str) -> None:
    token = a_link(shop, user, SCOPES["/u/"])
    with shop.watching_writes() as writes:
        for path in disguised(token):
            reply = shop.call("POST", path, body=ONE_CLICK)
            assert reply.status in (400, 401, 403, 404), path
    assert writes == []
    assert shop.call("POST", f"/u/{token}", body=ONE_CLICK).status == 200


def test_a_link_changed_anywhere_or_made_elsewhere_gets_one_and_the_same_answer(
    shop: Shop, user: str
) -> None:
    token = a_link(shop, user, SCOPES["/u/"])
    ours = shop.wired.secrets.link_keys()
    theirs = LinkKeys(ours.current, {ours.current: b"another deployment's secret, as long"})
    draws = random.Random(1)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    changed = []
    for at in range(0, len(token), 3):
        other = draws.choice([letter for letter in letters if letter != token[at]])
        changed.append(token[:at] + other + token[at + 1 :])
    changed += [token[:end] for end in range(1, len(token), 20)]
    changed.append(
        issue(
            send_ref=shop.messages(user)[0].id,
            scope=SCOPES["/u/"],
            issued_at=shop.now,
            nonce=os.urandom(16),
            keys=theirs,
        )
    )
    with shop.watching_writes() as writes:
        answers = {
            (reply.status, re.sub(r'href="/u/[^"]*"', "", reply.text()))  # the switch of language
            for forged in changed
            for reply in (shop.call("POST", f"/u/{forged}", body=ONE_CLICK),)
        }
    assert writes == []
    (answer,) = answers
    assert answer[0] == 400
    assert "mailto:" in answer[1], "somebody whose link is broken still reaches the sender"


def test_no_right_grows_on_another_path_or_with_another_kind_of_token(shop: Shop, user: str) -> None:
    shop.greet(user)
    (message,) = shop.messages(user)
    keys = shop.wired.secrets.link_keys()
    click = issue_click(message.id, 0, keys=keys)
    body = ONE_CLICK + b"&act=save&topic=new-releases&subscribe=new-releases&act=export&act=erase-now"
    with shop.watching_writes() as writes:
        for path in SCOPES:
            for method in ("GET", "POST"):
                assert shop.call(method, path + click, body=body).status == 400
            for other, scope in SCOPES.items():
                if other != path:
                    token = issue(
                        send_ref=message.id, scope=scope, issued_at=shop.now, nonce=b"n" * 16, keys=keys
                    )
                    assert shop.call("POST", path + token, body=body).status == 403, (path, other)
    assert writes == []
    assert left(shop, user) == []


def test_one_link_clicked_by_many_machines_at_once_in_every_way_is_one_opt_out(shop: Shop, user: str) -> None:
    token = a_link(shop, user, SCOPES["/u/"])

    def knock(number: int) -> int:
        method = ("POST", "GET", "POST", "HEAD")[number % 4]
        ip = f"198.51.100.{number}"
        agent = {"user-agent": f"Scanner/{number}", "x-forwarded-for": ip}
        return shop.call(method, f"/u/{token}", body=ONE_CLICK, headers=agent, ip=ip).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(knock, range(80))) == {200}
    assert left(shop, user) == ["one_click_post"]
