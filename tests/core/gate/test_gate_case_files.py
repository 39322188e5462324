"""How a worked case is read: what it tells, what it leaves out, and what is said of a file that is none."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.errors import InvalidDefinition
from kizuna.core.gate import Endpoint, MessageFacts, Relationship, Request, Signals, Subject
from kizuna.core.gate.cases import evaluate_cases, request_from_case
from tests.support.consents import NOW, grant

NOON = "2026-11-23T17:00:00Z"
FACTS: dict[str, Any] = {
    "now": NOON,
    "subject": {
        "country": "US",
        "region": "NY",
        "timezone": "America/New_York",
        "age": 35,
        "status": "active",
        "guardian_consent": True,
    },
    "endpoint": {"id": "ep1", "channel": "sms", "status": "ok", "area_timezone": "America/Denver"},
    "ledger": [],
    "relationship": {
        "last_purchase_at": "2026-01-10T10:00:00Z",
        "last_inquiry_at": "2026-11-23T17:00:00Z",
        "similar_products": True,
        "opt_out_offered_at_collection": True,
    },
    "signals": {"gpc": True},
    "message": {
        "category": "transactional",
        "channel": "sms",
        "endpoint": "ep1",
        "topic": "news",
        "contains_promotion": True,
        "has_unsubscribe": True,
        "has_sender_identity": True,
        "has_postal_address": True,
        "sent_in_window": 1,
        "frequency_cap": 2,
        "scheduled_at": NOON,
    },
}


def test_a_case_tells_the_gate_all_that_it_holds() -> None:
    """But for the moment at which the message was scheduled, which no rule reads."""
    assert request_from_case(FACTS) == Request(
        now=NOW,
        subject=Subject("US", "NY", "America/New_York", 35, "active", guardian_consent=True),
        endpoint=Endpoint("ep1", "sms", "ok", "America/Denver"),
        ledger=(),
        relationship=Relationship(grant().at, NOW, similar_products=True, opt_out_offered_at_collection=True),
        signals=Signals(gpc=True),
        message=MessageFacts("transactional", "sms", "ep1", "news", True, True, True, True, 1, 2),
    )


@pytest.mark.parametrize("empty", [None, {}])
def test_what_a_case_leaves_out_is_absent_and_never_a_permission(empty: dict[str, Any] | None) -> None:
    parts = dict.fromkeys(("subject", "endpoint", "relationship", "signals", "message"), empty)
    assert request_from_case({"now": NOON, "ledger": [], **parts}) == Request(
        now=NOW,
        subject=Subject(None, None, None, None, ""),
        endpoint=Endpoint("", "", ""),
        ledger=(),
        message=MessageFacts("", "", "", ""),
        relationship=Relationship(),
        signals=Signals(),
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ledger": None}, "ledger is not a list"),
        ({"ledger": "grant"}, "ledger is not a list"),
        ({"ledger": [3]}, "consent event: not an object"),
        ({"subject": "somebody"}, "subject is not an object"),
        ({"message": ["sms"]}, "message is not an object"),
        ({"now": None}, "not an instant"),
        ({"now": 1_700_000_000}, "not an instant"),
        ({"relationship": {"last_inquiry_at": 5}}, "not an instant"),
    ],
)
def test_a_case_that_cannot_be_read_is_refused_in_words(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the words are compared whole below)
        request_from_case({**FACTS, **change})
    assert str(caught.value) == told


def expecting(**expect: Any) -> dict[str, Any]:
    return {"cases": [{"given": FACTS, "expect": expect}]}


@pytest.mark.parametrize(
    ("document", "path", "told"),
    [
        ({}, "cases", "a list of cases is needed"),
        (expecting(), "cases[0].expect.decision", "must be allow, deny or defer"),
        (expecting(decision="maybe"), "cases[0].expect.decision", "must be allow, deny or defer"),
        (expecting(decision="defer", not_before=5), "cases[0].expect.not_before", "not an instant"),
        ({"cases": [], "policy_defaults": "strict"}, "policy_defaults", "must be an object"),
        (
            {"cases": [], "policy_defaults": {"opt_in": True}},
            "policy_defaults.opt_in",
            "Extra inputs are not permitted",
        ),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_place_and_in_words(
    document: dict[str, Any], path: str, told: str
) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        evaluate_cases(document)
    assert [(problem.path, problem.reason) for problem in caught.value.problems] == [(path, told)]


def test_a_case_without_a_name_is_told_by_its_place_in_the_file() -> None:
    right, wrong = ({"given": FACTS, "expect": {"decision": word}} for word in ("deny", "allow"))
    report = evaluate_cases({"cases": [right, wrong]})
    assert report.judged == 2
    assert [(one.case, one.title, one.expected.decision) for one in report.mismatches] == [("1", "", "allow")]
