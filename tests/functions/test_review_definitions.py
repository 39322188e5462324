"""Definitions change while functions run, each of which has read them a moment ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.adapters.tables.catalog import CatalogTable
from kizuna.core.catalog import Documents
from kizuna.core.messages import State
from kizuna.topology import SEGMENT_SHARDS, Function, Queue
from kizuna.usecases.authoring.workspace import apply
from tests.support.clouds import Shop, a_lambda_event, a_user, an_sqs_event, failures, running_shop
from tests.support.clouds import sample_documents as sample

RUN = datetime(2026, 11, 25, 10, tzinfo=UTC)  # Wednesday, ten o'clock in London


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Functions look for changed definitions every few minutes; the others here apply them from elsewhere."""
    with running_shop() as made:
        made.wired.catalog._fresh_for = 300.0
        made.wired.catalog.current()
        yield made


def changed(kind: str, which: str, **changes: Any) -> Documents:
    return {**sample(), (kind, which): {**sample()[kind, which], **changes}}


def applied(shop: Shop, wanted: Documents) -> None:
    elsewhere = CatalogTable(shop.wired._dynamodb, table=shop.wired.settings.catalog)
    apply(
        wanted, elsewhere, shop.wired.queues, shop.wired.schedules,
shop.wired.backfills,
        origin=lambda kind, name: f"{kind}/{name}", now=shop.now, actor="elsewhere",
    )  # fmt: skip


def a_lapsing(shop: Shop) -> str:
    """Somebody in the US whom Wednesday's campaign is meant for."""
    user = a_user()
    traits = {"email": f"{user}@people.example", "country": "US", "timezone": "America/New_York"}
    told: list[dict[str, Any]] = [{"type": "identify", "userId": user, "traits": traits}]
    for days in (300, 250, 200):
        at = (shop.now - timedelta(days=days)).isoformat()
        order = {"type": "track", "userId": user, "event": "Order Completed", "properties": {"revenue": 40}}
        told.append({**order, "timestamp": at, "messageId": f"{user}-{days}"})
    assert shop.send(*told).status == 200
    shop.settle()
    return user


def test_a_new_segment_reaches_everybody_at_once(shop: Shop, user: str) -> None:
    shop.send({"type": "identify", "userId": user, "traits": {"plan": "pro"}})
    shop.settle()
    pro = {"id": "pro", "name": "Pro", "when": {"trait": "plan", "op": "eq", "value": "pro"}}
    applied(shop, {**sample(), ("segment", "pro"): pro})
    shop.settle()
    assert "pro" in shop.person(user).segments


def test_a_campaign_that_was_made_a_moment_ago_starts(shop: Shop) -> None:
    late = {**sample()["campaign", "win-back"], "id": "late"}
    late["trigger"] = {"type": "schedule", "at": (shop.now + timedelta(seconds=2)).isoformat()}
    user = a_lapsing(shop)
    applied(shop, {**sample(), ("campaign", "late"): late})
    shop.cloud.advance(timedelta(minutes=1))
    assert [message.campaign for message in shop.messages(user)] == ["late"]


def test_the_kill_switch_is_heeded_at_once(shop: Shop, user: str) -> None:
    shop.greet(user, settle=False)
    while not shop.messages(user):
        assert shop.cloud._stream_once()
    applied(shop, changed("policy", "policy", kill_switch=True))
    shop.settle()
    assert shop.mails(user) == ()
    applied(shop, sample())
    shop.cloud.advance(timedelta(minutes=20))
    assert len(shop.mails(user)) == 1


# ── a run goes by the version it began with ─────────────────────────────────────────────────────


def begun(shop: Shop) -> tuple[str, dict[str, Any]]:
    """A person whom a run is meant for, and the shard of the run in which the person is."""
    user = a_lapsing(shop)
    shop.invoke(Function.CAMPAIGN, a_lambda_event("schedule/campaign"))
    person = shop.person(user).id
    shard = next(
        number
        for number in range(SEGMENT_SHARDS)
        if person in shop.wired.people.members("lapsing-good-customers", number)[0]
    )
    (body,) = [body for body in shop.waiting(Queue.AUDIENCE) if body["shard"] == shard]
    return user, body


TO_ALL = {"audience": {"in": ["everyone"]}, "override_reason": "everybody is to know of it"}


@pytest.mark.parametrize("change", [TO_ALL, {"enabled": False}, {"name": "New"}])
def test_a_campaign_that_changes_during_its_run_decides_for_nobody_more(
    shop: Shop, change: dict[str, Any]
) -> None:
    user, body = begun(shop)
    applied(shop, changed("campaign", "win-back", **change))
    assert failures(shop.invoke(Function.AUDIENCE, an_sqs_event(Queue.AUDIENCE, body))) == []
    assert shop.messages(user) == ()


def test_a_second_tick_after_a_change_does_not_take_the_run_up_again(shop: Shop) -> None:
    user, _ = begun(shop)
    applied(shop, changed("campaign", "win-back", name="New"))
    shop.invoke(Function.CAMPAIGN, a_lambda_event("schedule/campaign"))
    shop.settle()
    assert shop.messages(user) == ()


def test_what_a_changed_campaign_had_decided_is_not_sent(shop: Shop) -> None:
    user, body = begun(shop)
    shop.invoke(Function.AUDIENCE, an_sqs_event(Queue.AUDIENCE, body))
    applied(shop, changed("campaign", "win-back", name="New"))
    (waits,) = shop.messages(user)
    assert waits.not_before is not None
    shop.cloud.advance_to(waits.not_before + timedelta(minutes=5))
    (message,) = shop.messages(user)
    assert (message.state, message.reason) == (State.EXPIRED, "campaign_stopped")
    assert shop.mails(user) == ()


# ── schedules ───────────────────────────────────────────────────────────────────────────────────


def test_a_start_of_a_schedule_that_is_no_longer_in_force_starts_nothing(shop: Shop) -> None:
    user = a_lapsing(shop)
    later = {"type": "schedule", "at": (RUN + timedelta(hours=5)).isoformat()}
    with pytest.MonkeyPatch.context() as patch:  # whoever applied this died before any schedule was touched
        for act in ("arm", "disarm"):
            patch.setattr(shop.wired.schedules, act, lambda *names, **more: None)
        applied(shop, changed("campaign", "win-back", trigger=later))
    shop.cloud.advance_to(RUN + timedelta(minutes=1))
    assert shop.messages(user) == ()
    shop.cloud.advance_to(RUN + timedelta(hours=6))
    assert [message.run for message in shop.messages(user)] == ["20261125T1500Z"]
