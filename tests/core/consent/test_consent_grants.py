"""When a grant is valid (consent.md 6), what the law allows without one (7), and the reason given otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.consent import ConsentEvent
from kizuna.core.gate import Allow, Relationship, judge
from kizuna.core.policy import EU, ConsentPolicy
from tests.support.consents import NOW, a_request, at, confirm, grant

POLICY = ConsentPolicy()


def answer(
    *ledger: ConsentEvent, country: str | None = "FR", policy: ConsentPolicy = POLICY, **changes: Any
) -> str:
    """The reason, for a country whose zone plays no part here (it is noon in New York)."""
    return judge(a_request(*ledger, subject={"country": country}, **changes), policy).reason


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "consent"),
        ({"channel": "*"}, "consent"),
        ({"topic": "news"}, "consent"),
        ({"proof": None}, "consent_without_proof"),
        ({"proof": " "}, "consent_without_proof"),
        ({"wording_version": None}, "consent_without_proof"),
        ({"wording_version": ""}, "consent_without_proof"),
        ({"identity_verified": False}, "unverified_source"),
        ({"identity_verified": "perhaps"}, "unverified_source"),
        ({"source": "client_sdk"}, "unverified_source"),
        ({"source": "client_sdk:app 1.2"}, "unverified_source"),
        ({"source": "client_sdk", "identity_verified": True}, "consent"),
        ({"source": None}, "consent"),
        ({"wording_version": "v1"}, "consent_wording_invalid"),
        ({"expires_at": NOW}, "consent_expired"),
        ({"expires_at": NOW + timedelta(seconds=1)}, "consent"),
        # the first check that fails is the reason
        ({"proof": None, "identity_verified": False}, "consent_without_proof"),
        ({"identity_verified": False, "wording_version": "v1"}, "unverified_source"),
        ({"wording_version": "v1", "expires_at": NOW}, "consent_wording_invalid"),
        # not a candidate at all
        ({"topic": "offers"}, "consent_out_of_scope"),
        ({"topic": None}, "consent_out_of_scope"),
        ({"topic": "offers", "proof": None}, "consent_out_of_scope"),
        ({"channel": "sms"}, "no_consent"),
        ({"channel": None}, "no_consent"),
        ({"endpoint": "ep2"}, "no_consent"),
        ({"endpoint": None}, "no_consent"),
        ({"purpose": "analytics"}, "no_consent"),
        ({"purpose": "ad_audience"}, "no_consent"),
    ],
)
def test_a_grant_is_checked_in_order(changes: dict[str, Any], expected: str) -> None:
    assert answer(grant(**changes)) == expected


@pytest.mark.parametrize(
    ("granted", "now", "expected"),
    [
        ("2024-11-23T17:00", "2026-11-23T16:59", "consent"),
        ("2024-11-23T17:00", "2026-11-23T17:00", "consent_expired"),
        ("2024-02-29T12:00", "2026-02-28T11:59", "consent"),
        ("2024-02-29T12:00", "2026-02-28T12:00", "consent_expired"),
    ],
)
def test_in_the_eu_a_grant_is_too_old_after_calendar_months(granted: str, now: str, expected: str) -> None:
    old = grant(granted)

    assert answer(old, now=at(now)) == expected
    assert answer(old, country="GB", now=at(now)) == "consent"
    assert answer(old, country=None, now=at(now)) == "consent"


def test_months_are_counted_in_utc_whatever_offset_the_grant_was_written_with() -> None:
    tokyo = grant(datetime.fromisoformat("2024-12-01T08:00:00+09:00"))  # still November in UTC

    assert answer(tokyo, now=at("2026-11-30T23:00")) == "consent_expired"
    assert answer(tokyo, now=at("2026-11-30T22:59")) == "consent"


def test_a_country_may_have_an_age_limit_of_its_own() -> None:
    policy = ConsentPolicy(consent_max_age_months={"EU": 24, "JP": 12, "FR": 36})
    old = grant("2024-06-01T00:00")

    assert [answer(old, country=country, policy=policy) for country in ("FR", "BE", "JP", "GB")] == [
        "consent",
        "consent_expired",
        "consent_expired",
        "consent",
    ]


def test_the_eu_list_is_the_27_and_the_rest_of_the_eea() -> None:
    assert len(EU) == 30
    assert {"IS", "LI", "NO", "HR", "GR"} <= EU
    assert not EU & {"GB", "CH", "US", "UK", "EL"}


@pytest.mark.parametrize("basis", ["express", "express_oral", None, "EXPRESS_WRITTEN"])
def test_marketing_by_sms_in_the_us_needs_express_written_consent(basis: str | None) -> None:
    spoken = grant(channel="*", basis=basis)

    assert answer(spoken, country="US", channel="sms") == "consent_not_written"
    assert answer(spoken, country="CA", channel="sms") == "consent"
    assert answer(spoken, country=None, channel="sms") == "consent"
    assert answer(spoken, country="US", channel="push") == "consent"
    assert answer(spoken, country="US") == "consent"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (confirm("2026-01-10T10:00"), "consent"),
        (confirm("2026-01-10T10:01", topic="offers", channel="push"), "consent"),
        (confirm("2026-01-10T09:59"), "unconfirmed_opt_in"),
        (confirm(endpoint="ep2"), "unconfirmed_opt_in"),
        (confirm(endpoint=None), "unconfirmed_opt_in"),
        (confirm(purpose="analytics"), "unconfirmed_opt_in"),
    ],
)
def test_a_double_opt_in_is_the_click_of_the_same_address_after_the_grant(
    event: ConsentEvent, expected: str
) -> None:
    for country in ("DE", "AT", "de"):
        assert answer(grant(), event, country=country) == expected
    assert answer(event, country="DE") == "no_consent"


def test_double_opt_in_is_for_email_and_the_listed_countries_only() -> None:
    assert answer(grant(), country="CH") == "consent"
    assert answer(grant(), country=None) == "consent"
    assert answer(grant(channel="push"), country="DE", channel="push") == "consent"


@pytest.mark.parametrize(
    ("country", "email", "sms", "push", "ad_audience"),
    [
        ("DE", "soft_opt_in", "no_consent", "no_consent", "no_consent"),
        ("NO", "soft_opt_in", "no_consent", "no_consent", "no_consent"),
        ("GB", "soft_opt_in", "no_consent", "no_consent", "no_consent"),
        ("US", "opt_out_regime", "no_consent", "no_consent", "opt_out_regime"),
        ("us", "opt_out_regime", "no_consent", "no_consent", "opt_out_regime"),
        ("CA", "implied_consent", "no_consent", "no_consent", "no_consent"),
        ("JP", "business_relationship", "no_consent", "no_consent", "no_consent"),
        ("BR", "no_consent", "no_consent", "no_consent", "no_consent"),
        (None, "no_consent", "no_consent", "no_consent", "no_consent"),
    ],
)
def test_what_the_law_allows_a_customer_without_a_grant(
    country: str | None, email: str, sms: str, push: str, ad_audience: str
) -> None:
    customer = Relationship(NOW - timedelta(days=90), None, True, True)
    expected = {"email": email, "sms": sms, "push": push, "ad_audience": ad_audience}
    expected.update(dict.fromkeys(("inbox", "whatsapp", "webhook", "task"), push))

    found = {channel: answer(country=country, channel=channel, relationship=customer) for channel in expected}

    assert found == expected


@pytest.mark.parametrize(
    "past",
    [
        Relationship(None, None, True, True),
        Relationship(NOW, None, False, True),
        Relationship(NOW, None, True, False),
    ],
)
def test_a_soft_opt_in_needs_all_three_of_its_conditions(past: Relationship) -> None:
    assert answer(country="DE", relationship=past) == "no_consent"
    assert answer(country="GB", relationship=past) == "no_consent"


@pytest.mark.parametrize(
    ("purchase", "inquiry", "expected"),
    [
        ("2024-11-23T17:01", None, "implied_consent"),
        ("2024-11-23T17:00", None, "implied_consent_expired"),
        (None, "2026-05-23T17:01", "implied_consent"),
        (None, "2026-05-23T17:00", "implied_consent_expired"),
        ("2020-01-01T00:00", "2026-09-01T00:00", "implied_consent"),
        ("2026-09-01T00:00", "2020-01-01T00:00", "implied_consent"),
        ("2020-01-01T00:00", "2020-01-01T00:00", "implied_consent_expired"),
        (None, None, "no_consent"),
    ],
)
def test_implied_consent_in_canada_runs_out(purchase: str | None, inquiry: str | None, expected: str) -> None:
    past = Relationship(at(purchase) if purchase else None, at(inquiry) if inquiry else None)

    assert answer(country="CA", relationship=past) == expected
    assert answer(country="CA", channel="sms", relationship=past) == "no_consent"


def test_a_purchase_in_japan_counts_however_old() -> None:
    assert answer(country="JP", relationship=Relationship(at("1999-01-01T00:00"))) == "business_relationship"
    assert answer(country="JP", relationship=Relationship(None, NOW)) == "no_consent"


def test_a_workspace_may_treat_an_unknown_country_like_us_mail() -> None:
    lenient = ConsentPolicy(opt_in_default_for_unknown_country=False)

    assert answer(country=None, policy=lenient) == "opt_out_regime"
    assert answer(country=None, channel="sms", policy=lenient) == "no_consent"
    assert answer(country="BR", policy=lenient) == "no_consent"


def test_a_faulty_grant_does_not_spoil_another_basis() -> None:
    assert answer(grant(proof=None), country="US") == "opt_out_regime"


LATER = "2026-02-01T00:00"


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        # the latest candidate in scope speaks
        ([grant(proof=None), grant(LATER, wording_version="v1")], "consent_wording_invalid"),
        ([grant(LATER, proof=None), grant(wording_version="v1")], "consent_without_proof"),
        ([grant(id="b", proof=None), grant(id="a", wording_version="v1")], "consent_without_proof"),
        ([grant(id="a", proof=None), grant(id="b", wording_version="v1")], "consent_wording_invalid"),
        # a valid one decides, wherever it stands
        ([grant(), grant(LATER, proof=None)], "consent"),
        # a grant in scope speaks before one for another topic
        ([grant(proof=None), grant(LATER, topic="offers")], "consent_without_proof"),
        ([grant(topic="offers"), grant(LATER, endpoint="ep2", proof=None)], "consent_out_of_scope"),
    ],
)
def test_the_reason_for_no_basis_is_the_most_telling_one(ledger: list[ConsentEvent], expected: str) -> None:
    assert answer(*ledger) == expected


def test_in_canada_an_expired_relationship_speaks_after_a_faulty_grant_and_before_another_topic() -> None:
    past = Relationship(at("2020-01-01T00:00"))

    assert answer(grant(proof=None), country="CA", relationship=past) == "consent_without_proof"
    assert answer(grant(topic="offers"), country="CA", relationship=past) == "implied_consent_expired"


def test_the_decision_names_the_grant_that_it_rests_on() -> None:
    judgement = judge(a_request(grant(id="old"), grant(LATER, id="new"), subject={"country": "FR"}), POLICY)

    assert isinstance(judgement.verdict, Allow)
    assert judgement.decided_by == ("new",)
