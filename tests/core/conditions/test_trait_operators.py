"""Every operator about a trait, on values that fit it, that do not, and on none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.conditions import evaluate
from kizuna.core.durations import instant_to_text
from tests.support.builders import NOON
from tests.support.histories import HOUR, a_view, the_condition

TRAITS: Mapping[str, Any] = {
    "plan": "pro", "Plan": "PRO", "visits": 5, "price": 9.5, "vip": True, "nothing": None, "blank": "", "none": [],
    "object": {}, "figure": "42", "fraction": "-1.50", "yes": "TRUE", "tags": ["red", "Blue", 3, True],
    "home": {"city": "Osaka", "zip": None, "geo": {"lat": 34.7, "lon": 135.5}}, "a.b": "dotted",
    "sizes": [3, 8, 12], "email": "ann@example.com", "other": "pro", "likes": ["blue", "red"], "limit": 9,
    "greek": "ΣΑΣ", "turkish": "İstanbul", "percent": "50%_off\\",
    "cart": [{"sku": "a", "qty": 1, "tags": ["x"]}, {"sku": "b", "qty": 5}, "loose",
             {"sku": "c", "price": {"net": 3}}],
    "line": {"sku": "b", "qty": 5},
    "at": "2026-11-23T01:30:00Z", "at_offset": "2026-11-23T10:30:00+09:00", "day": "2026-11-23",
    "odd_day": "2026-02-30",
    "compact": "20261123", "local": "2026-11-23T10:30:00", "instants": ["2020-01-01", "soon", "2026-11-23T01:30:00Z"],
    "version": "2.4.0", "beta": "v2.4.0-beta.2", "short": "2.4", "build": "2.4.0+77", "long": "2.4.0.1",
    "ip": "192.0.2.77", "ip6": "2001:db8::5", "mapped": "::ffff:192.0.2.77", "visitors": ["10.0.0.1", "192.0.2.1"],
}  # fmt: skip


def holds(document: Mapping[str, Any]) -> bool:
    return evaluate(the_condition(document), a_view(traits=TRAITS, zone="Asia/Tokyo"), now=NOON).matched


def asked(trait: str, op: str, value: Any = None, **options: Any) -> dict[str, Any]:
    return {"trait": trait, "op": op} | ({} if value is None else {"value": value}) | options


CASES: list[tuple[dict[str, Any], bool]] = [
    # presence: missing is not null, and neither is empty text
    (asked("nothing", "exists"), False),
    (asked("missing", "exists"), False),
    (asked("blank", "exists"), True),
    ({"trait": "nothing", "op": "eq", "value": None}, True),
    ({"trait": "missing", "op": "eq", "value": None}, False),
    ({"trait": "missing", "op": "not_eq", "value": None}, True),
    ({"trait": "home.zip", "op": "eq", "value": None}, True),
    ({"trait": "home.street", "op": "eq", "value": None}, False),
    ({"trait": "blank", "op": "eq", "value": None}, False),
    *((asked(name, "empty"), True) for name in ("missing", "nothing", "blank", "none", "object", "home.zip")),
    *((asked(name, "empty"), False) for name in ("plan", "visits", "vip", "tags", "home")),
    (asked("blank", "not_empty"), False),
    (asked("vip", "not_empty"), True),
    # equality, case and types
    (asked("Plan", "eq", "pro"), False),
    (asked("Plan", "eq", "pro", case="insensitive"), True),
    (asked("plan", "eq", "PRO", case="sensitive"), False),
    (asked("greek", "eq", "σας", case="insensitive"), False),  # each letter for itself: no final sigma
    (asked("greek", "eq", "σασ", case="insensitive"), True),
    (asked("turkish", "starts_with", "İST", case="insensitive"), True),
    (asked("Plan", "in", ["free", "pro"], case="insensitive"), True),
    (asked("figure", "eq", 42), False),
    (asked("figure", "eq", 42, value_type="number"), True),
    (asked("fraction", "eq", -1.5, value_type="number"), True),
    (asked("fraction", "lt", -1, value_type="number"), True),
    (asked("visits", "eq", "5", value_type="string"), True),
    (asked("vip", "eq", "true", value_type="string"), True),
    (asked("yes", "eq", True, value_type="boolean"), True),
    (asked("visits", "eq", True, value_type="boolean"), False),
    (asked("vip", "eq", 1, value_type="number"), False),
    (asked("at", "eq", "2026-11-23T10:30:00+09:00", value_type="instant"), True),
    (asked("at_offset", "in", ["2026-11-23T01:30:00Z"], value_type="instant"), True),
    (asked("at", "eq", "2026-11-23", value_type="date", zone="America/New_York"), False),
    (asked("at", "eq", "2026-11-22", value_type="date", zone="America/New_York"), True),
    (asked("day", "eq", "2026-11-23", value_type="date", zone="America/New_York"), True),
    (asked("odd_day", "eq", "2026-02-30"), True),
    (asked("tags", "eq", "red"), True),
    (asked("likes", "eq", ["blue", "red"], value_type="list"), True),
    (asked("likes", "eq", ["red", "blue"], value_type="list"), False),
    (asked("likes", "not_eq", ["red", "blue"], value_type="list"), True),
    (asked("none", "eq", [], value_type="list"), True),
    (asked("plan", "eq", ["pro"], value_type="list"), False),
    (asked("home", "eq", "Osaka"), False),
    # order
    (asked("figure", "gt", 41), False),
    (asked("figure", "gt", 41, value_type="number"), True),
    (asked("sizes", "gt", 11), True),
    (asked("sizes", "not_between", [4, 7]), True),
    (asked("sizes", "between", [4, 8]), True),
    (asked("at", "gte", "2026-11-23T01:30:00Z", value_type="instant"), True),
    (asked("at", "between", ["2026-11-23", "2026-11-24"], value_type="instant"), True),
    (asked("at", "lt", "2026-11-23", value_type="date", zone="America/New_York"), True),
    (asked("Plan", "gt", "pq", case="insensitive"), True),
    # text
    (asked("email", "contains", "@EXAMPLE", case="insensitive"), True),
    (asked("email", "contains_any", ["@nowhere", "@example"]), True),
    (asked("email", "contains_all", ["ann", "@example"]), True),
    (asked("email", "contains_all", ["ann", "@nowhere"]), False),
    (asked("visits", "contains_any", ["5"]), False),
    (asked("visits", "contains_any", ["5"], value_type="string"), True),
    (asked("email", "not_ends_with", ".com"), False),
    (asked("tags", "starts_with", "re"), True),
    (asked("email", "like", "%@example.%"), True),
    (asked("email", "like", "a__@%"), True),
    (asked("email", "like", "example"), False),
    (asked("email", "not_like", "%.jp"), True),
    (asked("percent", "like", "50\\%\\_off\\\\"), True),
    (asked("figure", "like", "4_"), True),
    (asked("blank", "like", "%"), True),
    (asked("Plan", "like", "p%", case="insensitive"), True),
    (asked("email", "regex", "[a-z]+@example\\.com"), True),
    (asked("email", "regex", "[a-z]+"), False),  # the whole text
    (asked("Plan", "regex", "p[a-z]+", case="insensitive"), True),
    (asked("email", "regex", "(ann|bob)@example\\.(com|jp)"), True),
    (asked("visits", "not_regex", "\\d"), True),
    # lists
    (asked("tags", "has_any", ["blue", "green"]), False),
    (asked("tags", "has_any", ["blue", "green"], case="insensitive"), True),
    (asked("tags", "has_all", ["red", 3]), True),
    (asked("tags", "has_all", ["red", 1]), False),  # true is not one
    (asked("tags", "has_all", ["red", True]), True),
    (asked("plan", "has_all", ["pro"]), True),  # a single value is a list of one …
    (asked("plan", "has_all", ["pro"], value_type="list"), False),  # … unless a list is asked for
    (asked("none", "has_none", ["red"]), True),
    (asked("missing", "has_none", ["red"]), True),
    (asked("sizes", "size", 3), True),
    (asked("sizes", "size", 2, cmp="gt"), True),
    (asked("none", "size", 0), True),
    (asked("missing", "size", 0), False),
    (asked("plan", "size", 3), False),
    # instants
    (asked("at", "before", "2026-11-23T01:30:00.001Z"), True),
    (asked("at", "before", "2026-11-23T10:30:00+09:00"), False),
    (asked("at_offset", "after", "2026-11-23T01:29:59Z"), True),
    (asked("local", "after", "2026-11-23T10:29:59Z"), True),  # without an offset it is UTC
    (asked("compact", "before", "2030-01-01"), False),
    (asked("odd_day", "before", "2030-01-01"), False),
    (asked("day", "before", "2026-11-23T00:00:00Z"), False),
    (asked("day", "before", "2026-11-23T00:00:00Z", zone="Asia/Tokyo"), True),  # a date begins in the zone
    (asked("at", "after", "2026-11-23"), True),
    (asked("at", "after", "2026-11-23", value_type="date"), False),  # the same day is not after it
    (asked("instants", "after", "2026-01-01"), True),
    (asked("at", "on", "2026-11-23"), True),  # in Tokyo, where the person lives
    (asked("at", "on", "2026-11-23", zone="America/New_York"), False),
    (asked("at", "on", "2026-11-22", zone="America/New_York"), True),
    (asked("day", "on", "2026-11-23", zone="America/New_York"), True),
    (asked("at", "same_day", {"trait": "day"}), True),
    (asked("at", "same_day", {"trait": "day"}, zone="America/New_York"), False),
    (asked("day", "same_day", "today"), True),
    # special
    (asked("version", "semver", "2.4.0"), True),
    (asked("short", "semver", "2.4.0"), True),
    (asked("build", "semver", "2.4.0"), True),
    (asked("long", "semver", "2.4.0", cmp="gt"), True),
    (asked("beta", "semver", "2.4.0", cmp="lt"), True),
    (asked("beta", "semver", "2.4.0-beta.11", cmp="lt"), True),
    (asked("beta", "semver", "2.4.0-alpha.99", cmp="gt"), True),
    (asked("version", "semver", "2.10.0", cmp="gte"), False),
    (asked("plan", "semver", "0.0.0", cmp="gte"), False),
    (asked("ip", "cidr", "192.0.2.0/24"), True),
    (asked("ip", "cidr", ["10.0.0.0/8", "192.0.2.77"]), True),
    (asked("ip", "cidr", "198.51.100.0/24"), False),
    (asked("ip6", "cidr", "2001:db8::/32"), True),
    (asked("ip6", "cidr", "192.0.2.0/24"), False),
    (asked("mapped", "cidr", "192.0.2.0/24"), True),
    (asked("visitors", "cidr", "192.0.2.0/24"), True),
    (asked("plan", "cidr", "192.0.2.0/24"), False),
    # against another trait
    (asked("plan", "eq", {"trait": "other"}), True),
    (asked("Plan", "eq", {"trait": "other"}), False),
    (asked("Plan", "eq", {"trait": "other"}, case="insensitive"), True),
    (asked("visits", "lt", {"trait": "limit"}), True),
    (asked("visits", "gt", {"trait": "missing"}), False),
    (asked("missing", "eq", {"trait": "missing"}), False),
    (asked("nothing", "eq", {"trait": "nothing"}), False),
    (asked("missing", "not_eq", {"trait": "missing"}), True),
    (asked("email", "starts_with", {"trait": "visits"}), False),
    (asked("tags", "in", {"trait": "likes"}), True),
    (asked("tags", "has_all", {"trait": "likes"}, case="insensitive"), True),
    (asked("tags", "has_all", {"trait": "likes"}), False),
    (asked("at", "before", {"trait": "day"}), False),
    (asked("short", "semver", {"trait": "version"}), True),
    # items
    (asked("cart", "has_item", where={"property": "sku", "op": "eq", "value": "b"}), True),
    (asked("cart", "has_item", where=[
        {"property": "sku", "op": "eq", "value": "a"}, {"property": "qty", "op": "gte", "value": 2},
    ]), False),  # of one and the same line
    (asked("cart", "has_item", where={"any": [
        {"property": "sku", "op": "eq", "value": "z"}, {"property": "price.net", "op": "lte", "value": 3},
    ]}), True),
    (asked("cart", "has_item", where={"property": "tags", "op": "has_any", "value": ["x"]}), True),
    (asked("cart", "has_item", where={"property": "sku", "op": "not_exists"}), False),  # "loose" is no object
    (asked("line", "has_item", where={"property": "qty", "op": "eq", "value": {"trait": "visits"}}), True),
    (asked("line", "has_item", where={"property": "qty", "op": "eq", "value": {"property": "sku"}}), False),
    (asked("line", "has_item", value_type="list", where={"property": "qty", "op": "exists"}), False),
    (asked("missing", "has_item", where={"property": "qty", "op": "not_exists"}), False),
    # paths
    (asked("home.geo.lat", "gt", 34), True),
    (asked("home.city.block", "exists"), False),
    (asked("a.b", "eq", "dotted"), True),
    (asked("cart.sku", "exists"), False),  # a path does not lead into lists: has_item does
]  # fmt: skip


@pytest.mark.parametrize(("document", "expected"), CASES, ids=str)
def test_a_trait_compares(document: dict[str, Any], expected: bool) -> None:
    assert holds(document) is expected


@pytest.mark.parametrize(
    ("op", "moments"),
    [
        ("before_last", {-8: True, -7: True, -6: False, 0: False, 7: False, 8: False}),
        ("within_last", {-8: False, -7: False, -6: True, 0: True, 1: False, 8: False}),
        ("within_next", {-1: False, 0: False, 1: True, 7: True, 8: False}),
        ("after_next", {-8: False, 0: False, 7: False, 8: True}),
    ],
)
def test_the_four_windows_around_now_hold_every_instant_once(op: str, moments: dict[int, bool]) -> None:
    for hours, expected in moments.items():
        view = a_view(traits={"since": instant_to_text(NOON + hours * HOUR)})
        leaf = the_condition({"trait": "since", "op": op, "value": "7h"})
        assert evaluate(leaf, view, now=NOON).matched is expected, hours


@pytest.mark.parametrize(
    ("born", "today", "is_18"),
    [
        ("2008-11-23", "2026-11-23", True),
        ("2008-11-24", "2026-11-23", False),
        ("2008-02-29", "2026-02-28", False),
        ("2008-02-29", "2026-03-01", True),
    ],
)
def test_an_age_counts_in_whole_days_of_the_persons_calendar(born: str, today: str, is_18: bool) -> None:
    leaf = the_condition({"trait": "born", "op": "before_last", "value": "18y", "value_type": "date"})
    view = a_view(traits={"born": born}, zone="Pacific/Auckland")
    noon_there = NOON.fromisoformat(f"{today}T00:30:00+13:00")
    assert evaluate(leaf, view, now=noon_there).matched is is_18


ANNIVERSARIES: list[tuple[str, dict[str, Any], str, bool]] = [
    ("1990-11-23", {}, "2026-11-23", True),
    ("1990-11-23T20:00:00Z", {}, "2026-11-24", True),  # born on the 24th in Tokyo
    ("1990-11-23", {}, "2026-11-22", False),
    ("1992-02-29", {}, "2026-02-28", True),
    ("1992-02-29", {}, "2028-02-28", False),
    ("1992-02-29", {}, "2028-02-29", True),
    ("1990-11-23", {"offset": "-3d"}, "2026-11-20", True),
    ("1990-11-23", {"offset": "-3d"}, "2026-11-23", False),
    ("1990-11-23", {"offset": "+1w"}, "2026-11-30", True),
    ("1990-01-02", {"offset": "-3d"}, "2026-12-30", True),
    ("1990-12-30", {"offset": "3d", "window": "2d"}, "2027-01-03", True),
    ("1990-11-23", {"window": "1w"}, "2026-11-29", True),
    ("1990-11-23", {"window": "1w"}, "2026-11-30", False),
    ("2030-11-23", {}, "2026-11-23", True),  # month and day match, whatever the year
    ("soon", {}, "2026-11-23", False),
]


@pytest.mark.parametrize(("trait", "options", "today", "expected"), ANNIVERSARIES)
def test_an_anniversary_returns_by_month_and_day(
    trait: str, options: dict[str, Any], today: str, expected: bool
) -> None:
    leaf = the_condition({"trait": "born", "op": "anniversary", **options})
    view = a_view(traits={"born": trait}, zone="Asia/Tokyo")
    assert evaluate(leaf, view, now=NOON.fromisoformat(f"{today}T12:00:00+09:00")).matched is expected


HELD = [
    ("pro", {"for_at_least": "30d"}, 30, True),
    ("pro", {"for_at_least": "30d"}, 29, False),
    ("pro", {"for_less_than": "30d"}, 29, True),
    ("pro", {"for_less_than": "30d"}, 30, False),
    ("free", {"for_at_least": "30d"}, 90, False),
    ("free", {"for_less_than": "30d"}, 1, False),
    ("PRO", {"for_at_least": "30d", "case": "insensitive"}, 31, True),
]


@pytest.mark.parametrize(("value", "options", "days", "expected"), HELD)
def test_a_trait_has_been_so_for_a_time(
    value: str, options: dict[str, Any], days: int, expected: bool
) -> None:
    leaf = the_condition({"trait": "plan", "op": "has_been", "value": value, **options})
    view = a_view(traits={"plan": "pro"}, since={"plan": NOON - timedelta(days=days)})
    assert evaluate(leaf, view, now=NOON).matched is expected


@pytest.mark.parametrize(("hours", "expected"), [(0, True), (23, True), (24, False)])
def test_a_trait_changed_within_a_time(hours: int, expected: bool) -> None:
    leaf = the_condition({"trait": "plan.name", "op": "changed_within", "value": "1d"})
    since = {"plan": NOON - hours * HOUR}
    assert evaluate(leaf, a_view(traits={"plan": {"name": "x"}}, since=since), now=NOON).matched is expected
    assert not evaluate(leaf, a_view(traits={}, since={}), now=NOON).matched
