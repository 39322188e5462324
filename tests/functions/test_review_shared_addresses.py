"""What a mailbox or a number tells us holds for everybody who is reached by it (TCPA: the STOP of a number)."""

from __future__ import annotations

import itertools

import pytest

from kizuna.core.people import AddressStatus
from kizuna.topology import Function, Queue
from tests.support.clouds import Shop, a_lambda_event, a_user, an_sqs_event, failures, with_words

_numbers = itertools.count(100)


def a_family(shop: Shop, **traits: str) -> tuple[str, str]:
    """Two people with an account each and one address for both."""
    one, other = a_user(), a_user()
    for user in (one, other):
        shop.send({"type": "identify", "userId": user, "traits": {"country": "US", **traits}})
    return one, other


def report(shop: Shop, name: str, **words: str) -> list[str]:
    body = with_words(a_lambda_event(f"feedback/{name}"), **words)
    return failures(shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, body)))


def stops(shop: Shop, user: str) -> list[str | None]:
    return [consent.text for consent in shop.consents(user)]


def test_a_stop_from_a_shared_number_holds_for_everybody_who_is_reached_by_it(shop: Shop) -> None:
    family = a_family(shop, phone="+12025550123")
    assert shop.person(family[0]).id != shop.person(family[1]).id
    assert report(shop, "sms-reply-stop") == []
    assert [stops(shop, user) for user in family] == [["STOP"], ["STOP"]]
    assert report(shop, "sms-reply-stop") == []
    assert [stops(shop, user) for user in family] == [["STOP"], ["STOP"]]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("ses-complaint", AddressStatus.COMPLAINED),
        ("ses-bounce-permanent", AddressStatus.HARD_BOUNCED),
    ],
)
def test_a_shared_mailbox_that_complains_or_is_gone_is_so_for_everybody(
    shop: Shop, name: str, status: AddressStatus
) -> None:
    mailbox = f"family-{next(_numbers)}@people.example"
    family = a_family(shop, email=mailbox)
    shop.send({"type": "track", "userId": family[1], "event": "Greeting Wanted", "messageId": f"{mailbox}-1"})
    while not shop.messages(family[1]):
        assert shop.cloud._stream_once()
    (message,) = shop.messages(family[1])
    assert report(shop, name, SEND_ID=message.id) == []
    for user in family:
        assert [held.status for held in shop.person(user).addresses.values()] == [status]
    whose = [each.source for each in shop.consents(family[1])]
    assert whose == (["complaint"] if name == "ses-complaint" else [])
    assert shop.consents(family[0]) == ()


def test_what_concerns_one_person_alone_stays_with_that_person(shop: Shop) -> None:
    mailbox = f"family-{next(_numbers)}@people.example"
    family = a_family(shop, email=mailbox)
    shop.send({"type": "track", "userId": family[1], "event": "Greeting Wanted", "messageId": f"{mailbox}-1"})
    while not shop.messages(family[1]):
        assert shop.cloud._stream_once()
    (message,) = shop.messages(family[1])
    for name in ("ses-delivery", "ses-open"):
        assert report(shop, name, SEND_ID=message.id) == []
    assert "Email Opened" in shop.names(family[1])
    assert "Email Opened" not in shop.names(family[0])
