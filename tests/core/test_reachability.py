"""What may go to an address is what the gate says of a real message, whatever the person, the ledger and the hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.decide import Occasion, decide
from kizuna.core.people import Address, AddressStatus, Trait
from kizuna.core.reach_sentences import reach_sentence
from kizuna.core.reachability import Reach, reach_of
from kizuna.core.restraint.caps import Heard
from kizuna.core.restraint.pressure import NOTHING, Pressure, Touch
from kizuna.core.sentences import LANGUAGES
from tests.support.builders import (
    MAILBOX,
    NOON,
    SERVER,
    a_campaign,
    a_catalog,
    a_consent,
    a_profile,
    some_documents,
)

CATALOG = a_catalog(
    {
        **some_documents(),
        ("topic", "offers"): {"id": "offers", "name": {"en": "Offers", "ja": "お得な情報"}},
        ("policy", "policy"): {"frequency_caps": [{"channel": "email", "count": 1, "window": "7d"}]},
    }
)
ADDRESS = Address("email", MAILBOX, NOON)
UNTOUCHED = Heard(NOTHING)


def asked(
    address: Address = ADDRESS, *consents: Any, heard: Heard = UNTOUCHED, **changes: Any
) -> dict[str, Reach]:
    """The gate's answers by topic, or category where there is none."""
    profile = a_profile(addresses={address.key: address}, **changes)
    found = reach_of(
        profile,
        address,
        topics=CATALOG.topics,
        ledger=consents,
        heard=heard,
        catalog=CATALOG,
        now=NOON,
    )
    return {one.topic or one.category: one for one in found}


def yes(topic: str = "news", **changes: Any) -> Any:
    return a_consent(-86_400, endpoint=ADDRESS.id, topic=topic, **changes)


LEFT, OBJECTED = (replace(yes(), id=action, action=action) for action in ("withdraw", "object"))
COUNTRIES = {"country": Trait("JP", NOON, SERVER.id)}


def test_each_topic_is_asked_about_and_each_class_besides() -> None:
    found = asked(ADDRESS, yes(), traits=COUNTRIES)
    assert {name: (one.answer, str(one.reason)) for name, one in found.items()} == {
        "news": ("allow", "consent"),
        "offers": ("deny", "consent_out_of_scope"),
        "transactional": ("allow", "transactional"),
        "mandatory": ("allow", "mandatory"),
    }
    assert found["news"].decided_by == ("consent--86400",)


@pytest.mark.parametrize(
    ("status", "news", "transactional"),
    [
        (AddressStatus.HARD_BOUNCED, "endpoint_undeliverable", "endpoint_undeliverable"),
        (AddressStatus.COMPLAINED, "complaint", "complaint"),
        (AddressStatus.OK, "consent", "transactional"),
    ],
)
def test_an_address_that_fails_says_so(status: AddressStatus, news: str, transactional: str) -> None:
    found = asked(Address("email", MAILBOX, NOON, status), yes(), traits=COUNTRIES)
    assert (found["news"].reason, found["transactional"].reason) == (news, transactional)


def test_a_cap_that_is_full_is_among_the_reasons() -> None:
    heard = Heard(Pressure(1, (Touch(NOON - timedelta(hours=1), "email", "m1"),)))
    assert asked(ADDRESS, yes(), traits=COUNTRIES, heard=heard)["news"].reason == "frequency_cap"


@settings(max_examples=150, deadline=None)
@given(
    country=st.sampled_from(["JP", "DE", "US", "GB", "nowhere", None]),
    zone=st.sampled_from(["Asia/Tokyo", "Nowhere/Else", "", None]),
    status=st.sampled_from(list(AddressStatus)),
    person=st.sampled_from(["active", "restricted"]),
    age=st.sampled_from([None, 9, 30, 900, -1, "x"]),
    consents=st.lists(st.sampled_from([yes(), yes("offers"), LEFT, OBJECTED]), max_size=3),
)
def test_it_is_what_would_be_decided_for_a_message(
    country: str | None, zone: str | None, status: AddressStatus, person: Any, age: Any, consents: list[Any]
) -> None:
    told = {"country": country, "timezone": zone, "age": age}
    traits = {name: Trait(value, NOON, SERVER.id) for name, value in told.items() if value is not None}
    address = Address("email", MAILBOX, NOON, status)
    reach = asked(address, *consents, traits=traits, status=person)["news"]
    profile = a_profile(addresses={address.key: address}, traits=traits, status=person)
    occasion = Occasion(a_campaign(), 1, "run")
    decided = decide(profile, occasion, ledger=consents, heard=UNTOUCHED, catalog=CATALOG, now=NOON)
    assert (reach.answer, str(reach.reason)) == (decided.message.decision["answer"], decided.message.reason)
    for language in LANGUAGES:
        assert reach_sentence(reach, CATALOG.topics, zone=zone, language=language)


def test_the_answer_is_told_in_both_languages() -> None:
    found = asked(ADDRESS, yes(), traits=COUNTRIES)
    told = {
        language: [
            reach_sentence(found[name], CATALOG.topics, zone=None, language=language)
            for name in ("offers", "news")
        ]
        for language in LANGUAGES
    }
    assert told == {
        "en": [
            "A message about “Offers” may not be sent by email, because the consent on record is for another topic.",
            "A message about “News” may be sent by email now, because a valid consent covers this address and topic.",
        ],
        "ja": [
            "いただいている同意が別のトピックについてのものであるため、メールで「お得な情報」のメッセージをお送りできません。",
            "この宛先とトピックについて有効な同意をいただいているため、メールで「News」のメッセージを今お送りできます。",
        ],
    }


def test_a_message_that_has_to_wait_says_until_when() -> None:
    phone = Address("sms", "+12125550123", NOON)
    grant = a_consent(-86_400, channel="sms", endpoint=phone.id, topic="news", basis="express_written")
    traits = {"country": Trait("US", NOON, SERVER.id), "timezone": Trait("Pacific/Honolulu", NOON, SERVER.id)}
    reach = asked(phone, grant, traits=traits)["news"]
    assert (reach.answer, reach.reason) == ("defer", "quiet_hours")
    assert reach_sentence(reach, CATALOG.topics, zone="Pacific/Honolulu", language="en") == (
        "A message about “News” has to wait until 23 November 2026 at 08:00 (Pacific/Honolulu) to be sent by SMS, "
        "because it is too early or too late in the day where they are."
    )
