"""Scheduler, quarantine and signing secret: what is asked of AWS, and what its answers come to."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta, timezone
from typing import Any

import pytest
from botocore.stub import Stubber

from kizuna.adapters.clients import storing_client
from kizuna.adapters.kept_secret import UnusableSecret
from kizuna.adapters.quarantine import S3Quarantine
from kizuna.adapters.schedules import SchedulerSchedules, occurrence_name, schedule_name
from kizuna.adapters.secrets import SigningSecrets
from kizuna.core.errors import Unavailable
from kizuna.core.links import Preferences, issue, read
from tests.support.builders import NOON, a_violation


@contextmanager
def stubbed(service: str) -> Iterator[tuple[Any, Stubber]]:
    client = storing_client(service)
    try:
        with Stubber(client) as stub:
            yield client, stub
            stub.assert_no_pending_responses()
    finally:
        client.close()


# ── schedules ───────────────────────────────────────────────────────────────────────────────────

LATE = NOON + timedelta(milliseconds=1)
NAME = "spring-20261123T120000.001000Z"
SCHEDULE = {
    "Name": NAME,
    "GroupName": "kizuna",
    "ScheduleExpression": "at(2026-11-23T12:00:01)",
    "ScheduleExpressionTimezone": "UTC",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "ActionAfterCompletion": "DELETE",
    "Target": {"Arn": "arn:target", "RoleArn": "arn:role", "Input": '{"campaign":"spring"}'},
}
DOWN = pytest.mark.parametrize(
    ("code", "status"), [("ThrottlingException", 429), ("InternalServerException", 500)]
)


def arm(client: Any) -> None:
    schedules(client).arm("spring", at=LATE, payload={"campaign": "spring"})


def disarm(client: Any) -> None:
    schedules(client).disarm("spring", at=LATE)


def schedules(client: Any) -> SchedulerSchedules:
    return SchedulerSchedules(client, group="kizuna", role="arn:role", target="arn:target")


def test_a_schedule_fires_once_and_never_early_and_is_gone_then() -> None:
    with stubbed("scheduler") as (client, stub):
        stub.add_response("create_schedule", {"ScheduleArn": "arn:schedule"}, SCHEDULE)
        arm(client)


def test_a_schedule_that_exists_is_left_as_it_is() -> None:
    with stubbed("scheduler") as (client, stub):
        stub.add_client_error("create_schedule", "ConflictException", http_status_code=409)
        arm(client)


def test_only_the_schedule_of_the_instant_is_deleted_and_may_be_gone() -> None:
    with stubbed("scheduler") as (client, stub):
        stub.add_response("delete_schedule", {}, {"Name": NAME, "GroupName": "kizuna"})
        stub.add_client_error("delete_schedule", "ResourceNotFoundException", http_status_code=404)
        for _ in range(2):
            disarm(client)


@DOWN
@pytest.mark.parametrize(("call", "operation"), [(arm, "create_schedule"), (disarm, "delete_schedule")])
def test_a_scheduler_that_is_down_is_unavailable(
    call: Callable[[Any], None], operation: str, code: str, status: int
) -> None:
    with stubbed("scheduler") as (client, stub):
        stub.add_client_error(operation, code, http_status_code=status)
        with pytest.raises(Unavailable):
            call(client)


def test_a_schedules_name_tells_what_starts_and_when() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert occurrence_name("win-back", NOON) == "win-back-20261123T120000Z"
    assert occurrence_name("win-back", NOON.astimezone(tokyo)) == "win-back-20261123T120000Z"


def test_starts_that_differ_in_the_least_have_schedules_of_their_own() -> None:
    instants = [NOON + timedelta(microseconds=number) for number in (0, 1, 999_999, 1_000_000)]
    for name in ("spring", "a" * 64, "春"):
        assert len({occurrence_name(name, at) for at in instants}) == len(instants)


def test_a_schedules_name_is_kept_where_it_can_be() -> None:
    assert schedule_name("win-back_2.0") == "win-back_2.0"
    for odd in ("x" * 65, "春", "a b", ""):
        assert len(schedule_name(odd)) <= 64
        assert schedule_name(odd).isascii()


# ── quarantine ──────────────────────────────────────────────────────────────────────────────────


class Bucket:
    """Keeps what is put."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803  (AWS's words)
        self.objects[Key] = Body


def test_an_object_holds_the_violations_of_a_day_and_a_source_line_by_line() -> None:
    bucket = Bucket()
    S3Quarantine(bucket, bucket="kept").keep(
        [
            a_violation(1),
            a_violation(2),
            a_violation(3, source="app"),
            a_violation(received_at=NOON + timedelta(days=1)),
        ]
    )
    folders = [key.rsplit("/", 1)[0] for key in bucket.objects]
    assert folders == [
        "quarantine/dt=2026-11-23/website",
        "quarantine/dt=2026-11-23/app",
        "quarantine/dt=2026-11-24/website",
    ]
    lines = gzip.decompress(next(iter(bucket.objects.values()))).decode().splitlines()
    assert [json.loads(line)["path"] for line in lines] == ["batch[1].userId", "batch[2].userId"]


