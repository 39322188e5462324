"""A link in a text message that is followed: led at once, told as feedback, and machines told from people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from urllib.parse import urlsplit

import pytest

from kizuna.core.clicks.tokens import issue_click
from kizuna.core.feedback import LINK_FOLLOWED, MACHINE
from kizuna.core.ids import digest
from kizuna.core.messages import Message
from kizuna.topology import Function
from tests.support.clouds import Shop, a_lambda_event, running_shop, sample_documents, with_words

PHONE = {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15"}
_numbers = count(1)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A company that notes who follows the links of its text messages, and tells its own site of the campaign."""
    documents = dict(sample_documents())
    utm = {"source": "kizuna", "hosts": ["shop.example"]}
    tracking = {"channels": ["sms"], "utm": utm}
    documents["policy", "policy"] = {**documents["policy", "policy"], "click_tracking": tracking}
    thanks = documents["template", "order-thanks-sms"]
    link = "https://shop.example/orders?id={{ event.properties.order_id }}"
    body = f"{{{{ brand.name }}}}: {link} {{{{ event.properties.site }}}}"
    documents["template", "order-thanks-sms"] = {**thanks, "languages": {"en": {"body": body}}}
    with running_shop(documents=documents) as made:
        yield made


def thanked(shop: Shop, user: str, **properties: str) -> tuple[Message, str]:
    """Somebody who has just ordered: the message of thanks, and what stood in it."""
    phone = f"+1202556{next(_numbers):04}"
    told = {"phone": phone, "country": "US"}
    shop.send({"type": "identify", "userId": user, "messageId": f"{user}-told", "traits": told})
    order = {"order_id": "A1", "revenue": 5, "currency": "USD", "site": "", **properties}
    done = {"type": "track", "event": "Order Completed", "userId": user, "messageId": f"{user}-order"}
    assert shop.send({**done, "properties": order}).status == 200
    shop.settle()
    (text,) = shop.cloud.providers.outbox.messages(channel="sms", to=phone)
    (message,) = [each for each in shop.messages(user) if each.campaign == "order-thanks"]
    return message, text.text or ""


def path_in(text: str) -> str:
    link: str
    (link,) = re.findall(r"https?://\S+/c/\S{40}", text)
    return urlsplit(link).path


def clicks(shop: Shop, user: str) -> list[bool]:
    """Of each click that is known of a person, whether it was a machine's."""
    events = [event for event in shop.timeline(user) if event.name == LINK_FOLLOWED]
    return [bool(event.properties.get(MACHINE)) for event in events]


def test_who_follows_a_link_is_led_at_once_and_the_message_counts_as_clicked(shop: Shop, user: str) -> None:
    _, text = thanked(shop, user)
    shop.cloud.advance(timedelta(minutes=3))
    event = with_words(a_lambda_event("links/click"), TOKEN=path_in(text).rpartition("/")[2])
    reply = shop.invoke(Function.PREFERENCES, event)
    assert reply["statusCode"] == 302
    led_to = "https://shop.example/orders?id=A1&utm_source=kizuna&utm_medium=sms&utm_campaign=order-thanks"
    assert reply["headers"]["Location"] == led_to
    assert (reply["headers"]["Cache-Control"], reply["headers"]["Referrer-Policy"]) == (
        "no-store",
        "no-referrer",
    )
    shop.settle()
    assert clicks(shop, user) == [False]
    (message,) = shop.messages(user)
    assert "clicked" in message.facts


def test_a_link_that_is_followed_often_within_a_minute_is_one_click(shop: Shop, user: str) -> None:
    _, text = thanked(shop, user)
    shop.cloud.advance(timedelta(minutes=3))
    assert {shop.call("GET", path_in(text), headers=PHONE).status for _ in range(20)} == {302}
    shop.settle()
    assert clicks(shop, user) == [False]


@pytest.mark.parametrize(
    "agent", ["WhatsApp/2.26", "facebookexternalhit/1.1 Facebot Twitterbot/1.0", "curl/8"]
)
def test_a_program_that_looks_for_a_preview_is_led_and_counts_in_no_human_figure(
    shop: Shop, user: str, agent: str
) -> None:
    _, text = thanked(shop, user)
    shop.cloud.advance(timedelta(minutes=3))
    assert shop.call("GET", path_in(text), headers={"user-agent": agent}).status == 302
    shop.settle()
    assert clicks(shop, user) == [True]
    (message,) = shop.messages(user)
    assert "clicked" not in message.facts


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"sec-purpose": "prefetch;prerender"}),
        ("GET", {"purpose": "prefetch"}),
        ("POST", {}),
    ],
)
def test_what_nobody_asked_for_yet_is_led_and_not_told_of(
    shop: Shop, user: str, method: str, headers: dict[str, str]
) -> None:
    _, text = thanked(shop, user)
    shop.cloud.advance(timedelta(minutes=3))
    with shop.watching_writes() as writes:
        assert shop.call(method, path_in(text), headers={**PHONE, **headers}).status == 302
        shop.settle()
    assert writes == []
    assert clicks(shop, user) == []


def test_a_link_that_came_with_an_event_does_not_become_one_of_ours(shop: Shop, user: str) -> None:
    message, text = thanked(shop, user, site="https://evil.example/login")
    assert "https://evil.example/login" in text
    assert [urlsplit(link).hostname for link in message.links] == ["shop.example"]


def test_nothing_of_the_request_takes_part_in_where_a_link_leads(shop: Shop, user: str) -> None:
    message, text = thanked(shop, user)
    reply = shop.call(
        "GET", path_in(text), query="url=https://evil.example/&to=//evil.example", headers=PHONE
    )
    assert reply.headers["Location"] == message.links[0]


def test_a_link_that_is_forged_or_of_nobody_leads_nowhere(shop: Shop, user: str) -> None:
    message, text = thanked(shop, user)
    keys = shop.wired.secrets.link_keys()
    unknown = issue_click(digest("message", "nobody"), 0, keys=keys)
    beyond = issue_click(message.id, 1, keys=keys)
    token = path_in(text).rpartition("/")[2]
    forged = ("A" if token[0] != "A" else "B") + token[1:]
    replies = [shop.call("GET", f"/c/{each}", headers=PHONE) for each in (unknown, beyond, forged, "x")]
    assert [reply.status for reply in replies] == [400] * len(replies)
    assert all("Location" not in reply.headers for reply in replies)


def test_who_asks_not_to_be_followed_is_sent_the_link_itself(shop: Shop, user: str) -> None:
    headers = {"Sec-GPC": "1"}
    body = {"type": "page", "userId": user, "messageId": f"{user}-page", "name": "Home"}
    assert shop.post("/v1/page", body, key=shop.keys.client, **headers).status == 200
    shop.settle()
    message, text = thanked(shop, user)
    assert shop.person(user).gpc
    assert message.links == ()
    assert "https://shop.example/orders?id=A1&utm_source=kizuna" in text


def test_the_way_is_shown_though_the_click_cannot_be_told(shop: Shop, user: str) -> None:
    _, text = thanked(shop, user)
    with shop.refusing_queues():
        assert shop.call("GET", path_in(text), headers=PHONE).status == 302
