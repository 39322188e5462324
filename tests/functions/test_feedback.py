"""What providers report, in their own event forms: facts of the message, events of the person, and nothing else."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from typing import Any

import pytest

from kizuna.core.messages import Message, State
from kizuna.core.people import AddressStatus
from kizuna.topology import Function, Queue
from tests.support.clouds import EVENTS, Shop, a_lambda_event, an_sqs_event, failures, with_words

# report, the fact it adds, the event it becomes
ABOUT_MAIL = [
    ("ses-send", "sent", None),
    ("ses-delivery", "delivered", "Email Delivered"),
    ("ses-delivery-by-sns", "delivered", "Email Delivered"),
    ("ses-bounce-permanent", "bounced", "Email Bounced"),
    ("ses-bounce-transient", "bounced", "Email Bounced"),
    ("ses-complaint", "complained", "Email Complained"),
    ("ses-open", "opened", "Email Opened"),
    ("ses-click", "clicked", "Email Clicked"),
]
ABOUT_TEXTS = [
    ("sms-pending", "sent", None),
    ("sms-delivered", "delivered", "SMS Delivered"),
    ("sms-invalid", "bounced", "SMS Failed"),
]
MEANINGLESS = ["ses-delivery-delay"]
UNREADABLE = ["unknown-notice"]
OTHERS = ["ses-reject", "ses-rendering-failure", "sms-reply-stop"]

OUR_TOPIC = "arn:aws:sns:eu-west-1:123456789012:kizuna-dev-reports"


def a_mailed(shop: Shop, user: str) -> Message:
    """A mail that was sent to somebody, of which the provider has said nothing yet."""
    shop.greet(user, settle=False)
    while not shop.mails(user):
        assert shop.cloud._stream_once() or shop.cloud._queues_once()
    shop.cloud.providers.take_events()
    shop.settle()
    (message,) = shop.messages(user)
    return message


def an_arrived(shop: Shop, user: str) -> Message:
    """A mail that the provider says has arrived: reactions to it can be judged."""
    message = a_mailed(shop, user)
    assert report(shop, "ses-delivery", message.id) == []
    (arrived,) = shop.messages(user)
    return arrived


def of(shop: Shop, user: str, name: str) -> Message:
    """A mail that this may be reported of."""
    return an_arrived(shop, user) if name in ("ses-open", "ses-click") else a_mailed(shop, user)


def report(shop: Shop, name: str, message: str) -> list[str]:
    body = with_words(a_lambda_event(f"feedback/{name}"), SEND_ID=message)
    return failures(shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, body)))


@pytest.mark.parametrize(("name", "fact", "event"), ABOUT_MAIL + ABOUT_TEXTS)
def test_a_report_is_a_fact_of_its_message_and_an_event_of_the_person(
    shop: Shop, user: str, name: str, fact: str, event: str | None
) -> None:
    message = of(shop, user, name)
    names = shop.names(user)
    assert report(shop, name, message.id) == []
    (after,) = shop.messages(user)
    assert set(after.facts) - set(message.facts) == {fact}
    assert after.state is State.SENT
    assert shop.names(user) == sorted([*names, *([event] if event else [])])


@pytest.mark.parametrize("name", [row[0] for row in ABOUT_MAIL + ABOUT_TEXTS])
def test_a_report_that_comes_twice_is_one_event(shop: Shop, user: str, name: str) -> None:
    message = of(shop, user, name)
    report(shop, name, message.id)
    once = shop.names(user), shop.person(user).version
    assert report(shop, name, message.id) == []
    assert (shop.names(user), shop.person(user).version) == once


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("ses-bounce-permanent", AddressStatus.HARD_BOUNCED),
        ("ses-complaint", AddressStatus.COMPLAINED),
        ("ses-bounce-transient", AddressStatus.OK),
        ("ses-delivery", AddressStatus.OK),
    ],
)
def test_only_hard_bounces_and_complaints_change_the_address(
    shop: Shop, user: str, name: str, status: AddressStatus
) -> None:
    message = a_mailed(shop, user)
    before = shop.person(user)
    report(shop, name, message.id)
    after = shop.person(user)
    assert [held.status for held in after.addresses.values()] == [status]
    assert (after.reach_version > before.reach_version) == (status is not AddressStatus.OK)


def test_a_complaint_is_in_the_ledger_as_a_withdrawal(shop: Shop, user: str) -> None:
    message = a_mailed(shop, user)
    report(shop, "ses-complaint", message.id)
    (event,) = shop.consents(user)
    assert (event.action, event.source, event.channel) == ("withdraw", "complaint", "email")


@pytest.mark.parametrize("name", ["ses-send", "ses-delivery", "ses-open"])
def test_a_report_proves_that_an_unclear_message_was_sent(shop: Shop, user: str, name: str) -> None:
    message = unclear(shop, a_mailed(shop, user))
    report(shop, name, message.id)
    (after,) = shop.messages(user)
    assert after.state is State.SENT


@pytest.mark.parametrize("name", ["ses-reject", "ses-rendering-failure"])
def test_a_refusal_proves_that_an_unclear_message_was_not_sent(shop: Shop, user: str, name: str) -> None:
    message = unclear(shop, a_mailed(shop, user))
    report(shop, name, message.id)
    (after,) = shop.messages(user)
    assert (after.state, after.reason) == (State.FAILED, "provider_rejected")


def unclear(shop: Shop, message: Message) -> Message:
    """The message as if the provider's answer to its one call had been lost."""
    lost = replace(message, state=State.UNKNOWN, state_version=message.state_version + 1)
    assert shop.wired.messages.save(lost, expected=message.state_version)
    return lost


