"""What staff may take back: an objection or a "do not contact" by name, and a reply that waits to be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kizuna.core.consent import Action, ConsentEvent, carried_over
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.gate import judge
from kizuna.core.policy import ConsentPolicy
from kizuna.core.rights.staff_acts import DESK, Act, consent_of_staff, staff_event
from tests.support.builders import NOON, a_profile
from tests.support.consents import NOW, a_request, act, grant, text, withdraw

POLICY = ConsentPolicy()


def lifting(about: str, *, action: str = Action.LIFTED, actor: str = "staff") -> ConsentEvent:
    return act(action, "2026-07-01T00:00", id=f"staff:{about}", actor=actor, supersedes=about)


def reason(*ledger: ConsentEvent, channel: str = "email") -> str:
    return str(judge(a_request(*ledger, channel=channel), POLICY).reason)


YES = grant(channel="*")


@pytest.mark.parametrize(
    ("refusal", "stands"),
    [
        (act("object", id="r"), "objection"),
        (act("do_not_contact", id="r"), "global_suppression"),
    ],
)
def test_staff_lift_what_nothing_else_lifts(refusal: ConsentEvent, stands: str) -> None:
    assert reason(YES, refusal) == stands
    assert reason(YES, refusal, lifting("r")) == "consent"
    assert reason(lifting("r"), refusal, YES) == "consent"


@pytest.mark.parametrize("actor", ["self", "import", "system", None])
def test_nobody_else_does(actor: Any) -> None:
    assert reason(YES, act("object", id="r"), lifting("r", actor=actor)) == "objection"


def test_what_comes_later_stands_again() -> None:
    again = act("object", "2026-08-01T00:00", id="again")
    assert reason(YES, act("object", id="r"), lifting("r"), again) == "objection"


@pytest.mark.parametrize(
    ("refusal", "stands"),
    [
        (act("suppression_hash", id="r"), "consent"),
        (withdraw("2026-06-01T00:00", id="r"), "channel_opt_out"),
        (text("STOP", id="r"), "sms_stop"),
        (text("the bus stop", id="r"), "sms_review"),
    ],
)
def test_only_objections_and_do_not_contacts_are_lifted(refusal: ConsentEvent, stands: str) -> None:
    channel = "sms" if refusal.channel == "sms" else "email"
    assert reason(YES, refusal, lifting("r"), channel=channel) == stands


def test_a_reply_that_was_read_holds_nothing_back_and_a_stop_is_no_such_reply() -> None:
    dismissal = lifting("r", action=Action.REVIEW_DISMISSED)
    yes = grant(channel="sms")
    assert reason(yes, text("the bus stop", id="r"), channel="sms") == "sms_review"
    assert reason(yes, text("the bus stop", id="r"), dismissal, channel="sms") == "consent"
    assert reason(yes, text("STOP", id="r"), dismissal, channel="sms") == "sms_stop"
    assert reason(yes, act("object", id="r"), dismissal, channel="sms") == "objection"


def test_a_merge_does_not_bring_back_what_was_dismissed() -> None:
    ledger = (text("the bus stop", id="r"), lifting("r", action=Action.REVIEW_DISMISSED))
    assert carried_over(ledger, merge_id="m", at=NOW) == ()


def test_an_act_without_a_name_lifts_nothing() -> None:
    nameless = replace(lifting("r"), supersedes=None)
    assert reason(YES, act("object", id="r"), nameless) == "objection"


# ── from the event to the ledger ────────────────────────────────────────────────────────────────


def consents(event: Event) -> list[tuple[str, str | None, str | None, str | None]]:
    found = consent_of_staff(event, a_profile("p1"))
    return [(each.action, each.channel, each.supersedes, each.actor) for each in found]


@pytest.mark.parametrize(
    ("what", "about", "expected"),
    [
        (Act.OBJECT, (), [("object", "*", None, "staff")]),
        (Act.SILENCE, (), [("do_not_contact", "*", None, "staff")]),
        (Act.WITHDRAW, (), [("withdraw", "sms", None, "staff")]),
        (Act.LIFT, ("b", "a"), [("lifted", "*", "a", "staff"), ("lifted", "*", "b", "staff")]),
        (Act.DISMISS, ("a",), [("review_dismissed", "*", "a", "staff")]),
        (Act.LIFT, (), [("lifted", "*", None, "staff")]),
    ],
)
def test_an_act_is_recorded_as_consent_events(what: Act, about: tuple[str, ...], expected: Any) -> None:
    event = staff_event("p1", what, by="mika", reason="they called", at=NOON, about=about)
    assert consents(event) == expected
    assert len({each.id for each in consent_of_staff(event, a_profile("p1"))}) == len(expected)
    (first, *_) = consent_of_staff(event, a_profile("p1"))
    assert (first.proof, first.source, first.subject_ref) == (
        f"event {event.id}, recorded by mika",
        "staff",
        "p1",
    )
    assert (first.at, first.received_at, first.topic) == (NOON, NOON, "*")


def test_the_same_act_at_another_moment_or_by_somebody_else_is_another() -> None:
    def made(**changes: Any) -> str:
        told: dict[str, Any] = {"by": "mika", "reason": "x", "at": NOON, **changes}
        return staff_event("p1", Act.OBJECT, **told).id

    assert made() == made(reason="y")
    assert len({made(), made(by="ken"), made(at=NOW)}) == 3


@pytest.mark.parametrize(
    "source",
    [Source("shop", SourceKind.SERVER), Source("web", SourceKind.CLIENT), Source("desk", SourceKind.SERVER)],
)
def test_an_event_of_that_name_from_anybody_else_records_nothing(source: Source) -> None:
    event = staff_event("p1", Act.OBJECT, by="mika", reason="x", at=NOON)
    assert consents(replace(event, source=source)) == []
    assert consents(replace(event, name="Order Completed")) == []
    assert event.source == DESK
