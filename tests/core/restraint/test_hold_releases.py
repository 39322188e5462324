"""What ends a tone hold before its time: the event that settles it, or a person who says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.core.catalog import Catalog
from kizuna.core.errors import InvalidDefinition
from kizuna.core.events import Event
from kizuna.core.folding import fold
from kizuna.core.judging import restraint
from kizuna.core.restraint.holds import About, ToneHold
from kizuna.core.segments.lists import ended_event
from tests.support.builders import CAMPAIGN, NOON, a_catalog, a_profile, an_event, some_documents
from tests.support.customers import PAGE

DAY = timedelta(days=1)
COMPLAINED = {"event": "Complaint Received", "window": {"last": "60d"}}
NEWS = About("email", "news", "shop")
BY_EVENT = {"event": "Complaint Resolved"}
BY_STAFF = {"staff": True}


def a_hold(**more: Any) -> dict[str, Any]:
    return {"id": "complaint", "name": {"en": "A complaint", "ja": "苦情"}, "when": COMPLAINED, **more}


def a_shop(**hold: Any) -> Catalog:
    return a_catalog({**some_documents(), ("policy", "policy"): {"tone_holds": [a_hold(**hold)]}})


def told(*days_and_names: tuple[float, str], **more: Any) -> list[Event]:
    return [
        an_event(name, number=number, at=NOON + days * DAY, received_at=NOON + days * DAY, **more)
        for number, (days, name) in enumerate(days_and_names)
    ]


def is_held(catalog: Catalog, *events: Event, days: float = 0) -> bool:
    now = NOON + days * DAY
    profile = fold(a_profile(version=0), events, catalog, now=now).profile
    return restraint(profile, NEWS, catalog, now=now).tone_hold == "complaint"


COMPLAINT, SETTLED = "Complaint Received", "Complaint Resolved"


@pytest.mark.parametrize(
    ("events", "held"),
    [
        ([(-3, COMPLAINT)], True),
        ([(-3, COMPLAINT), (-2, SETTLED)], False),
        ([(-3, SETTLED), (-2, COMPLAINT)], True),  # that was another matter
        ([(-3, COMPLAINT), (-2, SETTLED), (-1, COMPLAINT)], True),  # set off again
        ([(-3, COMPLAINT), (-2, COMPLAINT), (-1, SETTLED)], False),
        ([(-61, COMPLAINT)], False),  # and time ends it in any case
    ],
)
def test_the_event_that_settles_the_matter_ends_the_hold(events: list[tuple[float, str]], held: bool) -> None:
    for order in (told(*events), told(*events)[::-1]):
        assert is_held(a_shop(release=BY_EVENT), *order) is held


def test_without_a_release_only_time_ends_it() -> None:
    assert is_held(a_shop(), *told((-3, COMPLAINT), (-2, SETTLED)))


def test_the_settling_event_may_be_asked_for_more() -> None:
    asks = {**BY_EVENT, "where": [{"property": "content", "op": "eq", "value": True}]}
    complaint = told((-3, COMPLAINT))
    for content, held in ((True, False), (False, True)):
        settled = an_event(SETTLED, number=9, at=NOON - DAY, properties={"content": content})
        assert is_held(a_shop(release=asks), *complaint, settled) is held


def test_with_several_matters_each_is_settled_by_itself() -> None:
    def of(case: str | None, days: float, name: str, number: int) -> Event:
        properties = {} if case is None else {"case_id": case}
        return an_event(name, number=number, at=NOON + days * DAY, properties=properties)

    catalog = a_shop(release={**BY_EVENT, "same": ["case_id"]})
    both = [of("a", -4, COMPLAINT, 1), of("b", -3, COMPLAINT, 2)]
    assert is_held(catalog, *both, of("a", -2, SETTLED, 3))
    assert not is_held(catalog, *both, of("a", -2, SETTLED, 3), of("b", -1, SETTLED, 4))
    assert is_held(catalog, of(None, -4, COMPLAINT, 1), of("a", -2, SETTLED, 3))  # in doubt silence


def test_a_page_may_set_a_hold_off_and_never_ends_one() -> None:
    catalog = a_shop(release={**BY_EVENT, **BY_STAFF})
    assert is_held(catalog, *told((-3, COMPLAINT), source=PAGE))
    forged = an_event("Tone Hold Ended", number=7, at=NOON - DAY, properties={"hold": "complaint"})
    settled = an_event(SETTLED, number=8, at=NOON - DAY, source=PAGE)
    assert is_held(catalog, *told((-3, COMPLAINT)), forged, settled)


def test_staff_end_what_happened_so_far_and_not_what_comes_after() -> None:
    catalog = a_shop(release=BY_STAFF)
    ended = ended_event("p1", "complaint", by="mika", reason="we called", at=NOON - 2 * DAY)
    assert not is_held(catalog, *told((-3, COMPLAINT)), ended)
    assert is_held(catalog, *told((-3, COMPLAINT), (-1, COMPLAINT)), ended)
    other = ended_event("p1", "refund", by="mika", reason="we called", at=NOON - 2 * DAY)
    assert is_held(catalog, *told((-3, COMPLAINT)), other)


@pytest.mark.parametrize(
    ("release", "why"),
    [
        ({}, "name the event that ends the hold"),
        ({"same": ["case_id"]}, "name it"),
        ({"staff": True, "where": [{"property": "a", "op": "eq", "value": 1}]}, "name it"),
        ({"event": ""}, "at least 1 character"),
        ({"event": "x", "by": "anybody"}, "Extra inputs"),
    ],
)
def test_a_release_that_says_nothing_is_refused(release: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        ToneHold.model_validate(a_hold(release=release))


@pytest.mark.parametrize(
    "when",
    [
        {"trait": "bereavement", "op": "eq", "value": True},
        {"event": "Complaint Received", "verb": "count", "op": "gte", "value": 2},
        {"event": "Complaint Received", "verb": "did_not"},
        {"all": [COMPLAINED, COMPLAINED]},
    ],
)
def test_only_what_one_event_placed_can_be_ended_by_what_comes_after_it(when: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="when is to be one event"):
        ToneHold.model_validate(a_hold(when=when, release=BY_EVENT))


# ── what follows ────────────────────────────────────────────────────────────────────────────────

AFTER = {"type": "segment", "segment": "hold-complaint", "at": "exit"}
SORRY = {
    **CAMPAIGN,
    "id": "sorry",
    "name": "Sorry",
    "audience": None,
    "trigger": AFTER,
    "category": "transactional",
    "transactional_basis": "the answer to their complaint",
    "template": "sorry-email",
}


def documents(campaign: dict[str, Any], **hold: Any) -> dict[tuple[str, str], Any]:
    found = dict(some_documents(campaign))
    purpose = "transactional" if campaign.get("category") == "transactional" else "promotional"
    template = {**found["template", "spring-email"], "id": "sorry-email", "purpose": purpose}
    return {
        **found,
        ("template", "sorry-email"): template,
        ("policy", "policy"): {"tone_holds": [a_hold(**hold)]},
    }


def test_a_hold_with_a_sequel_makes_the_segment_of_those_on_whom_it_stands() -> None:
    catalog = a_catalog(documents(SORRY, release=BY_EVENT, then={"apology": "sorry"}))
    assert [segment.id for segment in catalog.segments] == ["hold-complaint"]
    assert [campaign.id for campaign in catalog.triggered_by_segment("hold-complaint", "exit")] == ["sorry"]
    assert catalog.triggered_by_segment("hold-complaint") == []


@pytest.mark.parametrize(
    ("campaign", "then", "why"),
    [
        (SORRY, {"apology": "gone"}, "there is no campaign 'gone'"),
        ({**SORRY, "trigger": {**AFTER, "at": "enter"}}, {"apology": "sorry"}, "not set off by the end"),
        ({**SORRY, "category": "marketing"}, {"apology": "sorry"}, "an apology sells nothing"),
        (SORRY, {"check_in": "sorry"}, "names a survey"),
    ],
)
def test_a_sequel_that_is_not_what_it_is_called_is_refused(
    campaign: dict[str, Any], then: dict[str, str], why: str
) -> None:
    campaign = {**campaign, "transactional_basis": "" if campaign["category"] == "marketing" else "an answer"}
    with pytest.raises(InvalidDefinition, match=rf"policy/policy: tone_holds\.complaint\.then\..*{why}"):
        a_catalog(documents(campaign, then=then))


@pytest.mark.parametrize("holds", [[], [a_hold(release=BY_EVENT)], [a_hold(id="other")]])
def test_a_campaign_that_follows_a_hold_which_the_policy_does_not_have_is_told_which(
    holds: list[dict[str, Any]],
) -> None:
    wanted = {**documents(SORRY), ("policy", "policy"): {"tone_holds": holds}}
    why = (
        "campaign/sorry: trigger.segment: there is no segment 'hold-complaint': the policy makes it by a tone hold "
        "'complaint' that something follows (then), and has none"
    )
    with pytest.raises(InvalidDefinition) as refused:
        a_catalog(wanted)
    assert [str(problem) for problem in refused.value.problems] == [why]


def test_a_condition_on_those_whom_no_hold_of_the_policy_holds_is_told_so() -> None:
    gone = {"id": "calm", "name": "Calm", "when": {"in_segment": "hold-complaint"}}
    with pytest.raises(
        InvalidDefinition, match="does not exist: the policy makes it by a tone hold 'complaint'"
    ):
        a_catalog({**some_documents(), ("segment", "calm"): gone})


def test_of_a_segment_that_no_hold_makes_nothing_is_said_of_holds() -> None:
    stranger = {**SORRY, "trigger": {**AFTER, "segment": "regulars"}}
    with pytest.raises(InvalidDefinition) as refused:
        a_catalog({**documents(stranger), ("policy", "policy"): {}})
    assert [problem.reason for problem in refused.value.problems] == ["there is no segment 'regulars'"]


@pytest.mark.parametrize("then", [{}, {"apology": "sorry", "check_in": "ask"}])
def test_one_thing_follows(then: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="either an apology or a check_in"):
        ToneHold.model_validate(a_hold(then=then))