def a_reaction(shop: Shop, name: str, message: str, **changes: str) -> list[str]:
    """A recorded open or click with the named members of its own part changed."""
    body = with_words(a_lambda_event(f"feedback/{name}"), SEND_ID=message)
    body["detail"]["open" if name == "ses-open" else "click"].update(changes)
    return failures(shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, body)))


REACTIONS = [
    ("ses-open", {}, None),
    ("ses-open", {"userAgent": "Mozilla/5.0"}, "program"),
    ("ses-open", {"timestamp": "2026-11-22T12:00:04.000Z"}, "too_soon"),
    ("ses-click", {}, None),
    ("ses-click", {"userAgent": "python-requests/2.32"}, "program"),
]


@pytest.mark.parametrize(("name", "changes", "machine"), REACTIONS)
def test_a_machines_reaction_is_an_event_that_says_so_and_no_fact(
    shop: Shop, user: str, name: str, changes: dict[str, str], machine: str | None
) -> None:
    message = an_arrived(shop, user)
    assert a_reaction(shop, name, message.id, **changes) == []
    (after,) = shop.messages(user)
    fact = {"ses-open": "opened", "ses-click": "clicked"}[name]
    assert (fact in after.facts) == (machine is None)
    (event,) = (each for each in shop.timeline(user) if each.name == f"Email {fact.title()}")
    assert event.properties.get("machine_because") == machine
    assert event.properties.get("machine", False) is (machine is not None)
    assert "userAgent" not in repr(event.properties)


def test_links_that_are_all_followed_at_once_are_a_scanners(shop: Shop, user: str) -> None:
    message = an_arrived(shop, user)
    bodies = []
    for number in range(4):
        body = with_words(a_lambda_event("feedback/ses-click"), SEND_ID=message.id)
        at = f"2026-11-22T12:05:0{number}.000Z"
        body["detail"]["click"] |= {"link": f"https://shop.example/{number}", "timestamp": at}
        bodies.append(body)
    assert failures(shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, *bodies))) == []
    told = [event.properties for event in shop.timeline(user) if event.name == "Email Clicked"]
    assert [each.get("machine_because") for each in told] == ["burst"] * 4
    assert "clicked" not in shop.messages(user)[0].facts


def test_a_reaction_to_what_is_not_known_to_have_arrived_waits_for_ten_minutes(shop: Shop, user: str) -> None:
    message = a_mailed(shop, user)
    assert report(shop, "ses-open", message.id) == ["message-0"]
    assert a_reaction(shop, "ses-open", message.id, timestamp="2026-11-22T11:50:00.000Z") == []
    assert "opened" in shop.messages(user)[0].facts


def test_three_soft_bounces_in_a_fortnight_give_the_address_a_rest_from_promotion(
    shop: Shop, user: str
) -> None:
    message = a_mailed(shop, user)
    before = shop.person(user)
    for number in range(3):
        body = with_words(a_lambda_event("feedback/ses-bounce-transient"), SEND_ID=message.id)
        body["detail"]["bounce"] |= {
            "feedbackId": f"f{number}",
            "timestamp": f"2026-11-2{number}T11:00:00.000Z",
        }
        for _ in range(2):  # however often it is told
            assert failures(shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, body))) == []
    person = shop.person(user)
    (held,) = person.addresses.values()
    assert held.status is AddressStatus.OK
    assert held.rests_at(shop.now)
    assert person.reach_version == before.reach_version + 1
    shop.send({"type": "track", "userId": user, "event": "Greeting Wanted", "messageId": f"{user}-2"})
    shop.settle()
    assert {each.reason for each in shop.messages(user)} >= {"endpoint_undeliverable"}


