"""Two policies held against the same people: who gains, who loses, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.errors import InvalidDefinition
from kizuna.usecases.decisions.policy_diff import SAMPLE, compare, with_policy
from tests.support.builders import NOON, a_catalog, an_event, some_documents
from tests.support.customers import subscribe
from tests.support.house import House

DOCUMENTS = {**some_documents(), ("policy", "policy"): {"id": "policy"}}


def under(**policy: Any) -> Catalog:
    return with_policy(DOCUMENTS, policy, version=1, place="new.yaml")


def a_house(*users: str) -> House:
    house = House(a_catalog(DOCUMENTS))
    house.ingest(*(subscribe(user) for user in users))
    house.settle()
    return house


def compared(house: House, old: Catalog, new: Catalog, **more: Any) -> dict[str, Any]:
    steps = list(
        compare(
            old,
            new,
            people=house.people,
            ledger=house.ledger,
            messages=house.messages,
            now=NOON,
            **more,
        )
    )
    assert [step.share for step in steps] == sorted(step.share for step in steps)
    assert steps[-1].share == 1
    return steps[-1].found.body()


def test_the_same_policy_changes_nothing() -> None:
    house = a_house("u1", "u2")
    body = compared(house, house.catalog, under())
    assert body == {"people": 2, "changed": 0, "gaining": 0, "losing": 0, "differences": []}


def test_who_loses_reach_is_counted_with_the_reason_before_and_after() -> None:
    house = a_house("u1", "u2")
    body = compared(house, house.catalog, under(consent={"invalid_wording_versions": ["v1", "v2"]}))
    (lost,) = body["differences"]
    assert set(lost.pop("sample")) == {person.id for person in house.living()}
    assert lost == {
        "kind": "lost",
        "channel": "email",
        "topic": "news",
        "before": {"answer": "allow", "reason": "consent"},
        "after": {"answer": "deny", "reason": "consent_wording_invalid"},
        "people": 2,
    }
    assert (body["losing"], body["gaining"], body["changed"]) == (2, 0, 2)
    back = compared(house, under(consent={"invalid_wording_versions": ["v1", "v2"]}), house.catalog)
    assert (back["losing"], back["gaining"]) == (0, 2)
    assert back["differences"][0]["kind"] == "gained"


THROWN = {"kill_switch": {"by": "mika", "why": "the prices were wrong"}}


def test_with_the_switch_thrown_everybody_who_is_reached_now_is_reached_no_more() -> None:
    house = a_house("u1", "u2")
    refused = {"consent": {"invalid_wording_versions": ["v1", "v2"]}}
    body = compared(house, house.catalog, under(**THROWN))
    assert {(each["kind"], each["topic"], each["people"]) for each in body["differences"]} == {
        ("lost", "news", 2),
        ("lost", "", 2),  # what they asked for waits as well; what the law requires goes on
    }
    assert {each["after"]["reason"] for each in body["differences"]} == {"campaign_stopped"}
    assert (body["losing"], body["gaining"]) == (2, 0)
    (asked_for,) = compared(house, under(**refused), under(**THROWN, **refused))["differences"]
    assert asked_for["topic"] == ""  # a No is told as what it is, stopped or not
    back = compared(house, under(**THROWN), house.catalog)
    assert (back["losing"], back["gaining"]) == (0, 2)
    assert compared(house, under(**THROWN), under(**THROWN))["differences"] == []


def test_a_hold_that_is_new_asks_what_people_did_before_it_was_thought_of() -> None:
    house = a_house("u1", "u2")
    house.ingest(an_event("Complaint Received", number=9, user_id="u1", at=NOON - timedelta(days=1)))
    hold = {
        "id": "complaint",
        "name": {"en": "complained"},
        "when": {"event": "Complaint Received", "window": {"last": "14d"}},
    }
    before = dict(house.people.stored)
    body = compared(house, house.catalog, under(tone_holds=[hold]))
    (lost,) = body["differences"]
    assert (lost["after"]["reason"], lost["people"]) == ("tone_hold", 1)
    assert lost["sample"] == [house.person("user_id", "u1").id]
    assert house.people.stored == before


def test_another_reason_alone_is_told_apart_from_reach() -> None:
    house = a_house("u1")
    silent, invalid = (
        under(frequency_caps=[{"count": 0, "window": "7d"}]),
        under(consent={"invalid_wording_versions": ["v2"]}),
    )
    body = compared(house, silent, invalid)
    assert [each["kind"] for each in body["differences"]] == ["other"]
    assert (body["changed"], body["losing"], body["gaining"]) == (1, 0, 0)


def test_memory_goes_by_the_kinds_of_differences_and_not_by_people() -> None:
    house = a_house(*(f"u{number}" for number in range(30)))
    body = compared(house, house.catalog, under(frequency_caps=[{"count": 0, "window": "7d"}]), page=4)
    (lost,) = body["differences"]
    assert (lost["people"], len(lost["sample"])) == (30, SAMPLE)


def test_a_policy_that_cannot_be_is_refused_with_its_file_and_key() -> None:
    with pytest.raises(InvalidDefinition, match=r"new\.yaml: frequency_caps"):
        under(frequency_caps=[{"count": -1, "window": "7d"}])
