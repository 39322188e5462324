"""Who may be sent a proof: colleagues by name, simulators of providers, and nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.gate import NotApproved, approve_proof
from kizuna.core.policy import ConsentPolicy
from kizuna.core.proofs.colleagues import NUMBERS, PROOF_CHANNELS, Colleagues, as_stored, audience_of
from kizuna.core.proofs.proof import Proof
from tests.support.builders import NOON

LINE_USER = "U" + "0a" * 16
OURS = Colleagues(
    email=("Ann@Shop.example", "*@office.example"),
    sms=("+81312345678",),
    whatsapp=("+447700900123",),
    line=(LINE_USER,),
    push=("ios:abc",),
)


@pytest.mark.parametrize(
    ("channel", "address", "audience"),
    [
        ("email", "ann@shop.example", "colleague"),
        ("email", "bea@shop.example", None),
        ("email", "anybody@office.example", "colleague"),
        ("email", "anybody@sub.office.example", None),
        ("email", "office.example", None),
        ("email", "bounce@simulator.amazonses.com", "simulator"),
        ("email", "complaint+spring@simulator.amazonses.com", "simulator"),
        ("email", "ann@simulator.amazonses.com", None),
        ("email", "bounce@simulator.amazonses.com.evil.example", None),
        ("email", "success@evil.example@simulator.amazonses.com", None),
        ("sms", "+14254147755", "simulator"),
        ("sms", "+14254147167", "simulator"),
        ("sms", "+81312345678", "colleague"),
        ("sms", "+447700900123", None),
        ("whatsapp", "+447700900123", "colleague"),
        ("whatsapp", "+14254147755", None),
        ("line", LINE_USER, "colleague"),
        ("push", "ios:abc", "colleague"),
        ("push", "android:abc", None),
        ("inbox", "u1", None),
        ("webhook", "crm", None),
    ],
)
def test_an_address_is_a_simulators_a_colleagues_or_nobodys(
    channel: str, address: str, audience: str | None
) -> None:
    assert audience_of(channel, address, OURS) == audience


def a_proof(channel: str, address: str) -> Proof:
    return Proof("proof-1", "hello", "", channel, address, "en", "ann", NOON)


@given(st.sampled_from(PROOF_CHANNELS), st.emails() | st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_the_gate_lets_no_address_of_others_be_reached_by_a_proof(channel: str, address: str) -> None:
    with pytest.raises(NotApproved, match="neither a simulator nor"):
        approve_proof(
            a_proof(channel, address), category="marketing", colleagues=Colleagues(), policy=ConsentPolicy()
        )


def test_leave_for_a_proof_is_for_that_proof_channel_and_address_alone() -> None:
    proof = a_proof("push", "ios:abc")
    leave = approve_proof(proof, category="marketing", colleagues=OURS, policy=ConsentPolicy())
    other = approve_proof(
        a_proof("email", "ann@shop.example"), category="marketing", colleagues=OURS, policy=ConsentPolicy()
    )
    assert (leave.message_id, leave.channel, leave.reason) == ("proof-1", "push", None)
    assert leave.endpoint != other.endpoint


@pytest.mark.parametrize(
    ("channel", "told", "stored"),
    [
        ("email", " Ann@Shop.Example ", "ann@shop.example"),
        ("email", "no mailbox", None),
        ("email", "a@b.example\r\nBcc: c@d.example", None),
        ("sms", "+1 (425) 414-7755", "+14254147755"),
        ("sms", "4254147755", None),
        ("line", "U1", None),
        ("push", "abc", None),
        ("task", "u1", None),
    ],
)
def test_an_address_is_read_as_lists_and_records_hold_it(channel: str, told: str, stored: str | None) -> None:
    assert as_stored(channel, told) == stored


@pytest.mark.parametrize(
    ("channel", "entry"),
    [
        ("email", "*"),
        ("email", "*@*"),
        ("email", "@x.example"),
        ("sms", "0312345678"),
        ("push", "abc"),
        ("line", "x"),
    ],
)
def test_a_list_with_something_that_is_no_address_is_refused(channel: str, entry: str) -> None:
    with pytest.raises(ValidationError):
        Colleagues.model_validate({channel: [entry]})


def test_every_country_of_the_simulator_has_a_number_that_delivers_and_one_that_fails() -> None:
    assert len(NUMBERS) == 25
    assert len({number for pair in NUMBERS.values() for number in pair}) == 50
