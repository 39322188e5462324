"""RFM: definitions, scores, the ten buckets."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.rfm.columns import Lanes, column_of
from kizuna.core.rfm.scores import (
    BUCKETS,
    GRID,
    NAMES,
    Cuts,
    Inputs,
    RfmDefinition,
    Scores,
    bucket_segment,
    inputs_of,
    standing_of,
)
from tests.docs.reading import ROOT

ORDERS = RfmDefinition(id="orders")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = 86_400_000

SPECIFIED = """
R5 | New | Potential Loyalists | Potential Loyalists | Champions | Champions
R4 | Promising | Potential Loyalists | Potential Loyalists | Loyal | Loyal
R3 | About to Sleep | About to Sleep | Needing Attention | Loyal | Loyal
R2 | Hibernating | Hibernating | At Risk | At Risk | Cannot Lose Them
R1 | Hibernating | Hibernating | At Risk | At Risk | Cannot Lose Them
"""


def cuts_of(everybody: list[Inputs], parts: int = 5) -> Cuts:
    days, times, money = (
        Lanes(column_of(column)).quantiles(parts) for column in zip(*everybody, strict=True)
    )
    return Cuts(days, times, money)


# ── the grid ────────────────────────────────────────────────────────────────────────────────────


def test_all_25_cells_have_the_bucket_that_is_specified() -> None:
    for line in SPECIFIED.strip().splitlines():
        head, *names = (cell.strip() for cell in line.split("|"))
        for frequency, name in enumerate(names, start=1):
            scores = Scores(int(head[1:]), frequency, 3)
            assert NAMES["en"][ORDERS.bucket(scores)] == name


def test_the_bucket_is_total_and_money_does_not_change_it() -> None:
    found = {ORDERS.bucket(Scores(*each)) for each in product(range(1, 6), repeat=3)}
    assert found == set(BUCKETS)
    for recency, frequency in product(range(1, 6), repeat=2):
        assert len({ORDERS.bucket(Scores(recency, frequency, money)) for money in range(1, 6)}) == 1


def test_every_bucket_has_a_name_in_both_languages_and_a_segment() -> None:
    for names in NAMES.values():
        assert set(names) == set(BUCKETS)
        assert len(set(names.values())) == len(BUCKETS)
    assert bucket_segment("orders", "cannot_lose_them") == "rfm-orders-cannot-lose-them"
    assert all(len(bucket_segment("a" * 32, bucket)) <= 64 for bucket in BUCKETS)


def rows_of(quantiles: int) -> dict[int, list[str]]:
    return {recency: ["loyal"] * quantiles for recency in range(1, quantiles + 1)}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"quantiles": 3}, "need a grid of their own"),
        ({"quantiles": 3, "grid": {**rows_of(3), 4: ["loyal"] * 3}}, "there is no recency 4"),
        ({"quantiles": 3, "grid": {1: ["loyal"] * 3, 3: ["loyal"] * 3}}, "has no row for recency 2"),
        ({"grid": {**GRID, 2: ["loyal"] * 4}}, "recency 2 has 4 buckets for 5"),
        ({"grid": {**GRID, 2: ["golden"] * 5}}, "grid.2.0"),
        ({"quantiles": 1}, "quantiles"),
        ({"date_range": "2y"}, "400 days"),
        ({"date_range": "2h"}, "400 days"),
        ({"date_range": "a year"}, "not a duration"),
        ({"monetary": "median"}, "monetary"),
        ({"schedule": {"cron": "every day"}}, "cron"),
        ({"schedule": {"cron": "0 3 * * *", "zone": "Mars/Olympus"}}, "unknown time zone"),
        ({"schedule": {}}, "give either at, cron or rrule"),
        ({"event": ""}, "event"),
        ({"id": "Orders"}, "id"),
        ({"id": "a" * 33}, "id"),
        ({"quantile": 4}, "Extra inputs"),
    ],
)
def test_a_definition_that_would_leave_somebody_without_a_bucket_or_makes_no_sense_is_refused(
    change: dict[str, object], why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        RfmDefinition.model_validate({"id": "orders", **change})


def test_a_grid_of_ones_own_is_used() -> None:
    grid = {1: ["hibernating", "at_risk"], 2: ["new", "champions"]}
    own = RfmDefinition.model_validate({"id": "orders", "quantiles": 2, "grid": grid})
    assert own.bucket(Scores(2, 1, 2)) == "new"


# ── inputs ──────────────────────────────────────────────────────────────────────────────────────

END = int(NOON.timestamp() * 1000)


def test_only_what_lies_in_the_date_range_counts_its_first_instant_not_included() -> None:
    edge = END - 365 * DAY
    happened = [(edge, 900.0), (edge + 1, 1.25), (END, 2.0), (END + 1, 900.0)]
    assert inputs_of(happened, ORDERS, at=NOON) == Inputs(0, 2, 325)
    assert inputs_of([(edge, 5.0), (END + 1, 5.0)], ORDERS, at=NOON) is None
    assert inputs_of([], ORDERS, at=NOON) is None


@pytest.mark.parametrize(("monetary", "money"), [("sum", 1_000), ("average", 333)])
def test_money_is_the_sum_or_the_average_to_the_hundredth(monetary: str, money: int) -> None:
    definition = RfmDefinition.model_validate({"id": "orders", "monetary": monetary})
    happened = [(END - DAY, 5.0), (END - 2 * DAY, 5.0), (END - 3 * DAY, 0.0)]
    assert inputs_of(happened, definition, at=NOON) == Inputs(1, 3, money)


@pytest.mark.parametrize(("ago", "days"), [(0, 0), (DAY - 1, 0), (DAY, 1), (364 * DAY, 364)])
def test_recency_is_in_whole_days(ago: int, days: int) -> None:
    assert inputs_of([(END - ago, 1.0)], ORDERS, at=NOON) == Inputs(days, 1, 100)


# ── scores ──────────────────────────────────────────────────────────────────────────────────────

PEOPLE = st.lists(
    st.builds(Inputs, st.integers(0, 365), st.integers(1, 9), st.integers(0, 100_000)),
    min_size=1,
    max_size=80,
)


@given(PEOPLE, st.integers(2, 9))
def test_equal_values_have_equal_scores_and_better_values_no_lower_ones(
    everybody: list[Inputs], parts: int
) -> None:
    cuts = cuts_of(everybody, parts)
    scored = [(inputs, cuts.scores(inputs)) for inputs in everybody]
    for one, ones in scored:
        assert all(1 <= score <= parts for score in ones)
        for other, others in scored:
            assert one.days > other.days or ones.recency >= others.recency
            assert one.times < other.times or ones.frequency >= others.frequency
            assert one.money < other.money or ones.monetary >= others.monetary


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=100, unique=True))
def test_without_ties_each_score_holds_a_fifth_give_or_take_one(values: list[int]) -> None:
    everybody = [Inputs(value, 1, value) for value in values]
    cuts = cuts_of(everybody)
    for place in (0, 2):
        sizes = [sum(cuts.scores(each)[place] == score for each in everybody) for score in range(1, 6)]
        assert max(sizes) - min(sizes) <= 2
        assert sum(sizes) == len(values)


def test_where_half_bought_once_half_have_the_lowest_frequency() -> None:
    everybody = [Inputs(1, times, 1) for times in (1, 1, 1, 1, 1, 2, 2, 3, 5, 9)]
    cuts = cuts_of(everybody)
    assert cuts.counts == (1, 1, 2, 3)
    assert [cuts.scores(each).frequency for each in everybody] == [1, 1, 1, 1, 1, 3, 3, 4, 5, 5]


def test_one_person_alone_has_the_lowest_count_and_the_highest_recency() -> None:
    """Whoever is at a threshold belongs below it: with one value there is nothing above it."""
    assert cuts_of([Inputs(9, 4, 100)]).scores(Inputs(9, 4, 100)) == Scores(5, 1, 1)


def test_what_conditions_see_names_the_bucket() -> None:
    assert standing_of(Scores(5, 5, 2), ORDERS) == {
        "recency": 5,
        "frequency": 5,
        "monetary": 2,
        "bucket": "champions",
    }


# ── real purchases ──────────────────────────────────────────────────────────────────────────────


def cdnow() -> dict[str, list[tuple[date, float]]]:
    found: dict[str, list[tuple[date, float]]] = defaultdict(list)
    with gzip.open(ROOT / "events" / "purchases" / "cdnow_sample.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            found[row["sample_id"]].append((date.fromisoformat(row["date"]), float(row["amount_usd"])))
    return found


def test_the_scores_of_real_purchases_equal_those_of_a_plain_computation() -> None:
    """By ranks in sorted lists, without thresholds, columns or milliseconds."""
    at = datetime(1998, 7, 1, tzinfo=UTC)
    begin = (at - timedelta(days=365)).date()
    bought = {who: [each for each in all_ if each[0] > begin] for who, all_ in cdnow().items()}
    plain = {
        who: (
            (at.date() - max(day for day, _ in each)).days,
            len(each),
            round(100 * sum(amount for _, amount in each)),
        )
        for who, each in bought.items()
        if each
    }
    assert len(plain) > 800
    inputs = {}
    for who, all_ in cdnow().items():
        happened = [
            (int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000), amount)
            for day, amount in all_
        ]
        found = inputs_of(happened, ORDERS, at=at)
        if found is not None:
            inputs[who] = found
    assert {who: tuple(each) for who, each in inputs.items()} == plain
    cuts = cuts_of(list(inputs.values()))
    for place in range(3):
        ordered = sorted(each[place] for each in plain.values())
        fifths = [ordered[part * (len(ordered) - 1) // 5] for part in range(1, 5)]
        for who, each in plain.items():
            beyond = sum(fifth < each[place] for fifth in fifths)
            assert cuts.scores(inputs[who])[place] == (5 - beyond if place == 0 else 1 + beyond)
