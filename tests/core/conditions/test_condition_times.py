"""An answer says until when it holds: never too long, whatever happened and whatever is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.conditions import Condition, View, evaluate
from kizuna.core.durations import Duration, instant_to_text
from tests.support.builders import NOON
from tests.support.histories import (
    DAY,
    HOUR,
    a_view,
    a_view_of,
    order_leaves,
    orders,
    the_condition,
)

MINUTE = timedelta(minutes=1)
DID = {"event": "Order Completed", "verb": "did"}
MONTH_ENDS = [
    datetime(2027, 2, 26, tzinfo=UTC),
    datetime(2027, 3, 28, tzinfo=UTC),
    datetime(2028, 2, 27, tzinfo=UTC),
]


def trait_leaves(windows: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    ops = st.sampled_from(["within_last", "not_within_last", "before_last"])
    return st.builds(
        lambda op, last: {"trait": "since", "op": op, "value": last}, ops, st.sampled_from(windows)
    )


def questions(windows: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Single questions, groups of them, and groups of groups."""
    leaves = st.one_of(order_leaves(windows), trait_leaves(windows))
    return st.recursive(leaves, _groups, max_leaves=6)


def _groups(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(parts, min_size=1, max_size=3)
    kinds = st.sampled_from(["all", "any", "none", "xor"])
    enough = st.builds(lambda n, of: {"type": "at_least", "n": n, "of": of}, st.integers(1, 3), some)
    return st.one_of(st.builds(lambda kind, of: {kind: of}, kinds, some), enough)


def assert_holds_until_it_flips(
    condition: Condition, view: View, now: datetime, *, step: timedelta, until: datetime
) -> None:
    """Ask again at each step: before `flips_at` the answer must be what it was."""
    answer = evaluate(condition, view, now=now)
    assert answer.flips_at is None or answer.flips_at > now
    later = now + step
    while later < min(answer.flips_at or until, until):
        assert evaluate(condition, view, now=later).matched is answer.matched, later
        later += step


@settings(max_examples=200)
@given(
    questions(("3m", "7m")),
    st.lists(st.integers(-15, 5), max_size=5),
    st.integers(-10, 5),
    st.integers(-10, 5),
)
def test_no_answer_changes_before_it_says_so_minute_by_minute(
    document: dict[str, Any], happened: list[int], since: int, now: int
) -> None:
    condition = the_condition(document)
    instants = [NOON + minutes * MINUTE for minutes in happened]
    view = a_view_of(
        orders(instants), condition, now=NOON, since=instant_to_text(NOON + since * MINUTE + MINUTE / 2)
    )
    start = NOON + now * MINUTE
    assert_holds_until_it_flips(condition, view, start, step=MINUTE / 2, until=NOON + 20 * MINUTE)


@pytest.mark.parametrize("month_end", MONTH_ENDS, ids=str)
@pytest.mark.parametrize("last", ["1mo", "2mo", "1y"])
@pytest.mark.parametrize("op", ["event", "within_last", "before_last"])
def test_no_answer_changes_before_it_says_so_around_the_ends_of_months(
    month_end: datetime, last: str, op: str
) -> None:
    """Each thing that happened in the days a window earlier, asked about every six hours as it falls out of it."""
    asked = DID | {"window": {"last": last}} if op == "event" else {"trait": "since", "op": op, "value": last}
    condition = the_condition(asked)
    for half_days in range(14):
        happened = Duration.parse(last).before(month_end) + half_days * 12 * HOUR
        view = a_view_of(orders([happened]), condition, now=month_end, since=instant_to_text(happened))
        before = evaluate(condition, view, now=month_end - DAY)
        for quarter_days in range(-3, 50):
            now = month_end + quarter_days * 6 * HOUR
            after = evaluate(condition, view, now=now)
            assert after.flips_at is None or after.flips_at > now
            if after.matched is not before.matched:
                assert before.flips_at is not None
                assert before.flips_at <= now, (happened, now)
            before = after


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


TURNS: Mapping[str, tuple[dict[str, Any], list[str], str, tuple[bool, str | None]]] = {
    "the only one leaves": (DID | {"window": {"last": "7d"}}, ["11-20T09:00"], "11-23T12:00", (True, "11-27T09:00")),
    "the last one counts": (
        DID | {"window": {"last": "7d"}}, ["11-17T09:00", "11-20T09:00"], "11-23T12:00", (True, "11-27T09:00"),
    ),
    "two are asked for, and a third is to spare": (
        DID | {"verb": "count", "op": "gte", "value": 2, "window": {"last": "7d"}},
        ["11-16T13:00", "11-20T09:00", "11-21T09:00"], "11-23T12:00", (True, "11-27T09:00"),
    ),
    "no more than two, and the first of three leaves": (
        DID | {"verb": "count", "op": "lte", "value": 2, "window": {"last": "7d"}},
        ["11-16T13:00", "11-20T09:00", "11-21T09:00"], "11-23T12:00", (False, "11-23T13:00"),
    ),
    "the edge belongs outside": (DID | {"window": {"last": "7d"}}, ["11-16T12:00"], "11-23T12:00", (False, None)),
    "now belongs inside": (DID | {"window": {"last": "7d"}}, ["11-23T12:00"], "11-23T12:00", (True, "11-30T12:00")),
    "one that is still to come": (
        DID | {"window": {"last": "7d"}}, ["11-24T12:00"], "11-23T12:00", (False, "11-24T12:00"),
    ),
    "all history never turns": (DID, ["11-20T09:00"], "11-23T12:00", (True, None)),
    "nothing happened": (DID | {"window": {"last": "7d"}}, [], "11-23T12:00", (False, None)),
}  # fmt: skip


@pytest.mark.parametrize("case", TURNS)
def test_a_window_ends_exactly_when_its_oldest_needed_event_leaves(case: str) -> None:
    document, happened, now, (matched, turn) = TURNS[case]
    condition = the_condition(document)
    moment = at(f"2026-{now}")
    view = a_view_of(orders([at(f"2026-{text}") for text in happened]), condition, now=moment)
    answer = evaluate(condition, view, now=moment)
    assert answer.matched is matched
    assert answer.flips_at == (at(f"2026-{turn}") if turn else None)


def test_a_month_after_the_31st_of_january_begins_in_march() -> None:
    condition = the_condition(DID | {"window": {"last": "1mo"}})
    view = a_view_of(orders([at("2027-01-31T12:00")]), condition, now=at("2027-02-01T00:00"))
    assert evaluate(condition, view, now=at("2027-02-28T23:59")).matched
    assert not evaluate(condition, view, now=at("2027-03-01T00:00")).matched


@pytest.mark.parametrize(
    "date", ["9999-12-31", "9999-12-28T23:00:00Z", "0001-01-01T00:00:00+14:00", "0001-01-01"]
)
@pytest.mark.parametrize("last", ["0s", "7d", "1mo", "9999y", "999999w"])
@pytest.mark.parametrize("op", ["within_last", "not_within_last", "before_last"])
def test_dates_that_mean_never_or_always_are_answered(date: str, last: str, op: str) -> None:
    condition = the_condition({"trait": "renews", "op": op, "value": last})
    answer = evaluate(condition, a_view(traits={"renews": date}), now=NOON)
    assert answer.flips_at is None or answer.flips_at > NOON


def test_an_event_of_this_very_moment_counts_at_once_whatever_the_fraction_of_a_second() -> None:
    condition = the_condition(DID | {"window": {"last": "7d"}})
    for microseconds in (0, 499, 500, 999, 1_500, 999_999):
        now = NOON + timedelta(microseconds=microseconds)
        view = a_view_of(orders([now]), condition, now=now)
        assert evaluate(condition, view, now=now).matched
