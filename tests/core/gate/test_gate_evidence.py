"""Which consent events a decision names, and what is said to who goes around the gate (consent.md 4 and 11)."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.consent import ConsentEvent
from kizuna.core.gate import Approved, Judgement, NotApproved, judge
from kizuna.core.policy import ConsentPolicy
from tests.support.consents import NOW, a_request, act, grant, text, withdraw

POLICY = ConsentPolicy()
FRENCH: dict[str, Any] = {"subject": {"country": "FR", "region": None}}
SMS: dict[str, Any] = {"channel": "sms"}
CONFIRMING: dict[str, Any] = {"channel": "sms", "message": {"category": "opt_out_confirmation"}}
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("ledger", "facts", "reason", "named"),
    [
        # every event that says No is named, in the order in which it was said
        ([text("STOP", id="s1"), text("QUIT", "2026-07-01T00:00", id="s2")], SMS, "sms_stop", ("s1", "s2")),
        (
            [text("the bus stop", "2026-07-01T00:00", id="r2"), text("bus stop?", id="r1")],
            SMS,
            "sms_review",
            ("r1", "r2"),
        ),
        # of the replies only those on which nobody has decided
        (
            [
                text("the bus stop", id="r1"),
                withdraw("2026-06-15T00:00", channel="sms", id="w"),
                text("the bus stop", "2026-07-01T00:00", id="r2"),
            ],
            SMS,
            "sms_review",
            ("r2",),
        ),
        ([act("do_not_contact", id="d")], {}, "global_suppression", ("d",)),
        ([act("object", id="o"), act("suppression_hash", id="h")], {}, "objection", ("h", "o")),
        ([withdraw(id="w"), grant(id="g")], {}, "channel_opt_out", ("w",)),
        ([withdraw(topic="news", id="n"), grant(id="g")], {}, "topic_opt_out", ("n",)),
        # a confirmation rests on the latest STOP; one that comes too late is refused for all of them
        (
            [text("STOP", NOW - 9 * MINUTE, id="s1"), text("STOP", NOW - MINUTE, id="s2")],
            CONFIRMING,
            "opt_out_confirmation",
            ("s2",),
        ),
        (
            [text("STOP", NOW - 9 * MINUTE, id="s1"), text("STOP", NOW - 6 * MINUTE, id="s2")],
            CONFIRMING,
            "sms_stop",
            ("s1", "s2"),
        ),
        ([], CONFIRMING, "invalid_request", ()),
        # a permission is the latest grant that holds, however many do
        ([grant(id="only")], FRENCH, "consent", ("only",)),
        (
            [grant(f"2026-0{month}-01T00:00", id=f"g{month}") for month in (2, 4, 3)],
            FRENCH,
            "consent",
            ("g4",),
        ),
        ([grant(id="good"), grant("2026-03-01T00:00", id="bad", proof=None)], FRENCH, "consent", ("good",)),
        # what no event says rests on none
        ([], {}, "opt_out_regime", ()),
        ([grant(id="g", proof=None)], FRENCH, "consent_without_proof", ()),
        ([act("do_not_contact", id="d")], {"message": {"category": "mandatory"}}, "mandatory", ()),
        ([act("object", id="o")], {"message": {"category": "transactional"}}, "transactional", ()),
        ([withdraw(id="w")], {"subject": {"age": 12}}, "minor", ()),
    ],
)
def test_a_decision_names_the_events_that_it_rests_on(
    ledger: list[ConsentEvent], facts: dict[str, Any], reason: str, named: tuple[str, ...]
) -> None:
    judgement = judge(a_request(*ledger, **facts), POLICY)
    assert (judgement.reason, judgement.decided_by) == (reason, named)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (0, "minor"),
        (0.5, "minor"),
        (12.9, "minor"),
        (13, "opt_out_regime"),
        (200, "opt_out_regime"),
        (200.5, "invalid_request"),
        (-0.5, "invalid_request"),
    ],
)
def test_an_age_is_one_that_people_reach(age: float, expected: str) -> None:
    assert judge(a_request(subject={"age": age}), POLICY).reason == expected


def test_who_goes_around_the_gate_is_told_what_to_do() -> None:
    judgement = judge(a_request(), POLICY)
    approved = judgement.approve(message_id="m1")
    fields = {name: getattr(approved, name) for name in Approved.__slots__}
    attempts: tuple[tuple[Any, str], ...] = (
        (lambda: Approved(**fields), "only the gate judges and approves"),
        (
            lambda: Judgement(**{name: getattr(judgement, name) for name in Judgement.__slots__}),
            "only the gate judges and approves",
        ),
        (lambda: type("Forged", (Approved,), {}), "an approval has no variants"),
        (lambda: copy.copy(approved), "an approval is not copied or stored; ask the gate again"),
    )
    for attempt, told in attempts:
        with pytest.raises(NotApproved) as caught:
            attempt()
        assert str(caught.value) == told
