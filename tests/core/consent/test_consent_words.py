"""What a ledger says about a topic at an address, and the event that proves it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.consent import ConsentEvent
from kizuna.core.consent.words import words_on
from kizuna.core.people import Address
from kizuna.core.policy import ConsentPolicy
from tests.support.builders import NOON
from tests.support.consents import act

MAIL = Address("email", "ann@example.com", NOON)
PHONE = Address("sms", "+819012345678", NOON)


def said(action: str, days: int, address: Address = MAIL, **changes: Any) -> ConsentEvent:
    told = {"id": f"{action}-{days}", "endpoint": address.id, "channel": address.channel, "topic": "news"}
    return act(
        action,
        NOON - timedelta(days=days),
        **(told | {"basis": "express", "identity_verified": True} | changes),
    )


YES, NO = said("grant", 9), said("withdraw", 3)


@pytest.mark.parametrize(
    ("address", "ledger", "expected"),
    [
        (MAIL, [], ("silent", None, [])),
        (MAIL, [YES], ("granted", None, ["grant-9"])),
        (MAIL, [said("grant", 20), YES], ("granted", None, ["grant-9", "grant-20"])),
        (MAIL, [YES, NO], ("refused", "topic_opt_out", ["withdraw-3"])),
        (MAIL, [NO, said("grant", 1)], ("granted", None, ["grant-1"])),
        (MAIL, [YES, said("withdraw", 3, topic="*")], ("refused", "channel_opt_out", ["withdraw-3"])),
        (MAIL, [YES, said("object", 2)], ("refused", "objection", ["object-2"])),
        (MAIL, [YES, said("do_not_contact", 2)], ("refused", "global_suppression", ["do_not_contact-2"])),
        (MAIL, [said("grant", 9, proof=None)], ("unproven", "consent_without_proof", ["grant-9"])),
        (MAIL, [said("grant", 900)], ("unproven", "consent_expired", ["grant-900"])),
        # What is shown as the proof is about this topic at this address, and nothing else that the person said.
        (
            MAIL,
            [
                said("grant", 900),
                said("grant", 800, topic="*"),
                said("grant", 8, topic="offers"),
                said("grant", 7, PHONE),
            ],
            ("unproven", "consent_expired", ["grant-800", "grant-900"]),
        ),
        (MAIL, [said("grant", 9, topic="offers")], ("silent", None, [])),
        (PHONE, [said("sms_in", 2, PHONE, text="STOP")], ("refused", "sms_stop", ["sms_in-2"])),
        (MAIL, [YES, said("sms_in", 2, PHONE, text="STOP")], ("granted", None, ["grant-9"])),
    ],
)
def test_the_word_and_its_proof(
    address: Address, ledger: list[ConsentEvent], expected: tuple[str, str | None, list[str]]
) -> None:
    (word,) = words_on(
        address, topics=["news"], ledger=ledger, country="FR", policy=ConsentPolicy(), now=NOON
    )
    assert (word.word, word.reason, [event.id for event in word.because]) == expected
