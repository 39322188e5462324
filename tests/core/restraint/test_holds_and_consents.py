"""What is known of consents is worked out for the tone holds that rest on it, and for no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.consent.summary import ConsentSummary
from kizuna.core.judging import Restraint, restraint
from kizuna.core.people import Profile
from kizuna.core.restraint.holds import About, standing_holds
from kizuna.core.segments import view_of
from tests.support.builders import NOON, a_catalog, a_profile, some_documents

NEWS = About("email", "news", "shop")
SILENT = {"consent": "none", "channel": "email", "topic": "news"}
COMPLAINED = {"event": "Complaint Received", "window": {"last": "14d"}}
NEAR = {"geo": "last_known", "within": {"lat": 35.68, "lon": 139.76, "radius_m": 1500}}
RESTS_ON_CONSENTS = [
    SILENT,
    {"all": [COMPLAINED, {"any": [SILENT, COMPLAINED]}]},
    {"reachable": "email", "purpose": "promotional", "topic": "news"},
    {"subscription": "news"},
    NEAR,
]
RESTS_ON_OTHER = [
    COMPLAINED,
    {"trait": "bereavement", "op": "eq", "value": True},
    {"reachable": "email"},
    {"any": [COMPLAINED, {"trait": "plan", "op": "eq", "value": "free"}]},
    {"in_segment": "known"},
]


def a_shop(*conditions: dict[str, Any]) -> Catalog:
    """Its segments ask about consents, so that every record keeps a summary of them."""
    holds = [{"id": f"h{n}", "name": {"en": "Held"}, "when": when} for n, when in enumerate(conditions)]
    known = {"id": "known", "name": "Known", "when": {"trait": "plan", "op": "exists"}}
    silent = {"id": "silent", "name": "Silent", "when": SILENT}
    named = {("segment", "known"): known, ("segment", "silent"): silent}
    return a_catalog({**some_documents(), **named, ("policy", "policy"): {"tone_holds": holds}})


def somebody(**changes: Any) -> Profile:
    return replace(a_profile(), consents=ConsentSummary("m"), **changes)


@pytest.mark.parametrize("when", RESTS_ON_CONSENTS)
def test_a_hold_that_rests_on_consents_says_so(when: dict[str, Any]) -> None:
    assert a_shop(when).policy.tone_holds[0].asks_consents


@pytest.mark.parametrize("when", RESTS_ON_OTHER)
@pytest.mark.parametrize("changes", [{}, {"segments": frozenset({"known"})}])
def test_any_other_is_answered_alike_with_and_without_them(
    when: dict[str, Any], changes: dict[str, Any]
) -> None:
    catalog, person = a_shop(when), somebody(**changes)
    holds = catalog.policy.tone_holds
    assert not holds[0].asks_consents
    seen = (catalog.decidable(person), catalog.without_kept_out(person))
    for now in (NOON, NOON + timedelta(days=30)):
        whole, less = (standing_holds(holds, view_of(each), now=now) for each in seen)
        assert whole == less


def test_a_hold_stands_on_whoever_said_nothing_beside_holds_that_do_not_ask() -> None:
    assert restraint(somebody(), NEWS, a_shop(COMPLAINED, SILENT), now=NOON) == Restraint("h1")
    assert restraint(somebody(), NEWS, a_shop(COMPLAINED), now=NOON) == Restraint()
