"""Consent in calls that are not quite ordinary: rows of files, several addresses, odd values, late words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.consent import ConsentEvent
from kizuna.core.consent.signals import Unusable, consent_signals, united_words
from kizuna.core.events import ConsentProof, Event, Source, SourceKind
from kizuna.core.ids import address_id
from kizuna.core.people import Address, Identity, Profile
from tests.support.builders import MAILBOX, NOON, a_profile, an_event

PROOF = ConsentProof("v2", "checkbox below the form")
SHOP = Source("shop", SourceKind.SERVER, PROOF)
FILE = Source("list-2026", SourceKind.IMPORT, PROOF)
BARE = replace(FILE, consent_proof=None)  # a file whose rows show no proof
HOUR = timedelta(hours=1)
OTHER = "ann@work.example.com"
PHONE = "+819012345678"
EVERYTHING = tuple(
    Address(channel, value, NOON)
    for channel, value in (
        ("email", MAILBOX),
        ("email", OTHER),
        ("sms", PHONE),
        ("whatsapp", PHONE),
        ("push", "token-1"),
    )
)
ANN = a_profile(addresses={address.key: address for address in EVERYTHING})


def a_word(status: Any, key: Any = MAILBOX, kind: Any = "email") -> dict[str, Any]:
    return {"key": key, "type": kind, "status": status}


def says(*words: dict[str, Any], source: Source = SHOP, hour: int = 0, **context: Any) -> Event:
    """A call that tells subscriptions, one hour after another where `hour` counts."""
    at = NOON + hour * HOUR
    whole = {"messaging_subscriptions": list(words), **context}
    return an_event(number=hour, at=at, received_at=at, source=source, context=whole)


YES, NO = a_word("SUBSCRIBED"), a_word("UNSUBSCRIBED")


def heard(
    *events: Event, categories: Mapping[str, str] | None = None
) -> tuple[list[ConsentEvent], Profile, list[Unusable]]:
    """What the ledger gets from events in the order in which they arrive, who Ann is then, and what was no use."""
    person, found, useless = ANN, list[ConsentEvent](), list[Unusable]()
    for event in events:
        signals, scopes, unusable = consent_signals(event, person, categories or {})
        person = replace(person, consent_scopes=scopes)
        found += signals
        useless += unusable
    return found, person, useless


def actions(*events: Event) -> list[str]:
    return [consent.action for consent in heard(*events)[0]]


# ── who said it ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "entry"),
    [
        (SHOP, ("api", "self", True)),
        (replace(SHOP, kind=SourceKind.PROVIDER), ("api", "self", True)),
        (FILE, ("csv_import", "import", True)),
        (BARE, ("csv_import", "import", True)),
        (replace(SHOP, kind=SourceKind.CLIENT), ("client_sdk", "self", False)),
        (replace(SHOP, kind=SourceKind.CLIENT, identity_verified=True), ("api", "self", True)),
    ],
)
@pytest.mark.parametrize("word", [YES, NO])
def test_an_entry_tells_where_it_came_from_and_who_said_it(
    source: Source, entry: tuple[str, str, bool], word: dict[str, Any]
) -> None:
    ((consent,), _, _) = heard(says(word, source=source))
    assert (consent.source, consent.actor, consent.identity_verified) == entry


def test_an_entry_and_what_is_remembered_have_names_that_never_change() -> None:
    """They are stored: under other names an event that comes once more would be recorded once more."""
    ((consent,), person, _) = heard(says(YES))
    endpoint = address_id("email", MAILBOX)
    assert consent.id == "2ewt25kla3wbavrmlciu7xckk6"
    millis = int(NOON.timestamp() * 1000)
    assert person.consent_scopes == {f"shop|email|marketing|{endpoint}": f"grant@{millis}"}
    assert heard(says(YES, source=BARE))[1].consent_scopes == {
        f"list-2026|email|marketing|{endpoint}|unproven": f"grant@{millis}"
    }


def test_every_entry_has_an_id_of_its_own() -> None:
    several = (YES, a_word("SUBSCRIBED", OTHER), a_word("UNSUBSCRIBED", PHONE, "sms"))
    found = [*heard(says(*several))[0], *heard(says(*several, source=replace(SHOP, id="app")))[0]]
    assert len({consent.id for consent in found}) == 6


# ── rows of a file ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # a yes that shows a proof may renew an older one, so it is recorded though it is no change
        ([(YES, FILE), (YES, FILE)], ["grant", "grant"]),
        # one that shows none is recorded when it is new, and is no reason to leave out the one that does
        ([(YES, BARE), (YES, BARE)], ["grant"]),
        ([(YES, BARE), (YES, FILE)], ["grant", "grant"]),
        ([(YES, FILE), (YES, BARE)], ["grant", "grant"]),
        # nor does it change what the last word was: the No that a list keeps repeating is recorded once
        ([(NO, FILE), (YES, BARE), (NO, FILE)], ["withdraw", "grant"]),
        # a No needs no proof, and to repeat it is no change
        ([(NO, FILE), (NO, FILE)], ["withdraw"]),
        ([(NO, BARE), (NO, BARE)], ["withdraw"]),
        ([(NO, BARE), (NO, FILE)], ["withdraw"]),
        # a back end declares its proof once; what it repeats is a repetition
        ([(YES, SHOP), (YES, SHOP)], ["grant"]),
    ],
)
def test_which_words_of_a_file_are_recorded(
    rows: list[tuple[dict[str, Any], Source]], expected: list[str]
) -> None:
    assert actions(*(says(word, source=source, hour=hour) for hour, (word, source) in enumerate(rows))) == (
        expected
    )


def test_a_row_without_a_proof_is_recorded_as_one_and_each_address_by_itself() -> None:
    found, _, _ = heard(says(YES, a_word("SUBSCRIBED", OTHER), source=BARE))
    assert [(consent.proof, consent.wording_version, consent.basis) for consent in found] == [(None,) * 3] * 2
    assert [consent.endpoint for consent in found] == [
        address_id("email", MAILBOX),
        address_id("email", OTHER),
    ]


# ── several words in one call ───────────────────────────────────────────────────────────────────


def test_each_subscription_is_read_by_itself_whatever_stands_before_it() -> None:
    stranger = a_word("SUBSCRIBED", "other@example.com")
    found, _, unusable = heard(
        says(stranger, {"type": "fax"}, NO, stranger, a_word("SUBSCRIBED", PHONE, "sms"))
    )
    assert [(consent.action, consent.channel) for consent in found] == [
        ("withdraw", "email"),
        ("grant", "sms"),
    ]
    assert [one.path for one in unusable] == [
        "context.messaging_subscriptions[0].key",
        "context.messaging_subscriptions[3].key",
    ]
    assert {one.reason for one in unusable} == {"is not an address of this person"}


def test_of_a_no_and_a_yes_in_one_call_the_no_is_the_last_word() -> None:
    assert actions(says(YES, NO)) == ["grant", "withdraw"]
    assert actions(says(NO, YES)) == ["withdraw"]


def test_a_call_speaks_of_addresses_categories_and_the_phone_at_once() -> None:
    spoken = says(
        YES,
        consent={"categoryPreferences": {"Advertising": True, "Functional": False, "Unheard of": True}},
        device={"adTrackingEnabled": False},
    )
    found, _, _ = heard(spoken, categories={"Advertising": "ad_audience", "Functional": "personalisation"})
    assert [(consent.action, consent.channel, consent.purpose) for consent in found] == [
        ("grant", "email", "marketing"),
        ("grant", "*", "ad_audience"),
        ("withdraw", "*", "personalisation"),
        ("withdraw", "*", "ad_audience"),  # of both words on one purpose the refusal is the last
    ]


@pytest.mark.parametrize(
    ("key", "kind", "channel"),
    [
        ("+81 90-1234-5678", "whatsapp", "whatsapp"),
        ("+81 90-1234-5678", "WhatsApp", "whatsapp"),
        ("+81 90-1234-5678", "sms", "sms"),
        ("ANN@Example.com", "EMAIL", "email"),
        ("token-1", "push", "push"),
    ],
)
def test_an_address_is_known_in_whichever_way_it_is_written(key: str, kind: str, channel: str) -> None:
    ((consent,), _, unusable) = heard(says(a_word("subscribed", key, kind)))
    known = next(address for address in EVERYTHING if address.channel == channel)
    assert (consent.channel, consent.endpoint, unusable) == (channel, known.id, [])


@pytest.mark.parametrize("key", [None, "", 7, ["token-1"], {"a": 1}, "Token-1"])
@pytest.mark.parametrize("kind", ["email", "sms", "whatsapp", "push"])
def test_the_no_of_an_address_nobody_knows_is_the_persons_no_to_marketing_on_that_channel(
    key: Any, kind: str
) -> None:
    ((consent,), _, unusable) = heard(says(a_word("UNSUBSCRIBED", key, kind)))
    assert (consent.action, consent.channel, consent.purpose) == ("withdraw", kind, "marketing")
    assert len(unusable) == 1
    assert actions(says(a_word("SUBSCRIBED", key, kind))) == []


CHANNELS_OF_OUR_OWN = ("inbox", "task", "webhook")
AT_WORK = a_profile(
    identities={("user_id", name): Identity("user_id", name) for name in ("u-1", "u-2")}, addresses={}
)


@pytest.mark.parametrize("kind", CHANNELS_OF_OUR_OWN)
@pytest.mark.parametrize("status", ["SUBSCRIBED", "UNSUBSCRIBED"])
@pytest.mark.parametrize("key", ["u-1", "u-2", " u-2 "])
def test_on_a_channel_of_our_own_a_user_id_of_the_person_is_the_address(
    kind: str, status: str, key: str
) -> None:
    found, scopes, unusable = consent_signals(says(a_word(status, key, kind)), AT_WORK, {})
    address = address_id(kind, key.strip())
    assert [(each.channel, each.endpoint) for each in found] == [
        (kind, address if status == "SUBSCRIBED" else None)
    ]
    assert list(scopes) == [f"shop|{kind}|marketing|{address}"]
    assert unusable == ()


@pytest.mark.parametrize("kind", CHANNELS_OF_OUR_OWN)
@pytest.mark.parametrize("key", ["u-3", "", None, 7.5, ["u-1"], MAILBOX, "null", "anonymous"])
def test_on_a_channel_of_our_own_a_yes_for_any_other_key_is_nobodys(kind: str, key: Any) -> None:
    found, scopes, unusable = consent_signals(says(a_word("SUBSCRIBED", key, kind)), AT_WORK, {})
    assert (found, scopes) == ((), {})
    path = "context.messaging_subscriptions[0].key"
    assert unusable == (Unusable(path, "is not an address of this person"),)


def test_a_yes_for_one_channel_of_our_own_is_none_for_another() -> None:
    found, _, _ = consent_signals(says(a_word("SUBSCRIBED", "u-1", "inbox")), AT_WORK, {})
    assert [each.channel for each in found] == ["inbox"]
    assert found[0].endpoint != address_id("webhook", "u-1")


@pytest.mark.parametrize("unusable", [{"Advertising": "yes"}, {"Un|heard": True}, {"": False}])
def test_a_category_that_says_nothing_does_not_silence_those_after_it(unusable: dict[str, Any]) -> None:
    banner = {"categoryPreferences": {**unusable, "Functional": False}}
    found, _, told = heard(says(consent=banner), categories={"Functional": "personalisation"})
    assert [(each.action, each.purpose) for each in found] == [("withdraw", "personalisation")]
    assert told == []


def test_of_a_category_without_a_purpose_it_is_told_which_and_why() -> None:
    _, _, told = heard(says(consent={"categoryPreferences": {"Chat": True}}))
    assert told == [
        Unusable(
            "context.consent.categoryPreferences.Chat",
            "the policy maps no purpose to this category",
            "consent_category_unmapped",
        )
    ]


# ── late words ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # (what, said at which hour), in the order of arrival
        ([(YES, 2), (NO, 1)], ["grant", "withdraw"]),
        ([(YES, 2), (NO, 1), (YES, 3)], ["grant", "withdraw", "grant"]),
        ([(YES, 2), (NO, 1), (NO, 3)], ["grant", "withdraw", "withdraw"]),
        ([(YES, 2), (YES, 1)], ["grant"]),
        ([(NO, 2), (NO, 1)], ["withdraw"]),
        ([(NO, 2), (YES, 1)], ["withdraw"]),
        ([(NO, 2), (YES, 2)], ["withdraw"]),
        ([(YES, 2), (NO, 2)], ["grant", "withdraw"]),
        ([(YES, 2), (NO, 2), (YES, 2)], ["grant", "withdraw"]),
    ],
)
def test_a_late_no_is_always_recorded_and_a_late_yes_only_where_it_changes_something(
    told: list[tuple[dict[str, Any], int]], expected: list[str]
) -> None:
    assert actions(*(says(word, hour=hour) for word, hour in told)) == expected


def test_after_a_late_no_the_last_word_is_open_and_a_merge_takes_the_other_sides() -> None:
    _, person, _ = heard(says(YES, hour=2), says(NO, hour=1))
    (scope,) = person.consent_scopes
    last = int((NOON + 2 * HOUR).timestamp() * 1000)
    assert person.consent_scopes == {scope: f"@{last}"}
    for word in ("grant", "withdraw"):
        assert united_words(person.consent_scopes, {scope: f"{word}@1"}) == {scope: f"{word}@{last}"}
