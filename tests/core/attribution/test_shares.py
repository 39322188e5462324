"""Models of one success: their shares, and what holds for every one of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.attribution.paths import MOST_SOURCES, markov, shapley, split
from kizuna.core.attribution.report import MODELS, ORGANIC, History, attributed
from kizuna.core.attribution.rules import AttributionRules, Kind
from kizuna.core.attribution.shares import (
    first_touch,
    last_touch,
    linear,
    models,
    position,
    time_decay,
)
from kizuna.core.attribution.touches import Source, Success, Touch, credited, leftover
from tests.support.builders import NOON

DAY = timedelta(days=1)
RULES = AttributionRules(view="sent")
A, B, C = (Source(name, "", "email") for name in ("a", "b", "c"))


def days(*ages: float) -> list[datetime]:
    return sorted(NOON - age * DAY for age in ages)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        (last_touch(days(3, 2, 1)), (0, 0, 1)),
        (first_touch(days(3, 2, 1)), (1, 0, 0)),
        (linear(days(4, 3, 2, 1)), (0.25, 0.25, 0.25, 0.25)),
        (position(days(1), 0.4, 0.4), (1,)),
        (position(days(2, 1), 0.4, 0.4), (0.5, 0.5)),
        (position(days(2, 1), 0.3, 0.1), (0.75, 0.25)),
        (position(days(4, 3, 2, 1), 0.4, 0.4), (0.4, 0.1, 0.1, 0.4)),
        (position(days(2, 1), 0, 0), (0.5, 0.5)),
        (time_decay(days(7, 0), NOON, 7 * DAY), (1 / 3, 2 / 3)),
        (time_decay(days(14, 7, 0), NOON, 7 * DAY), (1 / 7, 2 / 7, 4 / 7)),
        (time_decay(days(2000, 1000), NOON, timedelta(hours=1)), (0, 1)),
    ],
)
def test_what_each_model_gives(shares: tuple[float, ...], expected: tuple[float, ...]) -> None:
    assert shares == pytest.approx(expected)


@given(
    st.lists(st.integers(0, 30 * 86_400), min_size=1, max_size=12),
    st.sampled_from(sorted(models(RULES))),
    st.floats(0, 0.5),
    st.floats(0, 0.5),
)
def test_the_shares_of_a_success_sum_to_one(ages: list[int], model: str, first: float, last: float) -> None:
    rules = AttributionRules(first=first, last=last)
    times = sorted(NOON - timedelta(seconds=age) for age in ages)
    shares = models(rules)[model](times, NOON)
    assert len(shares) == len(times)
    assert sum(shares) == pytest.approx(1)
    assert all(-1e-12 <= share <= 1 + 1e-12 for share in shares)


@given(st.lists(st.integers(0, 30 * 86_400), min_size=2, max_size=12))
def test_a_touch_that_lies_nearer_never_gets_less_by_decay(ages: list[int]) -> None:
    times = sorted(NOON - timedelta(seconds=age) for age in ages)
    shares = time_decay(times, NOON, 7 * DAY)
    assert list(shares) == sorted(shares)


# ── what counts as a touch ──────────────────────────────────────────────────────────────────────


def touch(age: float, kind: Kind = "click", message: str = "m1", source: Source = A) -> Touch:
    return Touch(NOON - age * DAY, message, kind, source)


@pytest.mark.parametrize(
    ("view", "one", "counts"),
    [
        ("none", touch(6.9), True),
        ("none", touch(7.1), False),
        ("none", touch(0.5, "open"), False),
        ("open", touch(0.5, "open"), True),
        ("open", touch(1.1, "open"), False),
        ("open", touch(0.5, "sent"), False),
        ("sent", touch(4.9, "sent"), True),
        ("sent", touch(5.1, "sent"), False),
        ("sent", touch(3.1, "sent", source=Source("a", "", "sms")), False),
        ("sent", touch(1.1, "sent", source=Source("a", "", "push")), False),
        ("sent", touch(-0.1), False),
        ("sent", touch(0), True),
    ],
)
def test_a_touch_counts_within_the_window_of_its_kind_and_channel(
    view: str, one: Touch, counts: bool
) -> None:
    rules = AttributionRules.model_validate({"view": view})
    assert bool(credited(Success(NOON, "e"), [one], rules)) is counts


def test_of_one_message_the_touch_that_says_most_counts() -> None:
    told = [touch(3, "sent"), touch(0.9, "open"), touch(2), touch(0.2, "open"), touch(1)]
    assert credited(Success(NOON, "e"), told, RULES) == (touch(1),)


def test_touches_that_led_nowhere_are_a_path_of_their_own() -> None:
    led, other = touch(1), touch(2, message="m2", source=B)
    assert leftover([led, touch(3, "sent"), other], [[led]]) == (other,)


# ── all paths together ──────────────────────────────────────────────────────────────────────────


def test_the_removal_effects_of_a_small_graph() -> None:
    """start → a (2 of 3) → b → success; start → b (1 of 3) → nothing: by hand."""
    weights = markov({("a", "b"): 2}, {("b",): 1})
    # With all: P = 2/3 (b leads to success in 2 of 3). Without a: only 1/3 · 2/3. Without b: nothing.
    assert weights == pytest.approx({"a": 2 / 3, "b": 1.0})


def test_a_source_that_only_ever_led_nowhere_has_no_effect() -> None:
    weights = markov({("a",): 3}, {("c",): 5})
    assert weights == pytest.approx({"a": 1.0, "c": 0.0})


def test_a_path_that_goes_in_circles_is_worked_out() -> None:
    weights = markov({("a", "b", "a"): 1, ("b",): 1}, {("a",): 2})
    assert all(0 <= weight <= 1 for weight in weights.values())


def test_a_chain_of_too_many_sources_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        markov({tuple(map(str, range(MOST_SOURCES + 1))): 1}, {})


paths = st.dictionaries(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map(tuple), st.integers(1, 9), max_size=6
)


@given(paths)
def test_shapley_is_the_average_gain_over_all_orders(won: dict[tuple[str, ...], int]) -> None:
    players = sorted({key for path in won for key in path})

    def worth(present: frozenset[str]) -> int:
        return sum(count for path, count in won.items() if set(path) <= present)

    expected = dict.fromkeys(players, 0.0)
    orders = list(permutations(players))
    for order in orders:
        for number, player in enumerate(order):
            here = frozenset(order[:number])
            expected[player] += (worth(here | {player}) - worth(here)) / len(orders)
    assert shapley(won) == pytest.approx(expected)


@given(paths, paths)
def test_the_chain_agrees_with_walking_it_step_by_step(
    won: dict[tuple[str, ...], int], lost: dict[tuple[str, ...], int]
) -> None:
    weights = markov(won, lost)
    assert all(-1e-9 <= weight <= 1 + 1e-9 for weight in weights.values())
    for path in won:
        assert sum(split(path, weights).values()) == pytest.approx(1)


# ── every model side by side ────────────────────────────────────────────────────────────────────

sources = st.sampled_from([A, B, C])
touches = st.builds(
    lambda hours, number, kind, source: Touch(NOON + timedelta(hours=hours), f"m{number}", kind, source),
    st.integers(0, 400),
    st.integers(0, 9),
    st.sampled_from(["click", "open", "sent"]),
    sources,
)
successes = st.builds(
    lambda hours, number, amount, currency: Success(
        NOON + timedelta(hours=hours), f"e{number}", amount if currency else 0, currency
    ),
    st.integers(0, 500),
    st.integers(0, 9),
    st.integers(0, 10_000),
    st.sampled_from(["", "USD", "JPY"]),
)
histories = st.lists(
    st.builds(
        lambda t, s: History(tuple(t), tuple(s)),
        st.lists(touches, max_size=6),
        st.lists(successes, max_size=3),
    ),
    max_size=5,
)


@given(histories, st.sampled_from(["none", "open", "sent"]))
def test_of_every_model_all_credit_is_all_successes_and_all_money(found: list[History], view: str) -> None:
    done = attributed(found, AttributionRules.model_validate({"view": view}))
    every = [success for history in found for success in history.successes]
    assert done.successes == len(every)
    for model in MODELS:
        credits = done.credits[model]
        assert sum(credit.successes for credit in credits.values()) == pytest.approx(len(every))
        assert (credits[ORGANIC].successes if ORGANIC in credits else 0) == done.organic
        for currency in ("USD", "JPY"):
            paid = sum(success.amount for success in every if success.currency == currency)
            owed = sum(credit.money.get(currency, 0) for credit in credits.values())
            assert owed == pytest.approx(paid)
