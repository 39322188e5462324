"""What to show in a place of a page, for somebody who can prove who they are and for nobody else."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from kizuna.core.intake.http import Rejected
from kizuna.core.placements import Choice
from kizuna.core.sources import KeyKind
from kizuna.usecases.collecting.callers import Doorkeeper
from kizuna.usecases.decisions.next_best import Adviser, advise
from tests.support.builders import NOON, a_catalog, a_key, some_documents
from tests.support.customers import identify, order
from tests.support.fakes import InMemoryKeys
from tests.support.house import House
from tests.support.intake import a_post

SECRET = b"0123456789abcdef0123456789abcdef"
HOME = {
    "id": "home-hero",
    "name": "Top of the home page",
    "actions": [
        {"id": "hello", "when": {"everyone": True}, "content": {"title": "Hello"}},
        {"id": "thanks", "when": {"event": "Order Completed", "window": {"last": "7d"}}, "rank": 5},
    ],
}
CATALOG = a_catalog({**some_documents(), ("placement", "home-hero"): HOME})
KEYS = InMemoryKeys(
    a_key("kzc_client"),
    a_key("kzs_server", kind=KeyKind.SERVER),
    a_key("kzi_identity", kind=KeyKind.IDENTITY),
    a_key("kzc_revoked", revoked_at=NOON),
)


def token(subject: str) -> str:
    claims = {"sub": subject, "exp": int(NOON.timestamp()) + 600}
    return jwt.encode(claims, SECRET, algorithm="HS256", headers={"kid": "kzi_identity"})


def ask(
    house: House, user: str = "u1", *, key: str = "kzc_client", by: str | None = None, body: Any = None
) -> Choice | Rejected:
    headers = {"authorization": f"Bearer {key}", "x-identity-token": token(user) if by is None else by}
    request = a_post("/v1/decide", body or {"placement": "home-hero", "userId": user}, headers=headers)
    adviser = Adviser(house.people, Doorkeeper(KEYS, lambda kid: SECRET))
    return advise(request, adviser, CATALOG, now=NOON)


def chosen(answer: Choice | Rejected) -> tuple[str | None, str]:
    assert isinstance(answer, Choice)
    return answer.action, answer.reason


def refused(answer: Choice | Rejected) -> tuple[int, str]:
    assert isinstance(answer, Rejected)
    return answer.status, answer.code


def test_the_best_action_for_the_person_is_shown() -> None:
    house = House(CATALOG)
    house.ingest(identify(user="u1"))
    assert chosen(ask(house)) == ("hello", "best_ranked")
    house.ingest(order(1))
    assert chosen(ask(house)) == ("thanks", "best_ranked")


def test_somebody_unknown_gets_nothing_and_is_not_made_known() -> None:
    house = House(CATALOG)
    assert chosen(ask(house, "stranger")) == (None, "unknown_person")
    assert chosen(ask(house, "null")) == (None, "unknown_person")
    assert house.people.stored == {}


def test_a_person_is_found_by_the_id_as_it_is_stored_and_through_a_merge() -> None:
    house = House(CATALOG)
    house.ingest(identify(1, user=" Ｕ1 "))
    assert chosen(ask(house, "Ｕ1 ")) == ("hello", "best_ranked")
    house.ingest(order(2, user=None, anonymous="a1"), order(3, user="U1", anonymous="a1"))
    assert chosen(ask(house, "U1")) == ("thanks", "best_ranked")


@pytest.mark.parametrize("key", ["", "kzc_unknown", "kzc_revoked", "kzi_identity"])
def test_a_living_write_key_is_needed(key: str) -> None:
    assert refused(ask(House(CATALOG), key=key)) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("by", "answer"),
    [("", (403, "forbidden")), ("x.y.z", (401, "unauthorized")), (token("u2"), (403, "forbidden"))],
)
@pytest.mark.parametrize("key", ["kzc_client", "kzs_server"])
def test_a_key_alone_or_a_token_of_somebody_else_reads_nothing(
    key: str, by: str, answer: tuple[int, str]
) -> None:
    assert refused(ask(House(CATALOG), key=key, by=by)) == answer


def test_an_unknown_place_is_told_only_to_who_may_ask() -> None:
    house = House(CATALOG)
    body = {"placement": "nowhere", "userId": "u1"}
    assert refused(ask(house, body=body)) == (404, "not_found")
    assert refused(ask(house, body=body, by="")) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("{", "body"),
        ("[]", "body"),
        ({"userId": "u1"}, "placement"),
        ({"placement": "home-hero", "userId": ""}, "userId"),
        ({"placement": "home-hero", "userId": 7}, "userId"),
        ({"placement": "home-hero", "userId": "u1", "extra": 1}, "extra"),
    ],
)
def test_a_question_that_cannot_be_read_is_told_where(body: Any, path: str) -> None:
    answer = ask(House(CATALOG), body=body)
    assert refused(answer) == (400, "invalid_request")
    assert isinstance(answer, Rejected)
    assert answer.message.startswith(f"{path}: ")
    assert "u1" not in answer.message
