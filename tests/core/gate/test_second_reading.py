"""The gate held against a second reading of the same text, on the worked cases and on random rows."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.durations import instant_from_text
from kizuna.core.gate import judge
from kizuna.core.gate.cases import request_from_case
from kizuna.core.policy import ConsentPolicy
from tests.support.consent_rows import POLICIES, row
from tests.support.consents import EXAMPLES
from tests.support.second_reading import Answer, answer

EVENTS = Path(__file__).parents[3] / "events"


@pytest.mark.parametrize("name", ["consent_cases.json", "consent_cases_more.json"])
def test_the_second_reading_answers_the_worked_cases_too(name: str) -> None:
    document: dict[str, Any] = json.loads((EVENTS / name).read_text(encoding="utf-8"))
    told = [
        (
            case["id"],
            *answer(case["given"], {**document["policy_defaults"], **case["given"].get("policy", {})}),
        )
        for case in document["cases"]
    ]

    assert told == [
        (
            case["id"],
            case["expect"]["decision"],
            case["expect"]["reason"],
            instant_from_text(case["expect"]["not_before"]) if "not_before" in case["expect"] else None,
        )
        for case in document["cases"]
    ]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 2**64))
def test_both_readings_give_one_answer(seed: int) -> None:
    rng = Random(seed)
    for _ in range(4):
        given, policy = row(rng), rng.choice(POLICIES)
        judgement = judge(request_from_case(given), ConsentPolicy.from_case_defaults(policy))

        answered = Answer(judgement.word, judgement.reason, judgement.not_before)
        assert answered == answer(given, policy), given
