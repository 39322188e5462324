"""Webhooks over their whole way: signed, tried again on schedule, left alone when down, and never told in vain."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kizuna.cli.console import SafeConsole
from kizuna.cli.context import Place
from kizuna.cli.main import app
from kizuna.core.messages import Message, State
from kizuna.core.ports.callouts import Barred, Broken, Call, Replied
from kizuna.topology import Function, Queue
from tests.support.clouds import Shop, a_lambda_event, running_shop, sample_documents

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WEBHOOK: dict[str, Any] = {"id": "crm", "url": "https://crm.example.com/kizuna"}
DATA = {"user": "{{ person.traits.crm_id }}", "what": "{{ event.properties.product | default: 'nothing' }}"}


def a_workspace(**webhook: Any) -> dict[tuple[str, str], Any]:
    """Whoever leaves is told to the CRM, which is to stop as well: no message to a person, so no cap counts it."""
    sample = sample_documents()
    feed = {
        **{
            name: value
            for name, value in sample["campaign", "hello"].items()
            if name not in ("channel", "template", "trigger", "category", "expires_after")
        },
        "id": "feed",
        "trigger": {"type": "event", "event": "Feed Wanted"},
        "category": "mandatory",
        "transactional_basis": "the law on records asks for it",
        "channel": "webhook",
        "template": "crm-feed",
        "expires_after": "5d",
    }
    template = {
        "id": "crm-feed",
        "channel": "webhook",
        "purpose": "transactional",
        "default_language": "en",
        "languages": {"en": {"webhook": "crm", "type": "contact.left", "data": DATA}},
    }
    kept = {key: document for key, document in sample.items() if key[0] in ("brand", "topic", "source")}
    return {
        **kept,
        ("webhook", "crm"): {**WEBHOOK, **webhook},
        ("template", "crm-feed"): template,
        ("campaign", "feed"): feed,
    }


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop(documents=a_workspace()) as made:
        yield made


def wanted(shop: Shop, user: str, **properties: Any) -> None:
    traits = {"crm_id": f"crm-{user}", "country": "JP"}
    shop.send(
        {"type": "identify", "userId": user, "messageId": f"{user}-told", "traits": traits},
        {
            "type": "track",
            "userId": user,
            "messageId": f"{user}-asked",
            "event": "Feed Wanted",
            "properties": properties,
        },
    )
    shop.settle()


def only(shop: Shop, user: str) -> Message:
    (message,) = shop.messages(user)
    return message


def secret(shop: Shop, number: int = 1) -> bytes:
    (found,) = shop.wired.secrets.webhook_secrets("crm", (number,))
    return found


def is_signed(call: Call, with_secret: bytes) -> bool:
    content = b".".join(
        (call.headers["webhook-id"].encode(), call.headers["webhook-timestamp"].encode(), call.body)
    )
    mac = base64.b64encode(hmac.new(with_secret, content, hashlib.sha256).digest()).decode()
    return f"v1,{mac}" in call.headers["webhook-signature"].split(" ")


def test_a_system_is_told_in_json_under_the_id_of_the_message_and_signed(shop: Shop, user: str) -> None:
    wanted(shop, user, product='"},"admin":{"x":"')
    message = only(shop, user)
    (call,) = shop.cloud.systems.calls
    assert (message.state, message.provider_id) == (State.SENT, "http_200")
    assert (call.url, call.headers["webhook-id"]) == (WEBHOOK["url"], message.id)
    assert is_signed(call, secret(shop))
    body = json.loads(call.body)
    assert set(body) == {"type", "timestamp", "data"}
    assert body["type"] == "contact.left"
    assert body["data"] == {"user": f"crm-{user}", "what": '"},"admin":{"x":"'}


def test_while_secrets_rotate_both_sign(user: str) -> None:
    with running_shop(documents=a_workspace(secrets=[1, 2])) as shop:
        wanted(shop, user)
        (call,) = shop.cloud.systems.calls
        assert is_signed(call, secret(shop, 1))
        assert is_signed(call, secret(shop, 2))
        assert not is_signed(call, secret(shop, 3))


def test_what_was_not_taken_is_tried_again_with_the_same_id_and_body(shop: Shop, user: str) -> None:
    shop.cloud.systems.answers += [Replied(503), Broken("timeout"), Replied(302)]
    wanted(shop, user)
    assert (only(shop, user).state, only(shop, user).reason) == (State.PENDING, "http_503")
    shop.cloud.advance(3 * HOUR)
    assert only(shop, user).state is State.SENT
    calls = shop.cloud.systems.calls
    assert len(calls) == 4
    assert len({(call.headers["webhook-id"], call.body) for call in calls}) == 1
    assert (
        len({call.headers["webhook-timestamp"] for call in calls}) == 4
    )  # signed anew, or it would be too old


def test_a_system_that_stays_down_is_given_up_after_three_days(shop: Shop, user: str) -> None:
    shop.cloud.systems.answers += [Replied(500)] * 100
    wanted(shop, user)
    shop.cloud.advance(timedelta(days=4))
    message = only(shop, user)
    assert (message.state, message.decision["provider"]) == (State.FAILED, "gave_up_after_http_500")
    assert 8 <= len(shop.cloud.systems.calls) <= 10


def test_a_system_that_is_down_is_left_alone_and_asked_by_one(shop: Shop) -> None:
    shop.cloud.systems.answers += [Broken("not_connected")] * 6
    users = [f"down-{number}" for number in range(8)]
    for user in users:
        wanted(shop, user)
    assert len(shop.cloud.systems.calls) == 5  # then the circuit is open
    assert only(shop, users[-1]).reason == "circuit_open"
    shop.cloud.advance(90 * timedelta(seconds=1))
    assert len(shop.cloud.systems.calls) == 6  # one finds out for all
    shop.cloud.advance(HOUR)
    assert {only(shop, user).state for user in users} == {State.SENT}
    told = [call.headers["webhook-id"] for call in shop.cloud.systems.calls[6:]]
    assert len(told) == len(set(told)) == 8


def test_a_system_that_is_gone_is_called_no_more_until_somebody_changes_it(shop: Shop) -> None:
    shop.cloud.systems.answers.append(Replied(410))
    wanted(shop, "first")
    wanted(shop, "second")
    assert only(shop, "first").decision["provider"] == "webhook_gone"
    assert only(shop, "second").decision["provider"] == "webhook_gone"
    assert len(shop.cloud.systems.calls) == 1
    shop.apply(a_workspace(url="https://crm.example.com/new"))
    shop.settle()
    wanted(shop, "third")
    assert only(shop, "third").state is State.SENT


def test_a_paused_webhook_keeps_its_messages_waiting(user: str) -> None:
    with running_shop(documents=a_workspace(enabled=False)) as shop:
        wanted(shop, user)
        assert (only(shop, user).state, only(shop, user).reason) == (State.PENDING, "webhook_paused")
        shop.apply(a_workspace())
        shop.cloud.advance(HOUR)
        assert only(shop, user).state is State.SENT


def test_a_name_that_leads_inside_fails_at_once_and_is_told(shop: Shop, user: str) -> None:
    shop.cloud.systems.answers.append(Barred("address_not_allowed"))
    wanted(shop, user)
    assert (only(shop, user).state, only(shop, user).decision["provider"]) == (
        State.FAILED,
        "address_not_allowed",
    )


def test_the_function_that_calls_out_calls_no_address_inside(shop: Shop) -> None:
    told = shop.invoke(Function.CALLOUT, a_lambda_event("callout/metadata-address"))
    assert told == {"barred": "url_not_allowed"}


def test_a_queue_message_that_comes_twice_is_told_once(shop: Shop, user: str) -> None:
    wanted(shop, user)
    shop.wired.queues.send(Queue.WEBHOOK, [{"message": only(shop, user).id}] * 3)
    shop.settle()
    assert len(shop.cloud.systems.calls) == 1


# ── the command ─────────────────────────────────────────────────────────────────────────────────


def kizuna(*arguments: str) -> tuple[int, Any]:
    printed = io.StringIO()
    place = Place(installed=True, console=SafeConsole(file=printed, width=100))
    ended = app(["--json", "webhooks", *arguments], obj=place, standalone_mode=False)
    return (ended if isinstance(ended, int) else 0), json.loads(printed.getvalue())


def test_the_command_tells_how_systems_are_doing_and_tries_them(shop: Shop, user: str) -> None:
    (row,) = kizuna("list")[1]
    assert (row["id"], row["url"], row["state"], row["failures"]) == ("crm", WEBHOOK["url"], "well", 0)
    shop.cloud.systems.answers.append(Replied(500))
    wanted(shop, user)
    assert [kizuna("list")[1][0][name] for name in ("state", "failures", "last")] == [
        "failing",
        1,
        "http_500",
    ]
    assert kizuna("test", "crm") == (0, {"webhook": "crm", "status": 200})
    call = shop.cloud.systems.calls[-1]
    (told,) = kizuna("secret", "crm")[1]
    assert is_signed(call, base64.b64decode(told["secret"].removeprefix("whsec_")))
    assert json.loads(call.body)["type"] == "webhook.test"
    shop.cloud.systems.answers += [Replied(404), Barred("address_not_allowed")]
    assert kizuna("test", "crm")[0] == 1
    assert kizuna("test", "crm")[1]["reasons"] == ["crm was not reached: address_not_allowed"]
    assert kizuna("secret", "other")[0] == 1


def test_what_failed_for_good_is_told_once_more_under_the_same_id_and_says_who_and_why(
    shop: Shop, user: str
) -> None:
    shop.cloud.systems.answers.append(Barred("address_not_allowed"))
    wanted(shop, user)
    first = only(shop, user)
    assert first.state is State.FAILED
    shop.cloud.advance(HOUR)
    replay = ("replay", "crm", "--reason", "the name was wrong", "--actor", "ada")
    assert kizuna(*replay) == (0, {"webhook": "crm", "failed": 1, "replayed": 1})
    shop.settle()
    told, again = shop.cloud.systems.calls
    assert (again.headers["webhook-id"], again.body) == (told.headers["webhook-id"], told.body)
    (second,) = (each for each in shop.messages(user) if each.id != first.id)
    assert (second.state, second.again_of) == (State.SENT, first.id)
    assert (second.decision["replayed"]["by"], second.decision["replayed"]["reason"]) == (
        "ada",
        "the name was wrong",
    )
    assert kizuna(*replay)[1]["replayed"] == 0
    assert only_failed(shop, user) == [first.id]


def only_failed(shop: Shop, user: str) -> list[str]:
    return [each.id for each in shop.messages(user) if each.state is State.FAILED]


def test_a_replay_that_fails_may_be_replayed_and_only_of_the_person_that_is_meant(shop: Shop) -> None:
    shop.cloud.systems.answers += [Barred("address_not_allowed")] * 3
    wanted(shop, "one")
    wanted(shop, "two")
    told = ("replay", "crm", "--reason", "again", "--person", "user_id:one")
    assert kizuna(*told)[1] == {"webhook": "crm", "failed": 1, "replayed": 1}
    shop.settle()
    assert len(only_failed(shop, "one")) == 2
    assert kizuna(*told)[1] == {"webhook": "crm", "failed": 2, "replayed": 1}
    shop.settle()
    assert sorted(str(each.state) for each in shop.messages("one")) == ["FAILED", "FAILED", "SENT"]
    assert [str(each.state) for each in shop.messages("two")] == ["FAILED"]
    ids = {call.headers["webhook-id"] for call in shop.cloud.systems.calls}
    assert len(ids) == 2