def test_the_same_bounce_by_both_ways_is_one_event(shop: Shop, user: str) -> None:
    message = a_mailed(shop, user)
    by_bus = with_words(a_lambda_event("feedback/ses-bounce-permanent"), SEND_ID=message.id)
    by_sns = {"Type": "Notification", "MessageId": "m1", "Message": json.dumps(by_bus["detail"])}
    answer = shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, by_bus, by_sns))
    assert failures(answer) == []
    assert shop.names(user).count("Email Bounced") == 1


def test_a_stop_is_in_the_ledger_of_whoever_holds_the_number(shop: Shop, user: str) -> None:
    shop.send({"type": "identify", "userId": user, "traits": {"phone": "+12025550123"}})
    assert report(shop, "sms-reply-stop", "") == []
    (event,) = shop.consents(user)
    assert (event.action, event.channel, event.text) == ("sms_in", "sms", "STOP")
    assert shop.names(user) == ["", "SMS Received"]


@pytest.mark.parametrize("name", [row[0] for row in ABOUT_MAIL + ABOUT_TEXTS])
def test_a_report_about_a_message_that_is_not_ours_changes_nothing_and_is_kept(shop: Shop, name: str) -> None:
    with shop.watching_writes() as writes, shop.new_violations() as found:
        assert report(shop, name, f"not-ours-{name}") == []
    assert writes == []
    assert [(each.cause, each.path, each.source) for each in found] == [
        ("unknown_message", "send_id", "provider")
    ]


@pytest.mark.parametrize("name", MEANINGLESS)
def test_a_report_without_a_meaning_for_us_is_passed_over(shop: Shop, user: str, name: str) -> None:
    message = a_mailed(shop, user)
    with shop.watching_writes() as writes, shop.new_violations() as found:
        assert report(shop, name, message.id) == []
    assert (writes, found) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        a_lambda_event("feedback/unknown-notice"),
        {},
        {"detail-type": "Email Bounced"},
        {"detail-type": "Email Bounced", "detail": {"eventType": "Bounce"}},
        {"Type": "Notification", "TopicArn": OUR_TOPIC, "Message": "not json"},
        {"Type": "Notification", "TopicArn": OUR_TOPIC, "Message": "[]"},
        {"Type": "Notification", "TopicArn": OUR_TOPIC, "Message": '{"inboundMessageId": "1"}'},
    ],
    ids=json.dumps,
)
def test_what_no_provider_sends_is_quarantined_and_never_followed(shop: Shop, body: Any) -> None:
    with shop.watching_writes() as writes, shop.new_violations() as found:
        answer = shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, body))
    assert failures(answer) == []
    assert writes == []
    assert [each.cause for each in found] == ["unreadable_report"]


@pytest.mark.parametrize(
    ("topic", "cause"),
    [
        ("arn:aws:sns:eu-central-1:111122223333:somebody-elses", "foreign_topic"),
        (OUR_TOPIC, "unreadable_report"),
    ],
)
@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation", "Notification"])
def test_no_notice_makes_us_call_an_address_that_it_names(
    shop: Shop, kind: str, topic: str, cause: str
) -> None:
    """A confirmation is nothing that we answer: the topics are subscribed by the stack (abuse case A13)."""
    with socket.create_server(("127.0.0.1", 0)) as inside:
        inside.settimeout(0.2)
        url = f"http://127.0.0.1:{inside.getsockname()[1]}/latest/meta-data"
        notice = {
            "Type": kind,
            "TopicArn": topic,
            "Message": "You have chosen to subscribe",
            "SubscribeURL": url,
            "UnsubscribeURL": url,
            "SigningCertURL": url,
            "SignatureVersion": "1",
            "Signature": "AAAA",
        }
        with shop.watching_writes() as writes, shop.new_violations() as found:
            answer = shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, notice))
        with pytest.raises(TimeoutError):
            inside.accept()
    assert (failures(answer), writes) == ([], [])
    assert [each.cause for each in found] == [cause]


