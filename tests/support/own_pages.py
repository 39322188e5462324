"""A person's own page from outside: asking for the link, reading the form, posting it."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from kizuna.core.links import LinkScope, Preferences, issue
from kizuna.local.gateway import LocalReply
from kizuna.local.providers.outbox import OutboxMessage
from tests.support.clouds import GREETING_WANTED, Shop

FORM = {"content-type": "application/x-www-form-urlencoded"}
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def links(shop: Shop, user: str) -> list[OutboxMessage]:
    """The mails with a link to somebody's own page."""
    return [
        mail
        for mail in shop.mails(user)
        if "/preferences/" in (mail.text or "") and "15" in (mail.text or "")
    ]


def post(shop: Shop, path: str, **told: Any) -> LocalReply:
    return shop.call("POST", path, body=urlencode(told, doseq=True).encode(), headers=FORM)


def a_token(shop: Shop, scope: LinkScope, user: str) -> str:
    message = next(each for each in shop.messages(user) if each.campaign == "hello")
    keys = shop.wired.secrets.link_keys()
    return issue(send_ref=message.id, scope=scope, issued_at=shop.now, nonce=os.urandom(16), keys=keys)


def own_path(shop: Shop, user: str, *, country: str = "US") -> str:
    """The path of somebody's own page, by way of the link in a mail that they asked for."""
    if not shop.holder("user_id", user):
        shop.greet(user, country=country)
    asked = post(shop, f"/preferences/{a_token(shop, Preferences(), user)}", act="visit")
    assert asked.status == 200
    shop.settle()
    words = (links(shop, user)[-1].text or "").split()
    (url,) = {word for word in words if "/preferences/" in word}
    return urlsplit(url).path


def state_of(page: str) -> dict[str, list[str]]:
    """What the form of a page would post if its button were pressed now."""
    told: dict[str, list[str]] = {}
    form = page.split("</form>", maxsplit=1)[0]
    for tag in re.findall(r"<input [^>]*>", form):
        attrs = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if attrs.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        told.setdefault(attrs["name"], []).append(attrs.get("value", ""))
    for name, inside in re.findall(r'<select id="\w+" name="(\w+)">(.*?)</select>', form):
        told[name] = re.findall(r'<option value="([^"]*)" selected', inside)
    return told


def greeted(shop: Shop, user: str, number: int = 1) -> tuple[str, str]:
    """What becomes of a promotional mail to somebody now."""
    known = {message.id for message in shop.messages(user)}
    asked = {"type": "track", "userId": user, "messageId": f"{user}-{number}", "event": GREETING_WANTED}
    assert shop.send(asked).status == 200
    shop.settle()
    (made,) = (message for message in shop.messages(user) if message.id not in known)
    return str(made.state), made.reason
