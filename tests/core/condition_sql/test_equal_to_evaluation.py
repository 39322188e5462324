"""SQL over the lake means what the evaluator means: the same people, for every condition and every history."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.condition_sql import NotInLake, compile_condition, zones
from tests.support.lake_populations import (
    NOW,
    SNAPSHOT,
    ZONES,
    Somebody,
    by_evaluation,
    instants,
    lake_of,
    paths,
    populations,
    reals,
    scalars,
    taken,
    texts,
    whole_numbers,
)

EXAMPLES = int(os.environ.get("KIZUNA_EXAMPLES", "100")) // 10  # each is several conditions, each a query
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture]
LENGTHS = st.sampled_from(["1s", "7d", "1mo", "3h", "9999y", "2w"])

comparisons = st.one_of(
    st.tuples(st.sampled_from(["eq", "not_eq", "gt", "gte", "lt", "lte"]), scalars),
    st.tuples(
        st.sampled_from(["in", "not_in", "has_any", "has_none"]), st.lists(scalars, min_size=1, max_size=4)
    ),
    st.tuples(st.sampled_from(["exists", "not_exists"]), st.none()),
    st.tuples(st.sampled_from(["between", "not_between"]), st.lists(scalars, min_size=2, max_size=2)),
    st.tuples(
        st.sampled_from(
            ["contains", "not_contains", "starts_with", "not_starts_with", "ends_with", "not_ends_with"]
        ),
        texts,
    ),
    st.tuples(
        st.sampled_from(["before", "after"]),
        instants.map(lambda at: at.isoformat()),
    ),
    st.tuples(st.sampled_from(["within_last", "not_within_last", "before_last"]), LENGTHS),
)


def _told(name: str, path: str, comparison: tuple[str, Any]) -> dict[str, Any]:
    op, value = comparison
    return {name: path, "op": op} | ({} if value is None else {"value": value})


options = st.one_of(
    st.just({}),
    st.just({}),
    st.just({"case": "insensitive"}),
    st.builds(
        lambda kind: {"value_type": kind},
        st.sampled_from(["string", "number", "boolean", "instant", "date", "list"]),
    ),
    st.builds(
        lambda kind, zone: {"value_type": kind, "zone": zone},
        st.sampled_from(["instant", "date"]),
        st.sampled_from(["person", "Asia/Tokyo", "Europe/Berlin"]),
    ),
    st.builds(lambda zone: {"zone": zone}, st.sampled_from(["person", "Asia/Beirut", "Pacific/Apia"])),
    st.builds(lambda kind: {"value_type": kind, "case": "insensitive"}, st.just("string")),
)
days = st.sampled_from(["2026-03-29", "2026-03-28", "2026-03-22", "2026-03-29T01:30:00Z", "1999-12-31"])
more_comparisons = st.one_of(
    comparisons,
    st.tuples(st.sampled_from(["empty", "not_empty"]), st.none()),
    st.tuples(st.sampled_from(["contains_any", "contains_all"]), st.lists(texts, min_size=1, max_size=3)),
    st.tuples(
        st.sampled_from(["like", "not_like"]), st.sampled_from(["%", "p_o", "P%", "%\\_%", "a%c", "", "_"])
    ),
    st.tuples(
        st.sampled_from(["regex", "not_regex"]),
        st.sampled_from(
            [r"[a-z]+", r"\w*", r".", r"p.o|P.o", r"[^a]{1,3}", r"\d+\.?\d*", r"[\w.]+", r"日.", r"\s*pro\s*"]
        ),
    ),
    st.tuples(st.sampled_from(["has_all", "has_any"]), st.lists(scalars, min_size=1, max_size=2)),
    st.tuples(st.sampled_from(["on", "before", "after"]), days),
    st.tuples(st.just("same_day"), st.just("today")),
    st.tuples(st.sampled_from(["within_next", "after_next"]), LENGTHS),
    st.tuples(st.just("changed_within"), LENGTHS),
    st.tuples(st.just("anniversary"), st.none()),
    st.tuples(st.just("cidr"), st.sampled_from([["10.0.0.0/8"], ["::/0"], ["10.0.0.7/32", "2001:db8::/32"]])),
)
semver = st.builds(
    lambda path, cmp, value: {"trait": path, "op": "semver", "cmp": cmp, "value": value},
    paths,
    st.sampled_from(["eq", "gt", "gte", "lt", "lte"]),
    st.sampled_from(["1.2.9", "1.2.10", "5", "2.0.0-rc.1", "2.0.0", "10.0.0.7"]),
)
sizes = st.builds(
    lambda path, cmp, value: {"trait": path, "op": "size", "cmp": cmp, "value": value},
    paths, st.sampled_from(["eq", "gt", "lte"]), st.integers(0, 3),
)  # fmt: skip
held = st.builds(
    lambda path, value, name, length: {"trait": path, "op": "has_been", "value": value, name: length},
    paths, scalars, st.sampled_from(["for_at_least", "for_less_than"]), LENGTHS,
)  # fmt: skip
BY_ANOTHER = [
    "eq", "not_eq", "in", "not_in", "gt", "gte", "lt", "lte", "has_any", "has_all", "has_none", "contains",
    "not_contains", "starts_with", "ends_with", "not_ends_with", "before", "after", "on", "same_day", "semver",
]  # fmt: skip
others = st.builds(
    lambda path, op, other, more: {"trait": path, "op": op, "value": {"trait": other}, **more},
    paths,
    st.sampled_from(BY_ANOTHER),
    paths,
    options,
)
areas = st.one_of(
    st.sampled_from(["JP", "JP-26", "NZ", "NZ-AUK"]).map(lambda region: {"region": region}),
    st.builds(
        lambda lat, lon, radius: {"within": {"lat": lat, "lon": lon, "radius_m": radius}},
        st.sampled_from([35.0, 90.0, -45.5]),
        st.sampled_from([135.75, 180.0, -20.0]),
        st.sampled_from([1.0, 112.0, 500.0, 5e6, 2e7]),
    ),
)
lying = st.builds(
    lambda place, area: {"geo": place, **area},
    st.one_of(st.just("home"), paths.map(lambda path: {"trait": path})),
    areas,
)
anniversaries = st.builds(
    lambda path, more: {"trait": path, "op": "anniversary", **more},
    paths,
    st.fixed_dictionaries(
        {},
        optional={
            "zone": st.sampled_from(["Asia/Tokyo", "Pacific/Apia", "Europe/Berlin"]),
            "offset": st.sampled_from(["-3d", "2w", "-366d"]),
            "window": st.sampled_from(["2d", "30d", "366d"]),
        },
    ),
)
nulls = st.builds(
    lambda path, op: {"trait": path, "op": op, "value": None}, paths, st.sampled_from(["eq", "not_eq"])
)
_in_items = st.sampled_from(["a", "b", "c", "a.b"])
item_filters = st.recursive(
    st.one_of(
        st.builds(_told, st.just("property"), _in_items, comparisons),
        st.builds(_told, st.just("property"), _in_items, comparisons),
        st.builds(
            lambda path, op, other: {"property": path, "op": op, "value": other},
            _in_items,
            st.sampled_from(["eq", "not_eq", "gte", "has_all", "has_any", "contains", "on"]),
            st.one_of(
                _in_items.map(lambda path: {"property": path}), paths.map(lambda path: {"trait": path})
            ),
        ),
    ),
    lambda inner: st.builds(
        lambda kind, of: {kind: of},
        st.sampled_from(["all", "any", "none", "xor"]),
        st.lists(inner, min_size=1, max_size=2),
    ),
    max_leaves=3,
)
items = st.builds(lambda path, where: {"trait": path, "op": "has_item", "where": where}, paths, item_filters)
trait_leaves = st.one_of(
    st.builds(
        lambda leaf, more: {**leaf, **more},
        st.builds(_told, st.just("trait"), paths, more_comparisons),
        options,
    ),
    st.builds(_told, st.just("trait"), paths, comparisons),
    st.one_of(semver, sizes, held, nulls, items),
    st.one_of(others, others, lying, anniversaries),
)
_named_zones = st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "Pacific/Apia", "America/St_Johns"])
_of_events = st.one_of(
    options,
    st.builds(lambda zone: {"zone": zone}, _named_zones),
    st.builds(lambda zone: {"zone": zone, "value_type": "date"}, _named_zones),
)
filters = st.one_of(
    st.builds(
        lambda leaf, more: {**leaf, **more},
        st.builds(
            _told,
            st.sampled_from(["property", "property", "context"]),
            st.sampled_from(["amount", "a", "a.b"]),
            more_comparisons,
        ),
        _of_events,
    ),
    st.builds(
        lambda op, other, more: {"property": "a", "op": op, "value": {"property": other}, **more},
        st.sampled_from(BY_ANOTHER),
        st.sampled_from(["a", "a.b", "amount"]),
        _of_events,
    ),
    st.builds(
        lambda place, area: {"geo": place, **area},
        st.sampled_from(["event", {"property": "a"}]),
        areas,
    ),
    anniversaries.map(lambda leaf: {**leaf, "property": "a", "trait": None}).map(
        lambda leaf: {name: value for name, value in leaf.items() if name != "trait"}
    ),
    st.builds(
        lambda op, length, more: {"property": "a", "op": op, "value": length, **more},
        st.sampled_from(["within_last", "before_last", "within_next", "after_next", "not_within_last"]),
        st.sampled_from(["7d", "1mo", "2w", "12mo", "1d", "9999y"]),
        _of_events,
    ),
)
numbers = st.one_of(st.integers(0, 6), st.sampled_from([0.5, 1.0, 2.5]))
amounts = st.one_of(reals, whole_numbers.filter(lambda number: abs(number) < 10**9))


VERBS = ["did", "did_not", "did", "count", "sum", "avg", "min", "max", "distinct", "first", "last", "mode"]
WINDOWS = st.one_of(
    st.builds(lambda length: {"last": length}, st.sampled_from(["7d", "1mo", "30d", "3h"])),
    st.sampled_from(
        [{"between_ago": {"from": "1mo", "to": "1h"}}, {"between_ago": {"from": "14d", "to": "7d"}}]
    ),
    st.builds(
        lambda start, end: {"absolute": {"from": start, "to": end}},
        st.sampled_from(["2026-03-22T01:30:00.123456Z", "1980-01-01", "2026-03-29"]),
        st.sampled_from(["2026-03-29T01:30:00.1234Z", "2026-03-29T01:30:00.122Z", "2030-01-01"]),
    ),
    st.builds(
        lambda name, never: {"since_last": name} | ({"if_never": "all"} if never else {}),
        st.sampled_from(["Order", "View"]),
        st.booleans(),
    ),
    st.builds(
        lambda period, zone: {"calendar": period} | ({"zone": zone} if zone else {}),
        st.sampled_from(["day", "week", "month"]),
        st.sampled_from([None, "Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles"]),
    ),
)


@st.composite
def event_leaves(draw: st.DrawFn) -> dict[str, Any]:
    verb = draw(st.sampled_from(VERBS))
    leaf: dict[str, Any] = {"event": draw(st.sampled_from(["Order", "View", "Never"])), "verb": verb}
    if verb in ("count", "distinct", "sum", "avg", "min", "max"):
        value = numbers if verb in ("count", "distinct") else amounts
        leaf["op"] = draw(st.sampled_from(["eq", "gt", "gte", "lt", "lte", "between"]))
        leaf["value"] = [draw(value), draw(value)] if leaf["op"] == "between" else draw(value)
    if verb == "mode":
        leaf["op"], leaf["value"] = draw(comparisons)
        leaf["min_times"] = draw(st.integers(1, 2))
    if verb in ("sum", "avg", "min", "max", "distinct", "mode"):
        leaf["of"] = draw(st.sampled_from(["amount", "amount", "a", "a.b"]))
    if verb in ("first", "last"):
        about_time = st.one_of(
            st.tuples(st.sampled_from(["before", "after"]), days),
            st.tuples(st.sampled_from(["within_last", "not_within_last", "before_last"]), LENGTHS),
        )
        if draw(st.booleans()):
            leaf["of"] = draw(st.sampled_from(["amount", "a"]))
            leaf["op"], leaf["value"] = draw(comparisons)
        elif draw(st.booleans()):
            leaf["op"], leaf["value"] = draw(about_time)
    if draw(st.booleans()):
        leaf["window"] = draw(WINDOWS)
    if draw(st.booleans()):
        leaf["where"] = draw(
            st.one_of(
                st.lists(filters, max_size=2),
                st.builds(lambda of: {"any": of}, st.lists(filters, min_size=1, max_size=2)),
            )
        )
    return leaf


person_leaves = st.one_of(
    st.builds(lambda name: {"in_segment": name}, st.sampled_from(["vip", "new", "everyone"])),
    st.builds(
        lambda kind, name, window: {kind: name} | ({"window": {"last": window}} if window else {}),
        st.sampled_from(["entered_segment", "left_segment"]),
        st.sampled_from(["vip", "new"]),
        st.sampled_from([None, "7d", "1mo"]),
    ),
    st.builds(lambda channel: {"reachable": channel}, st.sampled_from(["email", "sms"])),
    st.builds(
        lambda salt, start, to: {"random_bucket": salt, "from": start, "to": to},
        st.sampled_from(["s", "日本", "it's"]),
        st.floats(0, 100),
        st.floats(0, 100),
    ),
    st.just({"everyone": True}),
)
leaves = st.one_of(trait_leaves, trait_leaves, event_leaves(), person_leaves)
_several = st.sampled_from(["all", "any", "none", "xor"])


def _score(of: Sequence[tuple[Any, float]], op: str, value: float) -> dict[str, Any]:
    return {"score": [{"when": when, "points": points} for when, points in of], "op": op, "value": value}


def _groups(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    parts = st.lists(inner, min_size=1, max_size=3)
    scored = st.tuples(inner, st.sampled_from([1, 0.1, 0.2, -3, 2.5]))
    return st.one_of(
        st.builds(lambda kind, of: {kind: of}, _several, parts),
        st.builds(lambda n, of: {"type": "at_least", "n": n, "of": of}, st.integers(1, 3), parts),
        st.builds(
            _score,
            st.lists(scored, min_size=1, max_size=3),
            st.sampled_from(["eq", "gt", "gte", "lt", "lte"]),
            st.sampled_from([0, 0.3, 1, 2.6, -2.9]),
        ),
    )


trees = st.recursive(leaves, _groups, max_leaves=6)


@pytest.fixture(autouse=True)
def few_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers by the person's clock are worked out for the zones that somebody here lives in, not for all 600."""
    monkeypatch.setattr(zones, "_zones", lambda: tuple((name,) for name in ZONES[:-1]))


def _hold(people: Sequence[Somebody], written: Sequence[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(people, Path(folder))
        for each in written:
            condition = taken(each)
            if condition is None:
                continue
            try:
                question = compile_condition(condition, now=NOW)
            except NotInLake:
                continue
            expected = by_evaluation(condition, people, now=NOW)
            assert sorted(lake.members(question, snapshot=SNAPSHOT)) == expected, each


@given(populations, st.lists(trait_leaves, min_size=6, max_size=6))
@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=SLOW)
def test_every_operator_about_traits_finds_the_same_people(
    people: Sequence[Somebody], written: Sequence[dict[str, Any]]
) -> None:
    _hold(people, written)


@given(populations, st.lists(event_leaves(), min_size=6, max_size=6))
@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=SLOW)
def test_every_question_about_events_finds_the_same_people(
    people: Sequence[Somebody], written: Sequence[dict[str, Any]]
) -> None:
    _hold(people, written)


@given(populations, st.lists(trees, min_size=4, max_size=4))
@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=SLOW)
def test_whole_trees_find_the_same_people(
    people: Sequence[Somebody], written: Sequence[dict[str, Any]]
) -> None:
    _hold(people, written)
