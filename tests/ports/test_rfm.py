"""Runs of RFM: a step of a shard is stored once, and what was stored is told as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kizuna.core.ports import RfmRuns
from kizuna.core.rfm.runs import BucketFigures, Columns, Page, Result, RfmRun, columns_from, weigh
from kizuna.core.rfm.scores import Cuts, Inputs, RfmDefinition
from tests.support.builders import NOON
from tests.support.stores import Stores

ORDERS = RfmDefinition.model_validate(
    {"id": "orders", "date_range": "3mo", "schedule": {"cron": "0 3 * * 1", "zone": "Asia/Tokyo"}}
)
RUN = RfmRun(ORDERS, NOON, NOON + timedelta(seconds=3))


def a_page(step: int = 1, *, shard: int = 0, done: bool = False, people: int = 3) -> Page:
    columns = Columns()
    for number in range(people):
        columns.add(Inputs(number, step, -5 * number), before=number % 3, reach=number % 8)
    columns.add(None, before=4, reach=0)
    return Page("collect", shard, step, f"p{step}", people + 1, done, packed=columns.packed())


@pytest.fixture
def rfm(stores: Stores) -> RfmRuns:
    return stores.rfm


def test_a_run_begins_once_and_is_told_with_its_definition(rfm: RfmRuns) -> None:
    assert rfm.get("orders", RUN.id) is None
    assert rfm.start(RUN) == RUN
    again = replace(RUN, started_at=NOON + timedelta(hours=1))
    assert rfm.start(again) == RUN
    assert rfm.get("orders", RUN.id) == RUN


def test_the_newest_runs_of_a_definition_come_first(rfm: RfmRuns) -> None:
    runs = [replace(RUN, at=NOON + timedelta(days=day)) for day in range(3)]
    for run in runs:
        rfm.start(run)
    rfm.start(replace(RUN, definition=RfmDefinition(id="visits")))
    assert rfm.latest("orders") == tuple(reversed(runs))
    assert rfm.latest("orders", limit=1) == (runs[-1],)
    assert rfm.latest("nothing") == ()


def test_a_step_is_stored_once_and_the_last_of_a_shard_is_found(rfm: RfmRuns) -> None:
    assert rfm.last(RUN, "collect", 0) is None
    assert rfm.add(RUN, a_page(1))
    assert not rfm.add(RUN, a_page(1, people=9))
    assert rfm.add(RUN, a_page(2, done=True))
    assert rfm.add(RUN, a_page(1, shard=11))
    written = Page("write", 0, 1, "p9", 100, done=True, written=7, left=1)
    assert rfm.add(RUN, written)
    assert rfm.last(RUN, "collect", 0) == a_page(2, done=True)
    assert rfm.last(RUN, "collect", 1) is None
    assert list(rfm.pages(RUN, "collect")) == [a_page(1), a_page(2, done=True), a_page(1, shard=11)]
    assert list(rfm.pages(RUN, "write")) == [written]
    assert list(rfm.pages(replace(RUN, at=NOON + timedelta(days=1)), "collect")) == []


def test_what_came_of_a_run_is_stored_once_and_told_as_it_was(rfm: RfmRuns) -> None:
    assert rfm.result(RUN) is None
    result = weigh(ORDERS, [a_page(1), a_page(2)])
    rfm.settle(RUN, result)
    other = Result(Cuts((), (), ()), 0, 0, {}, dict.fromkeys(result.buckets, BucketFigures()), {})
    rfm.settle(RUN, other)
    assert rfm.result(RUN) == result
    assert result.scored == 6
    assert result.looked_at == 8
    assert result.moved["new", None] == 2


def test_columns_come_back_as_they_were_packed() -> None:
    page = a_page(3, people=1_000)
    columns = columns_from(page.packed)
    assert len(columns.days) == 1_000
    assert columns.money[7] == -35
    assert columns.gone == {4: 1}
    assert columns.packed() == page.packed
