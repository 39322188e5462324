"""What is counted of one message: each sign once, and of a goal the earliest events, in any order."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.messages import By, Evidence, State, move
from kizuna.core.reasons import OtherReason
from kizuna.core.results import cells
from kizuna.core.results.cells import cell_of, counted_run, group_of
from kizuna.core.results.counted import (
    Conversion,
    Counted,
    Sign,
    gained,
    with_conversion,
    with_signs,
)
from tests.support.builders import NOON, a_message

HOUR = timedelta(hours=1)
MOST = {"goal": 1, "order": 3}

conversion = st.builds(
    lambda hours, number, goal, amount, currency: Conversion(
        NOON + hours * HOUR, f"{number:02x}", goal, amount if currency else 0, currency
    ),
    st.integers(1, 6),
    st.integers(0, 5),
    st.sampled_from(sorted(MOST)),
    st.integers(-500, 10_000),
    st.sampled_from(["", "USD", "JPY"]),
)


def unique(found: list[Conversion]) -> list[Conversion]:
    """One event has one instant and one amount."""
    return list({(each.goal, each.event): each for each in found}.values())


def counted_of(told: list[Conversion], signs: list[Sign] | None = None) -> tuple[Counted, Counter[str]]:
    counted, sums = Counted(), Counter[str]()
    for sign in signs or []:
        after = with_signs(counted, [sign])
        sums.update(gained(counted, after))
        counted = after
    for each in told:
        after = with_conversion(counted, each, most=MOST[each.goal])
        sums.update(gained(counted, after))
        counted = after
    return counted, +sums if all(n >= 0 for n in sums.values()) else sums


@given(st.lists(conversion, max_size=12), st.integers(0, 100))
def test_the_order_in_which_events_are_heard_of_changes_nothing(found: list[Conversion], seed: int) -> None:
    told = unique(found)
    shuffled = told * 2
    Random(seed).shuffle(shuffled)
    counted, sums = counted_of(told)
    again, resummed = counted_of(shuffled)
    assert again == counted
    assert {name: n for name, n in resummed.items() if n} == {name: n for name, n in sums.items() if n}


@given(st.lists(conversion, max_size=12))
def test_the_sums_are_those_of_the_earliest_events(found: list[Conversion]) -> None:
    told = unique(found)
    _, sums = counted_of(told)
    for goal, most in MOST.items():
        kept = sorted(each for each in told if each.goal == goal)[:most]
        assert sums[cells.conversions(goal)] == len(kept)
        assert sums[cells.converted(goal)] == bool(kept)
        for currency in ("USD", "JPY"):
            money = sum(each.amount for each in kept if each.currency == currency)
            assert sums[cells.value(goal, currency)] == money
            assert sums[cells.squares(goal, currency)] == money * money


def test_a_conversion_counts_among_the_delivered_whichever_is_heard_of_first() -> None:
    one = Conversion(NOON, "a", "goal")
    early = with_conversion(with_signs(Counted(), [Sign.DELIVERED]), one, most=1)
    late = with_signs(with_conversion(Counted(), one, most=1), [Sign.DELIVERED])
    assert early == late
    assert gained(Counted(), late)[cells.converted_and_delivered("goal")] == 1


@pytest.mark.parametrize(
    ("changes", "group"),
    [
        ({}, "told"),
        ({"state": State.DEFERRED}, "told"),
        ({"state": State.DENIED, "reason": "no_consent"}, "withheld"),
        ({"state": State.DENIED, "reason": str(OtherReason.HELD_OUT)}, "held"),
        ({"falls_back_from": "m0"}, "again"),
        ({"again_of": "m0"}, "again"),
        (
            {
                "state": State.DENIED,
                "reason": "no_consent",
                "evidence": (Evidence(State.DENIED, NOON, By.CLAIM),),
            },
            "told",
        ),
    ],
)
def test_a_message_is_in_one_group(changes: dict[str, Any], group: str) -> None:
    assert group_of(a_message(**changes)) == group


def test_a_message_stays_in_its_cell_for_good() -> None:
    first = a_message(variant="b")
    taken = move(first, State.SENDING, now=NOON + 30 * HOUR)
    states = [first, taken, move(taken, State.SENT, now=NOON + 31 * HOUR)]
    refused = move(first, State.DENIED, now=NOON + 40 * HOUR, reason="no_consent")
    assert {cell_of(each) for each in [*states, refused]} == {cell_of(first)}


def test_all_walks_through_a_journey_are_counted_as_one_run() -> None:
    assert counted_run("welcome.first-mail", "j123") == "triggered"
    assert counted_run("spring", "20261123T1200Z") == "20261123T1200Z"


@pytest.mark.parametrize("reason", ["", "no_consent", "odd_reason_#/100 %"])
def test_the_name_of_a_state_is_read_back(reason: str) -> None:
    assert cells.state_in(cells.in_state("DENIED", reason)) == ("DENIED", reason)
    assert cells.state_in(cells.converted("goal")) is None
