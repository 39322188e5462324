"""A merge never loosens a consent: consent.md 3.4 and property 6 of section 13."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.consent import ConsentEvent, carried_over, united
from kizuna.core.consent.fold import Kind, kind_of
from kizuna.core.gate import Deny, Reason, Request, judge
from kizuna.core.policy import ConsentPolicy
from tests.support.consents import (
    DAY,
    EXAMPLES,
    NOW,
    a_request,
    act,
    confirm,
    grant,
    ledgers,
    requests,
    text,
    withdraw,
)

POLICY = ConsentPolicy()
MERGED = NOW - DAY
KEPT = frozenset(
    {
        Reason.SMS_STOP,
        Reason.SMS_REVIEW,
        Reason.GLOBAL_SUPPRESSION,
        Reason.OBJECTION,
        Reason.CHANNEL_OPT_OUT,
        Reason.TOPIC_OPT_OUT,
    }
)
FRENCH: dict[str, Any] = {"country": "FR", "region": None}


def ask(ledger: tuple[ConsentEvent, ...], **changes: Any) -> str:
    return judge(a_request(*ledger, **{"subject": FRENCH, **changes}), POLICY).reason


def merge(left: list[ConsentEvent], right: list[ConsentEvent], at: Any = MERGED) -> tuple[ConsentEvent, ...]:
    return united(left, right, merge_id="m1", at=at)


def test_a_copy_is_the_opt_out_again_counting_from_the_merge() -> None:
    original = withdraw(id="w", topic="news", subject_ref="p1", prev_hash="ff")

    (copy,) = carried_over([original], merge_id="m1", at=MERGED)

    assert (copy.id, copy.supersedes, copy.merged_at, copy.prev_hash) == ("merge:m1:w", "w", MERGED, None)
    assert (copy.action, copy.channel, copy.topic, copy.at) == ("withdraw", "email", "news", original.at)
    assert (copy.purpose, copy.endpoint, copy.subject_ref) == ("marketing", "ep1", "p1")


@pytest.mark.parametrize(
    ("event", "copies"),
    [
        (withdraw(), 1),
        (withdraw(purpose="analytics"), 1),
        (act("one_click_post"), 1),
        (act("one_click_post", token_valid=False), 0),
        (text("STOP"), 1),
        (text("the bus stop"), 1),
        (text("thanks"), 0),
        (grant(), 0),
        (act("link_get"), 0),
        (act("object"), 0),
        (act("do_not_contact"), 0),
        (act("renew"), 0),
    ],
)
def test_what_could_be_lifted_is_carried_over_and_the_rest_stands_by_itself(
    event: ConsentEvent, copies: int
) -> None:
    assert len(carried_over([event, event], merge_id="m1", at=MERGED)) == copies


def test_a_grant_of_the_other_side_lifts_only_if_it_is_made_after_the_merge() -> None:
    left, right = [withdraw()], [grant("2026-07-01T00:00")]
    again = grant(MERGED + timedelta(hours=1), id="again")

    assert ask(merge(left, right)) == "channel_opt_out"
    assert ask(merge(right, left)) == "channel_opt_out"
    assert ask((*merge(left, right), again)) == "consent"


def test_an_opt_out_lifted_on_its_own_side_stays_lifted_but_only_where_it_was() -> None:
    left = [withdraw(), grant("2026-07-01T00:00", topic="news")]
    right = [grant("2026-08-01T00:00", id="theirs"), grant("2026-08-01T00:00", id="old", endpoint="ep2")]
    elsewhere: dict[str, Any] = {"endpoint": {"id": "ep2"}, "message": {"endpoint": "ep2"}}

    assert ask(merge(left, right)) == "consent"
    assert ask(merge(left, right), message={"topic": "offers"}) == "channel_opt_out"
    assert ask(merge(left, right), **elsewhere) == "channel_opt_out"


def test_the_grant_that_lifts_an_opt_out_must_go_on_being_valid() -> None:
    left = [withdraw(), grant("2026-07-01T00:00", expires_at=NOW)]
    right = [grant("2026-08-01T00:00", id="theirs")]

    assert ask(merge(left, right)) == "channel_opt_out"
    assert ask(merge(left, right), now=NOW - timedelta(hours=1)) == "consent"


def test_what_happened_at_the_moment_of_the_merge_still_belongs_to_its_own_side() -> None:
    written = grant(channel="sms", id="written")
    american: dict[str, Any] = {"subject": {}, "channel": "sms"}
    start = text("START", MERGED)

    assert ask(merge([withdraw(), grant(MERGED, id="own")], [])) == "consent"
    assert ask(merge([withdraw()], [grant(MERGED, id="theirs")])) == "channel_opt_out"
    assert ask(merge([text("STOP"), written, start], []), **american) == "consent"
    assert ask(merge([text("STOP"), written], [start]), **american) == "sms_stop"


def test_a_grant_does_not_stand_for_a_start() -> None:
    assert len(carried_over([text("STOP"), grant("2026-07-01T00:00")], merge_id="m1", at=MERGED)) == 1


def test_a_grant_that_arrives_late_for_a_time_before_the_merge_lifts_nothing() -> None:
    assert ask((*merge([withdraw()], []), grant("2026-07-01T00:00"))) == "channel_opt_out"


def test_stop_and_review_are_carried_over_unless_their_own_side_restarted() -> None:
    start = text("START", "2026-07-01T00:00")
    written = grant(channel="sms", id="written")
    american: dict[str, Any] = {"subject": {}, "channel": "sms"}

    for words, reason in (("STOP", "sms_stop"), ("the bus stop", "sms_review")):
        assert ask(merge([text(words), written], [start]), **american) == reason
        assert ask(merge([text(words), written, start], []), **american) == "consent"


def test_a_stop_that_revokes_all_keeps_the_grants_of_its_own_side() -> None:
    everything = ConsentPolicy(revoke_all=True)
    again = grant("2026-07-01T00:00", id="again")

    for left, right, reason in (
        ([text("STOP"), again], [], "consent"),
        ([text("STOP")], [again], "channel_opt_out"),
    ):
        request = a_request(*merge(left, right), subject=FRENCH)
        assert judge(request, everything).reason == reason


def test_an_opt_out_dated_after_the_merge_is_not_moved_forward() -> None:
    (copy,) = carried_over([withdraw(NOW + DAY)], merge_id="m1", at=MERGED)

    assert copy.merged_at == NOW + DAY


def test_a_second_merge_carries_the_copy_on_and_not_the_original_again() -> None:
    first = merge([withdraw(id="w"), grant("2026-07-01T00:00", id="own")], [])
    second = united(first, [grant("2026-08-01T00:00", id="theirs", topic="offers")], merge_id="m2", at=NOW)

    assert [event.id for event in second if event.merged_at == NOW] == ["merge:m2:merge:m1:w"]
    assert second[-1].lifted_by == ("own",)
    assert ask(second) == "consent"
    assert ask(second, message={"topic": "offers"}) == "consent"  # its own wide grant lifts it there too
    assert ask(united(merge([withdraw()], []), [grant("2026-08-01T00:00")], merge_id="m2", at=NOW)) == (
        "channel_opt_out"
    )


@pytest.mark.parametrize("when", ["2026-08-01T00:00", MERGED])
def test_a_second_merge_does_not_make_a_grant_of_the_other_side_an_own_one(when: Any) -> None:
    first = merge([withdraw()], [grant(when, id="theirs")])

    assert ask(united(first, [], merge_id="m2", at=NOW)) == "channel_opt_out"


def test_an_event_that_both_sides_hold_is_lifted_only_by_what_both_sides_hold() -> None:
    shared, lifting = withdraw(id="shared"), grant("2026-07-01T00:00")

    assert ask(merge([shared, lifting], [shared])) == "channel_opt_out"
    assert ask(merge([shared], [shared, lifting])) == "channel_opt_out"
    assert ask(merge([shared, lifting], [lifting, shared])) == "consent"


def test_a_click_of_the_other_side_does_not_complete_a_grant_of_this_one() -> None:
    german = {"subject": {"country": "DE", "region": None}}
    left = [withdraw("2026-06-01T00:00", id="no"), grant("2026-07-01T00:00", id="unconfirmed")]
    click = confirm("2026-07-02T00:00", id="click")

    assert ask(tuple(left), **german) == "channel_opt_out"
    assert ask(merge(left, [click]), **german) == "channel_opt_out"
    assert ask(merge([*left, click], []), **german) == "consent"
    assert ask((*merge(left, []), confirm(MERGED + DAY / 2, id="since")), **german) == "consent"
    assert ask(merge(left, [click])) == "consent"  # in France the grant needed none


# A click completes a Yes that lifts a copied No only if it was that person's own, or came after the merge.
YES = grant(NOW - 3 * DAY, id="yes")
CLICKS = [
    ("their own, at the moment of the Yes", confirm(NOW - 3 * DAY, id="own"), Reason.CONSENT),
    ("the other's, at the moment of the merge", confirm(MERGED, id="other"), Reason.CHANNEL_OPT_OUT),
    ("the other's, before it", confirm(MERGED - DAY, id="other"), Reason.CHANNEL_OPT_OUT),
    ("anybody's, since", confirm(NOW, id="since"), Reason.CONSENT),
]


@pytest.mark.parametrize("no", [withdraw(NOW - 5 * DAY), text("STOP", NOW - 5 * DAY)], ids=["no", "stop"])
@pytest.mark.parametrize(("click", "reason"), [case[1:] for case in CLICKS], ids=[case[0] for case in CLICKS])
def test_a_click_of_the_other_person_lifts_nothing_that_a_merge_carried_over(
    no: ConsentEvent, click: ConsentEvent, reason: Reason
) -> None:
    copy = replace(no, id="copy", supersedes=no.id, merged_at=MERGED, lifted_by=("own", "yes"))
    request = a_request(copy, YES, click, subject={"country": "DE", "region": None})
    assert judge(request, ConsentPolicy(revoke_all=True)).reason is reason


LATER_WORDS = {Kind.GRANT, Kind.CONFIRM, Kind.START}


@settings(max_examples=EXAMPLES, deadline=None)
@given(requests(), ledgers("l"), ledgers("r"), st.sampled_from([NOW - 2 * DAY, MERGED, NOW]))
def test_the_united_person_is_denied_what_either_side_was_denied_and_no_more(
    request: Request, left: tuple[ConsentEvent, ...], right: tuple[ConsentEvent, ...], at: Any
) -> None:
    left, right = (  # what allows something after the merge is the united person's word, and may lift a No
        tuple(event for event in side if event.at <= at or kind_of(event) not in LATER_WORDS)
        for side in (left, right)
    )
    for policy in (POLICY, ConsentPolicy(revoke_all=True)):
        sides = [judge(_with(request, ledger), policy).verdict for ledger in (left, right)]
        together = judge(_with(request, united(left, right, merge_id="m", at=at)), policy).verdict

        opt_outs = [side for side in sides if side.reason in KEPT]
        if opt_outs:
            assert isinstance(together, Deny)
        else:
            assert together.reason not in KEPT


@settings(max_examples=EXAMPLES, deadline=None)
@given(requests(), ledgers("l"), ledgers("r"))
def test_merging_is_commutative_and_idempotent(
    request: Request, left: tuple[ConsentEvent, ...], right: tuple[ConsentEvent, ...]
) -> None:
    both = united(left, right, merge_id="m", at=MERGED)
    turned = united(right, left, merge_id="m", at=MERGED)
    again = united(both, both, merge_id="m2", at=MERGED)

    answer = judge(_with(request, both), POLICY).verdict
    assert judge(_with(request, turned), POLICY).verdict == answer
    assert judge(_with(request, again), POLICY).verdict == answer
    assert set(united(both, (), merge_id="m", at=MERGED)) >= set(both)


def _with(request: Request, ledger: tuple[ConsentEvent, ...]) -> Request:
    return Request(
        now=request.now,
        subject=request.subject,
        endpoint=request.endpoint,
        ledger=ledger,
        message=request.message,
        relationship=request.relationship,
        signals=request.signals,
    )
