"""What a change of a golden record leads to: segments, the alarm, versions, and what is worth announcing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.durations import instant_to_text
from kizuna.core.events import ConsentProof
from kizuna.core.folding import Fact, fold, is_live, settled
from kizuna.core.segments import EVERYONE, standing
from kizuna.core.timeline import timeline_key
from tests.support.builders import MAILBOX, NOON, SERVER
from tests.support.folds import CATALOG, HOUR, folded, identify, order


def test_segments_and_the_alarm_are_current_when_the_events_are_counted() -> None:
    found = folded(order(1, hour=-1, properties={"total": 30}))
    assert found.profile.segments == {EVERYONE, "buyers", "spenders"}
    assert found.profile.due_at == NOON - HOUR + timedelta(days=7)
    assert found.entered == {EVERYONE, "buyers", "spenders"}
    assert found.exited == frozenset()


def test_an_earlier_alarm_is_left_standing_and_one_that_has_rung_is_set_anew() -> None:
    buyer = folded(order(1)).profile
    assert folded(order(2), profile=replace(buyer, due_at=NOON + HOUR)).profile.due_at == NOON + HOUR
    assert folded(order(2), profile=replace(buyer, due_at=NOON)).profile.due_at == NOON + timedelta(days=7)
    assert folded(
        order(2), profile=replace(buyer, due_at=NOON + 900 * HOUR)
    ).profile.due_at == NOON + timedelta(days=7)


def test_each_write_is_one_version_on_and_the_reach_rises_only_with_what_decides_it() -> None:
    first = folded(order(1)).profile
    assert (first.version, first.reach_version) == (1, 1)
    plain = folded(order(2), profile=first).profile
    assert (plain.version, plain.reach_version) == (2, 1)
    told = folded(identify(3, email=MAILBOX), profile=plain).profile
    assert (told.version, told.reach_version) == (3, 2)
    proof = replace(SERVER, consent_proof=ConsentProof("v2", "form"))
    says = {"messaging_subscriptions": [{"type": "email", "key": MAILBOX, "status": "SUBSCRIBED"}]}
    allowed = folded(order(4, source=proof, context=says), profile=told)
    assert (allowed.profile.reach_version, allowed.profile.ledger_length) == (3, 1)
    assert allowed.profile.ledger_head == allowed.consents[0].hash
    assert Fact("consent", "grant", allowed.consents[0].event.id) in allowed.facts


def test_a_live_event_announces_itself_and_the_segments_it_leads_into() -> None:
    event = order(1)
    assert folded(event).facts == (
        Fact("event", "Order Completed", "event-1", timeline_key(event)),
        Fact("entered", "buyers", "event-1"),
    )
    assert folded(order(1, name="Product Viewed")).facts == ()


HISTORY: dict[str, dict[str, Any]] = {
    "told not to": {"triggers": False},
    "late": {"at": NOON - 25 * HOUR},
    "a day old": {"at": NOON - 24 * HOUR},
}


@pytest.mark.parametrize("case", HISTORY)
def test_history_moves_people_silently(case: str) -> None:
    event = order(1, **HISTORY[case])
    found = folded(event)
    assert not is_live(event, CATALOG)
    assert "buyers" in found.profile.segments
    assert found.facts == ()


def test_an_alarm_announces_what_it_changes_under_its_own_instant() -> None:
    buyer = folded(order(1)).profile
    later = NOON + timedelta(days=7)
    rang = settled(before=buyer, after=buyer, catalog=CATALOG, now=later, alarm=instant_to_text(later))
    assert rang.facts == (Fact("exited", "buyers", "2026-11-30T12:00:00.000Z"),)
    assert rang.profile.due_at is None
    in_time = replace(buyer, due_at=None, evaluated="")
    silent = settled(before=in_time, after=in_time, catalog=CATALOG, now=later, announces=False)
    assert silent.exited == {"buyers"}
    assert silent.facts == ()


def test_a_silent_change_announces_what_an_overdue_alarm_would_have() -> None:
    buyer = folded(order(1)).profile
    later = NOON + timedelta(days=7, seconds=20)
    silent = settled(before=buyer, after=buyer, catalog=CATALOG, now=later, announces=False)
    assert silent.facts == (Fact("exited", "buyers", "2026-11-30T12:00:00.000Z"),)


def test_memberships_that_a_merge_brings_are_not_announced_but_those_of_the_event_are() -> None:
    stored = folded(order(1, name="Product Viewed")).profile
    united = replace(
        folded(order(2, name="Other"), order(3)).profile, version=stored.version, segments=stored.segments
    )
    by_merge = standing(united, CATALOG.segments, now=NOON).segments
    found = fold(united, [identify(4, plan="pro")], CATALOG, now=NOON, before=stored, since=by_merge)
    assert found.entered == {"buyers", "pros"}
    assert found.facts == (Fact("entered", "pros", "event-4"),)
