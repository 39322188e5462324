"""Each reason that the gate can give is given for some question; each other one is met by a story."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kizuna.core.gate import Request, judge
from kizuna.core.gate.cases import evaluate_cases, request_from_case
from kizuna.core.messages import State
from kizuna.core.policy import ConsentPolicy
from kizuna.core.reasons import OtherReason, Reason
from kizuna.core.sentences import LANGUAGES, WITHHELD, explain
from tests.support.consents import NOW, a_request, grant, house_hours

ROOT = Path(__file__).parents[3]
STORIES = ("usecases", "functions", "local")  # the rooms of tests where whole stories are played
CASES: dict[str, Any] = json.loads((ROOT / "events" / "consent_cases.json").read_text(encoding="utf-8"))

# What the company holds back of its own accord stands in no case of the law.
OWN: dict[Reason, Request] = {
    Reason.TONE_HOLD: a_request(grant(), signals={"tone_hold": "complaint"}),
    Reason.PRODUCT_EXCLUDED: a_request(grant(), signals={"product_excluded": "tea"}),
    Reason.PAUSED: a_request(grant(), signals={"paused_until": NOW + timedelta(days=1)}),
    Reason.NO_LOCATION_CONSENT: a_request(grant(), signals={"place_unconsented": True}),
    Reason.HOUSE_HOURS: a_request(message={"house_hours": (house_hours("drop"),)}),
    Reason.HOUSE_HOURS_ELSEWHERE: a_request(message={"house_hours": (house_hours("channel_switch"),)}),
    Reason.HOUSE_HOURS_TOO_LONG: a_request(message={"house_hours": (house_hours(until=NOW),)}),
}


@cache
def reached() -> dict[str, list[str]]:
    """By reason the cases whose question is answered with it."""
    policy = ConsentPolicy.from_case_defaults(CASES["policy_defaults"])
    found: dict[str, list[str]] = {}
    for case in CASES["cases"]:
        own = case["given"].get("policy") or {}
        try:
            request = request_from_case(case["given"])
        except ValueError:
            found.setdefault(Reason.INVALID_REQUEST, []).append(case["id"])
            continue
        reason = judge(request, policy.model_copy(update=own)).reason
        found.setdefault(reason, []).append(case["id"])
    return found


@pytest.mark.parametrize("reason", Reason)
def test_the_gate_gives_each_reason_for_some_question(reason: Reason) -> None:
    if reason in OWN:
        assert judge(OWN[reason], ConsentPolicy()).reason is reason
    else:
        assert reached().get(reason), reason


def test_the_worked_cases_are_those_that_the_product_judges() -> None:
    assert evaluate_cases(CASES).mismatches == ()


@pytest.mark.parametrize("reason", OtherReason)
def test_each_reason_outside_of_the_gate_is_met_by_some_test(reason: OtherReason) -> None:
    """They come of whole stories: a walk, a merge, a provider. The test that plays it names the code."""
    named = (f'"{reason}"', f"OtherReason.{reason.name}")
    stories = (path for room in STORIES for path in (ROOT / "tests" / room).rglob("test_*.py"))
    assert any(any(name in text for name in named) for text in map(_text, stories)), reason


@pytest.mark.parametrize("reason", [*Reason, *OtherReason])
def test_every_reason_is_told_in_words_and_never_by_its_code(reason: str) -> None:
    for state in (*State, WITHHELD):
        english, japanese = (
            explain(
                person="ada", campaign="Spring", channel="email", at=NOW, zone="Asia/Tokyo",
                state=state, reason=reason, not_before=NOW, language=language,
            )
            for language in LANGUAGES
        )  # fmt: skip
        assert f"“{reason}”" not in english
        assert f"「{reason}」" not in japanese
        assert "ため、" in japanese


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
