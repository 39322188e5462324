"""`GET /admin/decisions`: found by person, campaign, run, time, outcome and reason, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.durations import instant_to_text
from tests.support.builders import NOON
from tests.support.customers import mail_shop, subscribe
from tests.support.house import House
from tests.usecases.people.test_person_view import get

DAY = timedelta(days=1)


def ask(house: House, *, roles: str = "[viewer]", **query: str) -> tuple[int, dict[str, Any]]:
    return get(house, "decisions", below="/admin/", roles=roles, **query)


def run(house: House, at: Any) -> None:
    house.start("spring", at)
    house.walk(now=at)
    house.settle(now=at)
    house.send(now=at)
    house.settle(now=at)


@pytest.fixture(scope="module")
def busy() -> House:
    """Three people and three runs; one of them says No after the first."""
    house = House(mail_shop())
    house.ingest(*(subscribe(user) for user in ("u1", "u2", "u3")), now=NOON - 3 * DAY)
    house.settle(now=NOON - 3 * DAY)
    run(house, NOON - 2 * DAY)
    house.ingest(subscribe("u2", number=2, status="UNSUBSCRIBED", at=NOON - DAY), now=NOON - DAY)
    house.settle(now=NOON - DAY)
    run(house, NOON - DAY / 2)
    run(house, NOON - DAY / 4)
    return house


def ids(body: dict[str, Any]) -> list[str]:
    return [decision["message"] for decision in body["decisions"]]


def test_the_decisions_of_a_campaign_are_those_of_everybody_newest_first(busy: House) -> None:
    status, body = ask(busy, campaign="spring")
    assert (status, len(body["decisions"]), body["next"]) == (200, 9, None)
    made = [decision["decidedAt"] for decision in body["decisions"]]
    assert made == sorted(made, reverse=True)
    assert {decision["person"] for decision in body["decisions"]} == {person.id for person in busy.living()}


FILTERS: dict[str, tuple[dict[str, str], int]] = {
    "an outcome": ({"outcome": "DENIED"}, 2),
    "an outcome in small letters": ({"outcome": "sent"}, 7),
    "a reason": ({"reason": "channel_opt_out"}, 2),
    "a run": ({"run": "20261121T1200Z"}, 3),
    "a time": ({"since": "1d"}, 6),
    "until a time": ({"until": "2026-11-22T12:00:00Z"}, 3),
    "both": ({"since": "3d", "until": "1d"}, 3),
    "nothing that there is": ({"reason": "minor"}, 0),
}


@pytest.mark.parametrize("case", FILTERS)
def test_what_is_asked_for_is_found(busy: House, case: str) -> None:
    query, count = FILTERS[case]
    assert len(ask(busy, campaign="spring", **query)[1]["decisions"]) == count


def test_of_a_person_only_theirs_are_found(busy: House) -> None:
    person = busy.person("user_id", "u2").id
    _, body = ask(busy, person="u2", outcome="DENIED")
    assert [decision["person"] for decision in body["decisions"]] == [person] * 2
    assert ask(busy, person="u2", campaign="other")[1]["decisions"] == []
    assert len(ask(busy, person="u2", campaign="spring")[1]["decisions"]) == 3


@settings(max_examples=30, deadline=None)
@given(
    limit=st.integers(1, 10),
    query=st.sampled_from([{}, {"outcome": "SENT"}, {"reason": "consent"}, {"run": "20261121T1200Z"}]),
    whose=st.sampled_from([{"campaign": "spring"}, {"person": "u1"}, {"person": "u2", "campaign": "spring"}]),
)
def test_page_by_page_everything_is_found_once(
    busy: House, limit: int, query: dict[str, str], whose: dict[str, str]
) -> None:
    seen: list[str] = []
    before: dict[str, str] = {}
    while True:
        status, body = ask(busy, limit=str(limit), **whose, **query, **before)
        assert status == 200
        assert len(body["decisions"]) <= limit
        seen += ids(body)
        if body["next"] is None:
            break
        before = {"before": body["next"]}
    assert seen == ids(ask(busy, limit="100", **whose, **query)[1])
    assert len(seen) == len(set(seen))


def test_why_somebody_heard_nothing_is_asked_by_person_and_time_alone(busy: House) -> None:
    _, body = ask(busy, person="u2", since="1d")
    assert body["known"] is True
    assert [decision["reason"] for decision in body["decisions"]] == ["channel_opt_out"] * 2
    assert body["notConsidered"] == []
    assert "not sent 2 messages" in body["sentence"]["en"]
    status, body = ask(busy, person="nobody@example.com", since="7d")
    assert (status, body["known"], body["decisions"]) == (200, False, [])


def test_of_somebody_about_whom_nothing_was_ever_decided_it_is_told_why_in_the_last_30_days() -> None:
    house = House(mail_shop())
    house.ingest(subscribe("u1"), now=NOON - 100 * DAY)
    house.settle()
    _, body = ask(house, person="u1")
    assert (body["known"], body["decisions"], body["next"]) == (True, [], None)
    assert body["since"] == instant_to_text(NOON - 30 * DAY)
    assert [each["campaign"] for each in body["notConsidered"]] == ["spring"]
    assert [each["campaign"] for each in ask(house, person="u1", campaign="spring")[1]["notConsidered"]] == [
        "spring"
    ]
    for narrowed in ({"outcome": "SENT"}, {"reason": "no_consent"}, {"run": "r1"}, {"until": "1d"}):
        assert ask(house, person="u1", **narrowed) == (200, {"decisions": [], "next": None})
    run(house, NOON - 60 * DAY)
    _, body = ask(house, person="u1")
    assert "since" not in body, "what was decided long ago is shown, and nothing else is guessed at"
    assert len(body["decisions"]) == 1


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({}, "person or campaign"),
        ({"campaign": "spring", "outcome": "LOST"}, "outcome"),
        ({"campaign": "spring", "limit": "0"}, "limit"),
        ({"campaign": "spring", "limit": "x"}, "limit"),
        ({"campaign": "spring", "limit": "0000100000"}, "limit"),
        ({"campaign": "spring", "limit": "9" * 10_000}, "limit"),
        ({"campaign": "spring", "country": "æœÆ"}, "country"),
        ({"campaign": "spring", "country": "USA"}, "country"),
        ({"campaign": "spring", "since": "yesterday"}, "since"),
        ({"campaign": "spring", "until": "31.12."}, "until"),
        ({"campaign": "spring", "before": "x"}, "before"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused_by_name(
    busy: House, query: dict[str, str], named: str
) -> None:
    status, body = ask(busy, **query)
    assert (status, body["code"]) == (400, "invalid_parameter")
    assert body["message"].startswith(named)


def test_without_a_role_nothing_is_told(busy: House) -> None:
    assert ask(busy, roles="[]", campaign="spring")[0] == 403


def test_what_tells_of_the_person_is_for_the_privacy_role(busy: House) -> None:
    _, told = ask(busy, person="u1", limit="1")
    _, all_of_it = ask(busy, roles="[privacy]", person="u1", limit="1")
    assert "inputs" not in told["decisions"][0]["record"]
    assert all_of_it["decisions"][0]["record"]["inputs"]["subject"]["country"] == "JP"
    for body in (told, all_of_it):
        assert "u1@example.com" not in str(body)


def test_a_decision_is_told_whole(busy: House) -> None:
    _, body = ask(busy, campaign="spring", outcome="DENIED")
    decision, _ = body["decisions"]
    record = decision["record"]
    assert record["gates"][-1] == {
        "rule": "channel_opt_out",
        "version": 2,
        "verdict": "deny",
        "reason": "channel_opt_out",
    }
    assert all(step["verdict"] == "pass" for step in record["gates"][:-1])
    assert {"inputsHash", "profile", "ledger", "policy", "catalog", "campaignVersion"} <= record.keys()
    assert set(record["questions"]) == {"relevant", "way", "time"}
    assert len(record["sixKeys"]) == 6
    assert decision["sentence"]["en"].startswith(f"{decision['person']} was not sent “Spring”")
