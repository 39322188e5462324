"""A segment explained for one person: every question, what it sees, its answer, and until when it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.people import Profile, Trait
from kizuna.core.segments import EVERYONE, Segment
from kizuna.core.segments.sentences import explanation_body, explanation_lines
from kizuna.core.segments.tree import Explanation, explained
from kizuna.usecases.reacting.upkeep import as_defined
from tests.support.builders import NOON, SERVER, a_catalog, a_profile, some_documents
from tests.support.customers import identify, order
from tests.support.house import House

PRO = {"trait": "plan", "op": "eq", "value": "pro"}
WEEK = {"event": "Order Completed", "verb": "count", "value": 2, "window": {"last": "7d"}}
GOOD = {
    "id": "good",
    "name": "Good customers",
    "when": {"any": [PRO, WEEK]},
    "exclude": {"in_segment": "staff"},
}
STAFF = {"id": "staff", "name": "Staff", "when": {"trait": "staff", "op": "eq", "value": True}}


def a_customer(*orders: int, **traits: Any) -> Profile:
    documents = {**some_documents(), ("segment", "good"): GOOD, ("segment", "staff"): STAFF}
    house = House(a_catalog(documents))
    house.ingest(*(order(number) for number in orders), identify(50, **traits))
    return as_defined(house.person("user_id", "u1"), house.people, house.catalog, now=NOON)


def told(profile: Profile, segment: dict[str, Any] = GOOD) -> Explanation:
    return explained(Segment.model_validate(segment), profile, now=NOON)


def test_the_whole_tree_is_told_and_not_only_what_decides() -> None:
    found = told(a_customer(1, 2, plan="pro"))
    assert (found.holds, found.on_record, found.flips_at) == (True, True, None)
    plan, orders = found.when.parts
    assert (plan.holds, plan.flips_at) == (True, None)
    assert plan.seen == {"value": "pro", "since": "2026-11-23T11:00:00.000Z"}
    ends = NOON - timedelta(hours=2) + timedelta(days=7)
    assert (orders.holds, orders.flips_at) == (True, ends)
    assert orders.seen == {"count": 2, "last": "2026-11-23T11:00:00.000Z"}
    assert found.exclude is not None
    assert found.exclude.holds is False


def test_it_ends_when_what_it_rests_on_ends() -> None:
    found = told(a_customer(1, 2, plan="free"))
    assert found.flips_at == NOON - timedelta(hours=2) + timedelta(days=7)


def test_whoever_is_excluded_is_out_whatever_else_holds() -> None:
    found = told(a_customer(1, 2, plan="pro", staff=True))
    assert (found.when.holds, found.holds, found.on_record) == (True, False, False)


def test_in_words_each_question_stands_in_a_line_with_what_it_sees() -> None:
    found = told(a_customer(1, 2, plan="free"))
    assert explanation_lines(found, "p1", "en", zone="Europe/London") == [
        "p1 is in “Good customers”, until 30 November 2026 at 10:00 (Europe/London), if nothing happens.",
        "✓ one of these holds, or more (until 30 November 2026 at 10:00 (Europe/London), if nothing happens)",
        "  ✗ plan is “pro” (“free” since 23 November 2026 at 11:00 (Europe/London))",
        "  ✓ they did “Order Completed” at least 2 times within the last 1 week "
        "(2 times, last on 23 November 2026 at 11:00 (Europe/London); "
        "until 30 November 2026 at 10:00 (Europe/London), if nothing happens)",
        "and none of the excluded:",
        "  ✗ they are in the segment staff",
    ]
    assert explanation_lines(found, "花子", "ja", zone=None)[:3] == [
        "花子様は「Good customers」に入っています、何もなければ2026年11月30日（月）10:00（UTC）まで。",
        "✓ 次のいずれかを満たす（何もなければ2026年11月30日（月）10:00（UTC）まで）",
        "  ✗ planが「pro」である（「free」 2026年11月23日（月）11:00（UTC）から）",
    ]


def test_what_nobody_needs_to_see_is_not_shown() -> None:
    found = told(a_customer(plan="pro"))
    lines = explanation_lines(found, "p1", "en", zone=None, hidden=lambda name: name == "plan")
    assert "  ✓ plan is “pro” (not shown)" in lines
    body = explanation_body(found, "en", hidden=lambda name: name == "plan")
    assert body["when"]["of"][0]["seen"] == {"hidden": True}


def test_as_json_the_tree_keeps_its_shape() -> None:
    body = explanation_body(told(a_customer(1, plan="free")), "en")
    assert (body["segment"], body["holds"], body["until"]) == ("good", False, None)
    assert [(each["type"], each["holds"]) for each in body["when"]["of"]] == [
        ("trait", False),
        ("event", False),
    ]
    assert body["when"]["of"][1]["seen"]["count"] == 1
    assert body["exclude"]["text"] == "they are in the segment staff"


def test_a_score_tells_what_each_part_is_worth() -> None:
    scored = {"score": [{"when": PRO, "points": 2}, {"when": WEEK, "points": -0.5}], "op": "gte", "value": 1}
    found = told(a_customer(1, 2, plan="pro"), {**GOOD, "when": scored, "exclude": None})
    assert [(part.points, part.holds) for part in found.when.parts] == [(2, True), (-0.5, True)]
    assert "  ✓ -0.5: they did" in "\n".join(explanation_lines(found, "p1", "en", zone=None))


def test_a_record_that_is_not_up_to_date_is_said_to_be_so() -> None:
    found = replace(told(a_customer(plan="pro")), on_record=False)
    assert "(the record still says otherwise: it is not brought up to date yet)" in explanation_lines(
        found, "p1", "en", zone=None
    )


SEEN: list[tuple[dict[str, Any], str]] = [
    ({"event": "Never Done"}, "never"),
    ({"reachable": "email"}, "“email”"),
    ({"trait": "nothing", "op": "exists"}, "nothing"),
    ({"trait": "sizes", "op": "has_any", "value": [1]}, "1 or 2"),
    ({"event": "Order Completed", "verb": "sum", "of": "total", "value": 1}, "25"),
    ({"event": "Order Completed", "verb": "last", "where": [{"property": "total", "op": "gt", "value": 1}]},
     "on 23 November 2026 at 11:00 (UTC)"),
]  # fmt: skip


@pytest.mark.parametrize(("when", "expected"), SEEN)
def test_of_each_kind_of_question_it_is_said_what_it_sees(when: dict[str, Any], expected: str) -> None:
    segment = {"id": "s", "name": "S", "when": when}
    house = House(a_catalog({**some_documents(), ("segment", "s"): segment}))
    house.ingest(order(1), order(2), identify(50, email="u1@example.com", sizes=[1, 2]))
    found = told(house.person("user_id", "u1"), segment)
    line = explanation_lines(found, "p1", "en", zone=None)[1]
    assert f"({expected}" in line


def test_an_average_is_told_without_digits_that_nobody_reads() -> None:
    segment = {"id": "s", "name": "S"} | {
        "when": {"event": "Order Completed", "verb": "avg", "of": "total", "value": 1}
    }
    house = House(a_catalog({**some_documents(), ("segment", "s"): segment}))
    house.ingest(*(order(number + 1, properties={"total": total}) for number, total in enumerate((1, 1, 2))))
    found = told(house.person("user_id", "u1"), segment)
    assert "(1.333333" in explanation_lines(found, "p1", "en", zone=None)[1]
    assert "1.3333333" not in explanation_lines(found, "p1", "ja", zone=None)[1]


def test_everybody_is_in_everyone() -> None:
    profile = a_profile(traits={"plan": Trait("pro", NOON, SERVER.id)}, segments=frozenset())
    found = told(profile, {"id": "s", "name": "S", "when": {"in_segment": EVERYONE}})
    assert found.holds
