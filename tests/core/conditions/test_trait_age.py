"""Since when a trait has held its value: exact as words arrive in order, and never earlier than the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.adapters.tables.people_codec import profile_from_item, profile_to_item
from kizuna.core.merges.survivorship import survivor
from kizuna.core.people import HeldSince, Trait
from kizuna.core.traits import Survivorship, TraitDefinition
from tests.support.builders import NOON, a_profile
from tests.support.folds import HOUR

Word = tuple[int, str]  # the hour, and the value told


def the_trait(words: Sequence[Word], **survivorship: Any) -> Trait:
    """What is kept of words that arrive in this order."""
    definitions = (
        {"plan": TraitDefinition(id="plan", meaning={"en": "?"}, survivorship=Survivorship(**survivorship))}
        if survivorship
        else {}
    )
    told = [Trait(value, NOON + hour * HOUR, "shop") for hour, value in words]
    return reduce(lambda held, trait: survivor("plan", held, trait, definitions), told[1:], told[0])


def hour(instant: datetime) -> float:
    return (instant - NOON) / HOUR


def truth(words: Sequence[Word]) -> int:
    """When the newest value was told first after any other."""
    ordered = sorted(words)
    newest = ordered[-1][1]
    since = ordered[-1][0]
    for at, value in reversed(ordered):
        if value != newest:
            break
        since = at
    return since


# ── words in their order ────────────────────────────────────────────────────────────────────────

WORDS = st.lists(st.sampled_from("ab"), min_size=1, max_size=8).map(lambda values: list(enumerate(values)))


@settings(max_examples=200, deadline=None)
@given(WORDS)
def test_in_order_it_is_exactly_the_first_time_after_any_other_value(words: list[Word]) -> None:
    assert hour(the_trait(words).held_since) == truth(words)


@settings(max_examples=200, deadline=None)
@given(WORDS.flatmap(st.permutations))
def test_in_any_order_it_is_never_earlier_than_the_truth_nor_later_than_the_last_word(
    words: list[Word],
) -> None:
    held = the_trait(words)
    assert truth(words) <= hour(held.held_since) <= hour(held.at)


@pytest.mark.parametrize("values", ["aaa", "aab", "aba", "baa", "abb", "abc"])
def test_three_words_say_the_same_in_any_order(values: str) -> None:
    words = list(enumerate(values))
    assert {hour(the_trait(some).held_since) for some in permutations(words)} == {truth(words)}


@settings(max_examples=200, deadline=None)
@given(WORDS, st.data())
def test_words_that_come_again_change_nothing(words: list[Word], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(words), max_size=4))
    held = the_trait(words)
    if all(value == held.value for _, value in again):
        assert the_trait([*words, *again]).held_since == held.held_since


@pytest.mark.parametrize(
    ("words", "since"),
    [
        ([(0, "a")], 0),
        ([(0, "a"), (5, "a"), (9, "a")], 0),
        ([(5, "a"), (0, "a")], 0),
        ([(0, "b"), (5, "a")], 5),
        ([(5, "a"), (0, "b")], 5),
        ([(0, "a"), (9, "a"), (5, "b")], 9),
        ([(9, "a"), (5, "b"), (0, "a")], 9),
        ([(9, "a"), (5, "b"), (7, "a")], 7),
        ([(0, "a"), (2, "b"), (4, "a"), (6, "b"), (8, "b")], 6),
        ([(0, "a"), (7, "a"), (9, "a"), (5, "b")], 9),  # the word at seven is not remembered: later, not earlier
        ([(3, None), (5, "a")], 5),
        ([(3, 1), (5, True)], 5),
        ([(3, 1), (5, 1.0)], 3),
        ([(3, ["x"]), (5, ["x"])], 3),
    ],
)  # fmt: skip
def test_late_and_repeated_words(words: list[Word], since: int) -> None:
    assert hour(the_trait(words).held_since) == since


# ── other rules ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rule", "words", "value", "since"),
    [
        ("max", [(0, 5), (3, 9), (5, 7), (8, 9)], 9, 3),  # what is less never took its place
        ("max", [(3, 9), (0, 5)], 9, 3),
        ("min", [(0, 5), (3, 9)], 5, 0),
        ("longest", [(0, "long"), (2, "abc"), (4, "long")], "long", 0),
        ("longest", [(0, "abc"), (2, "xyz"), (4, "abc")], "abc", 4),  # as long as the other: the later holds
        ("union", [(0, "a"), (3, "b")], ["a", "b"], 3),
        ("union", [(0, "a"), (3, "b"), (5, "a")], ["a", "b"], 3),
        ("union", [(4, ["a", "b"]), (2, "a")], ["a", "b"], 4),
        ("union", [(4, ["a", "b"]), (2, ["b", "a"])], ["a", "b"], 2),
    ],
)
def test_by_other_rules_it_counts_from_when_the_value_held(
    rule: str, words: list[Any], value: Any, since: int
) -> None:
    held = the_trait(words, rule=rule)
    assert (held.value, hour(held.held_since)) == (value, since)


# ── merged and stored ───────────────────────────────────────────────────────────────────────────


@settings(max_examples=200, deadline=None)
@given(WORDS, st.integers(0, 8))
def test_two_people_that_become_one_hold_what_one_would_or_something_later(
    words: list[Word], cut: int
) -> None:
    one, other = words[:cut], words[cut:]
    if not one or not other:
        return
    united = survivor("plan", the_trait(one), the_trait(other), {})
    assert truth(words) <= hour(united.held_since) <= hour(united.at)
    assert survivor("plan", the_trait(other), the_trait(one), {}).held_since == united.held_since


@pytest.mark.parametrize("vouched", [True, False])
@pytest.mark.parametrize("raw", [None, " Ann "])
@pytest.mark.parametrize("hours", [(None, None), (-3, None), (-3, -5), (None, -5)])
def test_it_is_stored_and_costs_nothing_where_a_value_was_told_once(
    vouched: bool, raw: str | None, hours: tuple[int | None, int | None]
) -> None:
    since, differed = (None if each is None else NOON + each * HOUR for each in hours)
    trait = Trait("ann", NOON, "shop", vouched, raw, since=since, differed=differed)
    profile = a_profile(traits={"name": trait})
    stored = profile_from_item(profile_to_item(profile)).traits["name"]
    assert (stored, stored.since, stored.differed) == (trait, since, differed)
    once = replace(profile, traits={"name": Trait("ann", NOON, "shop")})
    assert '["ann",' in str(profile_to_item(once)["b"])
    assert ",1,null" not in str(profile_to_item(once)["b"]).split('"t":')[1].split("]")[0]


def test_conditions_find_it_by_the_name_of_the_trait() -> None:
    held = HeldSince(
        {"plan": Trait("pro", NOON, "shop", since=NOON - HOUR), "name": Trait("Ann", NOON, "shop")}
    )
    assert dict(held) == {"plan": NOON - HOUR, "name": NOON}
    assert len(held) == 2
    assert held.get("missing") is None
