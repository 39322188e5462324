"""Journeys over HTTP and by command: what staff see of them, and what they do about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.clouds import Shop, a_user, running_shop
from tests.support.journeys_running import a_journey, runs_of, starts, with_journeys
from tests.support.kizuna_command import kizuna, told

HEADERS = {"authorization": "Bearer token"}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    roles: dict[str, Any] = {"sub": "admin-1", "cognito:groups": "[author]"}
    called = a_journey(id="called", enter={"api": True})
    documents = with_journeys(a_journey(), called)
    with running_shop(documents=documents, authorizer=lambda _: roles) as running:
        yield running


def ask(shop: Shop, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    raw = json.dumps(body).encode() if body is not None else b""
    reply = shop.call(method, f"/admin/journeys{path}", body=raw, headers=HEADERS)
    return reply.status, json.loads(reply.body)


def test_a_report_tells_where_everybody_stands(shop: Shop) -> None:
    starts(shop, a_user())
    status, body = ask(shop, "GET", "/trial")
    here = {step["step"]: step["here"] for step in body["steps"]}
    assert (status, here["hello"], here["again"]) == (200, 0, 0)
    assert here["rest"] == body["inside"] == body["begun"]
    assert [day["day"] for day in body["days"]] == [f"{shop.now:%Y-%m-%d}"]
    status, body = ask(shop, "GET", "")
    assert {each["journey"] for each in body["journeys"]} == {"trial", "called"}


def test_a_path_tells_why_in_both_languages(shop: Shop) -> None:
    user = a_user()
    starts(shop, user)
    _, body = ask(shop, "GET", f"/trial/people/user_id:{user}")
    assert body["runs"][0]["path"][0]["words"] == "sent"
    reply = shop.call(
        "GET", f"/admin/journeys/trial/people/user_id:{user}", query="language=ja", headers=HEADERS
    )
    assert json.loads(reply.body)["runs"][0]["path"][0]["words"] == "送信しました"


def test_the_drawing_has_the_people_in_it(shop: Shop) -> None:
    reply = shop.call("GET", "/admin/journeys/trial/drawing", query="as=mermaid", headers=HEADERS)
    assert reply.status == 200
    assert "flowchart TD" in reply.text()
    assert "here" in reply.text()


def test_a_call_lets_somebody_in_once(shop: Shop) -> None:
    user = a_user()
    starts(shop, user, event="Visited")
    body = {"person": f"user_id:{user}", "request": "r-1", "inputs": {"plan": "gold"}}
    assert [ask(shop, "POST", "/called/enter", body)[0] for _ in range(2)] == [202, 202]
    shop.settle()
    assert [run.context["entry"] for run in runs_of(shop, user)] == [{"plan": "gold"}]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/trial/enter", {"person": "user_id:nobody", "request": "r"}, 404, "not_found"),
        ("/nothing/enter", {"person": "x", "request": "r"}, 404, "not_found"),
        ("/called/enter", {"person": "x"}, 400, "invalid_request"),
        ("/trial/pause", {}, 400, "invalid_request"),
        ("/trial/resume", {"reason": "r", "timers": "sideways"}, 400, "invalid_request"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(
    shop: Shop, path: str, body: Any, status: int, code: str
) -> None:
    got, told = ask(shop, "POST", path, body)
    assert (got, told["code"]) == (status, code)


def test_what_stands_so_already_is_not_asked_for_again(shop: Shop) -> None:
    assert ask(shop, "POST", "/trial/resume", {"reason": "mended"})[1]["code"] == "not_paused"
    ask(shop, "POST", "/trial/pause", {"reason": "wrong price"})
    shop.settle()
    got, told = ask(shop, "POST", "/trial/pause", {"reason": "again"})
    assert (got, told["message"]) == (409, "'trial' is paused already")
    ask(shop, "POST", "/trial/resume", {"reason": "mended"})
    shop.settle()


def test_of_a_journey_that_is_not_there_nobody_has_a_path(shop: Shop) -> None:
    user = a_user()
    starts(shop, user, event="Visited")
    got, told = ask(shop, "GET", f"/trail/people/user_id:{user}")
    assert (got, told["message"]) == (404, "there is no journey 'trail' in force")


def test_a_journey_is_paused_and_goes_on_by_the_desk(shop: Shop) -> None:
    assert ask(shop, "POST", "/trial/pause", {"reason": "wrong price"})[0] == 202
    shop.settle()
    assert ask(shop, "GET", "/trial")[1]["paused"]["reason"] == "wrong price"
    user = a_user()
    starts(shop, user)
    assert runs_of(shop, user) == ()
    assert ask(shop, "POST", "/trial/resume", {"reason": "mended"})[0] == 202
    shop.settle()
    assert ask(shop, "GET", "/trial")[1]["paused"] is None
    shop.cloud.advance(timedelta(minutes=1))


# ── by command ──────────────────────────────────────────────────────────────────────────────────


def test_the_command_tells_the_same(shop: Shop) -> None:
    user = a_user()
    starts(shop, user)
    assert told("journey", "report", "trial") == ask(shop, "GET", "/trial")[1]
    (run,) = told("journey", "path", f"user_id:{user}", "--language", "ja")["runs"]
    assert (run["step"], run["path"][0]["words"]) == ("rest", "送信しました")
    for command in (("report", "trial"), ("path", f"user_id:{user}", "trial")):
        code, output = kizuna("journey", *command)
        assert code == 0, output
        assert "rest" in output


def test_the_command_pauses_resumes_and_lets_in(shop: Shop) -> None:
    user = a_user()
    starts(shop, user, event="Visited")
    assert told("journey", "pause", "trial", "--reason", "wrong price", "--actor", "mika")["paused"]
    assert kizuna("journey", "pause", "trial", "--reason", "again", "--actor", "mika")[0] == 1
    assert told("journey", "resume", "trial", "--actor", "mika")["timers"] == "freeze"
    entered = ("journey", "enter", "called", f"user_id:{user}", "--request", "r", "--inputs", '{"n": 1}')
    assert told(*entered)["step"] == "rest"
    again = ("journey", "enter", "called", f"user_id:{user}", "--request", "r2")
    assert "this person is in it already" in " ".join(kizuna(*again)[1].split())
    code, output = kizuna("journey", "enter", "trial", f"user_id:{user}", "--request", "r")
    assert (code, "entered by event" in output) == (1, True)
    assert kizuna("journey", "report", "nothing")[0] == 1
