"""The hourly look at the providers: what they allow sets the pace, and whom they refuse is known here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.errors import Unavailable
from kizuna.core.messages import State
from kizuna.core.people import AddressStatus
from kizuna.local.providers.world import Behaviour
from kizuna.topology import Function
from kizuna.usecases.accounts.quotas import FRESH_FOR
from tests.support.clouds import Shop, a_lambda_event, running_shop, sample_documents


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    sample = dict(sample_documents())
    sample["policy", "policy"] = {**sample["policy", "policy"], "tell_suppressed": True}
    with running_shop(documents=sample) as made:
        yield made


def look(shop: Shop) -> Any:
    told = shop.invoke(Function.ACCOUNT, a_lambda_event("schedule/account"))
    shop.settle()
    return told


def test_a_mailbox_that_ses_refuses_is_known_before_a_message_is_lost_on_it(shop: Shop, user: str) -> None:
    shop.send({"type": "identify", "userId": user, "traits": {"email": f"{user}@people.example"}})
    shop.settle()
    world = shop.cloud.providers.world
    world.suppressed[f"{user}@people.example"] = ("BOUNCE", shop.now)
    for number in range(150):
        world.suppressed[f"nobody-{number}@others.example"] = ("COMPLAINT", shop.now)
    assert look(shop)["suppressed"] == 1
    (held,) = shop.person(user).addresses.values()
    assert held.status is AddressStatus.HARD_BOUNCED
    assert look(shop)["suppressed"] == 0


def test_a_mailbox_that_is_dead_to_us_is_told_to_ses(shop: Shop, user: str) -> None:
    shop.greet(user)
    (mail,) = shop.mails(user)
    shop.cloud.providers.reacted(mail.id, Behaviour.COMPLAINS)
    shop.settle()
    shop.cloud.advance(timedelta(days=1, hours=1))
    assert look(shop)["told"] >= 1
    assert shop.cloud.providers.world.suppressed[f"{user}@people.example"][0] == "COMPLAINT"


def test_a_number_on_the_opt_out_list_has_said_stop(shop: Shop, user: str) -> None:
    number = "+12065550142"
    shop.send({"type": "identify", "userId": user, "traits": {"phone": number}})
    shop.settle()
    shop.cloud.providers.world.list_number(number, shop.now)
    shop.cloud.advance(timedelta(days=1, hours=1))
    assert look(shop)["optedOut"] == 1
    assert [(said.action, said.channel) for said in shop.consents(user)] == [("sms_in", "sms")]


def test_what_ses_allows_is_the_pace_of_mail_though_no_policy_names_one(shop: Shop) -> None:
    look(shop)
    shop.cloud.advance(FRESH_FOR)
    assert shop.wired.quotas.per_second("email") == 14
    users = [f"paced-{number}" for number in range(40)]
    began = shop.now
    for each in users:
        shop.greet(each, settle=False)
    shop.settle()
    sent = [shop.messages(each)[0] for each in users]
    assert {each.state for each in sent} <= {State.SENT, State.PENDING}
    assert shop.now - began >= timedelta(seconds=2), "forty at fourteen a second take three"


def test_a_provider_that_says_nothing_keeps_no_other_from_being_heard(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(**_: object) -> None:
        raise Unavailable("throttled")

    monkeypatch.setattr(shop.wired.provider_account, "suppressed", silent)
    shop.cloud.advance(timedelta(days=1, hours=1))
    told = look(shop)
    assert (told["suppressed"], told["optedOut"], told["quotas"]["email"]) == (None, 0, [])
