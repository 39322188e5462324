"""`POST /admin/people/{person}/erasure` and `/export`: by the role privacy alone, and what then happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from kizuna.local.resources import BUCKET, REGION
from kizuna.topology import Function
from tests.support.clouds import Shop, a_lambda_event, failures, running_shop, with_words
from tests.support.erasing import bucket, lived, places_of

CLAIMS: dict[str, Any] = {
    "dpo": {"sub": "dpo-1", "cognito:groups": "[privacy viewer]"},
    "list": {"sub": "dpo-2", "groups": ["privacy"]},
    "viewer": {"sub": "v-1", "cognito:groups": "[viewer author approver]"},
    "nobody": {"sub": "n-1"},
    "pretender": {
        "sub": "p-1",
        "custom:roles": "privacy",
        "username": "privacy",
        "cognito:groups": "[not-privacy]",
    },
    "nameless": {"cognito:groups": "[privacy]"},
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(authorizer=CLAIMS.get) as made:
        yield made


def ask(shop: Shop, token: str, path: str, body: Any = None, method: str = "POST") -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    raw = b"" if body is None else json.dumps(body).encode()
    reply = shop.call(method, f"/admin/{path}", body=raw, headers=headers)
    return reply.status, json.loads(reply.body)


@pytest.mark.parametrize("token", ["viewer", "nobody", "pretender", "nameless"])
def test_whoever_is_not_of_the_role_may_do_nothing(shop: Shop, user: str, token: str) -> None:
    shop.greet(user)
    with shop.watching_writes() as writes:
        for path, method in (
            (f"people/{user}/erasure", "POST"),
            (f"people/{user}/export", "POST"),
            ("erasures", "GET"),
        ):
            status, body = ask(shop, token, path, {"ground": "request"}, method)
            assert (status, body["code"]) == (403, "forbidden")
    assert writes == []
    assert shop.person(user).status == "active"


def test_without_a_token_nobody_gets_through(shop: Shop, user: str) -> None:
    shop.greet(user)
    reply = shop.call("POST", f"/admin/people/{user}/erasure", body=b'{"ground":"request"}')
    assert reply.status == 401
    reply = shop.call("POST", f"/admin/people/{user}/erasure", headers={"authorization": shop.keys.server})
    assert reply.status == 401


def test_a_recorded_request_erases_the_person(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    reply = shop.invoke(Function.PRIVACY, with_words(a_lambda_event("privacy/erasure"), USER_ID=user))
    body = json.loads(reply["body"])
    assert (reply["statusCode"], body["status"], body["person"]) == (202, "begun", person.profile.id)
    assert shop.holder("user_id", user) is None  # from this moment on, before anything is deleted
    shop.settle()
    assert places_of(shop, person.values) == []
    status, log = ask(shop, "dpo", "erasures", method="GET")
    (line,) = [each for each in log["entries"] if each["person"] == person.profile.id]
    assert (status, line["actor"], line["ground"]) == (200, "dpo-1", "request")


@pytest.mark.parametrize("body", [None, {}, {"ground": "because"}, [], {"ground": None}])
def test_without_a_ground_nobody_is_erased(shop: Shop, user: str, body: Any) -> None:
    shop.greet(user)
    status, answer = ask(shop, "dpo", f"people/{user}/erasure", body)
    assert (status, answer["code"]) == (400, "invalid_ground")
    assert shop.person(user).status == "active"


def test_asking_again_tells_how_it_stands(shop: Shop, user: str) -> None:
    shop.greet(user)
    person = shop.person(user).id
    told = [ask(shop, "list", f"people/{person}/erasure", {"ground": "objection"}) for _ in range(2)]
    shop.settle()
    told.append(ask(shop, "dpo", f"people/{person}/erasure", {"ground": "request"}))
    assert [(status, body["status"]) for status, body in told] == [
        (202, "begun"),
        (202, "under_way"),
        (200, "erased"),
    ]


def test_somebody_unknown_is_not_found(shop: Shop) -> None:
    for path in ("people/nobody-at-all/erasure", "people/nobody-at-all/export"):
        assert ask(shop, "dpo", path, {"ground": "request"})[0] == 404


def test_it_goes_on_from_the_queue_wherever_it_stopped(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    with shop.refusing_queues():
        assert ask(shop, "dpo", f"people/{user}/erasure", {"ground": "request"})[0] == 503
    assert places_of(shop, person.values)
    event = with_words(a_lambda_event("sqs/privacy-erase"), PROFILE_ID=person.profile.id)
    for _ in range(2):
        assert failures(shop.invoke(Function.PRIVACY, event)) == []
    assert places_of(shop, person.values) == []


def test_a_table_that_refuses_leaves_the_work_on_the_queue(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    ask(shop, "dpo", f"people/{user}/erasure", {"ground": "request"})
    event = with_words(a_lambda_event("sqs/privacy-erase"), PROFILE_ID=person.profile.id)
    with shop.refusing_dynamodb():
        assert failures(shop.invoke(Function.PRIVACY, event)) == ["2059dbb5-f748-406a-a604-a7edc2ecf4be"]
    assert failures(shop.invoke(Function.PRIVACY, event)) == []
    assert places_of(shop, person.values) == []


def test_an_export_lies_in_the_bucket_under_a_name_that_names_nobody(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    status, body = ask(shop, "dpo", f"people/{user}/export")
    shop.settle()
    assert (status, body["person"]) == (202, person.profile.id)
    assert not [value for value in person.values if value in body["object"]]
    raw = boto3.client("s3", region_name=REGION).get_object(Bucket=BUCKET, Key=body["object"])["Body"].read()
    document = json.loads(raw)
    text = raw.decode()
    assert not [value for value in person.values if value not in text]
    assert {event["id"] for event in document["timeline"]} >= {f"{user}-told", f"{user}-asked"}
    (line,) = [each for each in shop.wired.erasures.entries(kind="exported") if each.id == body["export"]]
    assert (line.actor, line.person) == ("dpo-1", person.profile.id)


def test_whoever_is_erased_before_their_export_is_not_exported(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    ask(shop, "dpo", f"people/{user}/erasure", {"ground": "request"})
    event = a_lambda_event("sqs/privacy-export")
    told = with_words(event, PROFILE_ID=person.profile.id, EXPORT_ID=f"export-{user}")
    assert failures(shop.invoke(Function.PRIVACY, told)) == []
    assert not [place for place, _ in bucket(shop) if f"export-{user}" in place]
    shop.settle()
    assert ask(shop, "dpo", f"people/{person.profile.id}/export")[0] == 404


def test_an_export_is_gone_with_its_person(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    ask(shop, "dpo", f"people/{user}/export")
    shop.settle()
    ask(shop, "dpo", f"people/{user}/erasure", {"ground": "request"})
    shop.settle()
    shop.cloud.advance(timedelta(hours=3))
    assert places_of(shop, person.values) == []
