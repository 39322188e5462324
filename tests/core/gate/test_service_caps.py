"""A cap on service messages at the gate: it holds what says so, and what cannot be read holds up no receipt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.gate import Judgement, Reason, judge
from kizuna.core.policy import ConsentPolicy
from tests.support.consents import NOW, a_request

POLICY = ConsentPolicy()
FULL = {"frequency_cap": 1, "sent_in_window": 1, "cap_on_service": True}


def judged(category: str = "transactional", **message: Any) -> Judgement:
    return judge(a_request(message={"category": category, **FULL, **message}), POLICY)


def test_a_receipt_is_held_back_only_by_a_cap_that_says_so() -> None:
    refused = judged()
    assert (refused.word, refused.reason) == ("deny", Reason.FREQUENCY_CAP)
    assert refused.trace[-1].rule_id == "service_cap"
    assert judged(cap_on_service=False).word == "allow"
    assert judged(sent_in_window=0).word == "allow"
    assert judged(frequency_cap=None).word == "allow"


def test_it_waits_where_the_cap_lets_it() -> None:
    later = judged(cap_frees_at=NOW + timedelta(hours=2))
    assert (later.word, later.not_before) == ("defer", NOW + timedelta(hours=2))


@pytest.mark.parametrize("category", ["mandatory", "opt_out_confirmation"])
def test_what_the_law_asks_for_is_not_held_back(category: str) -> None:
    assert judged(category).trace[-1].rule_id != "service_cap"


@pytest.mark.parametrize(
    "odd",
    [
        {"frequency_cap": "1"},
        {"sent_in_window": None},
        {"sent_in_window": True},
        {"cap_frees_at": "tomorrow"},
        {"cap_frees_at": NOW.replace(tzinfo=None)},
        {"cap_on_service": "yes"},
    ],
)
def test_what_cannot_be_read_holds_up_no_receipt(odd: dict[str, Any]) -> None:
    assert judged(**odd).word == "allow"
