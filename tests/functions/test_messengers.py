"""WhatsApp and LINE through the whole cloud: who is reached, what is sent, what comes back, what follows."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.links import Preferences, issue
from kizuna.core.messages import State
from kizuna.local.providers import LoseReply
from kizuna.local.providers.faults import Fault
from kizuna.topology import Function, Queue
from tests.support.clouds import Shop, a_lambda_event, a_user, sample_documents
from tests.support.messengers import DOCUMENTS, NUMBERS, a_line_user, a_number, an_event, from_line


@pytest.fixture(scope="module", autouse=True)
def speaking(shop: Shop) -> None:
    shop.apply({**sample_documents(), **DOCUMENTS})
    shop.settle()


def told(shop: Shop, user: str, event: str, **properties: Any) -> None:
    track = {"type": "track", "userId": user, "messageId": f"{user}-{event}-{next(NUMBERS)}", "event": event}
    shop.send({**track, "properties": properties})
    shop.settle()
    shop.cloud.advance(timedelta(seconds=1))  # messages of one instant have no order


def a_customer(shop: Shop, **traits: Any) -> str:
    user = a_user()
    identify = {"type": "identify", "userId": user, "messageId": f"{user}-i"}
    shop.send(
        {**identify, "traits": {"first_name": "Ada", "country": "JP", "timezone": "Asia/Tokyo", **traits}}
    )
    shop.settle()
    return user


def fates(shop: Shop, user: str) -> list[tuple[str, State, str]]:
    return [(message.campaign, message.state, message.reason) for message in shop.messages(user)]


# ── WhatsApp ────────────────────────────────────────────────────────────────────────────────────


def test_an_approved_template_goes_out_with_its_values_and_is_read(shop: Shop) -> None:
    number = a_number()
    user = a_customer(shop, whatsapp=number)
    told(shop, user, "Parcel Sent", order="A-1")
    (sent,) = shop.cloud.providers.outbox.messages(channel="whatsapp", to=number)
    (message,) = shop.messages(user)
    assert sent.request["biz_opaque_callback_data"] == message.id
    assert sent.request["template"] == {
        "name": "order_shipped",
        "language": {"code": "en_US"},
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "Ada"}, {"type": "text", "text": "A-1"}],
            },
            {
                "type": "button",
                "sub_type": "url",
                "index": "0",
                "parameters": [{"type": "text", "text": "A-1"}],
            },
        ],
    }
    shop.cloud.providers.read(sent.id)
    shop.settle()
    (message,) = shop.messages(user)
    assert (message.state, set(message.facts)) == (State.SENT, {"sent", "delivered", "opened"})
    assert {"WhatsApp Delivered", "WhatsApp Read"} <= set(shop.names(user))


def test_a_report_settles_a_message_whose_reply_was_lost(shop: Shop) -> None:
    number = a_number()
    user = a_customer(shop, whatsapp=number)
    shop.cloud.providers.faults.add(Fault(effect=LoseReply(), to=number, count=1))
    told(shop, user, "Parcel Sent", order="A-2")
    assert fates(shop, user)[0][1] is State.SENT
    assert len(shop.cloud.providers.outbox.messages(channel="whatsapp", to=number)) == 1


def test_whoever_writes_is_answered_freely_for_a_day_and_no_longer(shop: Shop) -> None:
    number = a_number()
    user = a_customer(shop, phone=number)
    told(shop, user, "Answer Later")
    assert fates(shop, user) == [("wa-late", State.DENIED, "no_address")]
    shop.cloud.providers.wrote(number, "Where is my parcel?")
    shop.settle()
    told(shop, user, "Answer Later")
    assert ("wa-late", State.SENT) in [fate[:2] for fate in fates(shop, user)]
    texts = [m.text for m in shop.cloud.providers.outbox.messages(channel="whatsapp", to=number)]
    assert texts == ["Hello, how can we help?"] * 2
    shop.cloud.advance(timedelta(hours=24))
    told(shop, user, "Answer Later")
    assert fates(shop, user)[-1] == ("wa-late", State.DENIED, "conversation_over")


def test_a_stop_by_whatsapp_withdraws_from_that_channel(shop: Shop) -> None:
    number = a_number()
    user = a_customer(shop, whatsapp=number)
    shop.cloud.providers.wrote(number, "Stop.")
    shop.settle()
    (withdrawn,) = [event for event in shop.consents(user) if event.action == "withdraw"]
    assert (withdrawn.channel, withdrawn.topic, withdrawn.source) == ("whatsapp", "*", "keyword")


def test_the_no_of_a_number_is_that_of_everybody_who_is_reached_by_it(shop: Shop) -> None:
    number = a_number()
    shop.cloud.providers.wrote(number, "STOP")
    shop.settle()
    user = a_customer(shop, whatsapp=number)
    assert [event.channel for event in shop.consents(user) if event.action == "withdraw"] == ["whatsapp"]


# ── LINE ────────────────────────────────────────────────────────────────────────────────────────


def test_a_friend_of_the_account_is_written_to_and_whoever_leaves_is_not(shop: Shop) -> None:
    friend = a_line_user()
    user = a_customer(shop, line=friend)
    told(shop, user, "News Wanted")
    assert fates(shop, user)[-1][1:] == (State.DENIED, "no_consent")
    assert from_line(shop, an_event(shop, "follow", friend)).status == 200
    told(shop, user, "News Wanted")
    (sent,) = shop.cloud.providers.outbox.messages(channel="line", to=friend)
    assert sent.text == "News, Groove Harbour\n\n[https://shop.example/a.png]"
    assert fates(shop, user)[-1][1:] == (State.SENT, "consent")
    from_line(shop, an_event(shop, "unfollow", friend))
    told(shop, user, "News Wanted")
    assert fates(shop, user)[-1][1] is State.DENIED
    assert len(shop.cloud.providers.outbox.messages(channel="line", to=friend)) == 1


def test_a_friend_who_is_not_known_yet_is_a_person_from_then_on(shop: Shop) -> None:
    friend = a_line_user()
    from_line(
        shop, an_event(shop, "follow", friend), an_event(shop, "message", friend, message={"text": "hi"})
    )
    person = shop.holder("line", friend)
    assert person is not None
    (address,) = person.addresses_on("line")
    assert (address.value, address.heard_at) == (friend, shop.now)


def test_a_recorded_call_of_line_is_taken_as_lambda_hands_it_over(shop: Shop) -> None:
    reply = shop.invoke(Function.HOOKS, a_lambda_event("hooks/line-follow"))
    assert reply["statusCode"] == 200
    shop.settle()
    friend = shop.holder("line", "Uabcdefabcdefabcdefabcdefabcdefab")
    assert friend is not None
    assert [address.channel for address in friend.addresses.values()] == ["line"]


def test_the_same_event_twice_counts_once(shop: Shop) -> None:
    friend = a_line_user()
    user = a_customer(shop, line=friend)
    followed = an_event(shop, "follow", friend)
    for _ in range(3):
        from_line(shop, followed)
    assert [event.action for event in shop.consents(user)] == ["grant"]


def test_a_lost_reply_of_line_ends_as_one_message_and_no_doubt(shop: Shop) -> None:
    friend = a_line_user()
    user = a_customer(shop, line=friend)
    from_line(shop, an_event(shop, "follow", friend))
    shop.cloud.providers.faults.add(Fault(effect=LoseReply(), to=friend, count=1))
    told(shop, user, "News Wanted")
    assert fates(shop, user)[-1][1] is State.PENDING
    shop.cloud.advance(timedelta(minutes=3))
    assert fates(shop, user)[-1][1] is State.SENT
    assert len(shop.cloud.providers.outbox.messages(channel="line", to=friend)) == 1


@pytest.mark.parametrize(
    ("path", "signature", "status"),
    [
        ("/hooks/line/default", "", 401),
        ("/hooks/line/default", "AAAA", 401),
        ("/hooks/line/default", "no base64", 401),
        ("/hooks/line/nobody", "AAAA", 404),
    ],
)
def test_a_call_that_line_did_not_sign_changes_nothing(
    shop: Shop, path: str, signature: str, status: int
) -> None:
    body = json.dumps({"events": [an_event(shop, "unfollow", a_line_user())]}).encode()
    reply = shop.call("POST", path, body=body, headers={"x-line-signature": signature})
    assert (reply.status, shop.waiting(Queue.FEEDBACK)) == (status, [])


def test_a_call_signed_with_another_secret_is_refused(shop: Shop) -> None:
    assert from_line(shop, an_event(shop, "follow", a_line_user()), signed_with="another").status == 401


def test_the_check_of_an_endpoint_is_answered_and_changes_nothing(shop: Shop) -> None:
    """LINE calls with no events when somebody sets the address of the webhook up."""
    assert from_line(shop).status == 200


@pytest.mark.parametrize("channel", ["whatsapp", "line"])
def test_a_person_leaves_a_messenger_by_the_page_behind_a_link(shop: Shop, channel: str) -> None:
    number = "+4915112345678" if channel == "whatsapp" else "+4915112345679"
    user = a_customer(shop, whatsapp=number)
    shop.send({"type": "track", "userId": user, "messageId": f"{user}-sent", "event": "Parcel Sent"})
    shop.settle()
    token = issue(
        send_ref=shop.messages(user)[0].id,
        scope=Preferences(),
        issued_at=shop.now,
        nonce=bytes(16),
        keys=shop.wired.secrets.link_keys(),
    )
    place = f"/preferences/{token}"
    assert f"channel:{channel}" in shop.call("GET", place).text()
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert shop.call("POST", place, body=f"stop=channel:{channel}".encode(), headers=form).status == 200
    (left,) = (each for each in shop.consents(user) if each.action == "one_click_post")
    assert (left.channel, left.topic) == (channel, "*")
