"""Marks of counted events: all of 48 hours are known, and hardly anybody pays for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core import seen
from kizuna.core.seen import (
    FEW_PAGES,
    INLINE,
    KNOWN_FOR,
    LEFT_INLINE,
    PAGE_MARKS,
    MarkPage,
    Marks,
    Remembered,
    Seen,
    minute_of,
    packed,
    remembered,
    united_marks,
    unpacked,
)
from tests.support.builders import NOON

MINUTE = timedelta(minutes=1)


def a_mark(number: int, *, at: datetime = NOON) -> Seen:
    return Seen(number.to_bytes(8, "big"), minute_of(at))


def some_marks(count: int, *, at: datetime = NOON, first: int = 0) -> list[Seen]:
    return [a_mark(first + number, at=at) for number in range(count)]


def known_of(kept: Remembered, stored: dict[MarkPage, Marks]) -> set[Seen]:
    return {*kept.inline, *(mark for page in kept.pages for mark in stored[page])}


def test_up_to_two_hundred_marks_lie_in_the_profile_and_nowhere_else() -> None:
    kept = remembered(some_marks(INLINE), (), {}, part="p1", now=NOON)
    assert (len(kept.inline), kept.pages, kept.new) == (INLINE, (), {})


def test_one_more_moves_the_older_half_to_a_page_of_the_persons_own_partition() -> None:
    marks = [a_mark(number, at=NOON + number * MINUTE) for number in range(INLINE + 1)]
    kept = remembered(marks, (), {}, part="p1", now=NOON + INLINE * MINUTE)
    ((page, moved),) = kept.new.items()
    assert kept.inline == tuple(marks[-LEFT_INLINE:])
    assert (page.part, page.count, page.newest) == ("p1", len(moved), moved[-1].minute)
    assert {*kept.inline, *moved} == set(marks)


def test_after_two_days_a_mark_is_forgotten_and_a_page_when_its_newest_mark_is() -> None:
    kept = remembered(some_marks(INLINE + 1), (), {}, part="p1", now=NOON)
    at_the_edge = remembered(kept.inline, kept.pages, {}, part="p1", now=NOON + KNOWN_FOR)
    past_it = remembered(kept.inline, kept.pages, {}, part="p1", now=NOON + KNOWN_FOR + MINUTE)
    assert (at_the_edge.inline, at_the_edge.pages) == (kept.inline, kept.pages)
    assert (past_it.inline, past_it.pages) == ((), ())


def test_many_small_pages_become_one_if_their_content_is_at_hand() -> None:
    stored: dict[MarkPage, Marks] = {}
    kept = Remembered(())
    for round_ in range(3 * FEW_PAGES):
        fresh = some_marks(LEFT_INLINE + 1, first=1_000 * round_)
        kept = remembered([*kept.inline, *fresh], kept.pages, stored, part="p1", now=NOON)
        stored |= kept.new
        assert len(kept.pages) <= FEW_PAGES
    assert len(known_of(kept, stored)) == 3 * FEW_PAGES * (LEFT_INLINE + 1)


def test_without_their_content_small_pages_stay_as_they_are() -> None:
    pages = tuple(MarkPage("p1", f"{number}", minute_of(NOON), 3) for number in range(2 * FEW_PAGES))
    kept = remembered(some_marks(INLINE + 1), pages, {}, part="p1", now=NOON)
    assert kept.pages[: len(pages)] == pages


def test_a_flood_in_one_write_fills_pages_that_fit_an_item() -> None:
    kept = remembered(some_marks(2 * PAGE_MARKS + 500), (), {}, part="p1", now=NOON)
    assert [page.count for page in kept.pages] == [PAGE_MARKS, PAGE_MARKS, 500 - LEFT_INLINE]
    assert max(len(packed(marks)) for marks in kept.new.values()) <= 120_000


def test_a_page_is_named_after_what_it_holds() -> None:
    """Whoever writes it again writes the same; rivals who remember different things do not meet."""
    one, again, other = (
        remembered(some_marks(INLINE + 1, first=first), (), {}, part="p1", now=NOON).pages
        for first in (0, 0, 1)
    )
    assert one == again != other


def test_marks_are_packed_into_twelve_bytes_and_back() -> None:
    marks = united_marks(some_marks(3), some_marks(2, first=2))
    assert unpacked(packed(marks)) == marks
    assert len(packed(marks)) == 12 * 4


STEPS = st.lists(st.tuples(st.integers(1, 90), st.integers(0, 900)), min_size=1, max_size=25)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("INLINE", 20), ("LEFT_INLINE", 10), ("FEW_PAGES", 3), ("PAGE_MARKS", 60)):
        monkeypatch.setattr(seen, name, value)


@pytest.mark.usefixtures("small")
def test_whatever_comes_all_of_the_last_two_days_is_known() -> None:
    """Writers who take turns, one of whom sometimes loses and leaves its pages behind."""

    @settings(max_examples=200)
    @given(STEPS, st.randoms(use_true_random=False))
    def story(steps: list[tuple[int, int]], chance: object) -> None:
        stored: dict[MarkPage, Marks] = {}
        kept, now, all_marks = Remembered(()), NOON, list[Seen]()
        for count, minutes in steps:
            now += minutes * MINUTE
            fresh = some_marks(count, at=now, first=len(all_marks))
            lost = remembered([*kept.inline, *fresh[1:]], kept.pages, stored, part="p1", now=now)
            stored |= lost.new
            kept = remembered([*kept.inline, *fresh], kept.pages, stored, part="p1", now=now)
            stored |= kept.new
            all_marks += fresh
            living = {mark for mark in all_marks if mark.minute >= minute_of(now - KNOWN_FOR)}
            assert known_of(kept, stored) >= living
            assert len(kept.inline) <= 20
            assert known_of(kept, stored) <= set(all_marks)

    story()
