"""What the calendar answers is what the document says, also where two campaigns meet on the same people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.clouds import Shop, running_shop, sample_documents
from tests.support.contract import MANAGER, declared

PATH = "/admin/calendar"
EVERYBODY = {"audience": {"in": ["everyone"]}, "override_reason": "a handful of people in a test"}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    documents = sample_documents()
    win_back = documents["campaign", "win-back"]
    meeting = {("campaign", name): {**win_back, "id": name, **EVERYBODY} for name in ("one", "other")}
    claims = {MANAGER: {"sub": "manager", "cognito:groups": "[viewer]"}}
    with running_shop(documents={**documents, **meeting}, authorizer=claims.get) as made:
        made.send({"type": "identify", "userId": "ada", "traits": {"email": "ada@example.com"}})
        made.settle()
        yield made


def test_a_collision_is_answered_as_declared(shop: Shop) -> None:
    reply = shop.call(
        "GET", PATH, query="days=8&zone=Asia/Tokyo", headers={"authorization": f"Bearer {MANAGER}"}
    )
    body = declared(reply, "get", PATH)
    assert {"one", "other"} in [set(each["campaigns"]) for each in body["collisions"]]
    assert all(run["local"].keys() == {"Asia/Tokyo"} for run in body["runs"])


def test_a_zone_that_is_none_is_refused_as_declared(shop: Shop) -> None:
    reply = shop.call("GET", PATH, query="zone=Mars", headers={"authorization": f"Bearer {MANAGER}"})
    assert declared(reply, "get", PATH)["code"] == "invalid_parameter"