def test_the_same_violations_are_the_same_object() -> None:
    once, twice = Bucket(), Bucket()
    S3Quarantine(once, bucket="kept").keep([a_violation()])
    for _ in range(2):
        S3Quarantine(twice, bucket="kept").keep([a_violation()])
    assert once.objects == twice.objects
    [body] = once.objects.values()
    assert body[4:8] == bytes(4)  # gzip's own time of writing is left out


@pytest.mark.parametrize("source", ["ann@example.com", "../../etc", "", "Website", "x" * 100])
def test_a_key_never_shows_what_a_stranger_called_a_source(source: str) -> None:
    bucket = Bucket()
    S3Quarantine(bucket, bucket="kept").keep([a_violation(source=source, raw="ann@example.com")])
    [key] = bucket.objects
    assert key.startswith("quarantine/dt=2026-11-23/unnamed-")
    assert "ann" not in key


def test_a_bucket_that_is_down_is_unavailable() -> None:
    with stubbed("s3") as (client, stub):
        stub.add_client_error("put_object", "SlowDown", http_status_code=503)
        with pytest.raises(Unavailable):
            S3Quarantine(client, bucket="kept").keep([a_violation()])


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────

OLD, NEW = "o" * 43, "n" * 43


class Vault:
    """A secret that changes, and can be out of reach."""

    def __init__(self, **keys: str) -> None:
        self.text = json.dumps(keys)
        self.reads = 0
        self.down = False

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803  (AWS's words)
        self.reads += 1
        if self.down:
            raise Unavailable(SecretId)
        return {"SecretString": self.text}


def test_a_link_signed_before_a_rotation_is_read_after_it() -> None:
    before = SigningSecrets(Vault(current="k1", k1=OLD), secret="arn").link_keys()
    after = SigningSecrets(Vault(current="k2", k1=OLD, k2=NEW), secret="arn").link_keys()
    token = issue(send_ref="m1", scope=Preferences(), issued_at=NOON, nonce=b"n" * 16, keys=before)
    found = read(token, keys=after)
    assert found is not None
    assert (found.kid, after.current) == ("k1", "k2")


def test_each_purpose_has_keys_of_its_own_as_rfc_5869_derives_them() -> None:
    secrets = SigningSecrets(Vault(current="k1", k1=OLD), secret="arn")
    current, links = secrets.keys("links")
    _, tokens = secrets.keys("tokens")
    extracted = hmac.digest(b"kizuna", OLD.encode(), hashlib.sha256)
    assert current == "k1"
    assert links["k1"] == hmac.digest(extracted, b"links\x01", hashlib.sha256)
    assert links["k1"] != tokens["k1"]
    assert len(links["k1"]) == 32


def test_the_secret_is_read_again_after_five_minutes() -> None:
    seconds = 0.0
    vault = Vault(current="k1", k1=OLD)
    secrets = SigningSecrets(vault, secret="arn", clock=lambda: seconds)
    for moment in (0.0, 299.0, 300.0, 301.0):
        seconds = moment
        secrets.link_keys()
    assert vault.reads == 2


def test_while_the_secret_is_out_of_reach_the_last_one_is_used() -> None:
    seconds = 0.0
    vault = Vault(current="k1", k1=OLD)
    secrets = SigningSecrets(vault, secret="arn", clock=lambda: seconds)
    first = secrets.link_keys()
    vault.down, vault.text = True, json.dumps({"current": "k2", "k2": NEW})
    seconds = 400.0
    assert secrets.link_keys() == first
    assert secrets.link_keys() == first
    assert vault.reads == 2
    vault.down, seconds = False, 431.0
    assert secrets.link_keys().current == "k2"


def test_a_secret_that_was_never_read_is_unavailable() -> None:
    vault = Vault(current="k1", k1=OLD)
    vault.down = True
    with pytest.raises(Unavailable):
        SigningSecrets(vault, secret="arn").link_keys()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        '"k1"',
        "{}",
        '{"current": "k1"}',
        json.dumps({"current": "k2", "k1": OLD}),
        '{"current": "k1", "k1": 5}',
        '{"current": "k1", "k1": "short"}',
        json.dumps({"k1": OLD}),
    ],
)
def test_a_secret_of_another_form_is_refused_without_showing_it(text: str) -> None:
    vault = Vault()
    vault.text = text
    with pytest.raises(UnusableSecret) as refused:
        SigningSecrets(vault, secret="arn").link_keys()
    assert OLD not in str(refused.value)
    assert "short" not in str(refused.value).replace("shorter", "")
