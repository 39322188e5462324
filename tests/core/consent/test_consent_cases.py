"""The worked cases, and the reader of their format."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from kizuna.core.errors import InvalidDefinition
from kizuna.core.gate import Reason
from kizuna.core.gate.cases import evaluate_cases

EVENTS = Path(__file__).parents[3] / "events"
DOCUMENT: dict[str, Any] = json.loads((EVENTS / "consent_cases.json").read_text(encoding="utf-8"))
MORE: dict[str, Any] = json.loads((EVENTS / "consent_cases_more.json").read_text(encoding="utf-8"))


def one_case(**changes: Any) -> dict[str, Any]:
    """A document that holds the first case alone: a German without consent, denied."""
    case = copy.deepcopy(DOCUMENT["cases"][0])
    case.update(changes)
    return {"policy_defaults": DOCUMENT["policy_defaults"], "cases": [case]}


@pytest.mark.parametrize(
    "case", DOCUMENT["cases"] + MORE["cases"], ids=lambda case: f"{case['id']} {case['title']}"
)
def test_the_gate_answers_as_the_case_says(case: dict[str, Any]) -> None:
    report = evaluate_cases({"policy_defaults": DOCUMENT["policy_defaults"], "cases": [case]})

    assert [str(mismatch) for mismatch in report.mismatches] == []


def test_a_whole_file_is_judged_and_counted() -> None:
    report = evaluate_cases(DOCUMENT)

    assert (report.judged, report.mismatches) == (len(DOCUMENT["cases"]), ())


def test_both_files_stand_on_the_same_policy_and_name_no_case_twice() -> None:
    names = [case["id"] for case in DOCUMENT["cases"] + MORE["cases"]]

    assert len(names) == len(set(names)) > 300
    assert MORE["policy_defaults"] == DOCUMENT["policy_defaults"]


def test_the_reason_codes_of_the_file_are_those_of_the_gate() -> None:
    restraint = {
        Reason.TONE_HOLD,
        Reason.PRODUCT_EXCLUDED,
        Reason.PAUSED,
        Reason.NO_LOCATION_CONSENT,
        Reason.HOUSE_HOURS,
        Reason.HOUSE_HOURS_ELSEWHERE,
        Reason.HOUSE_HOURS_TOO_LONG,
    }  # the company's own; no case of the law asks for them
    assert sorted(DOCUMENT["reason_codes"]) == sorted(set(Reason) - restraint)


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        (
            {"decision": "allow", "reason": "consent"},
            "C001: expected allow consent, got deny no_consent (EU consumer, no consent, marketing email)",
        ),
        (
            {"decision": "deny", "reason": "minor"},
            "C001: expected deny minor, got deny no_consent (EU consumer, no consent, marketing email)",
        ),
        (
            {"decision": "defer", "not_before": "2026-11-23T13:00:00Z"},
            "C001: expected defer (any reason) until 2026-11-23T13:00:00Z, got deny no_consent"
            " (EU consumer, no consent, marketing email)",
        ),
    ],
)
def test_a_mismatch_tells_both_answers(expect: dict[str, Any], told: str) -> None:
    report = evaluate_cases(one_case(expect=expect))

    assert [str(mismatch) for mismatch in report.mismatches] == [told]


def test_a_mismatch_says_what_of_the_case_could_not_be_read() -> None:
    case = one_case()
    case["cases"][0]["given"]["now"] = "9999-12-31T23:59:59-14:00"
    far = "C001: expected deny no_consent, got deny invalid_request: the instant lies outside the years 1 to 9999"
    assert [str(one) for one in evaluate_cases(case).mismatches] == [f"{far} ({case['cases'][0]['title']})"]

    case["cases"][0]["given"] |= {"now": DOCUMENT["cases"][0]["given"]["now"], "ledger": {}}
    (told,) = evaluate_cases(case).mismatches
    assert told.unreadable == "ledger is not a list"


def test_a_wrong_not_before_is_a_mismatch_and_a_missing_one_is_not() -> None:
    case = next(copy.deepcopy(case) for case in DOCUMENT["cases"] if case["id"] == "C092")
    case["expect"]["not_before"] = "2026-11-23T13:01:00Z"
    late = evaluate_cases({"cases": [case]})
    del case["expect"]["not_before"]

    assert len(late.mismatches) == 1
    assert evaluate_cases({"cases": [case]}).mismatches == ()


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {},
        {"now": "yesterday"},
        {"now": 1},
        {"now": "0001-01-01T00:00:00+14:00", "ledger": []},
        {"now": "2026-11-23T17:00:00Z"},
        {"now": "2026-11-23T17:00:00Z", "ledger": [3]},
        {"now": "2026-11-23T17:00:00Z", "ledger": [], "subject": "somebody"},
        {"now": "2026-11-23T17:00:00Z", "ledger": [], "relationship": {"last_purchase_at": "May"}},
    ],
)
def test_what_cannot_be_read_is_denied_as_an_invalid_request(given: Any) -> None:
    document = one_case(given=given, expect={"decision": "deny", "reason": "invalid_request"})

    assert evaluate_cases(document).mismatches == ()


def test_a_case_may_bring_its_own_policy() -> None:
    case = next(copy.deepcopy(case) for case in DOCUMENT["cases"] if case["id"] == "C085")
    case["given"]["policy"] = {"revoke_all": True}
    case["expect"] = {"decision": "deny", "reason": "channel_opt_out"}

    assert evaluate_cases({"cases": [case]}).mismatches == ()


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], "cases"),
        ({}, "cases"),
        ({"cases": "all"}, "cases"),
        ({"cases": [{}]}, "cases[0].expect.decision"),
        ({"cases": ["C001"]}, "cases[0].expect.decision"),
        (one_case(expect={"decision": "maybe"}), "cases[0].expect.decision"),
        (one_case(expect={"decision": "defer", "not_before": "soon"}), "cases[0].expect.not_before"),
        ({"cases": [], "policy_defaults": []}, None),
        ({"cases": [], "policy_defaults": "strict"}, "policy_defaults"),
        ({"cases": [], "policy_defaults": {"opt_in": True}}, "policy_defaults.opt_in"),
        (one_case(given={"policy": {"revoke_all": "perhaps"}}), "cases[0].given.policy.revoke_all"),
    ],
)
def test_a_file_that_is_not_in_the_format_is_refused_with_the_place(document: Any, path: str | None) -> None:
    if path is None:
        assert evaluate_cases(document).judged == 0
        return
    with pytest.raises(InvalidDefinition) as caught:
        evaluate_cases(document)
    assert caught.value.problems[0].path == path
