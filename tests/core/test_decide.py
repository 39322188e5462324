"""One person, one moment, one message: the decision, its address and the record of why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.addressing import chosen_address, language_of
from kizuna.core.catalog import Catalog
from kizuna.core.consent import ConsentEvent
from kizuna.core.content.rendering import content_facts
from kizuna.core.decide import Decided, Occasion, decide
from kizuna.core.decisions.record import Step, steps_of
from kizuna.core.ids import address_id
from kizuna.core.judging import judged
from kizuna.core.messages import State
from kizuna.core.people import Address, AddressStatus, Identity, PersonStatus, Profile, Trait
from kizuna.core.reasons import OtherReason
from kizuna.core.restraint.caps import Heard
from kizuna.core.restraint.pressure import NOTHING, Pressure, Touch
from tests.support.builders import CAMPAIGN, MAILBOX, NOON, SERVER, a_catalog, a_profile, some_documents
from tests.support.consents import grant, withdraw
from tests.support.content import SMS

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TEXTS = {"id": "spring-sms", "channel": "sms", "default_language": "en", "languages": {"en": SMS}}
TEXT_CAMPAIGN = CAMPAIGN | {"id": "texts", "channel": "sms", "template": "spring-sms"}
POLICY: dict[str, Any] = {
    "frequency_caps": [{"count": 2, "window": "7d"}],
    "consent": {"quiet_hours": {"JP": ["08:00", "20:00"]}},
    "default_language": "ja",
}


def a_shop(**policy: Any) -> Catalog:
    documents = {
        **some_documents(CAMPAIGN, TEXT_CAMPAIGN),
        ("template", "spring-sms"): TEXTS,
        ("policy", "policy"): POLICY | policy,
    }
    return a_catalog(documents, version=7)


def someone(**traits: Any) -> Profile:
    told = {"country": "JP", "timezone": "Asia/Tokyo", **traits}
    phone = Address("sms", "+819012345678", NOON)
    mailbox = Address("email", MAILBOX, NOON)
    return a_profile(
        traits={name: Trait(value, NOON, SERVER.id) for name, value in told.items()},
        addresses={mailbox.key: mailbox, phone.key: phone},
        reach_version=4,
    )


def test_a_mailbox_that_a_page_claimed_is_no_choice_beside_one_that_was_proven() -> None:
    theirs = Identity("email", MAILBOX, at=NOON, source=SERVER.id)
    claimed = Identity("email", "mallory@evil.example", at=NOON, source="web", vouched=False)
    newer = Address("email", claimed.value, NOON + DAY)
    known = replace(
        someone(),
        identities={theirs.key: theirs, claimed.key: claimed},
        addresses={**someone().addresses, newer.key: newer},
    )
    for status in (AddressStatus.OK, AddressStatus.HARD_BOUNCED):
        mailbox = replace(known.addresses["email", MAILBOX], status=status)
        person = replace(known, addresses={**known.addresses, mailbox.key: mailbox})
        assert chosen_address(person, "email") == mailbox
    alone = replace(known, addresses={newer.key: newer})
    assert chosen_address(alone, "email") == newer


YES = (
    grant(NOON - DAY, endpoint=address_id("email", MAILBOX)),
    grant(NOON - DAY, id="g2", channel="sms", endpoint=address_id("sms", "+819012345678")),
)


def decided(
    profile: Profile | None = None,
    *,
    ledger: Sequence[ConsentEvent] = YES,
    campaign: str = "spring",
    heard: Sequence[Touch] = (),
    hour: int = 0,
    **more: Any,
) -> Decided:
    catalog = more.pop("catalog", None) or a_shop()
    occasion = Occasion(catalog.campaigns[campaign], 3, "20261123T1200Z")
    return decide(
        profile or someone(),
        occasion,
        ledger=ledger,
        heard=Heard(Pressure(5, tuple(heard))),
        catalog=catalog,
        now=NOON + hour * HOUR,
        **more,
    )


def test_an_allowed_message_waits_for_its_sender_and_counts() -> None:
    found = decided()
    message = found.message
    assert (message.state, message.reason) == (State.PENDING, "consent")
    assert (message.address, message.address_id) == (MAILBOX, address_id("email", MAILBOX))
    assert message.expires_at == NOON + 2 * DAY
    touch = Touch(NOON, "email", message.id, message.topic, message.campaign, "shop")
    assert found.heard == Heard(Pressure(6, (touch,)))


def test_deciding_again_meets_the_same_message() -> None:
    assert decided().message.id == decided(hour=1).message.id
    assert decided().message.id != decided(replace(someone(), id="p2")).message.id


def test_a_refusal_is_a_message_too_and_counts_for_nothing() -> None:
    found = decided(ledger=[*YES, withdraw(NOON - HOUR, endpoint=None)])
    assert (found.message.state, found.message.reason) == (State.DENIED, "channel_opt_out")
    assert found.heard is None
    assert decided(ledger=[]).message.reason == "no_consent"


def test_a_deferred_message_names_its_moment_and_counts_when_that_comes() -> None:
    found = decided(campaign="texts", hour=1, catalog=a_shop())  # 22:00 in Tokyo
    assert (found.message.state, found.message.reason) == (State.DEFERRED, "quiet_hours")
    assert found.message.not_before == found.message.due_at == NOON + 11 * HOUR
    assert found.heard is None


def test_a_full_cap_withholds_and_without_caps_nothing_is_counted() -> None:
    heard = [Touch(NOON - HOUR, "sms", "m1"), Touch(NOON - 2 * HOUR, "email", "m2")]
    assert decided(heard=heard[:1]).message.state is State.PENDING
    assert decided(heard=heard).message.reason == "frequency_cap"
    free = decided(heard=heard, catalog=a_shop(frequency_caps=[]))
    assert (free.message.state, free.heard) == (State.PENDING, None)


def test_a_reason_found_before_the_gate_is_kept_as_it_is() -> None:
    found = decided(withheld=OtherReason.NOT_IN_AUDIENCE)
    assert (found.message.state, found.message.reason, found.heard) == (
        State.DENIED,
        "not_in_audience",
        None,
    )
    assert steps_of(found.message.decision) == (Step("choose", 1, "deny", "not_in_audience"),)


def test_somebody_without_an_address_is_withheld_for_that() -> None:
    found = decided(replace(someone(), addresses={}))
    assert (found.message.state, found.message.reason) == (State.DENIED, "no_address")
    assert (found.message.address, found.message.address_id) == ("", "")


def test_the_record_says_what_was_asked_and_why_without_an_address() -> None:
    message = decided().message
    record = message.decision
    assert (record["answer"], record["reason"], record["catalog"], record["reach"]) == (
        "allow",
        "consent",
        7,
        4,
    )
    assert record["decided_by"] == [YES[0].id]
    assert steps_of(record)[-1] == Step("allow", 1, "allow", "consent")
    assert MAILBOX not in json.dumps(record)
    assert (message.campaign_version, message.topic, message.template) == (3, "news", "spring-email")


# ── the address ─────────────────────────────────────────────────────────────────────────────────


def mailbox(name: str, hours_ago: int, status: AddressStatus = AddressStatus.OK) -> Address:
    return Address("email", f"{name}@example.com", NOON - hours_ago * HOUR, status)


@pytest.mark.parametrize(
    ("held", "chosen"),
    [
        ([mailbox("old", 2), mailbox("new", 1)], "new"),
        ([mailbox("old", 2), mailbox("new", 1, AddressStatus.HARD_BOUNCED)], "old"),
        ([mailbox("old", 2, AddressStatus.COMPLAINED), mailbox("new", 1, AddressStatus.HARD_BOUNCED)], "new"),
        ([mailbox("a", 1), mailbox("b", 1)], "b"),
        ([], None),
    ],
)
def test_the_newest_usable_address_is_chosen(held: list[Address], chosen: str | None) -> None:
    profile = a_profile(addresses={address.key: address for address in held})
    found = chosen_address(profile, "email")
    assert (found.value.partition("@")[0] if found else None) == chosen
    assert chosen_address(profile, "sms") is None


def test_where_no_address_is_usable_the_refusal_names_its_state() -> None:
    dead = replace(Address("email", MAILBOX, NOON), status=AddressStatus.HARD_BOUNCED)
    assert decided(replace(someone(), addresses={dead.key: dead})).message.reason == "endpoint_undeliverable"


# ── what is known of the person ─────────────────────────────────────────────────────────────────


def test_the_language_is_told_else_seen_else_the_workspaces() -> None:
    assert language_of(a_profile(traits={}), a_shop()) == "ja"
    assert language_of(a_profile(traits={}, language="en-GB"), a_shop()) == "en-GB"
    told = Trait("fr", NOON, SERVER.id)
    assert language_of(a_profile(traits={"language": told}, language="en-GB"), a_shop()) == "fr"
    odd = Trait(5, NOON, SERVER.id)
    assert language_of(a_profile(traits={"language": odd}), a_shop()) == "ja"


AGES: dict[str, tuple[dict[str, Any], str]] = {
    "of age": ({"birthday": "2000-01-01"}, "consent"),
    "a minor in Japan": ({"birthday": "2008-11-24"}, "minor"),
    "eighteen today": ({"birthday": "2008-11-23"}, "consent"),
    "an instant of birth": ({"birthday": "2010-01-01T00:00:00Z"}, "minor"),
    "told in years": ({"age": 12}, "minor"),
    "told in halves of years": ({"age": 12.5}, "minor"),
    "an unreadable birthday beside an age": ({"birthday": "spring", "age": 12}, "minor"),
    "with a guardian's leave": ({"age": 12, "guardian_consent": True}, "consent"),
    "with something like a leave": ({"age": 12, "guardian_consent": "yes"}, "minor"),
    "born tomorrow": ({"birthday": "2030-01-01"}, "invalid_request"),
    "a flag for an age": ({"age": True}, "consent"),
}


@pytest.mark.parametrize("case", AGES)
def test_minors_are_left_alone(case: str) -> None:
    traits, reason = AGES[case]
    assert decided(someone(**traits)).message.reason == reason


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "Asia/Tokyo\0", "", 9])
def test_a_zone_nobody_knows_is_no_zone_and_the_night_is_kept(zone: Any) -> None:
    found = decided(someone(timezone=zone), campaign="texts", hour=1)
    assert found.message.state is State.DEFERRED


@pytest.mark.parametrize("country", ["US", " us ", "usa", "アメリカ", "America", "Freedonia", "", 1, None])
def test_a_country_is_read_in_any_form_and_one_that_cannot_be_read_is_unknown(country: Any) -> None:
    """Only where a law lets us write without a Yes is silence not a No."""
    is_known = country in ("US", " us ", "usa", "アメリカ")
    assert decided(someone(country=country), ledger=[]).message.reason == (
        "opt_out_regime" if is_known else "no_consent"
    )


@pytest.mark.parametrize(("status", "reason"), [("restricted", "restricted"), ("erased", "erased")])
def test_whose_data_may_not_be_used_is_not_written_to(status: PersonStatus, reason: str) -> None:
    assert decided(replace(someone(), status=status)).message.reason == reason


def test_before_sending_the_gate_is_asked_about_what_the_message_shows() -> None:
    catalog, profile = a_shop(), someone()
    message = decided(profile).message
    facts = content_facts(catalog.templates["spring-email"], catalog.brands["shop"], language="en")

    def answer(**changes: Any) -> str:
        given = {"facts": facts, "heard": Heard(NOTHING), "now": NOON, **changes}
        address = profile.addresses_on("email")[0]
        return str(judged(message, profile, address, ledger=YES, catalog=catalog, **given).reason)

    assert answer() == "consent"
    assert answer(facts=replace(facts, has_unsubscribe=False)) == "missing_unsubscribe"
    own = Touch(NOON, "email", message.id)
    assert answer(heard=Heard(Pressure(1, (own, Touch(NOON, "sms", "m2"))))) == "consent"
    assert answer(now=NOON - 2 * DAY) == "no_consent"
