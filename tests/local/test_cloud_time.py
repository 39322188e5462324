"""One clock moves the whole local cloud: alarms, schedules, reports, retries, and the story from end to end."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.core.messages import State
from kizuna.local.clock import VirtualClock
from kizuna.local.cloud import LocalCloud
from kizuna.local.story import BEGINS, Story, apply_documents
from kizuna.topology import Function
from tests.support.clouds import NOON, ROOT, running_shop, sample_documents


def test_the_clock_stops_at_each_alarm_on_the_way_at_whole_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_shop() as shop:
        stops: list[datetime] = []
        invoke = shop.cloud.invoke

        def noting(name: Function, event: dict[str, Any]) -> Any:
            if name is Function.WAKE:
                stops.append(shop.now)
            return invoke(name, event)

        monkeypatch.setattr(shop.cloud, "invoke", noting)
        for user, days, minutes in (("one", 89, 30.5), ("two", 88, 0)):
            at = (shop.now - timedelta(days=days) + timedelta(minutes=minutes)).isoformat()
            orders = [
                {"type": "track", "userId": user, "event": "Order Completed", "messageId": f"{user}-{n}"}
                for n in range(4)
            ]
            shop.send(*({**order, "timestamp": at, "properties": {"revenue": 1}} for order in orders))
        shop.cloud.advance(timedelta(days=3))
        assert stops == [NOON + timedelta(days=1, minutes=31), NOON + timedelta(days=2)]


class RunningClock(VirtualClock):
    """A clock that goes on by itself at each look, as the wall's does."""

    def now(self) -> datetime:
        self.advance(timedelta(milliseconds=7))
        return super().now()


def test_on_a_clock_that_runs_by_itself_an_alarm_rings_within_a_minute_of_its_time() -> None:
    with running_shop(clock=RunningClock(NOON)) as shop:
        at = (NOON - timedelta(days=90) + timedelta(minutes=2)).isoformat()
        order = {"type": "track", "userId": "running", "event": "Order Completed", "timestamp": at}
        shop.send(*({**order, "messageId": f"n{n}", "properties": {"revenue": 1}} for n in range(4)))
        assert "loyal-customers" in shop.person("running").segments
        while shop.now < NOON + timedelta(minutes=3, seconds=5):
            shop.cloud.clock.advance(timedelta(seconds=4))
            shop.cloud.advance_to(shop.cloud.clock.now())
        assert "loyal-customers" not in shop.person("running").segments


def test_what_a_function_could_not_handle_comes_back_when_the_clock_moves() -> None:
    with running_shop(rest=timedelta(minutes=6)) as shop:
        with shop.refusing_dynamodb() as refused:
            shop.send({"type": "track", "userId": "late", "event": "X"})
            shop.settle()
            shop.settle()
            tries = len(
                [name for name in refused if name != "UpdateItem"]
            )  # which notes that the source spoke
        shop.settle()
        assert shop.holder("user_id", "late") is None
        shop.cloud.advance(timedelta(minutes=5))
        assert shop.holder("user_id", "late") is None
        shop.cloud.advance(timedelta(minutes=2))
        assert shop.names("late") == ["X"]
        assert tries == 2


def test_what_a_provider_reports_later_arrives_when_the_clock_is_there() -> None:
    with running_shop() as shop:
        shop.greet("reader")
        (mail,) = shop.mails("reader")
        shop.cloud.providers.opened(mail.id, at=NOON + timedelta(hours=2))
        shop.cloud.advance(timedelta(hours=1))
        assert "Email Opened" not in shop.names("reader")
        shop.cloud.advance(timedelta(hours=1, minutes=1))
        assert "Email Opened" in shop.names("reader")


def test_a_scheduled_campaign_runs_at_its_time_every_week() -> None:
    with running_shop() as shop:
        shop.cloud.advance_to(datetime(2026, 12, 9, 12, tzinfo=UTC))
        runs = [run.scheduled_at for run in shop.wired.runs.list("win-back")]
        wednesday = datetime(2026, 11, 25, 10, tzinfo=UTC)
        assert runs == [wednesday + timedelta(days=7 * week) for week in range(3)]
        assert [run.started_at for run in shop.wired.runs.list("win-back")] == runs


def test_a_second_cloud_remembers_nothing_of_the_first() -> None:
    for _ in range(2):
        with running_shop() as shop:
            assert shop.holder("user_id", "once") is None
            shop.greet("once")
            assert len(shop.mails("once")) == 1


def test_nothing_of_a_cloud_is_left_when_it_is_over() -> None:
    before = dict(os.environ)
    with running_shop():
        assert os.environ["KIZUNA_STAGE"] == "local"
    assert dict(os.environ) == before


# ── the story ───────────────────────────────────────────────────────────────────────────────────


def test_the_story_plays_with_sixty_people_and_every_intended_message_is_accounted_for() -> None:
    told: list[str] = []
    with LocalCloud(VirtualClock(BEGINS)) as cloud:
        story = Story(
            cloud,
            purchases=ROOT / "events" / "purchases" / "cdnow_sample.csv.gz",
            people=60,
            seed=3,
            progress=lambda what, done, of: told.append(what),
        )
        happened = story.play(apply_documents(sample_documents(), lambda kind, name: f"{kind}/{name}"))
        wired = cloud.services
        assert len(happened.people) == 60
        assert len(set(told)) >= 4
        stored = [
            message
            for person in happened.people
            for message in wired.messages.of_person(_parts(wired, person.user_id))
        ]
        runs = [(name, run.id) for name in wired.catalog.current().campaigns for run in wired.runs.list(name)]
        scheduled = [message for message in stored if (message.campaign, message.run) in runs]
        counted = sum(sum(wired.counters.read(*run).values()) for run in runs)
        assert counted == len(scheduled) > 0
        assert {message.state for message in stored} <= {State.SENT, State.DENIED, State.EXPIRED}
        sent = {message.id for message in stored if message.state is State.SENT}
        assert {each.tags["send_id"] for each in cloud.providers.outbox.messages()} == sent
        assert cloud.providers.outbox.accepted_twice() == {}
        for user in (happened.bounced, happened.complained, happened.unsubscribed):
            states = [m.state for m in stored if m.person in _parts(wired, user) and m.campaign == "win-back"]
            assert sorted(states) == [State.DENIED, State.SENT]


def _parts(wired: Any, user: str) -> tuple[str, ...]:
    key = ("user_id", user)
    owner = wired.people.owners([key])[key]
    return tuple(wired.people.profiles([owner])[owner].parts)
