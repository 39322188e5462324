"""What must hold for any ledger and any request (consent.md section 13; property 6 is in test_consent_merge)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.consent import ConsentEvent, deduplicated
from kizuna.core.gate import Allow, Defer, Deny, Reason, Request, judge
from kizuna.core.policy import ConsentPolicy
from tests.support.consents import EXAMPLES, NOW, a_request, at, events, grant, ledgers, named, requests, text

POLICIES = st.sampled_from(
    [
        ConsentPolicy(),
        ConsentPolicy(
            revoke_all=True,
            opt_in_default_for_unknown_country=False,
            quiet_hours_channels={"sms", "email", "push"},
        ),
    ]
)
RANK = {"deny": 0, "defer": 1, "allow": 2}
ALL_CATEGORIES = ("marketing", "transactional", "mandatory", "opt_out_confirmation")

REFUSALS = st.one_of(
    events(st.sampled_from(["withdraw", "one_click_post", "object", "do_not_contact", "suppression_hash"])),
    st.builds(
        lambda event, words: replace(event, channel="sms", text=words),
        events(st.just("sms_in")),
        st.sampled_from(["STOP", "please stop texting me"]),
    ),
)
EMPTY_GRANTS = st.builds(
    lambda event, flaw: replace(event, **flaw),
    events(st.just("grant")),
    st.sampled_from(
        [
            {"proof": None},
            {"identity_verified": False},
            {"at": NOW + timedelta(days=2)},
            {"at": NOW + timedelta(days=2), "endpoint": "ep1"},
        ]
    ),
)


def with_ledger(request: Request, ledger: tuple[ConsentEvent, ...]) -> Request:
    return replace(request, ledger=ledger)


@settings(max_examples=EXAMPLES, deadline=None)
@given(requests(), ledgers(), st.lists(REFUSALS, min_size=1, max_size=2), POLICIES)
def test_a_refusal_never_opens_anything(
    request: Request, ledger: tuple[ConsentEvent, ...], refusals: list[ConsentEvent], policy: ConsentPolicy
) -> None:
    before = judge(with_ledger(request, ledger), policy)
    after = judge(with_ledger(request, (*named(refusals, "new"), *ledger)), policy)

    assert RANK[after.word] <= RANK[before.word]


@settings(max_examples=EXAMPLES, deadline=None)
@given(requests(), ledgers(), st.lists(EMPTY_GRANTS, min_size=1, max_size=2), POLICIES)
def test_a_grant_without_proof_or_source_or_from_the_future_opens_nothing(
    request: Request, ledger: tuple[ConsentEvent, ...], grants: list[ConsentEvent], policy: ConsentPolicy
) -> None:
    before = judge(with_ledger(request, ledger), policy)
    after = judge(with_ledger(request, (*ledger, *named(grants, "new"))), policy)

    if isinstance(before.verdict, Deny):
        assert isinstance(after.verdict, Deny)


@settings(max_examples=EXAMPLES, deadline=None)
@given(requests(ALL_CATEGORIES), ledgers(), POLICIES, st.data())
def test_the_order_of_arrival_and_repeated_events_change_nothing(
    request: Request, ledger: tuple[ConsentEvent, ...], policy: ConsentPolicy, data: st.DataObject
) -> None:
    shuffled = tuple(data.draw(st.permutations(ledger)))
    repeats = tuple(data.draw(st.lists(st.sampled_from(ledger), max_size=4))) if ledger else ()
    first = judge(with_ledger(request, ledger), policy)

    for other in (shuffled, (*ledger, *repeats)):
        again = judge(with_ledger(request, other), policy)
        assert (again.verdict, again.trace, again.decided_by) == (
            first.verdict,
            first.trace,
            first.decided_by,
        )


@settings(max_examples=EXAMPLES, deadline=None)
@given(requests(ALL_CATEGORIES), ledgers(), POLICIES)
def test_the_same_input_gives_the_same_single_reason(
    request: Request, ledger: tuple[ConsentEvent, ...], policy: ConsentPolicy
) -> None:
    asked = with_ledger(request, ledger)
    first, second = judge(asked, policy), judge(asked, policy)

    assert first.verdict == second.verdict
    assert isinstance(first.reason, Reason)
    assert (first.not_before is not None) == (first.word == "defer")
    assert [step.verdict for step in first.trace[:-1]] == ["pass"] * (len(first.trace) - 1)
    assert isinstance(first.verdict, Allow | Deny | Defer)


@st.composite
def wanted_texts(draw: st.DrawFn) -> Request:
    """A text that only quiet hours could hold, at any moment of a week in which the clocks change."""
    zones = st.sampled_from(
        ["America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "Not/AZone", None]
    )
    start = draw(st.sampled_from([at("2026-10-30T00:00"), at("2027-03-12T00:00")]))
    return a_request(
        grant(channel="sms"),
        channel="sms",
        now=start + timedelta(seconds=draw(st.integers(0, 7 * 24 * 3600))),
        subject={"region": draw(st.sampled_from(["NY", "FL", "TX", None])), "timezone": draw(zones)},
        endpoint={"area_timezone": draw(zones)},
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(wanted_texts())
def test_a_deferred_message_may_speak_when_its_time_has_come_and_not_a_minute_before(
    request: Request,
) -> None:
    judgement = judge(request, ConsentPolicy())
    if judgement.not_before is None:
        assert judgement.reason is Reason.CONSENT
        return

    assert judgement.not_before >= request.now
    assert (judgement.not_before.second, judgement.not_before.microsecond) == (0, 0)
    assert judge(replace(request, now=judgement.not_before), ConsentPolicy()).word == "allow"
    before = judgement.not_before - timedelta(minutes=1)
    if before >= request.now:
        assert judge(replace(request, now=before), ConsentPolicy()).not_before == judgement.not_before


@settings(max_examples=EXAMPLES, deadline=None)
@given(requests(ALL_CATEGORIES), ledgers(), POLICIES, st.data())
def test_an_unknown_value_is_never_more_permissive(
    request: Request, ledger: tuple[ConsentEvent, ...], policy: ConsentPolicy, data: st.DataObject
) -> None:
    strange = data.draw(st.sampled_from(["???", "", None, 42]))
    place = data.draw(st.sampled_from(["category", "subject", "endpoint", "address", "grant"]))
    asked = with_ledger(request, ledger)
    before = judge(asked, policy)
    after = judge(_with_a_strange(place, strange, asked, data), policy)

    assert RANK[after.word] <= RANK[before.word]


def _with_a_strange(place: str, strange: Any, asked: Request, data: st.DataObject) -> Request:
    match place:
        case "category":
            return replace(asked, message=replace(asked.message, category=strange))
        case "subject":
            return replace(asked, subject=replace(asked.subject, status=strange))
        case "endpoint":
            return replace(asked, endpoint=replace(asked.endpoint, status=strange))
        case "address":
            return replace(asked, message=replace(asked.message, endpoint=strange))
    grants = [event for event in asked.ledger if event.action == "grant"]
    if not grants:
        return asked
    chosen = data.draw(st.sampled_from(grants))
    flaw: Any = data.draw(
        st.sampled_from(
            [
                {"proof": None},
                {"proof": ""},
                {"wording_version": None},
                {"identity_verified": "perhaps"},
                {"endpoint": strange},
            ]
        )
    )
    changed = tuple(replace(event, **flaw) if event is chosen else event for event in asked.ledger)
    return replace(asked, ledger=changed)


def test_a_hundred_identical_one_clicks_are_one_event() -> None:
    click = named([text("STOP")], "click") * 100

    assert len(deduplicated(click)) == 1
