"""The calendar tells what will happen, to how many, when where they live, and where campaigns meet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.cli.calendar_page import calendar_lines
from kizuna.core.campaigning.agenda import heard_between, late_zones, planned_runs
from kizuna.core.intake.http import HttpRequest
from kizuna.local.memory.definitions import InMemoryCatalog
from kizuna.usecases.campaigning.calendar import answer, calendar_body
from kizuna.usecases.campaigning.controlling import ControlDesk
from tests.support.builders import CAMPAIGN, NOON, a_campaign, some_documents
from tests.support.customers import DAILY, SEGMENTS, order, subscribe
from tests.support.house import House

DAY = timedelta(days=1)
MONDAYS = {"trigger": {"type": "schedule", "cron": "0 18 * * MON", "zone": "Asia/Tokyo"}}
NEWS = CAMPAIGN | MONDAYS | {"id": "news", "name": "News", "audience": {"in": ["buyers"]}, "priority": 70}
RECEIPT = {
    "id": "welcome", "name": "Welcome", "trigger": {"type": "event", "event": "Joined"},
}  # fmt: skip


def a_house(*campaigns: dict[str, Any], **policy: Any) -> tuple[House, ControlDesk]:
    documents = {
        **some_documents(*campaigns),
        **{("segment", name): document for name, document in SEGMENTS.items()},
        ("policy", "policy"): policy,
    }
    store = InMemoryCatalog(documents)
    house = House(store.current())
    house.ingest(*(subscribe(f"u{number}") for number in range(5)))
    house.ingest(*(order(number, user="u1") for number in range(1, 4)), order(4, user="u2"))
    house.settle()
    return house, ControlDesk(store, house.controls, house.runs, house.brakes)


def body_of(*campaigns: dict[str, Any], zones: tuple[str, ...] = (), days: int = 7, **policy: Any) -> Any:
    house, desk = a_house(*campaigns, **policy)
    return calendar_body(desk, house.people, house.catalog, now=NOON, days=days, zones=zones)


def test_every_run_of_the_week_is_told_with_people_channel_and_local_times() -> None:
    body = body_of(CAMPAIGN | DAILY, zones=("Asia/Tokyo", "America/New_York"))
    assert [run["at"][:13] for run in body["runs"]] == [f"2026-11-{day}T12" for day in range(23, 30)]
    first = body["runs"][0]
    assert (first["people"], first["peopleExact"], first["channels"], first["state"]) == (
        5,
        True,
        ["email"],
        "approved",
    )
    assert first["local"] == {
        "Asia/Tokyo": "2026-11-23T21:00+09:00",
        "America/New_York": "2026-11-23T07:00-05:00",
    }
    assert body["collisions"] == []


def test_where_two_promotions_meet_on_the_same_people_it_says_on_how_many_and_who_goes_first() -> None:
    body = body_of(CAMPAIGN | DAILY, NEWS, days=8)
    buyers = next(run for run in body["runs"] if run["campaign"] == "news")["people"]
    [meeting, *_] = body["collisions"]
    assert set(meeting["campaigns"]) == {"spring", "news"}
    assert (meeting["people"], meeting["goesFirst"], meeting["caps"], meeting["outranks"]) == (
        buyers,
        "news",
        [],
        False,
    )
    assert "2026-11-30" in {day for each in body["collisions"] for day in each["days"]}


def test_a_cap_that_will_bite_is_named_and_so_is_the_rule_of_ranks() -> None:
    cap = {"count": 1, "window": "7d"}
    body = body_of(CAMPAIGN | DAILY, NEWS, frequency_caps=[cap], precedence={"at_most": 1}, days=8)
    assert {told for each in body["collisions"] for told in each["caps"]} == {"at most 1 in 1w, then drop"}
    assert all(each["outranks"] for each in body["collisions"])


def test_those_who_share_nobody_or_are_no_promotion_do_not_meet() -> None:
    nobody = NEWS | {"audience": {"in": ["loyal"]}}
    house, desk = a_house(CAMPAIGN | DAILY | {"audience": {"in": ["loyal"]}}, nobody)
    body = calendar_body(desk, house.people, house.catalog, now=NOON, days=8)
    loyal = next(run["people"] for run in body["runs"])
    assert bool(body["collisions"]) == bool(loyal)


def test_at_their_own_ten_oclock_the_world_hears_it_over_a_day_and_late_zones_are_named() -> None:
    early = a_campaign(**DAILY, send_time={"mode": "local", "local_time": "10:00"})
    first, last = heard_between(early, NOON)
    assert (first, last) == (NOON + DAY + timedelta(hours=8), NOON + DAY + timedelta(hours=34))
    soon = a_campaign(**DAILY, send_time={"mode": "local", "local_time": "15:00", "lead": "0s"})
    assert late_zones(soon, NOON, ("Asia/Tokyo", "Europe/London")) == ("Asia/Tokyo",)
    [run] = planned_runs([early], since=NOON, until=NOON + timedelta(minutes=1))
    assert {day.isoformat() for day in run.days} == {"2026-11-25"}


def test_what_has_no_plan_is_told_beside_it() -> None:
    welcome = {name: value for name, value in (CAMPAIGN | RECEIPT).items() if name != "audience"}
    body = body_of(CAMPAIGN | DAILY, welcome)
    assert [row["campaign"] for row in body["triggered"]] == ["welcome"]


def test_the_page_is_told_in_both_languages_and_what_is_not_approved_stands_out() -> None:
    body = body_of(CAMPAIGN | DAILY, NEWS, approval={}, zones=("Asia/Tokyo",), days=8)
    english, japanese = ("\n".join(calendar_lines(body, language)) for language in ("en", "ja"))
    assert "Spring (spring): 5 people, email" in english
    assert "NOT APPROVED" in english
    assert "Where they meet on the same people:" in english
    assert "Asia/Tokyo: 2026-11-23T21:00+09:00" in english
    assert "Spring（spring）：5人、email" in japanese
    assert "未承認" in japanese
    nothing = body_of(CAMPAIGN | DAILY | {"enabled": False})
    assert "No run is planned." in "\n".join(calendar_lines(nothing, "en"))


@pytest.mark.parametrize(
    ("query", "status"),
    [({}, 200), ({"days": ("62",), "zone": ("Asia/Tokyo,Europe/London",)}, 200), ({"days": ("0",)}, 400),
     ({"days": ("63",)}, 400), ({"days": ("x",)}, 400), ({"zone": ("Mars/Olympus",)}, 400)],
)  # fmt: skip
def test_it_is_asked_for_over_http(query: dict[str, tuple[str, ...]], status: int) -> None:
    house, desk = a_house(CAMPAIGN | DAILY)
    request = HttpRequest(method="GET", path="/admin/calendar", query=query)
    assert answer(request, desk, house.people, house.catalog, now=NOON)[0] == status
