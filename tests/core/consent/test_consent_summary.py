"""The summary of a ledger on the record answers as the whole chain does, now and at every later moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.condition_asks import Asks
from kizuna.core.conditions import Answer
from kizuna.core.consent import ConsentEvent, fold, permission
from kizuna.core.consent.standing import RecordedConsents, is_allowed, recorded_consents
from kizuna.core.consent.summary import ConsentSummary, chain_mark, events_of, rows_of, summary_of
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.gate import judge
from kizuna.core.people import Address, Profile, Trait
from kizuna.core.policy import ConsentPolicy
from tests.support.builders import a_catalog, a_profile
from tests.support.consents import (
    DAY,
    EXAMPLES,
    NOW,
    act,
    confirm,
    grant,
    ledgers,
    named,
    requests,
    text,
    withdraw,
)

POLICIES = st.sampled_from(
    [ConsentPolicy(), ConsentPolicy(revoke_all=True), ConsentPolicy(invalid_wording_versions=frozenset())]
)
LATER = st.sampled_from(
    [timedelta(), timedelta(microseconds=1), *(timedelta(minutes=m) for m in (1, 4, 6, 1440)), 800 * DAY]
)


@st.composite
def chains(draw: st.DrawFn) -> tuple[ConsentEvent, ...]:
    """Ledgers with copies that merges made, some naming the grants that lift them, and merges that were undone."""
    told = draw(ledgers(max_size=8))
    grants = [event.id for event in told if event.action == "grant"]
    copies = [
        replace(
            event,
            id=f"merge:m:{event.id}",
            supersedes=event.id,
            merged_at=max(NOW - DAY, event.at),
            lifted_by=tuple(draw(st.lists(st.sampled_from(grants), max_size=2)) if grants else ()),
        )
        for event in told
        if event.action in ("withdraw", "one_click_post", "sms_in") and draw(st.booleans())
    ]
    undone = [
        act("merge_undone", NOW, id="undo", supersedes=draw(st.sampled_from(["merge:m", *grants])), actor="system")
    ]  # fmt: skip
    return (*told, *copies, *(undone if draw(st.integers(0, 3)) == 0 else ()))


@settings(max_examples=4 * EXAMPLES)
@given(chain=chains(), policy=POLICIES, later=LATER, request=requests())
def test_the_gate_says_the_same_of_the_summary_as_of_the_chain(
    chain: tuple[ConsentEvent, ...], policy: ConsentPolicy, later: timedelta, request: Any
) -> None:
    rows = rows_of(chain, now=NOW)
    asked = replace(request, now=NOW + later, ledger=chain)
    shortened = replace(asked, ledger=events_of(rows))
    whole, short = judge(asked, policy), judge(shortened, policy)
    assert (short.word, short.reason, short.not_before) == (whole.word, whole.reason, whole.not_before)


@settings(max_examples=2 * EXAMPLES)
@given(chain=chains(), later=LATER, country=st.sampled_from(["DE", "US", "JP", None]))
def test_the_fold_says_the_same(
    chain: tuple[ConsentEvent, ...], later: timedelta, country: str | None
) -> None:
    now, policy = NOW + later, ConsentPolicy()
    for channel in ("email", "sms", "ad_audience"):
        for topic in ("news", "offers", "*"):
            told = [
                permission(
                    fold(events, now=now, policy=policy),
                    channel=channel,
                    topic=topic,
                    endpoint="ep1",
                    country=country,
                    now=now,
                    policy=policy,
                )
                for events in (chain, events_of(rows_of(chain, now=NOW)))
            ]
            whole, short = (
                (bool(p.valid), bool(p.channel_opt_outs), bool(p.topic_opt_outs), p.failure, p.other_topic)
                for p in told
            )
            assert short == whole


@settings(max_examples=EXAMPLES)
@given(chain=chains())
def test_the_rows_survive_being_stored(chain: tuple[ConsentEvent, ...]) -> None:
    rows = rows_of(chain, now=NOW)
    stored = json.loads(json.dumps(rows))
    assert tuple(tuple(tuple(p) if isinstance(p, list) else p for p in row) for row in stored) == rows


def test_what_is_said_again_and_again_takes_one_row() -> None:
    yes = named([grant(NOW - timedelta(days=day)) for day in range(1, 60)], "g")
    no = named([withdraw(NOW - timedelta(days=90 + day)) for day in range(60)], "w")
    never = named([act("object", NOW - timedelta(days=day)) for day in range(9)], "o")
    assert len(rows_of((*yes, *no, *never), now=NOW)) == 3


def test_a_stop_that_was_lifted_leaves_nothing() -> None:
    ledger = named([text("STOP", NOW - 2 * DAY), text("start", NOW - DAY)], "t")
    assert rows_of(ledger, now=NOW) == ()


def test_an_earlier_grant_stays_if_only_it_was_confirmed() -> None:
    ledger = named([grant(NOW - 3 * DAY), confirm(NOW - 2 * DAY), grant(NOW - DAY)], "g")
    assert len(rows_of(ledger, now=NOW)) == 3


def test_the_words_of_somebody_are_not_kept() -> None:
    ledger = named([text("stop texting me, Anna", NOW - DAY), grant(proof="seen by Anna")], "t")
    assert "Anna" not in json.dumps(rows_of(ledger, now=NOW))


def test_another_chain_has_another_mark() -> None:
    marks = {chain_mark(parts, length) for parts in (("p",), ("p", "q"), ("q", "p")) for length in (0, 1)}
    assert len(marks) == 6


# ── what conditions ask ─────────────────────────────────────────────────────────────────────────

MAILBOX, PHONE = Address("email", "a@b.example", NOW - 400 * DAY), Address("sms", "+4915112345678", NOW)


def a_person(
    *ledger: ConsentEvent, policy: EngagementPolicy | None = None, **changes: Any
) -> RecordedConsents:
    at_home = {"ep1": MAILBOX.id, "ep2": PHONE.id}
    events = tuple(replace(event, endpoint=at_home.get(event.endpoint or "")) for event in ledger)
    profile: Profile = replace(
        a_profile(addresses={held.key: held for held in (MAILBOX, PHONE)}),
        **{"traits": {"country": Trait("FR", NOW, "s")}, **changes},
    )
    profile = replace(profile, consents=summary_of(events, parts=("p1",), length=len(events), now=NOW))
    found = recorded_consents(profile, policy or EngagementPolicy())
    assert found is not None
    return found


YES, NO = grant(NOW - DAY, id="yes"), withdraw(NOW - 2 * DAY, id="no")
LATER_NO = withdraw(NOW, id="later")
WORDS: list[tuple[str, tuple[ConsentEvent, ...], str, str]] = [
    ("nothing was said", (), "email", "none"),
    ("a grant", (YES,), "email", "granted"),
    ("a grant elsewhere", (YES,), "sms", "none"),
    ("a refusal", (NO,), "email", "withdrawn"),
    ("a refusal before a grant", (NO, YES), "email", "granted"),
    ("a refusal after a grant", (YES, LATER_NO), "email", "withdrawn"),
    ("a grant without proof", (grant(NOW - DAY, proof=None),), "email", "none"),
    ("an objection", (YES, act("object", NOW - 3 * DAY)), "email", "withdrawn"),
    ("a refusal on a channel without address", (withdraw(NOW, channel="push"),), "push", "withdrawn"),
    ("an expired grant", (grant(NOW - DAY, expires_at=NOW),), "email", "none"),
    ("a grant of three years ago", (grant(NOW - 1100 * DAY),), "email", "none"),
]


@pytest.mark.parametrize(
    ("ledger", "channel", "word"), [case[1:] for case in WORDS], ids=[c[0] for c in WORDS]
)
def test_the_word_on_a_channel(ledger: tuple[ConsentEvent, ...], channel: str, word: str) -> None:
    person = a_person(*ledger)
    states = ("granted", "withdrawn", "none", "pending")
    told = [state for state in states if person.word(channel, "news", "marketing", state, now=NOW).matched]
    assert told == [word]


def test_a_grant_that_must_be_confirmed_is_pending_until_then() -> None:
    german: dict[str, Any] = {"traits": {"country": Trait("DE", NOW, "s")}}
    assert a_person(YES, **german).word("email", "news", "marketing", "pending", now=NOW).matched
    confirmed = a_person(YES, confirm(NOW), **german)
    assert confirmed.word("email", "news", "marketing", "granted", now=NOW).matched


def test_consent_to_another_purpose_is_asked_by_itself() -> None:
    person = a_person(grant(NOW - DAY, purpose="analytics", channel="*", endpoint=None), LATER_NO)
    assert person.word("email", "*", "analytics", "granted", now=NOW).matched
    assert person.word("email", "*", "marketing", "withdrawn", now=NOW).matched
    assert person.word("email", "*", "profiling", "none", now=NOW).matched


def test_a_no_to_every_purpose_is_one_to_each_and_a_yes_to_every_purpose_to_none() -> None:
    yes = grant(NOW - 2 * DAY, purpose="analytics", channel="*", endpoint=None)
    no = withdraw(NOW - DAY, purpose="*", channel="email")
    person = a_person(yes, no)
    for purpose in ("analytics", "marketing", "profiling"):
        assert person.word("email", "*", purpose, "withdrawn", now=NOW).matched
    assert person.word("push", "*", "analytics", "granted", now=NOW).matched
    vague = a_person(grant(NOW - DAY, purpose="*", channel="*", endpoint=None))
    assert vague.word("email", "*", "analytics", "none", now=NOW).matched


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ((), False),
        (({"channel": "*"},), True),
        (({"channel": "email"},), False),
        (({"channel": "*", "topic": "news"},), False),
        (({"channel": "*", "purpose": "*"},), False),
        (({"channel": "*", "purpose": "marketing"},), False),
        (({"channel": "*"}, {"channel": "email"}), False),
        (({"channel": "*"}, {"channel": "*", "topic": "news"}), False),
        (({"channel": "*"}, {"channel": "email", "purpose": "*"}), False),
        (({"channel": "*"}, {"channel": "*", "purpose": "marketing"}), True),
    ],
    ids=str,
)
def test_a_use_is_agreed_to_as_a_whole_and_refused_in_any_part(
    said: tuple[dict[str, Any], ...], allowed: bool
) -> None:
    told = {"purpose": "personalisation", "topic": "*", "endpoint": None}
    yes = [grant(NOW - 2 * DAY, **{**told, **said[0]})] if said else []
    no = [withdraw(NOW - DAY, **{**told, **each}) for each in said[1:]]
    asked: dict[str, Any] = {"country": "JP", "policy": ConsentPolicy(), "now": NOW}
    assert is_allowed([*yes, *no], "personalisation", **asked) is allowed


def test_of_one_channel_a_use_is_agreed_to_and_refused_there() -> None:
    asked: dict[str, Any] = {"country": "JP", "policy": ConsentPolicy(), "now": NOW, "channel": "push"}
    yes = grant(NOW - 2 * DAY, channel="push", topic="*", purpose="location", endpoint=None)
    elsewhere, here = (
        withdraw(NOW - DAY, channel=channel, purpose="location") for channel in ("sms", "push")
    )
    assert is_allowed([yes, elsewhere], "location", **asked)
    assert not is_allowed([yes, here], "location", **asked)


def test_reach_follows_the_law_of_the_country() -> None:
    assert not a_person().may_write("email", None, now=NOW).matched
    american: dict[str, Any] = {"traits": {"country": Trait("US", NOW, "s")}}
    assert a_person(**american).may_write("email", None, now=NOW).matched
    assert not a_person(LATER_NO, **american).may_write("email", None, now=NOW).matched
    assert not a_person(**american).may_write("push", None, now=NOW).matched


def test_reach_for_one_topic_suffices_where_none_is_named() -> None:
    person = a_person(grant(NOW - DAY, topic="news"))
    assert person.may_write("email", None, now=NOW).matched
    assert person.may_write("email", "news", now=NOW).matched
    assert not person.may_write("email", "offers", now=NOW).matched


def test_a_child_may_be_written_to_when_it_comes_of_age() -> None:
    born = {"country": Trait("US", NOW, "s"), "birthday": Trait("2014-01-31", NOW, "s")}
    answer = a_person(YES, traits=born).may_write("email", None, now=NOW)
    assert not answer.matched
    assert answer.flips_at == datetime.fromisoformat("2027-01-31T12:00:00+00:00")


def test_an_audience_waits_for_the_age_of_the_policy_in_california() -> None:
    told = {"country": "US", "region": "CA", "birthday": "2010-01-31"}
    known = a_profile("p1", traits={name: Trait(value, NOW, "s") for name, value in told.items()})
    known = replace(known, addresses={("ad_audience", "x"): Address("ad_audience", "x", NOW)})
    known = replace(known, consents=summary_of((), parts=("p1",), length=0, now=NOW))
    policy = EngagementPolicy(consent=ConsentPolicy(ca_ad_share_minor_age=17))
    recorded = recorded_consents(known, policy)
    assert recorded is not None
    answer = recorded.may_write("ad_audience", None, now=NOW)
    assert not answer.matched
    assert answer.flips_at == datetime.fromisoformat("2027-01-31T12:00:00+00:00")


def test_a_purchase_counts_for_two_years_in_canada() -> None:
    canadian: dict[str, Any] = {"traits": {"country": Trait("CA", NOW, "s")}, "purchased_at": NOW - DAY}
    answer = a_person(**canadian).may_write("email", None, now=NOW)
    assert answer.matched
    assert answer.flips_at == (NOW - DAY).replace(year=2028)


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(
    chain=chains(),
    topic=st.sampled_from(["news", "*"]),
    channel=st.sampled_from(["email", "sms", "ad_audience"]),
    state=st.sampled_from(["granted", "withdrawn", "none", "pending"]),
    country=st.sampled_from(["DE", "FR", "CA", "US", None]),
    steps=st.lists(st.integers(0, 1_100 * 24 * 60), min_size=1, max_size=6),
    bought=st.sampled_from([None, NOW - 700 * DAY]),
)
def test_an_answer_holds_until_its_turn_and_not_longer_than_it_says(
    chain: tuple[ConsentEvent, ...],
    topic: str,
    channel: str,
    state: str,
    country: str | None,
    steps: list[int],
    bought: datetime | None,
) -> None:
    person = a_person(*chain, traits={"country": Trait(country, NOW, "s")}, purchased_at=bought)
    asked: list[Callable[[datetime], Answer]] = [
        lambda now: person.word(channel, topic, "marketing", state, now=now),
        lambda now: person.may_write("email", "news", now=now),
    ]
    for ask in asked:
        answer = ask(NOW)
        for minutes in steps:
            moment = NOW + timedelta(minutes=minutes)
            if answer.flips_at is None or moment < answer.flips_at:
                assert ask(moment).matched is answer.matched
        if answer.flips_at is not None:
            assert ask(answer.flips_at).matched is not answer.matched
            assert ask(answer.flips_at - timedelta(microseconds=1)).matched is answer.matched


def test_what_no_question_can_tell_apart_is_equal() -> None:
    assert a_person(YES) == a_person(YES)
    assert a_person(YES) != a_person(YES, traits={"country": Trait("US", NOW, "s")})
    assert a_person(YES) != a_person(NO)
    assert a_person(YES) == a_person(YES, last_event_at=NOW)


def test_a_person_is_seen_anew_when_the_record_or_the_policy_is_another() -> None:
    """Asked for several times of one message, it is worked out once; nobody sees what was true of somebody else."""
    asks = replace(a_catalog(), asks=Asks(consents=True))
    rows = rows_of((grant(NOW),), now=NOW)
    first = replace(a_profile(), consents=ConsentSummary("m", rows))
    other = replace(first, version=2, consents=ConsentSummary("n"))
    assert asks.decidable(first) is asks.decidable(first)
    assert asks.decidable(first) == replace(first, standing=recorded_consents(first, asks.policy))
    assert asks.decidable(other) == replace(other, standing=recorded_consents(other, asks.policy))
    stricter = replace(asks, policy=asks.policy.model_copy(update={"kill_switch": True}))
    assert stricter.decidable(first) == replace(first, standing=recorded_consents(first, stricter.policy))
