"""The contracts of `Queues`, `Quarantine`, `Schedules` and `Bus`, over the fakes and over moto."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from kizuna.adapters.quarantine import S3Quarantine
from kizuna.adapters.queues import SqsQueues
from kizuna.adapters.schedules import SchedulerSchedules, occurrence_name
from kizuna.core.ports import Quarantine, Queues, Schedules
from tests.support.builders import NOON, a_violation
from tests.support.emulated import client, cloud
from tests.support.fakes import InMemoryQuarantine, InMemoryQueues, InMemorySchedules

Body = dict[str, Any]
Armed = tuple[datetime, Body]


@dataclass(frozen=True, slots=True)
class Services:
    """The ports, with what tells from the outside what they did."""

    queues: Queues
    received: Callable[[str], list[Body]]
    quarantine: Quarantine
    schedules: Schedules
    armed: Callable[[str, datetime], Armed | None]


@pytest.fixture(params=["memory", "moto"])
def services(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if request.param == "memory":
        yield _in_memory()
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with ExitStack() as closing:
        closing.enter_context(cloud(changed=False))
        clients = {name: client(name) for name in ("sqs", "s3", "scheduler")}
        for made in clients.values():
            closing.callback(made.close)
        yield _in_moto(**clients)


def _in_memory() -> Services:
    queues, schedules = InMemoryQueues(), InMemorySchedules()

    def armed(name: str, at: datetime) -> Armed | None:
        payload = schedules.armed.get((name, at))
        return None if payload is None else (at, payload)

    return Services(queues, lambda name: queues.sent[name], InMemoryQuarantine(), schedules, armed)


def _in_moto(sqs: Any, s3: Any, scheduler: Any) -> Services:
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("ingest", "wake")}
    s3.create_bucket(Bucket="kept")
    scheduler.create_schedule_group(Name="kizuna")

    def received(name: str) -> list[Body]:
        found: list[Body] = []
        while page := sqs.receive_message(QueueUrl=urls[name], MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(message["Body"]) for message in page]
        return found

    def armed(name: str, at: datetime) -> Armed | None:
        try:
            found = scheduler.get_schedule(Name=occurrence_name(name, at), GroupName="kizuna")
        except scheduler.exceptions.ResourceNotFoundException:
            return None
        at = datetime.strptime(found["ScheduleExpression"], "at(%Y-%m-%dT%H:%M:%S)").replace(tzinfo=UTC)
        return at, json.loads(found["Target"]["Input"])

    return Services(
        queues=SqsQueues(sqs, urls=urls),
        received=received,
        quarantine=S3Quarantine(s3, bucket="kept"),
        schedules=SchedulerSchedules(
            scheduler,
            group="kizuna",
            role="arn:aws:iam::123456789012:role/schedules",
            target="arn:aws:lambda:us-east-1:123456789012:function:campaign",
        ),
        armed=armed,
    )


# ── queues ──────────────────────────────────────────────────────────────────────────────────────


def test_what_is_sent_is_received_whole(services: Services) -> None:
    bodies = [{"number": number, "text": "絆 \ud83d \uffff \u2028 \x00"} for number in range(25)]
    services.queues.send("ingest", bodies)
    received = services.received("ingest")
    assert sorted(received, key=lambda body: body["number"]) == bodies
    assert services.received("wake") == []


def test_sending_nothing_is_nothing(services: Services) -> None:
    services.queues.send("wake", [])
    assert services.received("wake") == []


# ── quarantine ──────────────────────────────────────────────────────────────────────────────────


def test_what_is_kept_is_reported_oldest_first(services: Services) -> None:
    raw = '{"a": "\u2028 line \n and 名前 \ud800"}'
    late, early = a_violation(9, source="app"), a_violation(1, raw=raw)
    services.quarantine.keep([late, early])
    services.quarantine.keep([a_violation(5)])
    assert services.quarantine.report() == (early, a_violation(5), late)


def test_the_same_kept_again_is_kept_once(services: Services) -> None:
    for _ in range(2):
        services.quarantine.keep([a_violation(1), a_violation(2)])
    assert services.quarantine.report() == (a_violation(1), a_violation(2))


def test_a_day_is_reported_by_itself(services: Services) -> None:
    yesterday = a_violation(received_at=NOON - timedelta(days=1))
    services.quarantine.keep([yesterday, a_violation()])
    assert services.quarantine.report(day="2026-11-22") == (yesterday,)
    assert services.quarantine.report(day="2026-11-23") == (a_violation(),)
    assert services.quarantine.report(day="2026-11-24") == ()


# ── schedules ───────────────────────────────────────────────────────────────────────────────────


def test_each_instant_of_a_name_is_armed_by_itself(services: Services) -> None:
    instants = [NOON + timedelta(hours=hours) for hours in (3, 1)]
    for at in instants:
        services.schedules.arm("spring", at=at, payload={"campaign": "spring", "hour": at.hour})
    for at in instants:
        assert services.armed("spring", at) == (at, {"campaign": "spring", "hour": at.hour})
    assert services.armed("spring", NOON) is None


def test_arming_the_same_instant_again_changes_nothing(services: Services) -> None:
    for _ in range(2):
        services.schedules.arm("spring", at=NOON, payload={"campaign": "spring"})
    assert services.armed("spring", NOON) == (NOON, {"campaign": "spring"})
    services.schedules.disarm("spring", at=NOON)
    assert services.armed("spring", NOON) is None


def test_what_is_disarmed_is_no_longer_armed_and_everything_else_is(services: Services) -> None:
    later = NOON + timedelta(days=1)
    for name, at in (("spring", NOON), ("spring", later), ("autumn", NOON)):
        services.schedules.arm(name, at=at, payload={})
    for _ in range(2):
        services.schedules.disarm("spring", at=NOON)
    assert services.armed("spring", NOON) is None
    assert services.armed("spring", later) == (later, {})
    assert services.armed("autumn", NOON) == (NOON, {})


def test_what_was_disarmed_can_be_armed_again(services: Services) -> None:
    services.schedules.arm("spring", at=NOON, payload={})
    services.schedules.disarm("spring", at=NOON)
    services.schedules.arm("spring", at=NOON, payload={})
    assert services.armed("spring", NOON) == (NOON, {})


def test_names_of_any_length_and_letters_stay_apart(services: Services) -> None:
    starts = [
        (name, NOON + timedelta(hours=hours))
        for name in ("a" * 64, "a" * 70, "a" * 71, "春", "夏", "a/b", "a-b")
        for hours in (0, 1)
    ]
    for number, (name, at) in enumerate(starts):
        services.schedules.arm(name, at=at, payload={"number": number})
    assert [services.armed(name, at) for name, at in starts] == [
        (at, {"number": number}) for number, (_, at) in enumerate(starts)
    ]


def test_an_instant_is_the_same_in_any_zone(services: Services) -> None:
    tokyo = timezone(timedelta(hours=9))
    services.schedules.arm("spring", at=NOON.astimezone(tokyo), payload={})
    assert services.armed("spring", NOON) == (NOON, {})
    services.schedules.disarm("spring", at=NOON.astimezone(tokyo))
    assert services.armed("spring", NOON) is None
