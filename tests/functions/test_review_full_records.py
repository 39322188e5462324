"""A record that is full takes no more history, but always the person's No and what a provider reports."""

from __future__ import annotations

from urllib.parse import urlsplit

from kizuna.core.people import AddressStatus
from kizuna.topology import Function, Queue
from tests.support.clouds import Shop, a_lambda_event, an_sqs_event, failures, with_words


def fill(shop: Shop, user: str) -> None:
    """Tell more of somebody than fits: the last of each size is refused."""
    for size in (30_000, 3_000, 300):
        causes: list[str] = []
        while not causes:
            number = shop.person(user).version
            told = {f"{size}-{number}": "x" * size}
            event = {"type": "identify", "userId": user, "messageId": f"{number}", "traits": told}
            with shop.new_violations() as found:
                assert shop.send(event).status == 200
            causes = [each.cause for each in found]
        assert causes == ["record_too_large"]


def test_who_leaves_or_cannot_be_reached_is_heard_however_full_the_record_is(shop: Shop, user: str) -> None:
    shop.greet(user)
    (mail,), (message,) = shop.mails(user), shop.messages(user)
    fill(shop, user)
    body = with_words(a_lambda_event("feedback/ses-bounce-permanent"), SEND_ID=message.id)
    assert failures(shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, body))) == []
    assert {held.status for held in shop.person(user).addresses.values()} == {AddressStatus.HARD_BOUNCED}
    path = urlsplit((mail.header("List-Unsubscribe") or "").strip("<>")).path
    form = {"content-type": "application/x-www-form-urlencoded"}
    reply = shop.call("POST", path, body=b"List-Unsubscribe=One-Click", headers=form)
    assert reply.status == 200
    assert [each.action for each in shop.consents(user)] == ["one_click_post"]
