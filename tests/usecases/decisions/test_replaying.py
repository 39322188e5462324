"""Each decision that is stored can be judged again from what was kept, and what was altered since is noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.messages import Message
from kizuna.core.policy import ConsentPolicy
from kizuna.usecases.decisions.replaying import Replay, Replayed, replayed
from tests.support.builders import NOON
from tests.support.customers import decided, identify, mail_shop, subscribe
from tests.support.house import House

DAY = timedelta(days=1)


def again(house: House, message: Message, policy: ConsentPolicy | None = None) -> Replayed:
    return replayed(message, ledger=house.ledger, policy=policy or house.catalog.policy.consent)


def a_week(house: House) -> list[Message]:
    """Decisions of several days, between which the person says No, and Yes again."""
    house.send()
    for number, status in ((2, "UNSUBSCRIBED"), (3, "SUBSCRIBED")):
        at = NOON + number * DAY
        house.ingest(subscribe("u1", number=number, status=status, at=at), now=at)
        house.settle(now=at)
        run(house, at + DAY / 2)
    return sorted(house.messages.stored.values(), key=lambda message: message.created_at)


def run(house: House, at: datetime) -> None:
    house.start("spring", at)
    house.walk(now=at)
    house.settle(now=at)
    house.send(now=at)
    house.settle(now=at)


def test_every_decision_is_judged_as_it_was_though_the_ledger_grew() -> None:
    house = decided()
    found = a_week(house)
    assert [message.reason for message in found] == ["consent", "channel_opt_out", "consent"]
    assert [again(house, message).outcome for message in found] == [Replay.SAME] * 3
    assert [again(house, message).reason for message in found] == [message.reason for message in found]


def test_it_is_judged_as_it_was_after_the_person_was_merged() -> None:
    house = decided()
    message = house.only_message()
    house.ingest(identify(8, user=None, anonymous="a1"))
    house.ingest(identify(9, anonymous="a1"))
    house.settle()
    assert again(house, message).outcome is Replay.SAME


def test_the_same_inputs_make_the_same_record_whoever_decides() -> None:
    first, second = decided().only_message(), decided().only_message()
    assert first.decision == second.decision
    other = decided(mail_shop({"topic": "news", "tags": ["sale"]})).only_message()
    assert other.decision["hash"] == first.decision["hash"]  # tags ask nothing of the gate


@pytest.mark.parametrize(
    ("altered", "outcome"),
    [
        ({"reason": "soft_opt_in"}, Replay.OTHER_ANSWER),
        ({"trace": "erased allow"}, Replay.SAME),
        ({"trace": "erased legal_basis"}, Replay.OTHER_ANSWER),
        ({"inputs": {"subject": {"country": "DE"}}}, Replay.OTHER_INPUTS),
        ({"ledger": [1, "aaaa"]}, Replay.LEDGER_CHANGED),
        ({"policy": "another"}, Replay.POLICY_UNKNOWN),
        ({"hash": "aaaa"}, Replay.OTHER_INPUTS),
    ],
)
def test_a_record_that_was_altered_does_not_pass(altered: dict[str, Any], outcome: Replay) -> None:
    house = decided()
    message = house.only_message()
    forged = replace(message, decision={**message.decision, **altered})
    assert again(house, forged).outcome is outcome


def test_an_entry_of_the_ledger_that_is_gone_is_noticed() -> None:
    house = decided()
    message = house.only_message()
    house.people.consents[message.person] = house.people.consents[message.person][:0]
    assert again(house, message).outcome is Replay.LEDGER_CHANGED


def test_what_was_withheld_before_the_gate_was_never_judged() -> None:
    house = decided(mail_shop({"when": {"trait": "plan", "op": "eq", "value": "pro"}}))
    message = house.only_message()
    assert message.reason == "not_in_audience"
    assert again(house, message).outcome is Replay.NOT_JUDGED
