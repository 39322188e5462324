"""What a ledger means: deduplication, order, the future, lifting (consent.md 3.3), STOP and START (9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.consent import ConsentEvent, deduplicated, fold, in_order
from kizuna.core.gate import judge
from kizuna.core.policy import ConsentPolicy
from tests.support.consents import NOW, a_request, act, confirm, grant, text, withdraw

POLICY = ConsentPolicy()
FRENCH: dict[str, Any] = {"country": "FR", "region": None, "timezone": "Europe/Paris"}


def answer(*ledger: ConsentEvent, policy: ConsentPolicy = POLICY, **changes: Any) -> str:
    """The reason for a mail to somebody in France, where only a grant permits one."""
    return judge(a_request(*ledger, **{"subject": FRENCH, **changes}), policy).reason


def sms(*ledger: ConsentEvent, policy: ConsentPolicy = POLICY, **changes: Any) -> str:
    """The reason for a text to somebody in New York who gave written consent, unless the ledger is against it."""
    written = grant(id="written", channel="sms")
    return judge(a_request(written, *ledger, channel="sms", **changes), policy).reason


def test_of_events_with_one_id_the_first_to_arrive_counts() -> None:
    first, second = grant(id="same"), withdraw(id="same")

    assert deduplicated([first, second, first]) == (first,)
    assert answer(first, second) == "consent"
    assert answer(second, first) == "channel_opt_out"


def test_a_repeated_id_under_another_purpose_still_counts_once() -> None:
    assert answer(withdraw(id="x", purpose="analytics"), grant(), withdraw(id="x")) == "consent"


def test_order_is_by_time_then_opt_outs_last_then_id() -> None:
    when = "2026-06-01T00:00"
    grants = [grant(when, id="z"), grant(when, id="a")]
    others = [withdraw(when, id="w"), act("confirm", when, id="c"), text("STOP", when, id="s")]
    early = text("START", "2026-01-01T00:00", id="start")

    ordered = in_order([*others, *grants, early])

    assert [event.id for event in ordered] == ["start", "a", "z", "c", "w", "s"]


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        # a later grant lifts, whatever the order of arrival; an equal or earlier one does not
        ([withdraw("2026-06-01T00:00"), grant("2026-06-01T00:01")], "consent"),
        ([grant("2026-06-01T00:01"), withdraw("2026-06-01T00:00")], "consent"),
        ([withdraw("2026-06-01T00:00"), grant("2026-06-01T00:00")], "channel_opt_out"),
        ([grant("2026-05-31T23:59"), withdraw("2026-06-01T00:00")], "channel_opt_out"),
        # when it was received plays no part
        (
            [withdraw(received_at=NOW), grant("2026-07-01T00:00", received_at=NOW - timedelta(days=300))],
            "consent",
        ),
        # a later grant that fails a check lifts nothing
        ([withdraw(), grant("2026-07-01T00:00", proof=None)], "channel_opt_out"),
        ([withdraw(), grant("2026-07-01T00:00", identity_verified=False)], "channel_opt_out"),
        ([withdraw(), grant("2026-07-01T00:00", wording_version="v1")], "channel_opt_out"),
        ([withdraw(), grant("2026-07-01T00:00", expires_at=NOW)], "channel_opt_out"),
        ([withdraw(), grant("2026-07-01T00:00", endpoint="ep2")], "channel_opt_out"),
        ([withdraw(), grant("2026-07-01T00:00", channel="sms")], "channel_opt_out"),
        ([withdraw(), grant("2026-07-01T00:00", topic="offers")], "channel_opt_out"),
        ([withdraw(), grant("2026-07-01T00:00", purpose="analytics")], "channel_opt_out"),
        # several opt-outs: a grant must be later than each
        ([withdraw(), withdraw("2026-08-01T00:00"), grant("2026-07-01T00:00")], "channel_opt_out"),
        # a topic grant re-opens that topic only
        ([withdraw(), grant("2026-07-01T00:00", topic="news")], "consent"),
        ([withdraw(), grant("2026-07-01T00:00", topic="offers"), grant()], "channel_opt_out"),
        # the channel and topic of an opt-out
        ([grant(), withdraw(channel="*")], "channel_opt_out"),
        ([grant(), withdraw(channel=None, topic=None)], "channel_opt_out"),
        ([grant(), withdraw(channel="sms")], "consent"),
        ([grant(), withdraw(topic="news")], "topic_opt_out"),
        ([grant(), withdraw(channel="*", topic="news")], "topic_opt_out"),
        ([grant(), withdraw(topic="offers")], "consent"),
        ([grant(), withdraw(channel="sms", topic="news")], "consent"),
        ([grant(), withdraw(topic="news"), withdraw(id="all")], "channel_opt_out"),
        ([grant(), withdraw(endpoint="ep-old")], "channel_opt_out"),
        ([grant(), withdraw(endpoint=None, identity_verified=False, source="client_sdk")], "channel_opt_out"),
        ([grant(), withdraw(purpose="analytics")], "consent"),
        ([grant(), withdraw(purpose="ad_audience")], "consent"),
        # a No to every purpose is one to this, a Yes to every purpose is to none that was named
        ([grant(), withdraw(purpose="*")], "channel_opt_out"),
        ([grant(), withdraw(purpose="*", topic="news")], "topic_opt_out"),
        ([grant(), withdraw(purpose="*", channel="push")], "consent"),
        ([withdraw(purpose="*"), grant("2026-07-01T00:00")], "consent"),
        ([withdraw(purpose="*"), grant("2026-07-01T00:00", purpose="*")], "channel_opt_out"),
        ([grant(purpose="*")], "no_consent"),
        # one-click, scanners, unknown actions
        ([grant(), act("one_click_post", token_age_days=4000)], "channel_opt_out"),
        ([grant(), act("one_click_post", token_valid=True)], "channel_opt_out"),
        ([grant(), act("one_click_post", token_valid=False)], "consent"),
        ([grant(), act("link_get")], "consent"),
        ([grant(), act("unsubscribe_please")], "consent"),
        # the future: a permission waits, a refusal does not
        ([grant(NOW + timedelta(minutes=5))], "consent"),
        ([grant(NOW + timedelta(minutes=5, microseconds=1))], "no_consent"),
        ([grant(), withdraw(NOW + timedelta(days=900))], "channel_opt_out"),
        # merged opt-outs count from the merge
        ([withdraw(merged_at=NOW - timedelta(days=3)), grant("2026-07-01T00:00")], "channel_opt_out"),
        ([withdraw(merged_at=NOW - timedelta(days=3)), grant(NOW - timedelta(days=3))], "channel_opt_out"),
        ([withdraw(merged_at=NOW - timedelta(days=3)), grant(NOW - timedelta(days=2))], "consent"),
        ([grant("2026-07-01T00:00", merged_at=NOW), withdraw("2026-08-01T00:00")], "channel_opt_out"),
        # nothing lifts an objection or a do-not-contact
        ([act("object", channel="sms", topic="offers"), grant("2026-07-01T00:00")], "objection"),
        ([act("suppression_hash"), grant("2026-07-01T00:00")], "objection"),
        ([act("do_not_contact", channel="push"), grant("2026-07-01T00:00")], "global_suppression"),
    ],
)
def test_what_a_ledger_says_about_a_mail(ledger: list[ConsentEvent], expected: str) -> None:
    assert answer(*ledger) == expected
    assert answer(*reversed(ledger)) == expected


def test_a_confirmation_from_the_future_confirms_nothing_yet() -> None:
    german: dict[str, Any] = {"subject": {"country": "DE"}}
    early = confirm(NOW + timedelta(minutes=5))
    late = confirm(NOW + timedelta(minutes=6))

    assert answer(grant(), early, **german) == "consent"
    assert answer(grant(), late, **german) == "unconfirmed_opt_in"


@pytest.mark.parametrize("purpose", ["marketing", "ad_audience"])
def test_an_audience_opt_out_is_read_for_ad_audiences_only(purpose: str) -> None:
    leaving = withdraw(channel="*", purpose=purpose)
    agreeing = grant("2026-07-01T00:00", channel="ad_audience", purpose=purpose)
    expected = "channel_opt_out" if purpose == "marketing" else "consent"

    assert answer(grant(), leaving) == expected
    assert answer(leaving, channel="ad_audience") == "channel_opt_out"
    assert answer(leaving, agreeing, channel="ad_audience") == "consent"


# ── inbound texts ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        ([text("STOP")], "sms_stop"),
        ([text("STOP", NOW + timedelta(days=9))], "sms_stop"),
        ([text("STOP", endpoint="another phone")], "sms_stop"),
        ([text("STOP", purpose="analytics")], "sms_stop"),
        # START lifts the STOP of its own phone, if strictly later
        ([text("STOP"), text("START", "2026-06-01T00:01")], "consent"),
        ([text("STOP"), text("UNSTOP", "2026-06-01T00:01")], "consent"),
        ([text("STOP"), text("START", id="same moment")], "sms_stop"),
        ([text("STOP"), text("START", "2026-05-01T00:00")], "sms_stop"),
        ([text("STOP"), text("START", "2026-07-01T00:00", endpoint="ep2")], "sms_stop"),
        ([text("STOP", endpoint=None), text("START", "2026-07-01T00:00", endpoint=None)], "sms_stop"),
        (
            [
                text("STOP"),
                text("STOP", id="second", endpoint="ep2"),
                text("START", "2026-07-01T00:00"),
            ],
            "sms_stop",
        ),
        ([text("STOP"), text("START", NOW + timedelta(minutes=5))], "consent"),
        ([text("STOP"), text("START", NOW + timedelta(minutes=6))], "sms_stop"),
        ([text("STOP", merged_at=NOW), text("START", "2026-07-01T00:00")], "sms_stop"),
        # a grant does not lift a STOP
        ([text("STOP"), grant("2026-07-01T00:00", id="again", channel="sms")], "sms_stop"),
        # a doubtful reply waits for a person
        ([text("the bus stop")], "sms_review"),
        ([text("the bus stop"), text("START", "2026-07-01T00:00")], "consent"),
        ([text("the bus stop"), text("START", id="same moment")], "sms_review"),
        ([text("the bus stop"), text("START", "2026-07-01T00:00", endpoint="ep2")], "sms_review"),
        ([text("the bus stop", merged_at=NOW), text("START", "2026-07-01T00:00")], "sms_review"),
        ([text("the bus stop"), text("STOP", id="stop")], "sms_stop"),
        ([text("the bus stop"), withdraw("2026-07-01T00:00", channel="sms")], "channel_opt_out"),
        ([text("the bus stop"), withdraw(channel="*")], "channel_opt_out"),
        ([text("the bus stop"), withdraw("2026-05-01T00:00", channel="sms")], "sms_review"),
        ([text("the bus stop"), withdraw("2026-07-01T00:00", channel="sms", topic="offers")], "sms_review"),
        ([text("the bus stop"), withdraw("2026-07-01T00:00")], "sms_review"),
        ([text("the bus stop"), withdraw("2026-07-01T00:00", channel="sms", topic="news")], "topic_opt_out"),
        ([text("the bus stop"), withdraw("2026-05-01T00:00", channel="sms", topic="news")], "sms_review"),
        # no effect
        ([text("HELP")], "consent"),
        ([text("thanks!")], "consent"),
        ([text("", id="empty")], "consent"),
        ([act("sms_in", channel="sms")], "consent"),
    ],
)
def test_what_inbound_texts_do_to_marketing_by_sms(ledger: list[ConsentEvent], expected: str) -> None:
    assert sms(*ledger) == expected
    assert sms(*reversed(ledger)) == expected


def test_stop_holds_transactional_texts_too_and_a_review_does_not() -> None:
    service: dict[str, Any] = {"message": {"category": "transactional"}}

    assert sms(text("STOP"), **service) == "sms_stop"
    assert sms(text("the bus stop"), **service) == "transactional"


def test_stop_leaves_other_channels_alone_unless_it_revokes_all() -> None:
    everything = ConsentPolicy(revoke_all=True)
    again = grant("2026-07-01T00:00", id="again")

    assert answer(grant(), text("STOP")) == "consent"
    assert answer(grant(), text("the bus stop")) == "consent"
    assert answer(grant(), text("STOP"), policy=everything) == "channel_opt_out"
    assert answer(grant(), text("STOP"), again, policy=everything) == "consent"
    assert answer(grant(), text("STOP"), text("START", "2026-07-01T00:00"), policy=everything) == "consent"


def test_the_fold_reports_actions_it_does_not_know() -> None:
    standing = fold(
        [act("renew", id="r2"), act("renew", "2026-01-01T00:00", id="r1")], now=NOW, policy=POLICY
    )

    assert standing.unknown == ("r1", "r2")


# ── who opens, and what is named ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"source": "link"}, "consent"),
        ({"source": "client_sdk", "identity_verified": True}, "consent"),
        ({"source": "client_sdk:web"}, "unconfirmed_opt_in"),
        ({"source": "link", "identity_verified": False}, "unconfirmed_opt_in"),
    ],
)
def test_a_click_counts_only_as_their_own(told: dict[str, Any], expected: str) -> None:
    clicked = confirm("2026-03-01T00:00", **told)
    assert answer(grant(), clicked, subject={"country": "DE"}) == expected


def test_anybody_may_say_stop_and_only_they_may_take_it_back() -> None:
    stop = text("STOP", "2026-06-01T00:00", identity_verified=False)

    assert sms(stop) == "sms_stop"
    assert sms(stop, text("START", "2026-06-02T00:00", identity_verified=False)) == "sms_stop"
    assert sms(stop, text("START", "2026-06-02T00:00", identity_verified=True)) == "consent"
    assert sms(stop, text("START", "2026-06-02T00:00")) == "consent"


@pytest.mark.parametrize("nothing", ["", " ", "\t\n", None, "*"])
def test_a_refusal_that_names_nothing_refuses_everything(nothing: str | None) -> None:
    assert answer(grant(), withdraw(channel=nothing)) == "channel_opt_out"
    assert answer(grant(), withdraw(topic=nothing)) == "channel_opt_out"
    assert answer(grant(), withdraw(channel=nothing, topic="news")) == "topic_opt_out"


@pytest.mark.parametrize("nothing", ["", " ", "*"])
def test_no_purpose_between_quotes_is_every_purpose_of_a_no_and_none_of_a_yes(nothing: str) -> None:
    assert answer(grant(), withdraw(purpose=nothing)) == "channel_opt_out"
    assert answer(grant(purpose=nothing)) == "no_consent"