def test_a_forged_bounce_finds_no_door_of_ours(shop: Shop, user: str) -> None:
    """What providers tell comes by the queue, which takes it of our own topics only: no HTTP path does (A11)."""
    message = a_mailed(shop, user)
    told = with_words(a_lambda_event("feedback/ses-bounce-permanent"), SEND_ID=message.id)
    for path in ("/hooks/sns", "/hooks/ses", "/hooks/line/main", "/hooks/line/", "/feedback", "/v1/feedback"):
        with shop.watching_writes() as writes:
            reply = shop.post(path, told, key=None, x_amz_sns_message_type="Notification")
        assert (reply.status in (400, 401, 403, 404, 405), writes) == (True, []), path
    assert {held.status for held in shop.person(user).addresses.values()} == {AddressStatus.OK}


def test_a_message_that_is_no_json_object_is_quarantined_as_poisoned(shop: Shop) -> None:
    with shop.new_violations() as found:
        answer = shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, "[]", "not json"))
    assert failures(answer) == []
    assert {each.cause for each in found} == {"poisoned_message"}
    assert len(found) == 2


def test_a_report_that_cannot_be_stored_comes_again(shop: Shop, user: str) -> None:
    message = an_arrived(shop, user)
    with shop.refusing_dynamodb():
        assert report(shop, "ses-open", message.id) == ["message-0"]
    assert report(shop, "ses-open", message.id) == []
    assert "Email Opened" in shop.names(user)


def test_an_event_of_a_client_that_names_itself_a_bounce_or_a_stop_changes_no_address(
    shop: Shop, user: str
) -> None:
    message = a_mailed(shop, user)
    for name in ("Email Bounced", "Email Complained", "SMS Received", "Unsubscribed"):
        properties = {"address_id": message.address_id, "hard": True, "text": "STOP", "channel": "email"}
        for key in (shop.keys.client, shop.keys.server):
            shop.send({"type": "track", "userId": user, "event": name, "properties": properties}, key=key)
    person = shop.person(user)
    assert [held.status for held in person.addresses.values()] == [AddressStatus.OK]
    assert shop.consents(user) == ()


def test_every_recorded_report_is_used_by_a_test() -> None:
    used = {row[0] for row in ABOUT_MAIL + ABOUT_TEXTS} | {*MEANINGLESS, *UNREADABLE, *OTHERS}
    assert {path.stem for path in (EVENTS / "feedback").glob("*.json")} == used


@pytest.mark.parametrize(
    "topic",
    [
        "arn:aws:sns:eu-west-1:111122223333:kizuna-feedback",
        "arn:aws:sns:us-east-1:123456789012:kizuna-feedback",
        "arn:aws:sqs:123456789012:eu-west-1:kizuna-feedback",
        "kizuna-feedback",
        "",
        None,
    ],
)
def test_a_report_by_a_topic_of_somebody_else_is_set_apart_and_changes_nothing(
    shop: Shop, user: str, topic: str | None
) -> None:
    """Well-formed in everything else: the recorded report of a hard bounce, and of a STOP (A11, A12)."""
    message = a_mailed(shop, user)
    bounce = with_words(a_lambda_event("feedback/ses-bounce-permanent"), SEND_ID=message.id)
    forged = [
        {
            "Type": "Notification",
            "MessageId": "1",
            "TopicArn": topic,
            "Message": json.dumps(bounce["detail"]),
        },
        with_words(a_lambda_event("feedback/sms-reply-stop")) | {"TopicArn": topic},
    ]
    with shop.watching_writes() as writes, shop.new_violations() as found:
        answer = shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, *forged))
    assert (failures(answer), writes) == ([], [])
    assert [each.cause for each in found] == ["foreign_topic"] * 2
    assert {held.status for held in shop.person(user).addresses.values()} == {AddressStatus.OK}


def test_the_same_report_by_a_topic_of_ours_counts(shop: Shop, user: str) -> None:
    message = a_mailed(shop, user)
    bounce = with_words(a_lambda_event("feedback/ses-bounce-permanent"), SEND_ID=message.id)
    notice = {
        "Type": "Notification",
        "MessageId": "1",
        "TopicArn": OUR_TOPIC,
        "Message": json.dumps(bounce["detail"]),
    }
    assert failures(shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, notice))) == []
    assert {held.status for held in shop.person(user).addresses.values()} == {AddressStatus.HARD_BOUNCED}
