"""The gate: precedence, the trace, odd input, and the token that senders accept (consent.md 4 and 8)."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.gate import (
    GUARDS,
    Allow,
    Approved,
    Defer,
    Deny,
    Judgement,
    NotApproved,
    Reason,
    Relationship,
    Request,
    judge,
)
from kizuna.core.policy import ConsentPolicy
from tests.support.consents import NOW, a_request, act, grant, house_hours, text, withdraw

POLICY = ConsentPolicy()
NIGHT = NOW + timedelta(hours=11)
WRITTEN = grant(channel="sms", id="written")
FRENCH: dict[str, Any] = {"country": "FR", "region": None}


def reason(request: Request, policy: ConsentPolicy = POLICY) -> str:
    return judge(request, policy).reason


# One request for each code, in the order of the table in section 11.
EXAMPLES: dict[Reason, Request] = {
    Reason.CONSENT: a_request(grant(), subject=FRENCH),
    Reason.SOFT_OPT_IN: a_request(subject=FRENCH, relationship=Relationship(NOW, None, True, True)),
    Reason.OPT_OUT_REGIME: a_request(),
    Reason.IMPLIED_CONSENT: a_request(subject={"country": "CA"}, relationship=Relationship(NOW)),
    Reason.BUSINESS_RELATIONSHIP: a_request(subject={"country": "JP"}, relationship=Relationship(NOW)),
    Reason.TRANSACTIONAL: a_request(message={"category": "transactional"}),
    Reason.MANDATORY: a_request(message={"category": "mandatory"}),
    Reason.OPT_OUT_CONFIRMATION: a_request(
        text("STOP", NOW - timedelta(minutes=5)), channel="sms", message={"category": "opt_out_confirmation"}
    ),
    Reason.INVALID_REQUEST: a_request(message={"category": "promo2"}),
    Reason.ERASED: a_request(subject={"status": "erased"}),
    Reason.RESTRICTED: a_request(subject={"status": "restricted"}),
    Reason.ENDPOINT_UNDELIVERABLE: a_request(endpoint={"status": "hard_bounced"}),
    Reason.SMS_STOP: a_request(WRITTEN, text("STOP"), channel="sms"),
    Reason.SMS_REVIEW: a_request(WRITTEN, text("the bus stop"), channel="sms"),
    Reason.COMPLAINT: a_request(endpoint={"status": "complained"}),
    Reason.GLOBAL_SUPPRESSION: a_request(act("do_not_contact")),
    Reason.OBJECTION: a_request(act("object")),
    Reason.GPC_OPT_OUT: a_request(channel="ad_audience", gpc=True),
    Reason.MINOR: a_request(subject={"age": 12}),
    Reason.CHANNEL_OPT_OUT: a_request(withdraw()),
    Reason.TOPIC_OPT_OUT: a_request(withdraw(topic="news")),
    Reason.NO_CONSENT: a_request(subject=FRENCH),
    Reason.CONSENT_OUT_OF_SCOPE: a_request(grant(topic="offers"), subject=FRENCH),
    Reason.CONSENT_WITHOUT_PROOF: a_request(grant(proof=None), subject=FRENCH),
    Reason.UNVERIFIED_SOURCE: a_request(grant(source="client_sdk"), subject=FRENCH),
    Reason.CONSENT_WORDING_INVALID: a_request(grant(wording_version="v1"), subject=FRENCH),
    Reason.CONSENT_EXPIRED: a_request(grant(expires_at=NOW), subject=FRENCH),
    Reason.CONSENT_NOT_WRITTEN: a_request(grant(channel="sms", basis="express"), channel="sms"),
    Reason.UNCONFIRMED_OPT_IN: a_request(grant(), subject={"country": "DE"}),
    Reason.IMPLIED_CONSENT_EXPIRED: a_request(
        subject={"country": "CA"}, relationship=Relationship(NOW - timedelta(days=800))
    ),
    Reason.MISSING_UNSUBSCRIBE: a_request(message={"has_unsubscribe": False}),
    Reason.MISSING_SENDER_IDENTITY: a_request(message={"has_sender_identity": False}),
    Reason.MISSING_POSTAL_ADDRESS: a_request(message={"has_postal_address": False}),
    Reason.TONE_HOLD: a_request(signals={"tone_hold": "complaint"}),
    Reason.PRODUCT_EXCLUDED: a_request(signals={"product_excluded": "tea"}),
    Reason.PAUSED: a_request(signals={"paused_until": NOW + timedelta(days=1)}),
    Reason.NO_LOCATION_CONSENT: a_request(signals={"place_unconsented": True}),
    Reason.FREQUENCY_CAP: a_request(message={"frequency_cap": 0}),
    Reason.HOUSE_HOURS: a_request(message={"house_hours": (house_hours("drop"),)}),
    Reason.HOUSE_HOURS_ELSEWHERE: a_request(message={"house_hours": (house_hours("channel_switch"),)}),
    Reason.HOUSE_HOURS_TOO_LONG: a_request(message={"house_hours": (house_hours(until=NOW),)}),
    Reason.QUIET_HOURS: a_request(WRITTEN, channel="sms", now=NIGHT),
}


def test_every_reason_has_an_example() -> None:
    assert list(EXAMPLES) == list(Reason)


@pytest.mark.parametrize("code", Reason)
def test_every_reason_can_be_reached_with_its_own_kind_of_answer(code: Reason) -> None:
    judgement = judge(EXAMPLES[code], POLICY)
    position = list(Reason).index(code)
    kinds = {"allow": Allow, "deny": Deny, "defer": Defer}
    word = "allow" if position < 8 else "defer" if code is Reason.QUIET_HOURS else "deny"

    assert (judgement.reason, judgement.word) == (code, word)
    assert isinstance(judgement.verdict, kinds[word])
    assert (judgement.not_before is not None) == (word == "defer")
    assert judgement.trace[-1].reason is code
    assert judgement.trace[-1].verdict == word


# Every No at once; each line then takes the one away that decided, and the next must answer.
WORST: dict[str, Any] = {
    "channel": "sms",
    "now": NIGHT,
    "subject": {"status": "erased", "age": 12},
    "endpoint": {"status": "hard_bounced"},
    "message": {
        "category": "promo2",
        "has_unsubscribe": False,
        "has_sender_identity": False,
        "frequency_cap": 0,
    },
    "signals": {"tone_hold": "complaint", "product_excluded": "tea"},
}
LEDGER = {
    "stop": text("STOP"),
    "review": text("the bus stop", id="review"),
    "dnc": act("do_not_contact"),
    "object": act("object"),
    "all": withdraw("2026-05-01T00:00", channel="sms", id="all"),
    "news": withdraw("2026-05-01T00:00", channel="*", topic="news", id="news"),
}
RELIEFS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("invalid_request", {"message": {"category": "marketing"}}),
    ("erased", {"subject": {"status": "restricted"}}),
    ("restricted", {"subject": {"status": "active"}}),
    ("endpoint_undeliverable", {"endpoint": {"status": "complained"}}),
    ("sms_stop", {"without": "stop"}),
    ("sms_review", {"without": "review"}),
    ("complaint", {"endpoint": {"status": "ok"}}),
    ("global_suppression", {"without": "dnc"}),
    ("objection", {"without": "object"}),
    ("minor", {"subject": {"guardian_consent": True}}),
    ("channel_opt_out", {"without": "all"}),
    ("topic_opt_out", {"without": "news"}),
    ("no_consent", {"with": WRITTEN}),
    ("missing_unsubscribe", {"message": {"has_unsubscribe": True}}),
    ("missing_sender_identity", {"message": {"has_sender_identity": True}}),
    ("tone_hold", {"signals": {"tone_hold": ""}}),
    ("product_excluded", {"signals": {"product_excluded": ""}}),
    ("frequency_cap", {"message": {"frequency_cap": None}}),
    ("quiet_hours", {"now": NOW}),
    ("consent", {}),
)


def test_each_no_is_found_in_the_order_of_the_table() -> None:
    facts: dict[str, Any] = {
        key: dict(value) if isinstance(value, dict) else value for key, value in WORST.items()
    }
    ledger = dict(LEDGER)
    found = []
    for _, relief in RELIEFS:
        found.append(reason(a_request(*ledger.values(), **facts)))
        for key, change in relief.items():
            if key == "without":
                ledger.pop(change)
            elif key == "with":
                ledger["written"] = change
            elif key == "now":
                facts[key] = change
            else:
                facts[key] |= change

    assert found == [expected for expected, _ in RELIEFS]


def test_a_later_defer_never_hides_a_deny() -> None:
    assert reason(a_request(withdraw(channel="sms"), WRITTEN, channel="sms", now=NIGHT)) == "channel_opt_out"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            a_request(act("object"), message={"category": "transactional", "frequency_cap": 0}),
            "transactional",
        ),
        (a_request(withdraw(), message={"category": "transactional"}), "transactional"),
        (a_request(message={"category": "transactional"}, subject={"age": 3}), "transactional"),
        (a_request(message={"category": "transactional", "has_unsubscribe": False}), "transactional"),
        (a_request(message={"category": "transactional"}, endpoint={"status": "complained"}), "complaint"),
        (a_request(act("do_not_contact"), message={"category": "transactional"}), "global_suppression"),
        (
            a_request(message={"category": "transactional"}, endpoint={"status": "invalid_token"}),
            "endpoint_undeliverable",
        ),
        (a_request(message={"category": "transactional"}, subject={"status": "restricted"}), "restricted"),
        (a_request(message={"category": "mandatory"}, subject={"status": "restricted"}), "mandatory"),
        (a_request(message={"category": "mandatory"}, endpoint={"status": "hard_bounced"}), "mandatory"),
        (a_request(message={"category": "mandatory"}, subject={"status": "erased"}), "erased"),
        (a_request(text("STOP"), channel="sms", message={"category": "mandatory"}), "mandatory"),
    ],
)
def test_what_service_messages_pass_and_what_stops_them(request_: Request, expected: str) -> None:
    assert reason(request_) == expected


# ── the trace ───────────────────────────────────────────────────────────────────────────────────


def test_the_trace_tells_what_each_guard_said_up_to_the_one_that_decided() -> None:
    judgement = judge(a_request(withdraw(id="w1"), withdraw("2026-07-01T00:00", id="w2")), POLICY)

    assert [(step.rule_id, step.verdict, step.reason) for step in judgement.trace] == [
        *((guard.rule_id, "pass", None) for guard in GUARDS[:16]),
        ("channel_opt_out", "deny", "channel_opt_out"),
    ]
    assert judgement.decided_by == ("w1", "w2")


def test_an_allowed_message_passed_every_guard_under_the_names_that_records_keep() -> None:
    judgement = judge(a_request(), POLICY)

    assert [step.rule_id for step in judgement.trace] == [
        *("invalid_request", "erased", "mandatory", "restricted", "undeliverable", "stop_confirmation"),
        *("stop_and_review", "complaint", "do_not_contact", "location", "service_cap", "service_hours"),
        *(
            "transactional",
            "objection",
            "privacy_control",
            "minor",
            "channel_opt_out",
            "topic_opt_out",
            "legal_basis",
        ),
        *(
            "content_duties",
            "own_pause",
            "tone_hold",
            "product_exclusion",
            "frequency_cap",
            "house_hours",
            "quiet_hours",
            "allow",
        ),
    ]
    assert judgement.decided_by == ()


def test_a_decision_names_its_policy_and_the_events_it_could_not_read() -> None:
    stricter = ConsentPolicy(revoke_all=True)
    judgement = judge(a_request(act("renew", id="r")), stricter)

    assert judgement.policy_version == stricter.version_id != POLICY.version_id
    assert judgement.unknown_events == ("r",)


# ── the token ───────────────────────────────────────────────────────────────────────────────────


def test_an_allowed_message_gets_an_approval_for_its_one_address() -> None:
    approved = judge(EXAMPLES[Reason.CONSENT], POLICY).approve(message_id="m1")

    assert (approved.message_id, approved.channel, approved.endpoint) == ("m1", "email", "ep1")
    assert (approved.category, approved.topic, approved.reason) == ("marketing", "news", "consent")
    assert (approved.policy_version, approved.judged_at) == (POLICY.version_id, NOW)


@pytest.mark.parametrize("code", [Reason.NO_CONSENT, Reason.QUIET_HOURS, Reason.INVALID_REQUEST])
def test_what_was_not_allowed_gets_no_approval(code: Reason) -> None:
    with pytest.raises(NotApproved, match=f"message m1: .* {code}"):
        judge(EXAMPLES[code], POLICY).approve(message_id="m1")


def test_nobody_but_the_gate_makes_an_approval_or_a_judgement() -> None:
    judgement = judge(a_request(), POLICY)
    approved = judgement.approve(message_id="m1")
    fields = {name: getattr(approved, name) for name in Approved.__slots__}
    denied = judge(EXAMPLES[Reason.NO_CONSENT], POLICY)
    attempts: tuple[Any, ...] = (
        lambda: Approved(**fields),
        lambda: Approved(**fields, key=object()),
        lambda: replace(approved, message_id="m2"),
        lambda: copy.copy(approved),
        lambda: copy.deepcopy(approved),
        lambda: pickle.dumps(approved),
        lambda: type("Forged", (Approved,), {}),
        lambda: replace(denied, verdict=judgement.verdict),
        lambda: Judgement(**{name: getattr(judgement, name) for name in Judgement.__slots__}),
    )

    for attempt in attempts:
        with pytest.raises(NotApproved):
            attempt()
    with pytest.raises(FrozenInstanceError):
        approved.message_id = "m2"  # type: ignore[misc]  # the assignment is what is refused
