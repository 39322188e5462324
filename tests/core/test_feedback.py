"""What a provider's report changes on the record: the address it is about, and the ledger."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.feedback import address_changes, consent_of_feedback
from kizuna.core.ids import address_id
from kizuna.core.people import Address, AddressStatus
from tests.support.builders import MAILBOX, NOON, SERVER, a_profile, an_event

PROVIDER = Source("provider", SourceKind.PROVIDER)
SYSTEM = Source("preferences", SourceKind.SYSTEM)
STRANGERS = [SERVER, Source("website", SourceKind.CLIENT, identity_verified=True)]


def told(name: str, *, number: int = 1, source: Source = PROVIDER, **properties: Any) -> Event:
    about = {"address_id": address_id("email", MAILBOX)} | properties
    return an_event(name, number=number, source=source, properties=about)


def status_after(*events: Event, status: AddressStatus = AddressStatus.OK) -> AddressStatus:
    profile = a_profile(addresses={("email", MAILBOX): Address("email", MAILBOX, NOON, status)})
    for event in events:
        profile = replace(profile, addresses=address_changes(profile, event))
    return profile.addresses["email", MAILBOX].status


STATUSES = [
    (told("Email Bounced", hard=True), AddressStatus.HARD_BOUNCED),
    (told("Email Bounced", hard=False), AddressStatus.OK),
    (told("Email Bounced", hard="true"), AddressStatus.OK),
    (told("Email Bounced"), AddressStatus.OK),
    (told("Email Complained"), AddressStatus.COMPLAINED),
    (told("Push Token Invalid"), AddressStatus.INVALID_TOKEN),
    (told("Email Delivered"), AddressStatus.OK),
    (told("SMS Failed"), AddressStatus.OK),
    (told("Email Complained", address_id="of somebody else"), AddressStatus.OK),
    (told("Email Complained", source=SYSTEM), AddressStatus.COMPLAINED),
    *((told("Email Complained", source=stranger), AddressStatus.OK) for stranger in STRANGERS),
]


@pytest.mark.parametrize(("event", "status"), STATUSES)
def test_a_report_changes_the_address_it_is_about_if_it_comes_from_a_provider(
    event: Event, status: AddressStatus
) -> None:
    assert status_after(event) is status


def test_a_report_never_makes_an_address_better() -> None:
    assert (
        status_after(told("Email Complained"), status=AddressStatus.HARD_BOUNCED)
        is AddressStatus.HARD_BOUNCED
    )
    assert status_after(told("Email Delivered"), status=AddressStatus.COMPLAINED) is AddressStatus.COMPLAINED


REPORTS = st.lists(
    st.builds(
        lambda name, minutes: replace(
            told(name, number=minutes, hard=True), at=NOON + timedelta(minutes=minutes)
        ),
        st.sampled_from(["Email Bounced", "Email Complained", "Email Delivered"]),
        st.integers(0, 3),
    ),
    max_size=5,
)


@given(REPORTS, st.randoms(use_true_random=False))
def test_the_fate_of_an_address_does_not_depend_on_the_order_of_reports(
    events: list[Event], chance: random.Random
) -> None:
    one = other = a_profile()
    for event in events:
        one = replace(one, addresses=address_changes(one, event))
    for event in chance.sample(events, len(events)):
        other = replace(other, addresses=address_changes(other, event))
    assert one.addresses == other.addresses


LEAVING: dict[str, tuple[Event, dict[str, Any]]] = {
    "a complaint": (
        told("Email Complained"),
        {"action": "withdraw", "channel": "email", "topic": "*", "source": "complaint", "endpoint": None},
    ),
    "a reply": (
        told("SMS Received", text="Stop!", address_id="a1"),
        {"action": "sms_in", "channel": "sms", "text": "Stop!", "endpoint": "a1", "source": "sms"},
    ),
    "a number the provider will not write to": (
        told("SMS Opted Out", address_id="a1"),
        {"action": "sms_in", "text": "STOP", "endpoint": "a1", "source": "provider_opt_out_list"},
    ),
    "a link": (
        told("Unsubscribed", source=SYSTEM, topic="news", channel="email", message_id="m1"),
        {"action": "one_click_post", "channel": "email", "topic": "news", "token_valid": True,
         "proof": "link of message m1"},
    ),
    "a link to leave everything": (
        told("Unsubscribed", source=SYSTEM, topic="*", channel="*"), {"channel": "*", "topic": "*"},
    ),
    "a link that says no more": (told("Unsubscribed", source=SYSTEM), {"channel": "*", "topic": "*"}),
}  # fmt: skip


@pytest.mark.parametrize("case", LEAVING)
def test_leaving_is_recorded_with_its_proof(case: str) -> None:
    event, expected = LEAVING[case]
    (consent,) = consent_of_feedback(event, a_profile())
    assert {name: getattr(consent, name) for name in expected} == expected
    assert (consent.subject_ref, consent.at, consent.actor) == ("p1", event.at, "self")
    assert consent_of_feedback(event, a_profile()) == (consent,)
    assert consent_of_feedback(replace(event, id="event-9"), a_profile())[0].id != consent.id


@pytest.mark.parametrize("case", LEAVING)
@pytest.mark.parametrize("stranger", STRANGERS)
def test_anybody_elses_event_of_the_same_name_is_just_a_name(case: str, stranger: Source) -> None:
    assert consent_of_feedback(replace(LEAVING[case][0], source=stranger), a_profile()) == ()


@pytest.mark.parametrize("name", ["Email Bounced", "Email Opened", "SMS Delivered", "Order Completed", ""])
def test_other_reports_are_no_consent(name: str) -> None:
    assert consent_of_feedback(told(name, hard=True), a_profile()) == ()
