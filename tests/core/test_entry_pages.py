"""Events that are kept one by one: at most 4 KB beside everything else, the rest in pages that never change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.aggregates import Needs, empty, needs_of, tallied, united
from kizuna.core.conditions import Condition, evaluate
from kizuna.core.entry_pages import (
    FEW_PAGES,
    INLINE_BYTES,
    PAGE_BYTES,
    Paged,
    RowPage,
    RowPages,
    packed,
    paged,
    pages_of,
    unpacked,
    whole,
)
from kizuna.core.events import Event
from tests.support.builders import NOON, an_event
from tests.support.histories import a_view, the_condition

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
SPENT = {
    "event": "Viewed",
    "verb": "sum",
    "of": "total",
    "op": "gte",
    "value": 500,
    "window": {"last": "30d"},
}
FAVOURITE = {
    "event": "Viewed",
    "verb": "mode",
    "of": "kind",
    "op": "eq",
    "value": "k1",
    "window": {"last": "2d"},
}


def views(count: int, *, first: int = 0, start: datetime = NOON) -> list[Event]:
    return [
        an_event(
            "Viewed",
            number=number,
            at=start + number * MINUTE,
            received_at=start + number * MINUTE,
            properties={"total": 1 + number % 3, "kind": f"k{number % 5}"},
        )
        for number in range(first, first + count)
    ]


class Carried:
    """What one profile carries, written a few events at a time; the store keeps every page that was ever put."""

    def __init__(self, *documents: dict[str, Any], part: str = "p1") -> None:
        self.conditions: list[Condition] = [the_condition(document) for document in documents]
        self.needs: Needs = needs_of(self.conditions)
        self.states: Mapping[str, Any] = {key: empty(need) for key, need in self.needs.items()}
        self.store: dict[RowPage, Any] = {}
        self.part = part
        self.puts = 0

    def write(self, events: Sequence[Event], *, now: datetime) -> Paged:
        held: RowPages = {page: self.store[page] for page in pages_of(self.states)}
        counted = tallied(self.states, events, self.needs, now=now)
        found = paged(counted, held, self.needs, part=self.part, now=now)
        self.store.update(found.new)
        self.puts += len(found.new)
        self.states = json.loads(json.dumps(found.aggregates))
        return found

    def whole(self) -> Mapping[str, Any]:
        return whole(self.states, {page: self.store[page] for page in pages_of(self.states)})

    def rows(self) -> list[Any]:
        return [row for state in self.whole().values() for row in state.get("e", ())]


def inline_bytes(states: Mapping[str, Any]) -> int:
    return sum(len(packed(state["e"])) for state in states.values() if state.get("e"))


def test_who_does_little_has_no_page() -> None:
    carried = Carried(SPENT)
    found = carried.write(views(100), now=NOON + DAY)
    assert (found.new, list(pages_of(carried.states))) == ({}, [])
    assert len(carried.rows()) == 100


def test_who_does_much_carries_four_kilobytes_and_the_rest_lies_in_pages() -> None:
    carried = Carried(SPENT)
    everything = views(3_000)
    for start in range(0, 3_000, 50):
        carried.write(everything[start : start + 50], now=NOON + 3 * DAY)
        assert inline_bytes(carried.states) <= INLINE_BYTES
    assert len(carried.rows()) == 3_000
    assert sum(page.count for page in pages_of(carried.states)) > 2_700
    assert len(list(pages_of(carried.states))) <= FEW_PAGES + 1
    assert carried.puts < 3_000 / 80  # a page for some hundred events


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_however_it_is_cut_into_writes_the_answers_are_those_of_all_events(
    portions: list[int], chance: Any
) -> None:
    everything = views(sum(portions))
    chance.shuffle(everything)
    carried, now = Carried(SPENT, FAVOURITE), NOON + 2 * DAY
    once = Carried(SPENT, FAVOURITE)
    plainly = tallied(once.states, everything, once.needs, now=now)
    for portion in portions:
        carried.write([everything.pop() for _ in range(portion)], now=now)
    for condition in carried.conditions:
        asked = evaluate(condition, a_view(aggregates=carried.whole()), now=now)
        assert asked == evaluate(condition, a_view(aggregates=plainly), now=now)
    assert [state.get("e") for state in carried.whole().values()] == [
        json.loads(json.dumps(state.get("e"))) for state in plainly.values()
    ]


def test_what_has_left_every_window_is_forgotten_with_its_pages() -> None:
    carried = Carried(SPENT)
    carried.write(views(500), now=NOON + DAY)
    assert list(pages_of(carried.states))
    found = carried.write([], now=NOON + 40 * DAY)
    assert carried.rows() == []
    assert list(pages_of(carried.states)) == []
    assert found.held == {}


def test_nothing_is_written_anew_where_nothing_is_to_be_moved() -> None:
    carried = Carried(SPENT)
    carried.write(views(500), now=NOON + DAY)
    before = carried.states
    found = carried.write([], now=NOON + DAY)
    assert found.new == {}
    assert carried.states == before


def test_a_page_that_is_gone_is_left_out_and_is_no_reason_to_fail() -> None:
    carried = Carried(SPENT)
    carried.write(views(300), now=NOON + DAY)
    assert len(whole(carried.states, {})) == 1
    (state,) = whole(carried.states, {}).values()
    assert len(state["e"]) < 300
    counted = tallied(carried.states, views(400, first=300), carried.needs, now=NOON + DAY)
    assert paged(counted, {}, carried.needs, part="p1", now=NOON + DAY).new


def test_two_people_who_turn_out_to_be_one_keep_the_pages_of_both() -> None:
    one, other, both = Carried(SPENT), Carried(SPENT, part="p2"), Carried(SPENT)
    one.write(views(400), now=NOON + DAY)
    other.write(views(300, first=400), now=NOON + DAY)
    both.write(views(700), now=NOON + DAY)
    joined = united(one.states, other.states, one.needs)
    assert {page.part for page in pages_of(joined)} == {"p1", "p2"}
    (state,) = whole(joined, {**one.store, **other.store}).values()
    assert [list(row) for row in state["e"]] == [list(row) for row in both.rows()]
    assert united(joined, {key: empty(need) for key, need in one.needs.items()}, one.needs) == joined


def test_a_full_page_is_left_as_it_is() -> None:
    carried = Carried(SPENT)
    carried.write(views(25_000), now=NOON + 20 * DAY)
    full = [page for page in pages_of(carried.states) if len(packed(carried.store[page])) > PAGE_BYTES // 2]
    assert full
    for number in range(12):
        carried.write(views(200, first=25_000 + 200 * number), now=NOON + 20 * DAY)
    assert set(full) <= set(pages_of(carried.states))


def test_rows_are_read_as_they_were_packed() -> None:
    rows = ([1, "é\ud800", None, 2.5, True], [2])
    assert [list(row) for row in unpacked(packed(rows))] == [list(row) for row in rows]
