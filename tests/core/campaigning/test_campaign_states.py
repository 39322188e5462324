"""How a campaign stands follows from its definition, what people decided and its runs, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.campaigning.controls import (
    Control,
    NotApprovable,
    NotPaused,
    approved,
    content_of,
    going_on,
    halted,
    is_approved,
    is_same_person,
    needs_approval,
)
from kizuna.core.campaigning.states import standing_of, upcoming_run
from kizuna.core.catalog import Catalog
from kizuna.core.ports import Run, RunState
from kizuna.core.restraint.approvals import ApprovalRule
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.content import EMAIL
from tests.support.customers import DAILY

HOUR = timedelta(hours=1)
RULE: dict[str, Any] = {"approval": {}}
EVENT = {"trigger": {"type": "event", "event": "Seen"}, "audience": None}


def a_shop(campaign: dict[str, Any] | None = None, **policy: Any) -> Catalog:
    document = {k: v for k, v in (CAMPAIGN | DAILY | (campaign or {})).items() if v is not None}
    return a_catalog({**some_documents(document), ("policy", "policy"): policy})


def a_run(state: RunState = RunState.RUNNING, *, ago: timedelta = HOUR, reason: str = "") -> Run:
    at = NOON - ago
    return Run("spring", f"{at:%H%M}", 1, at, at, shards=1, state=state, reason=reason)


def state(catalog: Catalog, *runs: Run, control: Control | None = None, **more: Any) -> tuple[str, str]:
    found = standing_of(
        catalog.campaigns["spring"], control or Control("spring"), runs, catalog, now=more.get("now", NOON)
    )
    return str(found.state), found.because


def by_bea(catalog: Catalog, control: Control | None = None) -> Control:
    campaign = catalog.campaigns["spring"]
    before, authors = control or Control("spring"), {"spring": "ann"}
    return approved(before, campaign, catalog, by="bea", applied_by=authors, reason="looked at it", now=NOON)


HALTED = halted(Control("spring"), by="ann", reason="a wrong price", now=NOON)
PAST = {"trigger": {"type": "schedule", "at": (NOON - HOUR).isoformat()}}
STANDS: dict[str, tuple[Catalog, tuple[Run, ...], Control | None, tuple[str, str]]] = {
    "planned": (a_shop(), (), None, ("approved", "planned")),
    "switched off": (a_shop({"enabled": False}), (), None, ("draft", "disabled")),
    "without an approval": (a_shop(**RULE), (), None, ("draft", "not_approved")),
    "approved": (a_shop(**RULE), (), by_bea(a_shop(**RULE)), ("approved", "planned")),
    "edited since": (
        a_shop({"name": "Other"}, **RULE), (), by_bea(a_shop(**RULE)), ("draft", "changed_since_approval"),
    ),
    "under way": (a_shop(), (a_run(),), None, ("running", "run")),
    "between two runs": (a_shop(), (a_run(RunState.DONE),), None, ("approved", "planned")),
    "standing still": (a_shop(), (a_run(),), HALTED, ("paused", "by_hand")),
    "refused": (a_shop(), (a_run(RunState.REFUSED, reason="blast: …"),), None, ("failed", "blast: …")),
    "refused before, done since": (
        a_shop(), (a_run(RunState.REFUSED, ago=2 * HOUR), a_run(RunState.DONE)), None, ("approved", "planned"),
    ),
    "over": (a_shop(PAST), (a_run(RunState.DONE),), None, ("done", "no_run_left")),
    "waiting for its event": (a_shop(EVENT), (), None, ("running", "triggers")),
    "waiting, and not approved": (a_shop(EVENT, **RULE), (), None, ("draft", "not_approved")),
}  # fmt: skip


@pytest.mark.parametrize("case", STANDS)
def test_a_campaign_stands(case: str) -> None:
    catalog, runs, control, expected = STANDS[case]
    assert state(catalog, *runs, control=control) == expected


def test_after_its_end_it_is_done_and_has_no_run_to_come() -> None:
    catalog = a_shop({"ends_at": (NOON + 25 * HOUR).isoformat()})
    campaign = catalog.campaigns["spring"]
    assert upcoming_run(campaign, after=NOON) == NOON + 24 * HOUR
    assert upcoming_run(campaign, after=NOON + 24 * HOUR) is None
    assert state(catalog, now=NOON + 26 * HOUR) == ("done", "ended")


def test_who_applied_a_campaign_cannot_approve_of_it() -> None:
    catalog = a_shop(**RULE)
    with pytest.raises(NotApprovable, match="somebody else has to approve"):
        approved(
            Control("spring"), catalog.campaigns["spring"], catalog,
            by="Ann", applied_by={"spring": "ann"}, reason="mine", now=NOON,
        )  # fmt: skip
    with pytest.raises(NotApprovable, match="approved as it stands"):
        by_bea(catalog, by_bea(catalog))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ann", "Ann", True),
        (" ann ", "ann", True),
        ("ａｎｎ", "ann", True),
        ("an\u200bn", "ann", True),
        ("Ann Lee", "ann  lee", True),
        ("ann@example.com", "ANN@Example.com", True),
        ("ann+two@example.com", "ann@example.com", True),
        ("ann", "ann@example.com", True),
        ("ann@example.com", "ann@example.org", False),
        ("ann", "anna", False),
        ("ann", "bea@example.com", False),
        ("＠", "@", True),
    ],
)
def test_somebody_under_another_spelling_is_no_second_person(one: str, other: str, same: bool) -> None:
    assert is_same_person(one, other) is is_same_person(other, one) is same


CHANGED: dict[str, dict[tuple[str, str], dict[str, Any]]] = {
    "its words": {
        ("template", "spring-email"): {
            "id": "spring-email", "channel": "email", "default_language": "en",
            "languages": {"en": EMAIL | {"subject": "Half price"}},
        }
    },
    "its sender": {("brand", "shop"): {"from_name": "Somebody else"}},
    "what its audience asks about": {("segment", "known"): {"when": {"event": "Order Completed"}}},
    "what its condition asks about": {("segment", "near"): {"when": {"event": "Order Completed"}}},
    "its audience": {("segment", "buyers"): {"id": "buyers", "name": "Buyers", "when": {"event": "Order Completed"}}},
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGED)
def test_what_is_approved_is_what_people_hear_and_who_they_are(case: str) -> None:
    known, near = ({"id": name, "name": name, "when": {"event": "Cart Left"}} for name in ("known", "near"))
    buyers = {"id": "buyers", "name": "Buyers", "when": {"in_segment": "known"}}
    narrowed = {"audience": {"in": ["buyers"]}, "when": {"in_segment": "near"}}
    documents = {
        **some_documents(CAMPAIGN | DAILY | narrowed),
        ("segment", "buyers"): buyers,
        ("segment", "known"): known,
        ("segment", "near"): near,
        ("policy", "policy"): RULE,
    }
    before = a_catalog(documents)
    [(key, change)] = CHANGED[case].items()
    after = a_catalog({**documents, key: {**documents[key], **change}})
    control = by_bea(before)
    assert is_approved(before.campaigns["spring"], control, before)
    assert not is_approved(after.campaigns["spring"], control, after)


def test_what_others_say_changes_no_approval() -> None:
    catalog = a_shop(**RULE)
    more = a_catalog(
        {**some_documents(CAMPAIGN | DAILY, CAMPAIGN | DAILY | {"id": "other"}), ("policy", "policy"): RULE}
    )
    assert content_of(catalog.campaigns["spring"], catalog) == content_of(more.campaigns["spring"], more)


def test_only_what_the_policy_names_needs_an_approval() -> None:
    spring = a_shop().campaigns["spring"]
    rule = ApprovalRule(from_people=1_000)
    assert not needs_approval(spring, None)
    assert needs_approval(spring, rule)
    assert needs_approval(spring, rule, people=1_000)
    assert not needs_approval(spring, rule, people=999)
    assert not needs_approval(spring, ApprovalRule(categories=frozenset({"transactional"})))


def test_standing_still_twice_is_standing_still_and_going_on_ends_it() -> None:
    assert halted(HALTED, by="bea", reason="again", now=NOON) is HALTED
    assert going_on(HALTED) == replace(HALTED, version=2, halt=None)
    with pytest.raises(NotPaused, match="spring does not stand still"):
        going_on(Control("spring"))
