"""Single steps of the gate, and what it makes of odd values (consent.md 4, 5, 8 and 16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from kizuna.core.gate import Deny, MessageFacts, Reason, Relationship, Request, Signals, Subject, judge
from kizuna.core.gate.guards import GUARDS
from kizuna.core.policy import ConsentPolicy
from tests.support.consents import NOW, a_request, act, grant, text

POLICY = ConsentPolicy()
FRENCH: dict[str, Any] = {"country": "FR", "region": None}


def reason(request: Request, policy: ConsentPolicy = POLICY) -> str:
    return judge(request, policy).reason


@pytest.mark.parametrize("category", ["transactional", "mandatory", "opt_out_confirmation"])
def test_promotional_content_makes_any_message_promotional(category: str) -> None:
    for claim in (True, "yes", 1):
        message = {"category": category, "contains_promotion": claim, "frequency_cap": 0}
        judgement = judge(a_request(message=message), POLICY)
        assert (judgement.category, judgement.reason) == ("marketing", "frequency_cap")


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        ([], "invalid_request"),
        ([text("the bus stop", NOW)], "invalid_request"),
        ([text("STOP", NOW - timedelta(minutes=5))], "opt_out_confirmation"),
        ([text("STOP", NOW - timedelta(minutes=5, microseconds=1))], "sms_stop"),
        ([text("STOP", NOW - timedelta(days=1)), text("STOP", NOW, id="again")], "opt_out_confirmation"),
        ([text("STOP", NOW - timedelta(days=1), merged_at=NOW)], "sms_stop"),
        ([text("STOP", NOW - timedelta(minutes=2)), text("START", NOW)], "invalid_request"),
    ],
)
def test_one_confirmation_of_a_stop_within_five_minutes(ledger: list[Any], expected: str) -> None:
    message = {"category": "opt_out_confirmation", "has_unsubscribe": False}

    assert reason(a_request(*ledger, channel="sms", now=NOW, message=message)) == expected
    assert reason(a_request(*ledger, act("object"), channel="sms", message=message)) == expected
    assert reason(a_request(*ledger, message=message)) == expected  # this step always decides


@pytest.mark.parametrize(
    ("country", "region", "channel", "limit"),
    [
        ("US", "NY", "email", 13),
        ("US", "CA", "email", 13),
        ("US", "CA", "ad_audience", 16),
        ("US", "ca", "ad_audience", 16),
        ("US", "TX", "ad_audience", 13),
        ("CA", "CA", "ad_audience", 16),
        ("DE", None, "email", 16),
        ("GB", None, "email", 13),
        ("FR", None, "email", 15),
        ("JP", None, "email", 18),
        ("BR", None, "email", 16),
        (None, None, "email", 16),
    ],
)
def test_a_person_below_the_age_limit_is_left_alone(
    country: str | None, region: str | None, channel: str, limit: int
) -> None:
    subject: dict[str, Any] = {"country": country, "region": region}

    assert reason(a_request(channel=channel, subject={**subject, "age": limit - 1})) == "minor"
    assert reason(a_request(channel=channel, subject={**subject, "age": limit - 0.5})) == "minor"
    for spared in ({"age": limit}, {"age": 200}, {"age": None}, {"age": 1, "guardian_consent": True}):
        assert reason(a_request(channel=channel, subject={**subject, **spared})) != "minor"
    assert (
        reason(a_request(channel=channel, subject={**subject, "age": 1, "guardian_consent": "yes"}))
        == "minor"
    )


def test_privacy_control_is_about_ad_audiences_everywhere_and_nothing_else() -> None:
    sharing = grant(channel="ad_audience")

    assert reason(a_request(sharing, channel="ad_audience", subject=FRENCH, gpc=True)) == "gpc_opt_out"
    assert reason(a_request(sharing, channel="ad_audience", subject=FRENCH, gpc="on")) == "gpc_opt_out"
    assert reason(a_request(sharing, channel="ad_audience", subject=FRENCH, gpc=None)) == "consent"
    assert reason(a_request(gpc=True)) == "opt_out_regime"


@pytest.mark.parametrize(
    ("channel", "country", "missing", "expected"),
    [
        ("email", "FR", "has_unsubscribe", "missing_unsubscribe"),
        ("sms", "FR", "has_unsubscribe", "missing_unsubscribe"),
        ("push", "FR", "has_unsubscribe", "consent"),
        ("inbox", "FR", "has_unsubscribe", "consent"),
        ("email", "JP", "has_sender_identity", "missing_sender_identity"),
        ("sms", "JP", "has_sender_identity", "missing_sender_identity"),
        ("ad_audience", "FR", "has_sender_identity", "consent"),
        ("email", "US", "has_postal_address", "missing_postal_address"),
        ("email", "CA", "has_postal_address", "missing_postal_address"),
        ("email", "FR", "has_postal_address", "consent"),
        ("sms", "US", "has_postal_address", "consent"),
    ],
)
def test_what_the_content_must_carry(channel: str, country: str, missing: str, expected: str) -> None:
    for absent in (False, None, "no idea"):
        request = a_request(
            grant(channel="*"), channel=channel, subject={"country": country}, message={missing: absent}
        )
        assert reason(request) == expected


@pytest.mark.parametrize(
    ("sent", "cap", "expected"),
    [
        (0, None, "opt_out_regime"),
        (99, None, "opt_out_regime"),
        (0, 0, "frequency_cap"),
        (2, 3, "opt_out_regime"),
        (3, 3, "frequency_cap"),
        (4, 3, "frequency_cap"),
        (0, -1, "invalid_request"),
        (None, 3, "invalid_request"),
        (None, None, "invalid_request"),
        (-1, 3, "invalid_request"),
        (0, True, "invalid_request"),
        (0, 3.5, "invalid_request"),
        ("0", 3, "invalid_request"),
    ],
)
def test_a_cap_holds_marketing_at_its_number(sent: Any, cap: Any, expected: str) -> None:
    assert reason(a_request(message={"sent_in_window": sent, "frequency_cap": cap})) == expected
    service = {"sent_in_window": sent, "frequency_cap": cap, "category": "transactional"}
    assert reason(a_request(message=service)) == "transactional"


def _deep(part: str, **changes: Any) -> Request:
    request = a_request(grant(), subject=FRENCH)
    return replace(request, **{part: replace(getattr(request, part), **changes)})


NO_CATEGORY: tuple[Any, ...] = ("", None, 3, [], "Marketing")
NO_STATUS: tuple[Any, ...] = ("", None, "fine", {})
ODD: tuple[Request, ...] = (
    *(_deep("message", category=odd) for odd in NO_CATEGORY),
    *(_deep("message", endpoint=odd) for odd in ("ep2", None, "")),
    *(_deep("message", channel=odd) for odd in ("sms", "fax", None)),
    *(_deep("message", topic=odd) for odd in ("", None, "*", 3)),
    *(_deep("endpoint", id=odd) for odd in ("", None, ["ep1"])),
    *(_deep("endpoint", status=odd) for odd in NO_STATUS),
    *(_deep("endpoint", area_timezone=odd) for odd in (3, ["UTC"])),
    *(_deep("subject", status=odd) for odd in ("", None, "sleeping")),
    *(_deep("subject", country=odd) for odd in ("", "Germany", "D", 49, "ＤＥ")),
    *(_deep("subject", region=odd) for odd in (9, ["FL"])),
    *(_deep("subject", timezone=odd) for odd in (9, ["UTC"])),
    *(_deep("subject", age=odd) for odd in ("35", True, -1, 201, float("nan"), float("inf"), 10**400)),
    *(_deep("relationship", last_purchase_at=odd) for odd in ("May", NOW.replace(tzinfo=None))),
    *(_deep("relationship", last_inquiry_at=odd) for odd in (3, datetime.max.replace(tzinfo=NOW.tzinfo))),
)
TORN: tuple[dict[str, Any], ...] = (
    {"subject": None},
    {"endpoint": {}},
    {"message": "hello"},
    {"signals": None},
    {"relationship": None},
    {"ledger": None},
    {"ledger": "grant"},
    {"ledger": ({"action": "grant"},)},
    {"now": None},
    {"now": "2026-11-23T17:00:00Z"},
    {"now": NOW.replace(tzinfo=None)},
    {"now": datetime.max.replace(tzinfo=NOW.tzinfo)},
    {"now": datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))},
)


@pytest.mark.parametrize("request_", [*ODD, *(replace(a_request(), **torn) for torn in TORN)])
def test_odd_values_make_an_invalid_request_and_never_an_error(request_: Request) -> None:
    judgement = judge(request_, POLICY)

    assert (judgement.verdict, judgement.category) == (Deny(Reason.INVALID_REQUEST), "")
    assert [step.rule_id for step in judgement.trace] == ["invalid_request"]


def test_what_a_caller_leaves_out_counts_as_absent() -> None:
    bare = MessageFacts(category="marketing", channel="email", endpoint="ep1", topic="news", sent_in_window=0)
    full: dict[str, Any] = {"has_unsubscribe": True, "has_sender_identity": True, "has_postal_address": True}
    request = replace(a_request(), signals=Signals(), relationship=Relationship())

    for missing in full:
        carried = replace(bare, **{name: yes for name, yes in full.items() if name != missing})
        assert reason(replace(request, message=carried)) == missing.replace("has_", "missing_")
    assert reason(replace(request, message=replace(bare, **full))) == "opt_out_regime"
    assert reason(replace(request, message=replace(bare, **full, sent_in_window=None))) == "invalid_request"
    assert reason(replace(request, message=replace(bare, category="transactional"))) == "transactional"
    assert Signals().gpc is False
    assert Subject("US", None, None, 1, "active").guardian_consent is False


@pytest.mark.parametrize(
    ("year", "expected"), [(1, "invalid_request"), (2, "opt_out_regime"), (9000, "invalid_request")]
)
def test_a_moment_near_either_end_of_the_calendar_is_no_moment(year: int, expected: str) -> None:
    assert reason(a_request(now=NOW.replace(year=year))) == expected


def test_an_odd_fact_that_no_rule_for_it_reads_holds_up_no_service_message() -> None:
    service = {"category": "transactional", "topic": None, "sent_in_window": "many"}

    assert reason(a_request(message=service, subject={"age": "old", "country": "Germany"})) == "transactional"


def test_zones_that_are_never_open_together_leave_no_moment_to_defer_to() -> None:
    narrow = ConsentPolicy(quiet_hours={"US": ["08:00", "09:00"]})
    request = a_request(grant(channel="sms"), channel="sms", endpoint={"area_timezone": "Asia/Tokyo"})

    assert reason(request, narrow) == "invalid_request"


# ── a cap that lets messages wait ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"cap_frees_at": NOW + timedelta(hours=1)}, ("defer", NOW + timedelta(hours=1))),
        ({"cap_frees_at": NOW + timedelta(seconds=1)}, ("defer", NOW + timedelta(minutes=1))),
        ({"cap_frees_at": NOW}, ("deny", None)),
        ({"cap_frees_at": NOW - timedelta(hours=1)}, ("deny", None)),
        ({"cap_frees_at": None}, ("deny", None)),
        ({"cap_frees_at": NOW + timedelta(hours=1), "sent_in_window": 0}, ("allow", None)),
        ({"cap_frees_at": NOW + timedelta(hours=1), "frequency_cap": None}, ("allow", None)),
    ],
)
def test_a_message_waits_for_room_only_where_a_cap_is_full_and_will_free(
    facts: dict[str, Any], expected: tuple[str, datetime | None]
) -> None:
    message = {"sent_in_window": 2, "frequency_cap": 2} | facts
    judgement = judge(a_request(grant(), message=message), POLICY)
    assert (judgement.word, judgement.not_before) == expected
    assert judgement.reason == ("consent" if judgement.word == "allow" else "frequency_cap")


@pytest.mark.parametrize("odd", ["soon", 5, datetime(2026, 1, 1), True])  # noqa: DTZ001  (naive is the point)
def test_a_cap_that_frees_at_no_instant_makes_no_sense(odd: Any) -> None:
    message = {"sent_in_window": 2, "frequency_cap": 2, "cap_frees_at": odd}
    assert judge(a_request(grant(), message=message), POLICY).reason == "invalid_request"


def test_a_full_cap_decides_before_quiet_hours() -> None:
    night = NOW.replace(hour=3)
    frees = night + timedelta(hours=1)
    facts = {"sent_in_window": 2, "frequency_cap": 2, "cap_frees_at": frees}
    yes = grant(channel="sms")
    judgement = judge(a_request(yes, channel="sms", now=night, message=facts), POLICY)
    assert (judgement.word, judgement.reason, judgement.not_before) == ("defer", "frequency_cap", frees)


# ── what the company holds back ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("field", ["tone_hold", "product_excluded"])
@pytest.mark.parametrize("odd", [None, 0, False, [], {}, "complaint"])
def test_what_is_held_back_counts_unless_it_is_plainly_absent(field: str, odd: Any) -> None:
    judgement = judge(a_request(grant(), signals={field: odd}), POLICY)
    assert judgement.word == "deny"
    receipt = judge(a_request(grant(), signals={field: odd}, message={"category": "transactional"}), POLICY)
    assert receipt.reason == "transactional"


def test_a_pause_is_over_at_its_end() -> None:
    def told(until: datetime) -> str:
        return reason(a_request(grant(), signals={"paused_until": until}))

    assert told(NOW + timedelta(microseconds=1)) == "paused"
    assert told(NOW) == "consent"


@pytest.mark.parametrize("code", ["consent", "no_consent", "quiet_hours"])
def test_the_step_that_decides_names_the_version_of_its_rule(code: str) -> None:
    requests = {
        "consent": a_request(grant()),
        "no_consent": a_request(subject=FRENCH),
        "quiet_hours": a_request(
            grant(channel="sms"),
            channel="sms",
            now=NOW.replace(hour=5),
            subject={"timezone": "America/New_York"},
        ),
    }
    judgement = judge(requests[code], POLICY)
    deciding = {guard.rule_id: guard.version for guard in GUARDS}[judgement.trace[-1].rule_id]

    assert (judgement.reason, judgement.trace[-1].rule_version) == (code, deciding)
