"""`/admin/lists`: read by whoever may read, changed by authors, done by the queue of events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from kizuna.topology import Queue
from tests.support.clouds import Shop, running_shop

AUTHOR, SUPPORT = "an author's token", "a token of the support desk"
CLAIMS = {
    AUTHOR: {"sub": "author-1", "cognito:groups": ["author"]},
    SUPPORT: {"sub": "support-1", "cognito:groups": ["viewer"]},
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(authorizer=CLAIMS.get) as made:
        yield made


def ask(shop: Shop, path: str, body: Any = None, *, token: str = AUTHOR, query: str = "") -> tuple[int, Any]:
    method, raw = ("GET", b"") if body is None else ("POST", json.dumps(body).encode())
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    reply = shop.call(method, f"/admin/lists{path}", headers=headers, body=raw, query=query)
    return reply.status, json.loads(reply.body)


def on_staff(shop: Shop) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    query = ""
    while True:
        status, page = ask(shop, "/staff", token=SUPPORT, query=query)
        assert status == 200
        rows += page["people"]
        if page["next"] is None:
            return rows
        query = f"after={page['next']}"


def test_who_is_put_on_a_list_is_on_it_when_the_queue_is_done(shop: Shop, user: str) -> None:
    shop.greet(user)
    wanted = {"people": [f"user_id:{user}", "user_id:nobody-at-all"], "act": "add", "request": f"r-{user}"}
    status, told = ask(shop, "/staff/members", wanted)
    person = shop.person(user).id
    assert (status, told["queued"], told["unchanged"]) == (202, [person], [])
    assert told["refused"] == [{"place": 1, "reason": "unknown"}]
    ask(shop, "/staff/members", wanted)  # asked twice before it was done
    shop.settle()
    assert [row["by"] for row in on_staff(shop) if row["person"] == person] == ["author-1"]
    assert shop.names(user).count("List Joined") == 1
    [line] = ask(shop, "")[1]["lists"]
    assert (line["id"], line["people"]) == ("staff", len(on_staff(shop)))
    assert ask(shop, "/staff/members", wanted)[1]["unchanged"] == [person]
    ask(shop, "/staff/members", {"people": [person], "act": "remove"})
    shop.settle()
    assert person not in {row["person"] for row in on_staff(shop)}
    assert shop.waiting(Queue.INGEST, dead=True) == []


def test_whoever_may_only_read_changes_nothing(shop: Shop, user: str) -> None:
    shop.greet(user)
    status, told = ask(shop, "/staff/members", {"people": [user], "act": "add"}, token=SUPPORT)
    assert (status, told["code"]) == (403, "forbidden")
    assert shop.waiting(Queue.INGEST) == []


WRONG: list[tuple[str, Any, int, str]] = [
    ("/friends", None, 404, "no such list"),
    ("/friends/members", {"people": ["x"], "act": "add"}, 404, "no such list"),
    ("/staff/members", None, 405, "POST"),
    ("/staff", {"people": ["x"], "act": "add"}, 405, "GET"),
    ("/staff/other", None, 404, "no such list"),
    ("/staff/members", {"people": [], "act": "add"}, 400, "people"),
    ("/staff/members", {"people": ["x"] * 101, "act": "add"}, 400, "people"),
    ("/staff/members", {"people": ["x"], "act": "clear"}, 400, "act"),
    ("/staff/members", {"people": ["x"], "act": "add", "when": "now"}, 400, "when"),
    ("/staff/members", [1], 400, "object"),
]


@pytest.mark.parametrize(("path", "body", "status", "word"), WRONG)
def test_what_makes_no_sense_is_refused_with_a_reason(
    shop: Shop, path: str, body: Any, status: int, word: str
) -> None:
    found, told = ask(shop, path, body)
    assert (found, word in told["message"]) == (status, True), told


def test_a_place_that_no_page_gave_is_refused(shop: Shop) -> None:
    for after in ("x", "99999.p", "1", "-1.p"):
        assert ask(shop, "/staff", query=f"after={after}")[0] == 400
