"""The sequential test of a run's signals (`delivery.md` 10)."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.restraint import early_warning as warning
from kizuna.core.restraint.early_warning import (
    ALPHA,
    THRESHOLD,
    Bar,
    Crossing,
    Signal,
    Watch,
    merged,
    update,
    verdict,
)

SIZES = (20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000)
SMALLEST = {
    Signal.COMPLAINT: (3, 3, 4, 5, 6, 8, 11, 17, 26, 85),
    Signal.BOUNCE: (5, 8, 10, 15, 26, 42, 70, 144, 268, 1_255),
    Signal.UNSUBSCRIBE: (4, 5, 6, 8, 12, 17, 26, 49, 85, 373),
    Signal.SMS_STOP: (4, 6, 8, 10, 17, 26, 41, 85, 157, 734),
    Signal.PUSH_OFF: (4, 5, 6, 8, 12, 17, 26, 49, 85, 373),
}


@pytest.mark.parametrize("signal", Signal)
def test_a_run_pauses_from_the_very_counts_that_the_specification_names(signal: Signal) -> None:
    test = warning.bar_of(signal)
    assert tuple(test.pauses_from(sent) for sent in SIZES) == SMALLEST[signal]


def test_a_few_messages_pause_nothing() -> None:
    assert warning.bar_of(Signal.COMPLAINT).pauses_from(1) is None
    assert warning.bar_of(Signal.COMPLAINT).pauses_from(0) is None


@pytest.mark.parametrize(
    ("signal", "median", "acceptable", "bad_rates"),
    [
        (Signal.UNSUBSCRIBE, 0.001, 0.003, (0.006, 0.009, 0.012, 0.024, 0.06)),
        (Signal.UNSUBSCRIBE, 0.02, 0.02, (0.04, 0.06, 0.08, 0.16, 0.40)),
        (Signal.SMS_STOP, 0.05, 0.05, (0.10, 0.15, 0.25, 0.50, 0.60)),
        (Signal.COMPLAINT, 0.05, 0.001, (0.002, 0.003, 0.005, 0.01, 0.03, 0.10)),
    ],
)
def test_a_workspace_that_is_used_to_more_is_judged_by_its_own_median_where_no_guideline_says_otherwise(
    signal: Signal, median: float, acceptable: float, bad_rates: tuple[float, ...]
) -> None:
    test = warning.bar_of(signal, median=median)
    assert test.acceptable == acceptable
    assert test.bad_rates == pytest.approx(bad_rates)


def test_a_rate_that_nothing_can_be_told_from_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be watched"):
        warning.bar_of(Signal.UNSUBSCRIBE, median=0.3)
    with pytest.raises(ValueError, match="between the acceptable one and 1"):
        Bar(0.1, (0.05,))


@pytest.mark.parametrize(("sent", "bad"), [(3, 4), (-1, 0), (5, -1)])
def test_more_signals_than_messages_are_refused(sent: int, bad: int) -> None:
    test = warning.bar_of(Signal.COMPLAINT)
    with pytest.raises(ValueError, match="signals come from the messages that are counted"):
        update(Watch(), sent, bad, test)
    with pytest.raises(ValueError, match="signals come from the messages that are counted"):
        test.log_evidence(sent, bad)


# ── how often, and how soon ─────────────────────────────────────────────────────────────────────


def pause_at(test: Bar, rate: float, horizon: int, draw: random.Random) -> int | None:
    """After how many messages a run of a true rate pauses. Between signals the evidence only falls."""
    sent = bad = 0
    while True:
        sent += 1 + int(math.log(1 - draw.random()) / math.log1p(-rate))
        if sent > horizon:
            return None
        bad += 1
        if test.log_evidence(sent, bad) >= THRESHOLD:
            return sent


def chance_of_pausing(test: Bar, rate: float, horizon: int) -> float:
    """Exactly: the distribution of the signals of runs that go on, message by message."""
    going = [1.0]
    paused = 0.0
    limit = 0
    for sent in range(1, horizon + 1):
        after = [0.0] * (len(going) + 1)
        for bad, weight in enumerate(going):
            after[bad] += weight * (1 - rate)
            after[bad + 1] += weight * rate
        while limit <= sent and test.log_evidence(sent, limit) < THRESHOLD:
            limit += 1
        paused += sum(after[limit:])
        going = after[:limit]
    return paused


@pytest.mark.parametrize(
    ("signal", "horizon"),
    [
        (Signal.COMPLAINT, 50_000),
        (Signal.UNSUBSCRIBE, 50_000),
        (Signal.BOUNCE, 20_000),
        (Signal.SMS_STOP, 20_000),
    ],
)
def test_of_innocent_runs_at_most_one_in_a_thousand_pauses(signal: Signal, horizon: int) -> None:
    test, draw = warning.bar_of(signal), random.Random(20261122)
    runs = 1_000
    paused = sum(pause_at(test, test.acceptable, horizon, draw) is not None for _ in range(runs))
    # 1,000 runs of a chance of at most 0.1 %: more than 5 would be seen once in 1,700 tries.
    assert paused <= 5


@pytest.mark.parametrize("signal", Signal)
def test_the_exact_chance_to_pause_an_innocent_run_is_below_one_in_a_thousand(signal: Signal) -> None:
    test = warning.bar_of(signal)
    assert 0 < chance_of_pausing(test, test.acceptable, 3_000) <= ALPHA


def test_a_complaint_rate_of_five_percent_pauses_after_a_median_of_at_most_sixty_messages() -> None:
    test, draw = warning.bar_of(Signal.COMPLAINT), random.Random(5)
    found = [pause_at(test, 0.05, 50_000, draw) for _ in range(2_000)]
    assert None not in found
    assert statistics.median(at for at in found if at is not None) <= 60
    assert chance_of_pausing(test, 0.05, 60) >= 0.5


@pytest.mark.parametrize(
    ("signal", "rate", "median"),
    [
        (Signal.COMPLAINT, 0.01, 557),
        (Signal.COMPLAINT, 0.005, 1_861),
        (Signal.BOUNCE, 0.10, 91),
        (Signal.BOUNCE, 0.30, 12),
        (Signal.UNSUBSCRIBE, 0.03, 249),
        (Signal.UNSUBSCRIBE, 0.10, 37),
        (Signal.SMS_STOP, 0.05, 183),
        (Signal.SMS_STOP, 0.10, 55),
    ],
)
def test_bad_runs_pause_about_as_soon_as_the_specification_measured(
    signal: Signal, rate: float, median: int
) -> None:
    test, draw = warning.bar_of(signal), random.Random(7)
    found = [pause_at(test, rate, 50_000, draw) or 50_001 for _ in range(1_500)]
    assert statistics.median(found) == pytest.approx(median, rel=0.12, abs=2)


# ── state ───────────────────────────────────────────────────────────────────────────────────────

COUNTS = st.integers(0, 400).flatmap(lambda sent: st.tuples(st.just(sent), st.integers(0, min(sent, 6))))


@given(st.lists(COUNTS, max_size=8), st.randoms(use_true_random=False), st.sampled_from(Signal))
def test_the_evidence_is_the_same_in_whatever_order_and_grouping_counts_arrive(
    counts: list[tuple[int, int]], shuffle: random.Random, signal: Signal
) -> None:
    test = warning.bar_of(signal)
    in_turn = Watch()
    for sent, bad in counts:
        in_turn = update(in_turn, sent, bad, test)
    apart = [update(Watch(), sent, bad, test) for sent, bad in counts]
    shuffle.shuffle(apart)
    while len(apart) > 1:
        apart.append(merged(apart.pop(0), apart.pop(0), test))
    united = apart[0] if apart else Watch()
    assert (united.sent, united.bad) == (in_turn.sent, in_turn.bad)
    if test.log_evidence(in_turn.sent, in_turn.bad) >= THRESHOLD:
        assert united.crossed is not None
        assert in_turn.crossed is not None


def test_a_run_that_crossed_stays_paused_whatever_is_sent_after() -> None:
    test = warning.bar_of(Signal.COMPLAINT)
    crossed = update(Watch(), 50, 3, test)
    later = update(crossed, 100_000, 0, test)
    assert later.crossed == Crossing(50, 3)
    told = verdict(Signal.COMPLAINT, later, test)
    assert (told.pauses, told.sent, told.bad) == (True, 50, 3)
    assert merged(later, Watch(10, 0), test).crossed == Crossing(50, 3)


@pytest.mark.parametrize("moved", [lambda state, test: update(state, 0, 0, test)], ids=["an empty update"])
def test_nothing_new_changes_nothing(moved: Callable[[Watch, Bar], Watch]) -> None:
    test = warning.bar_of(Signal.BOUNCE)
    state = update(Watch(), 100, 3, test)
    assert moved(state, test) == state


# ── words ───────────────────────────────────────────────────────────────────────────────────────


def test_a_pause_says_in_both_languages_what_was_seen_and_what_is_acceptable() -> None:
    test = warning.bar_of(Signal.COMPLAINT)
    told = verdict(Signal.COMPLAINT, update(Watch(), 2_000, 11, test), test)
    assert told.pauses
    assert told.reason() == (
        "Paused: 11 complaints from 2,000 messages (0.55 %). Acceptable is 0.1 %; an innocent run comes to this in "
        "fewer than 1 of 1,000 cases."
    )
    assert told.reason("ja") == (
        "一時停止しました：2,000通に対して迷惑メールの報告が11件（0.55%）あり、許容水準の0.1%を上回っています。"
        "問題のない配信がここまで達する確率は1,000分の1未満です。"
    )


@pytest.mark.parametrize("signal", Signal)
def test_a_run_that_goes_on_says_so_for_every_signal(signal: Signal) -> None:
    test = warning.bar_of(signal)
    told = verdict(signal, update(Watch(), 1_000, 1, test), test)
    assert not told.pauses
    assert told.evidence < 1
    assert told.reason().startswith("Goes on: 1 ")
    assert told.reason("ja").startswith("配信を続けます")
    assert verdict(signal, Watch(), test).reason().startswith("Goes on: 0 ")


def test_evidence_beyond_all_numbers_is_infinite() -> None:
    test = warning.bar_of(Signal.COMPLAINT)
    assert verdict(Signal.COMPLAINT, update(Watch(), 10_000, 10_000, test), test).evidence == math.inf
