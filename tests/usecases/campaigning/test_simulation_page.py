"""A simulation as a page: the same people and definitions give the same text, in English and in Japanese.

`KIZUNA_GOLDEN=1 pytest tests/usecases/campaigning/test_simulation_page.py` writes the golden files anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

import pytest

from kizuna.core.campaigning.page import page_of
from kizuna.core.campaigning.telling import changes
from kizuna.usecases.campaigning.simulating import Simulator, body_of, drafted, moment_of, simulate
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.customers import DAILY, SEGMENTS, identify, order, subscribe
from tests.support.house import House
from tests.support.simulated import play_to_the_end, simulated

GOLDEN = Path(__file__).parent / "golden"
SPRING = CAMPAIGN | DAILY | {"holdout": {"percent": 30, "salt": "lent"}}
SUMMER = CAMPAIGN | DAILY | {"id": "summer", "name": "Summer", "audience": {"in": ["loyal"]}}
POLICY = {"frequency_caps": [{"count": 1, "window": "7d"}], "ramp": {"large": 10, "first_at_most": 10}}


def documents(spring: dict[str, Any] | None = None) -> dict[tuple[str, str], Any]:
    return {
        **some_documents(SPRING | (spring or {}), SUMMER),
        **{("segment", name): document for name, document in SEGMENTS.items()},
        ("policy", "policy"): POLICY,
    }


def a_town() -> House:
    house = House(a_catalog(documents()))
    for number in range(14):
        user = f"u{number}"
        mailbox = "home@example.com" if number in (4, 8) else f"{user}@example.com"
        house.ingest(subscribe(user, mailbox, status="UNSUBSCRIBED" if number == 5 else "SUBSCRIBED"))
        house.ingest(*(order(10 * number + each, user=user) for each in range(number % 4)))
    house.ingest(identify(user="silent", name="Nobody knows where"))
    house.settle()
    play_to_the_end(house, "summer")
    return house


def body(house: House) -> dict[str, Any]:
    return body_of(simulated(house), house.catalog)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_is_the_same_to_the_letter(language: Literal["en", "ja"]) -> None:
    page = page_of(body(a_town()), language)
    file = GOLDEN / f"simulation.{language}.txt"
    if os.environ.get("KIZUNA_GOLDEN"):
        file.write_text(page, encoding="utf-8")
    assert page == file.read_text(encoding="utf-8")


def test_the_size_of_pages_of_people_makes_no_difference() -> None:
    house = a_town()
    bodies = [body_of(simulated(house, page=page), house.catalog) for page in (1, 5, 1_000)]
    assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.parametrize(("changed", "unramped"), [({}, False), ({"expires_after": "2h"}, True)])
def test_a_large_run_that_would_go_out_at_once_is_told_of_before_it_begins(
    changed: dict[str, Any], unramped: bool
) -> None:
    house = House(a_catalog(documents(changed)))
    house.ingest(*(subscribe(f"u{number}") for number in range(12)))
    house.settle()
    found = body(house)
    assert (found["unramped"], bool(found["waves"])) == (unramped, not unramped)
    assert ("would go out at once" in page_of(found, "en")) == unramped


def test_the_next_simulation_says_what_is_different() -> None:
    house = a_town()
    before = json.loads(json.dumps(body(house)))
    assert changes(before, body(house)) == []
    house.ingest(subscribe("new"))
    house.settle()
    moved = {each["figure"]: (each["before"], each["after"]) for each in changes(before, body(house))}
    assert moved["people.living"] == (15, 16)
    assert moved["funnel.matched"] == (15, 16)
    assert moved["funnel.consented"][1] == moved["funnel.consented"][0] + 1
    page = page_of(body(house), before=before, moved=changes(before, body(house)))
    assert "people.living: 15 → 16" in page


def test_a_draft_is_asked_as_if_it_were_applied_and_writes_nothing() -> None:
    house = a_town()
    draft = SPRING | {"id": "autumn", "name": "Autumn", "audience": {"in": ["loyal"]}, "override_reason": ""}
    catalog = drafted(documents(), draft, version=7, place="autumn.yaml")
    on = Simulator(house.people, house.ledger, house.messages)
    *_, last = simulate("autumn", on, catalog, at=moment_of(catalog.campaigns["autumn"], now=NOON))
    loyal = sum("loyal" in profile.segments for profile in house.living())
    assert last.simulated.found.matched == loyal > 0
    assert "autumn" not in house.catalog.campaigns


def test_a_segment_that_nobody_has_filled_yet_is_asked_of_everybody() -> None:
    house = a_town()
    twice = {
        "id": "twice",
        "name": "Twice",
        "when": {"event": "Order Completed", "verb": "count", "value": 2},
    }
    wanted = {**documents({"audience": {"in": ["twice"]}}), ("segment", "twice"): twice}
    on = Simulator(house.people, house.ledger, house.messages)
    *_, last = simulate("spring", on, a_catalog(wanted), at=NOON)
    assert last.simulated.found.matched == sum(number % 4 >= 2 for number in range(14))


def test_a_run_that_would_be_refused_is_named_as_such() -> None:
    house = a_town()
    wanted = {**documents(), ("policy", "policy"): POLICY | {"launch_guard": {"at_most": 3}}}
    house.catalog = a_catalog(wanted)
    told = body(house)
    assert told["guards"]["untargeted"] == "everyone"
    assert told["guards"]["refused"]["reason"] == "audience_over_limit"
    page = page_of(told)
    assert "THE RUN WOULD BE REFUSED: 15 people are in the audience" in page
    assert "Reason given: spring is for all of them" in page


def test_why_a_run_would_be_refused_is_told_in_the_language_of_the_page() -> None:
    nobody = {**body(a_town()), "guards": {
        "untargeted": None, "overrideReason": None,
        "refused": {"reason": "empty_audience", "told": "nobody is in the audience"},
    }}  # fmt: skip
    assert "THE RUN WOULD BE REFUSED: nobody is in the audience" in page_of(nobody)
    assert "この配信は開始できません：対象者がいません" in page_of(nobody, "ja")
