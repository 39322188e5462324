"""A planned campaign through the whole of the local cloud: applied by one, approved by another, heard at ten in the
morning where each person lives, and shown by the command before it happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from kizuna.cli.context import Place
from kizuna.cli.main import app
from kizuna.runtime.wiring import installed
from kizuna.topology import Function
from tests.support.clouds import Shop, running_shop, sample_documents

# Sunday, 22 November 2026. The rule has its run on Monday at noon in London; ten in the morning is on Wednesday then.
PLAN = {
    "id": "autumn",
    "name": "Autumn",
    "trigger": {
        "type": "schedule", "rrule": "FREQ=WEEKLY;BYDAY=MO;BYHOUR=12;BYMINUTE=0", "zone": "Europe/London",
        "starts_at": "2026-11-22T00:00:00+00:00",
    },
    "audience": {"in": ["everyone"]},
    "override_reason": "a handful of people in a test",
    "send_time": {"mode": "local", "local_time": "10:00"},
}  # fmt: skip
ZONES = {"kana": "Asia/Tokyo", "nell": "America/New_York"}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    documents = sample_documents()
    autumn = {**documents["campaign", "win-back"], **PLAN}
    policy = {**documents["policy", "policy"], "approval": {}, "quiet_hours": [], "frequency_caps": []}
    with running_shop(
        documents={**documents, ("campaign", "autumn"): autumn, ("policy", "policy"): policy}
    ) as running:
        for user, zone in ZONES.items():
            traits = {"email": f"{user}@people.example", "country": "US", "timezone": zone}
            running.send({"type": "identify", "userId": user, "traits": traits})
        running.settle()
        yield running


def kizuna(shop: Shop, *words: str, code: int = 0) -> Any:
    with installed(shop.wired):
        done = CliRunner().invoke(app, ["--json", "campaign", *words], obj=Place(installed=True))
    assert done.exit_code == code, done.output
    return json.loads(done.output)


def sent_at(shop: Shop, user: str) -> list[datetime]:
    return [
        line.at
        for message in shop.messages(user)
        if message.campaign == "autumn"
        for line in message.evidence
        if str(line.state) == "SENT"
    ]


def test_a_campaign_is_approved_by_a_second_person_and_heard_at_ten_where_each_one_lives(shop: Shop) -> None:
    [standing] = kizuna(shop, "status", "autumn")["campaigns"]
    assert (standing["state"], standing["because"]) == ("draft", "not_approved")
    first = datetime.fromisoformat(standing["nextRun"])
    assert (first.weekday(), first.hour) == (0, 12)
    assert kizuna(shop, "schedule", "autumn", "--days", "15")["runs"][0]["at"] == standing["nextRun"]

    reasons = kizuna(shop, "approve", "autumn", "--reason", "mine", "--actor", "test", code=1)["reasons"]
    assert "somebody else has to approve" in reasons[0]
    kizuna(shop, "approve", "autumn", "--reason", "prices checked", "--actor", "bea")
    assert kizuna(shop, "status", "autumn")["campaigns"][0]["state"] == "approved"

    runs = kizuna(shop, "calendar", "--days", "9", "--zone", "Asia/Tokyo")["runs"]
    planned = next(run for run in runs if run["campaign"] == "autumn")
    assert (planned["people"], planned["local"]["Asia/Tokyo"][11:16]) == (2, "21:00")

    shop.cloud.advance_to(first + timedelta(minutes=5))
    waiting = [message for user in ZONES for message in shop.messages(user) if message.campaign == "autumn"]
    assert {(str(message.state), message.reason) for message in waiting} == {("DEFERRED", "send_time")}
    shop.cloud.advance_to(first + timedelta(days=3))
    day = (first + timedelta(days=2)).date()
    assert [at.replace(second=0, microsecond=0) for at in sent_at(shop, "kana")] == [
        datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    ]
    assert [at.replace(second=0, microsecond=0) for at in sent_at(shop, "nell")] == [
        datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
    ]


def test_a_tick_that_comes_again_repeats_nothing_and_the_next_one_comes_a_week_later(shop: Shop) -> None:
    [run] = shop.wired.runs.list("autumn")

    for _ in range(2):
        shop.invoke(Function.CAMPAIGN, {"campaign": "autumn", "at": run.scheduled_at.isoformat()})
        shop.settle()
    assert len(shop.wired.runs.list("autumn")) == 1
    assert [len(sent_at(shop, user)) for user in ZONES] == [1, 1]
    shop.cloud.advance_to(run.scheduled_at + timedelta(days=7, minutes=5))
    assert [each.scheduled_at for each in shop.wired.runs.list("autumn")] == [
        run.scheduled_at, run.scheduled_at + timedelta(days=7),
    ]  # fmt: skip


def test_a_campaign_that_stands_still_has_its_run_refused_and_says_so(shop: Shop) -> None:
    last = shop.wired.runs.list("autumn")[-1].scheduled_at
    shop.cloud.advance_to(last + timedelta(days=3))  # what the pause finds waiting asks again and again
    kizuna(shop, "pause", "autumn", "--reason", "a wrong price", "--actor", "ann")
    assert kizuna(shop, "status", "autumn")["campaigns"][0]["state"] == "paused"
    shop.cloud.advance_to(last + timedelta(days=7, minutes=5))
    refused = shop.wired.runs.list("autumn")[-1]
    assert (str(refused.state), refused.reason.partition(":")[0]) == ("refused", "paused")
    kizuna(shop, "resume", "autumn", "--reason", "mended", "--actor", "ann")
    assert kizuna(shop, "status", "autumn")["campaigns"][0]["state"] == "failed", "its last run did not begin"


@pytest.mark.parametrize(
    "words",
    [("approve", "nobody", "--reason", "x"), ("pause", "nobody", "--reason", "x"), ("status", "nobody"),
     ("schedule", "nobody"), ("resume", "win-back", "--reason", "x"), ("calendar", "--zone", "Mars/Olympus")],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_the_reason(shop: Shop, words: tuple[str, ...]) -> None:
    assert kizuna(shop, *words, code=1)["reasons"]
