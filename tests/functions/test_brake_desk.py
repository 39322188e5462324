"""Brakes over HTTP: seen by all who read, pulled by whoever writes, released by who answers for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from kizuna.core.restraint.brakes import Pause
from kizuna.usecases.outcomes.braking import in_silence, pause_run
from tests.support.clouds import Shop, running_shop, sample_documents
from tests.support.contract import declared

VIEWER, AUTHOR, APPROVER = "a viewer's token", "an author's token", "an approver's token"
CLAIMS = {
    token: {"sub": f"{role}-1", "email": f"{role}@shop.example", "cognito:groups": [role]}
    for token, role in ((VIEWER, "viewer"), (AUTHOR, "author"), (APPROVER, "approver"))
}
RUN = re.compile(r"campaigns/\w+/runs/\w+/resume")
WHY = {"reason": "the price in it is wrong"}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop(authorizer=CLAIMS.get) as made:
        yield made


def call(shop: Shop, method: str, path: str, body: Any = None, *, token: str = APPROVER) -> tuple[int, Any]:
    sent = json.dumps(body).encode() if body is not None else b""
    reply = shop.call(method, f"/admin/{path}", headers={"authorization": f"Bearer {token}"}, body=sent)
    if reply.status != 405:
        declared(reply, method.lower(), f"/admin/{RUN.sub('campaigns/{campaign}/runs/{run}/resume', path)}")
    return reply.status, json.loads(reply.body)


def test_all_promotion_is_stopped_by_whoever_writes_and_released_by_who_answers_for_it(shop: Shop) -> None:
    status, body = call(shop, "POST", "brakes/stop", WHY, token=AUTHOR)
    assert (status, body["account"]["stopped"]["by"]) == (200, "author@shop.example")
    shop.greet("u1")
    assert shop.mails("u1") == ()
    assert call(shop, "POST", "brakes/release", WHY, token=AUTHOR)[0] == 403
    status, body = call(shop, "POST", "brakes/release", WHY)
    assert (status, body["account"]["stopped"]) == (200, None)
    assert [(line["act"], line["by"], line["reason"]) for line in body["account"]["brake"]][-1][1:] == (
        "approver@shop.example",
        WHY["reason"],
    )
    assert call(shop, "POST", "brakes/release", WHY)[0] == 409


def test_a_run_that_paused_for_harm_goes_on_by_name_and_with_a_reason(shop: Shop) -> None:
    pause = Pause(
        "complaint", shop.now, "complaint", "8 complaints of 500", sent=500, bad=8, log_evidence=7.2
    )
    pause_run("hello", "triggered", pause, shop.wired.brakes, tell=in_silence)
    (standing,) = call(shop, "GET", "brakes", token=VIEWER)[1]["runs"]
    assert (standing["campaign"], standing["paused"]["bad"]) == ("hello", 8)
    path = "campaigns/hello/runs/triggered/resume"
    assert call(shop, "POST", path, WHY, token=AUTHOR)[0] == 403
    assert call(shop, "POST", path, {"reason": ""})[0] == 400
    assert call(shop, "POST", path, WHY) == (200, call(shop, "GET", "brakes")[1])
    assert call(shop, "GET", "brakes")[1]["runs"] == []
    assert call(shop, "POST", path, WHY)[0] == 409
    assert call(shop, "POST", "campaigns/nothing/runs/triggered/resume", WHY)[0] == 409


def test_wrong_methods_and_bodies_are_refused(shop: Shop) -> None:
    assert call(shop, "POST", "brakes", WHY)[0] == 405
    assert call(shop, "GET", "brakes/stop")[0] == 405
    assert call(shop, "POST", "brakes/stop", {"reason": "xx"})[0] == 400
    assert call(shop, "POST", "brakes/stop", {"why": "a wrong price"})[0] == 400
    assert call(shop, "GET", "brakes")[1]["account"]["stopped"] is None


def test_what_a_person_does_to_a_brake_over_http_is_told_on_the_bus(shop: Shop) -> None:
    """As by the command line: a refused act is told to nobody."""
    policy = {**sample_documents()["policy", "policy"]}
    policy["publish"] = ["MarketingStopped", "MarketingReleased", "RunPaused", "RunResumed"]
    shop.apply({**sample_documents(), ("policy", "policy"): policy})
    pause = Pause("complaint", shop.now, "complaint", "8 of 500", sent=500, bad=8, log_evidence=7.2)
    pause_run("hello", "triggered", pause, shop.wired.brakes, tell=in_silence)
    with shop.hearing_the_bus() as heard:
        call(shop, "POST", "brakes/release", WHY)
        call(shop, "POST", "brakes/stop", WHY, token=VIEWER)
        assert heard == []
        call(shop, "POST", "brakes/stop", WHY, token=AUTHOR)
        call(shop, "POST", "brakes/release", WHY)
        call(shop, "POST", "campaigns/hello/runs/triggered/resume", WHY)
    assert [(name, detail.get("by"), detail["reason"]) for name, detail, _ in heard] == [
        ("MarketingStopped", None, WHY["reason"]),
        ("MarketingReleased", "approver@shop.example", WHY["reason"]),
        ("RunResumed", "approver@shop.example", WHY["reason"]),
    ]
