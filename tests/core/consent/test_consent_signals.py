"""Consent in ordinary SDK calls: each change is one entry of the ledger, whenever it arrives."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.consent import ConsentEvent, fold, permission
from kizuna.core.consent.signals import Unusable, consent_signals, united_words
from kizuna.core.durations import Duration
from kizuna.core.events import ConsentProof, Event, Source, SourceKind
from kizuna.core.ids import address_id
from kizuna.core.people import Address, Profile
from kizuna.core.policy import ConsentPolicy
from tests.support.builders import MAILBOX, NOON, a_profile, an_event
from tests.support.consents import withdraw

PROOF = ConsentProof("v2", "checkbox below the form")
SHOP = Source("shop", SourceKind.SERVER, PROOF)
PAGE = Source("website", SourceKind.CLIENT, PROOF)
HOUR = timedelta(hours=1)
PHONE = Address("sms", "+819012345678", NOON)
MAILBOX_ID = address_id("email", MAILBOX)


def says(status: str, *, key: str = MAILBOX, kind: str = "email", hour: int = 0, **changes: Any) -> Event:
    """An event whose context tells a subscription, as SDKs repeat it on every call."""
    subscription = {"key": key, "type": kind, "status": status}
    at = NOON + hour * HOUR
    given: dict[str, Any] = {
        "number": hour,
        "at": at,
        "received_at": at + 100 * HOUR,
        "source": SHOP,
        "context": {"messaging_subscriptions": [subscription]},
    }
    return an_event(**(given | changes))


def recorded(
    *events: Event, profile: Profile | None = None, categories: Mapping[str, str] | None = None
) -> list[ConsentEvent]:
    """What the ledger gets from events in the order in which they arrive."""
    found: list[ConsentEvent] = []
    person = profile or a_profile()
    for event in events:
        signals, scopes, _ = consent_signals(event, person, categories or {})
        person = replace(person, consent_scopes=scopes)
        found += signals
    return found


def is_allowed(ledger: Sequence[ConsentEvent]) -> bool:
    now, policy = NOON + 1000 * HOUR, ConsentPolicy()
    found = permission(
        fold(ledger, now=now, policy=policy),
        channel="email",
        topic="news",
        endpoint=MAILBOX_ID,
        country="JP",
        now=now,
        policy=policy,
    )
    return bool(found.valid) and not found.channel_opt_outs


def test_a_grant_is_for_the_address_and_rests_on_what_its_source_showed() -> None:
    (consent,) = recorded(says("SUBSCRIBED", key="Ann@Example.com"))
    assert (consent.action, consent.channel, consent.topic, consent.purpose) == (
        "grant",
        "email",
        "*",
        "marketing",
    )
    assert (consent.endpoint, consent.wording_version, consent.basis) == (MAILBOX_ID, "v2", "express")
    assert consent.proof == "checkbox below the form; event event-0"
    assert (consent.source, consent.identity_verified, consent.subject_ref) == ("api", True, "p1")
    assert (consent.at, consent.received_at) == (NOON, NOON + 100 * HOUR)
    assert is_allowed([consent])


def test_what_was_promised_and_for_how_long_is_kept_with_the_yes_and_counts_from_it() -> None:
    proof = ConsentProof("v2", "checkbox", benefit_offered="10 % off", expires_after=Duration(months=6))
    source = replace(SHOP, consent_proof=proof)
    yes, no = recorded(says("SUBSCRIBED", source=source), says("UNSUBSCRIBED", source=source, hour=1))
    assert (yes.benefit_offered, yes.expires_at) == ("10 % off", NOON.replace(year=2027, month=5))
    assert (no.benefit_offered, no.expires_at) == (None, None)
    (plain,) = recorded(says("SUBSCRIBED"))
    assert (plain.benefit_offered, plain.expires_at) == (None, None)


def test_a_withdrawal_is_the_persons_and_needs_no_proof() -> None:
    (consent,) = recorded(says("UNSUBSCRIBED", source=PAGE))
    assert (consent.action, consent.endpoint, consent.proof, consent.wording_version) == (
        "withdraw",
        None,
        None,
        None,
    )
    assert not is_allowed([*recorded(says("SUBSCRIBED", hour=-1)), consent])


def test_a_publishable_keys_grant_is_recorded_and_permits_nothing() -> None:
    (consent,) = recorded(says("SUBSCRIBED", source=PAGE))
    assert (consent.source, consent.identity_verified) == ("client_sdk", False)
    assert not is_allowed([consent])
    assert is_allowed(recorded(says("SUBSCRIBED", source=replace(PAGE, identity_verified=True))))
    assert not is_allowed(recorded(says("SUBSCRIBED", source=replace(SHOP, consent_proof=None))))


KNOWN = replace(PAGE, identity_verified=True)


def test_a_yes_that_proves_to_be_theirs_counts_from_when_it_was_first_said() -> None:
    first, proven = recorded(
        says("SUBSCRIBED", hour=1, source=PAGE),
        says("SUBSCRIBED", hour=2, source=PAGE),
        says("SUBSCRIBED", hour=3, source=KNOWN),
        says("SUBSCRIBED", hour=4, source=KNOWN),
    )
    assert [consent.identity_verified for consent in (first, proven)] == [False, True]
    assert (first.at, proven.at) == (NOON + HOUR, NOON + HOUR)
    assert is_allowed([first, proven])
    assert not is_allowed([first, withdraw(NOON + 2 * HOUR), proven])  # left elsewhere in between


@pytest.mark.parametrize("leaver", [PAGE, KNOWN])
def test_a_no_in_between_is_not_undone_by_who_they_prove_to_be(leaver: Source) -> None:
    ledger = recorded(
        says("SUBSCRIBED", hour=1, source=PAGE),
        says("UNSUBSCRIBED", hour=3, source=leaver),
        says("SUBSCRIBED", hour=2, source=KNOWN),  # it was said before the No, and comes after it
    )
    assert [consent.action for consent in ledger] == ["grant", "withdraw"]
    (again,) = recorded(*[says("SUBSCRIBED", hour=hour, source=KNOWN) for hour in (5, 6)])
    assert again.at == NOON + 5 * HOUR


def test_each_yes_that_proves_to_be_theirs_counts_from_its_own_first_time() -> None:
    """Else a Yes to texts would reach back to the day on which somebody said Yes to mail."""
    ours = a_profile(addresses={held.key: held for held in (Address("email", MAILBOX, NOON), PHONE)})
    texts = {"key": PHONE.value, "kind": "sms"}
    ledger = recorded(
        says("SUBSCRIBED", hour=1, source=PAGE),
        says("SUBSCRIBED", hour=2, source=PAGE, **texts),
        says("SUBSCRIBED", hour=5, source=KNOWN),
        says("SUBSCRIBED", hour=6, source=KNOWN, **texts),
        profile=ours,
    )
    assert [(each.channel, each.at - NOON) for each in ledger[2:]] == [("email", HOUR), ("sms", 2 * HOUR)]


def test_a_proven_yes_that_was_said_earlier_counts_from_then() -> None:
    _, proven = recorded(says("SUBSCRIBED", hour=3, source=PAGE), says("SUBSCRIBED", hour=1, source=KNOWN))
    assert (proven.identity_verified, proven.at) == (True, NOON + HOUR)


def test_after_a_proven_yes_an_unproven_one_says_nothing_new() -> None:
    words = [KNOWN, PAGE, KNOWN]
    ledger = recorded(*(says("SUBSCRIBED", hour=hour, source=source) for hour, source in enumerate(words)))
    assert [consent.identity_verified for consent in ledger] == [True]


def test_only_a_change_is_recorded() -> None:
    words = ["SUBSCRIBED", "subscribed", "UNSUBSCRIBED", "UNSUBSCRIBED", "SUBSCRIBED"]
    ledger = recorded(*(says(word, hour=hour) for hour, word in enumerate(words)))
    assert [consent.action for consent in ledger] == ["grant", "withdraw", "grant"]


def test_a_source_changes_its_own_word_only() -> None:
    app = replace(SHOP, id="app")
    ledger = recorded(
        says("SUBSCRIBED", hour=0, source=app),
        says("UNSUBSCRIBED", hour=1),
        says("SUBSCRIBED", hour=2, source=app),  # the app repeats what it said before
    )
    assert [consent.action for consent in ledger] == ["grant", "withdraw"]
    assert not is_allowed(ledger)


def test_the_same_event_always_makes_the_same_entry() -> None:
    assert recorded(says("SUBSCRIBED")) == recorded(says("SUBSCRIBED"))
    ids = {consent.id for hour in range(3) for consent in recorded(says("SUBSCRIBED", hour=hour))}
    assert len(ids) == 3


def test_a_stranger_address_is_reported_and_its_opt_out_is_this_persons_all_the_same() -> None:
    for status, actions in (("SUBSCRIBED", []), ("UNSUBSCRIBED", ["withdraw"])):
        found, _, unusable = consent_signals(says(status, key="other@example.com"), a_profile(), {})
        assert [consent.action for consent in found] == actions
        assert unusable == (
            Unusable("context.messaging_subscriptions[0].key", "is not an address of this person"),
        )


def test_each_channel_has_its_own_addresses() -> None:
    phone, token = Address("sms", "+819012345678", NOON), Address("push", "token-1", NOON)
    profile = a_profile(addresses={phone.key: phone, token.key: token})
    (text,) = recorded(says("SUBSCRIBED", kind="sms", key="+81 90 1234 5678"), profile=profile)
    (push,) = recorded(says("SUBSCRIBED", kind="Push", key="token-1"), profile=profile)
    assert (text.channel, text.endpoint) == ("sms", phone.id)
    assert (push.channel, push.endpoint) == ("push", token.id)
    assert recorded(says("SUBSCRIBED"), profile=profile) == []


@pytest.mark.parametrize(
    "context",
    [
        {"messaging_subscriptions": "yes"},
        {
            "messaging_subscriptions": [
                None,
                5,
                "x",
                {},
                {"type": "fax", "status": "SUBSCRIBED", "key": MAILBOX},
            ]
        },
        {"messaging_subscriptions": [{"type": "email", "status": "MAYBE", "key": MAILBOX}]},
        {"messaging_subscriptions": [{"type": ["email"], "status": {"a": 1}, "key": MAILBOX}]},
        {"consent": "yes"},
        {"consent": {"categoryPreferences": ["Advertising"]}},
        {"consent": {"categoryPreferences": {"Advertising": "yes", "Un|heard": True, "": True}}},
        {"device": {"adTrackingEnabled": True}},
        {"device": "phone"},
    ],
)
def test_a_context_of_another_shape_says_nothing(context: dict[str, Any]) -> None:
    found, scopes, unusable = consent_signals(
        an_event(context=context), a_profile(), {"Advertising": "ad_audience"}
    )
    assert (found, dict(scopes), unusable) == ((), {}, ())


def test_categories_of_a_consent_banner_stand_for_purposes() -> None:
    banner = {"consent": {"categoryPreferences": {"Advertising": False, "Functional": True}}}
    categories = {"Advertising": "ad_audience", "Functional": "personalisation"}
    ledger = recorded(says("", context=banner), categories=categories)
    assert [(consent.action, consent.channel, consent.purpose, consent.endpoint) for consent in ledger] == [
        ("withdraw", "*", "ad_audience", None),
        ("grant", "*", "personalisation", None),
    ]


def test_a_category_without_a_purpose_is_told_once_for_each_change_and_has_no_effect() -> None:
    person, told = a_profile(), []
    for hour, allowed in enumerate([True, True, False, False, True]):
        banner = {"consent": {"categoryPreferences": {"Functional": allowed, "Advertising": True}}}
        event = an_event(context=banner, number=hour, at=NOON + hour * HOUR)
        found, scopes, unusable = consent_signals(event, person, {"Advertising": "ad_audience"})
        person = replace(person, consent_scopes=scopes)
        assert {consent.purpose for consent in found} <= {"ad_audience"}
        told += [(hour, each.path, each.cause) for each in unusable]
    path = "context.consent.categoryPreferences.Functional"
    assert told == [(hour, path, "consent_category_unmapped") for hour in (0, 2, 4)]
    banner = {"consent": {"categoryPreferences": {"Functional": True}}}
    mapped, _, _ = consent_signals(
        an_event(context=banner, at=NOON + 9 * HOUR), person, {"Functional": "personalisation"}
    )
    assert [(each.action, each.purpose) for each in mapped] == [("grant", "personalisation")]


def test_a_page_cannot_fill_a_record_with_categories_that_it_makes_up() -> None:
    banner = {"consent": {"categoryPreferences": {f"made up {number}": True for number in range(500)}}}
    _, scopes, unusable = consent_signals(an_event(context=banner), a_profile(), {})
    assert (len(scopes), len(unusable)) == (8, 8)


def test_a_phone_that_refuses_tracking_refuses_ad_audiences() -> None:
    (consent,) = recorded(says("", context={"device": {"adTrackingEnabled": False}}))
    assert (consent.action, consent.channel, consent.purpose) == ("withdraw", "*", "ad_audience")


def test_a_clock_that_runs_ahead_makes_no_consent_of_the_future() -> None:
    (consent,) = recorded(replace(says("SUBSCRIBED"), received_at=NOON - HOUR))
    assert consent.at == NOON - HOUR


# ── late words ──────────────────────────────────────────────────────────────────────────────────


def test_a_refusal_after_a_late_refusal_is_not_taken_for_a_repeat() -> None:
    """No at one, Yes at two, No at three; the first arrives after the second."""
    ledger = recorded(says("SUBSCRIBED", hour=2), says("UNSUBSCRIBED", hour=1), says("UNSUBSCRIBED", hour=3))
    assert not is_allowed(ledger)


def test_a_yes_that_was_overtaken_before_it_came_lifts_nothing() -> None:
    """No at one and again at three; the Yes between them arrives last."""
    ledger = recorded(says("UNSUBSCRIBED", hour=1), says("UNSUBSCRIBED", hour=3), says("SUBSCRIBED", hour=2))
    assert not is_allowed(ledger)


WORDS = st.lists(st.sampled_from(["SUBSCRIBED", "UNSUBSCRIBED"]), min_size=1, max_size=6)


@settings(max_examples=200)
@given(WORDS, st.randoms(use_true_random=False))
def test_whatever_the_order_of_arrival_the_last_no_stands_and_the_next_word_counts(
    words: list[str], chance: random.Random
) -> None:
    said = [says(word, hour=hour // 2) for hour, word in enumerate(words)]  # two of them at each hour
    said = [replace(event, id=f"event-{number}") for number, event in enumerate(said)]
    arrived = chance.sample(said, len(said))
    last_hour = [word for hour, word in enumerate(words) if hour // 2 == (len(words) - 1) // 2]
    if "UNSUBSCRIBED" in last_hour:
        assert not is_allowed(recorded(*arrived))
    assert is_allowed(recorded(*arrived, says("SUBSCRIBED", hour=9)))
    assert not is_allowed(recorded(*arrived, says("UNSUBSCRIBED", hour=9)))
    assert is_allowed(recorded(*said)) is (last_hour[-1] == "SUBSCRIBED" and "UNSUBSCRIBED" not in last_hour)


SCOPES = st.dictionaries(
    st.sampled_from(["shop|email", "app|email"]),
    st.builds(lambda word, at: f"{word}@{at}", st.sampled_from(["", "grant", "withdraw"]), st.integers(0, 3)),
    max_size=2,
)


@given(SCOPES, SCOPES, SCOPES)
def test_the_words_of_people_who_turn_out_to_be_one_unite_in_any_order(
    one: dict[str, str], two: dict[str, str], three: dict[str, str]
) -> None:
    assert united_words(one, two) == united_words(two, one)
    assert united_words(united_words(one, two), three) == united_words(one, united_words(two, three))
    assert united_words(one, one) == one


def test_after_a_merge_a_yes_that_an_app_keeps_repeating_is_no_new_yes() -> None:
    _, subscribed, _ = consent_signals(says("SUBSCRIBED"), a_profile(), {})
    _, refused, _ = consent_signals(says("UNSUBSCRIBED"), a_profile(), {})
    together = a_profile(consent_scopes=united_words(subscribed, refused))
    assert recorded(says("SUBSCRIBED", hour=1), profile=together) == []
    assert [consent.action for consent in recorded(says("UNSUBSCRIBED", hour=1), profile=together)] == [
        "withdraw"
    ]
